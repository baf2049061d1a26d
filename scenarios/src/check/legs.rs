//! DR-2, DR-3, DR-4, DR-7, DR-8: where drones are, and how they get there.

use std::collections::BTreeMap;

use super::entry::{DroneCommissioned, DroneFailed, Entry, LegEnded, LegStarted, Micros, What};
use super::geometry::{Point, position_at};
use super::{Checker, Findings};

/// Places are logged to about a centimetre; farther apart than this they are not the same, m.
const SAME_PLACE_M: f64 = 0.1;

/// What rounding both ends of a piece of path to a centimetre may add to its length, m.
const ROUNDING_M: f64 = 0.02;

/// How many times as long as its share of the leg's length a piece of it may be: where a leg of kilometres is cut at a share of its degrees, 70°
/// north, converging meridians make the southern piece 1.000 02 times as long as the plan has it.
const CURVATURE: f64 = 1.000_1;

/// What rounding may add to a whole path's length, m.
const LENGTH_ROUNDING_M: f64 = 0.5;

/// Every drone's place and leg.
#[derive(Default)]
pub(super) struct Legs {
    drones: BTreeMap<String, Whereabouts>,
    now: Micros,
    /// Drones whose leg ended early at the present instant, and where nothing has come of it yet.
    turned_away: Vec<String>,
    is_over: bool,
}

struct Whereabouts {
    at: Point,
    speed_max_mps: f64,
    leg: Option<Flight>,
}

/// A leg under way.
struct Flight {
    delivery: Option<String>,
    path: Vec<Point>,
    path_t: Vec<Micros>,
    arrives_t: Micros,
}

impl Checker for Legs {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        if entry.t > self.now {
            self.end_instant(findings);
            self.now = entry.t;
        }
        match &entry.what {
            What::DroneCommissioned(drone) => self.commission(drone),
            What::LegStarted(leg) => self.on_started(leg, findings),
            What::LegEnded(leg) => self.on_ended(leg, findings),
            What::DroneFailed(failed) => self.on_failed(failed, findings),
            What::DroneRecovered(recovered) => {
                if let Some(drone) = self.drones.get_mut(&*recovered.drone) {
                    drone.at = recovered.at;
                }
            }
            What::RunEnded(_) => self.is_over = true,
            _ => {}
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        self.end_instant(findings);
        let overdue = self.drones.iter().filter(|(_, drone)| {
            self.is_over && drone.leg.as_ref().is_some_and(|leg| leg.arrives_t < self.now)
        });
        for (drone, _) in overdue {
            findings.object("DR-4", || format!("{drone} should have landed, but never did"));
        }
    }
}

impl Legs {
    fn commission(&mut self, drone: &DroneCommissioned<'_>) {
        let whereabouts = Whereabouts {
            at: drone.at,
            speed_max_mps: drone.speed_max_mps,
            leg: None,
        };
        self.drones.insert(drone.drone.clone().into_owned(), whereabouts);
    }

    /// Time moves on: what had to follow at once has followed, or does not.
    fn end_instant(&mut self, findings: &mut Findings) {
        for drone in self.turned_away.drain(..) {
            findings.object("DR-7", || {
                format!("{drone} ended its leg early and neither flew on nor failed")
            });
        }
    }

    fn on_started(&mut self, leg: &LegStarted<'_>, findings: &mut Findings) {
        let name = &leg.drone;
        self.turned_away.retain(|drone| drone != name);
        let Some(drone) = self.drones.get_mut(&**name) else {
            return;
        };
        let flight = Flight {
            delivery: leg.delivery.as_deref().map(str::to_owned),
            path: leg.path.clone(),
            path_t: leg.path_t.clone(),
            arrives_t: leg.arrives_t,
        };
        if drone.leg.replace(flight).is_some() {
            findings.object("DR-7", || format!("{name} starts a leg while it flies another"));
        }
        let jump_m = leg.path.first().map_or(0.0, |first| drone.at.distance_m(*first));
        if jump_m > SAME_PLACE_M {
            findings.object("DR-2", || {
                format!("{name} starts {jump_m:.2} m from where it last was")
            });
        }
        if leg.is_well_formed() && leg.path_t[0] == self.now {
            look_at_path(leg, drone.speed_max_mps, findings);
        } else {
            findings.object("DR-4", || {
                format!("{name}'s path_t does not lead from now to arrives_t along its path")
            });
        }
    }

    fn on_ended(&mut self, ended: &LegEnded<'_>, findings: &mut Findings) {
        let name = &ended.drone;
        let Some(drone) = self.drones.get_mut(&**name) else {
            return;
        };
        drone.at = ended.at;
        let Some(leg) = drone.leg.take() else {
            findings.object("DR-7", || format!("{name} ends a leg it had not started"));
            return;
        };
        if leg.delivery.as_deref() != ended.delivery.as_deref() {
            findings.object("DR-7", || {
                format!("{name} ends its leg for another delivery than it started it for")
            });
        }
        if self.now > leg.arrives_t {
            findings.object("DR-4", || {
                format!("{name} lands after arrives_t {}", leg.arrives_t.seconds())
            });
        } else if self.now < leg.arrives_t
            && leg.path_t.first().is_some_and(|takes_off| *takes_off < self.now)
        {
            self.turned_away.push(name.clone().into_owned());
        }
        let off_m = position_at(&leg.path, &leg.path_t, self.now).map_or(0.0, |at| at.distance_m(ended.at));
        if off_m > SAME_PLACE_M {
            findings.object("DR-4", || {
                format!("{name} is {off_m:.2} m from where its path_t has it")
            });
        }
    }

    fn on_failed(&mut self, failed: &DroneFailed<'_>, findings: &mut Findings) {
        let name = &failed.drone;
        self.turned_away.retain(|drone| drone != name);
        let Some(drone) = self.drones.get_mut(&**name) else {
            return;
        };
        let jump_m = drone.at.distance_m(failed.at);
        if jump_m > SAME_PLACE_M {
            findings.object("DR-2", || {
                format!("{name} fails {jump_m:.2} m from where it last was")
            });
        }
        drone.at = failed.at;
    }
}

/// DR-3 and DR-8: how fast, and how long.
fn look_at_path(leg: &LegStarted<'_>, speed_max_mps: f64, findings: &mut Findings) {
    let name = &leg.drone;
    let mut length_m = 0.0;
    for (place, time) in leg.path.windows(2).zip(leg.path_t.windows(2)) {
        let piece_m = place[0].distance_m(place[1]);
        let span_s = time[1].seconds() - time[0].seconds();
        length_m += piece_m;
        if piece_m > speed_max_mps * span_s * CURVATURE + ROUNDING_M {
            findings.object("DR-3", || {
                format!("{name} flies {piece_m:.2} m in {span_s:.3} s, faster than {speed_max_mps} m/s")
            });
        }
    }
    if (length_m - leg.distance_m).abs() > LENGTH_ROUNDING_M {
        findings.object("DR-8", || {
            format!("{name}'s path is {length_m:.2} m long, not {}", leg.distance_m)
        });
    }
}
