//! BT-1, BT-2, BT-3: energy, to the last milliwatt-hour.

use std::collections::BTreeMap;

use super::entry::{DroneCommissioned, Entry, LegEnded, LegStarted, Micros, Milli, Purpose, What};
use super::{Checker, Findings};

/// Every drone's battery.
#[derive(Default)]
pub(super) struct Batteries {
    drones: BTreeMap<String, Battery>,
    now: Micros,
    /// Drones that landed below their reserve at the present instant, and nothing has said why yet.
    low: Vec<String>,
}

struct Battery {
    capacity: Milli,
    reserve: Milli,
    level: Milli,
    leg: Option<Flight>,
}

/// A leg under way.
#[derive(Clone, Copy)]
struct Flight {
    energy: Milli,
    arrives_t: Micros,
    purpose: Purpose,
}

impl Checker for Batteries {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        if entry.t > self.now {
            self.end_instant(findings);
            self.now = entry.t;
        }
        match &entry.what {
            What::DroneCommissioned(drone) => self.commission(drone, findings),
            What::LegStarted(leg) => self.on_started(leg, findings),
            What::LegEnded(leg) => self.on_ended(leg, findings),
            What::ChargeStarted(charge) => {
                self.look(&charge.drone, charge.battery_wh, findings, |before, now| {
                    now == before
                });
            }
            What::ChargeEnded(charge) => {
                self.look(&charge.drone, charge.battery_wh, findings, |before, now| {
                    now >= before
                });
            }
            What::DroneFailed(failed) => self.low.retain(|drone| *drone != failed.drone),
            What::DroneRecovered(recovered) => {
                self.look(&recovered.drone, recovered.battery_wh, findings, |_, _| true);
            }
            _ => {}
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        self.end_instant(findings);
    }
}

impl Batteries {
    fn commission(&mut self, drone: &DroneCommissioned<'_>, findings: &mut Findings) {
        let battery = Battery {
            capacity: drone.capacity_wh,
            reserve: drone.reserve_wh,
            level: drone.battery_wh,
            leg: None,
        };
        self.drones.insert(drone.drone.clone().into_owned(), battery);
        self.look(&drone.drone, drone.battery_wh, findings, |_, _| true);
    }

    /// Time moves on: a failure would have been named by now.
    fn end_instant(&mut self, findings: &mut Findings) {
        for drone in self.low.drain(..) {
            findings.object("BT-2", || {
                format!("{drone} landed below its reserve, and nothing says why")
            });
        }
    }

    fn on_started(&mut self, leg: &LegStarted<'_>, findings: &mut Findings) {
        self.look(&leg.drone, leg.battery_wh, findings, |before, now| now == before);
        if let Some(battery) = self.drones.get_mut(&*leg.drone) {
            battery.leg = Some(Flight {
                energy: leg.energy_wh,
                arrives_t: leg.arrives_t,
                purpose: leg.purpose,
            });
        }
    }

    /// A whole leg takes what was expected; part of one takes no more.
    fn on_ended(&mut self, ended: &LegEnded<'_>, findings: &mut Findings) {
        let flight = self
            .drones
            .get_mut(&*ended.drone)
            .and_then(|battery| battery.leg.take());
        let is_whole = flight.is_some_and(|flight| self.now >= flight.arrives_t);
        let energy = flight.map_or(0, |flight| flight.energy.0);
        self.look(&ended.drone, ended.battery_wh, findings, |before, now| {
            let taken = before.0.saturating_sub(now.0);
            if is_whole {
                taken == energy
            } else {
                (0..=energy).contains(&taken)
            }
        });
        let may_be_low = flight.is_none_or(|flight| flight.purpose == Purpose::Divert);
        if let Some(battery) = self.drones.get(&*ended.drone)
            && is_whole
            && !may_be_low
            && ended.battery_wh < battery.reserve
        {
            self.low.push(ended.drone.clone().into_owned());
        }
    }

    /// Takes the level a line gives, which must follow from the one before and fit the battery.
    fn look(
        &mut self,
        drone: &str,
        level: Milli,
        findings: &mut Findings,
        follows: impl FnOnce(Milli, Milli) -> bool,
    ) {
        let Some(battery) = self.drones.get_mut(drone) else {
            return;
        };
        let before = std::mem::replace(&mut battery.level, level);
        if !follows(before, level) {
            findings.object("BT-3", || {
                format!(
                    "{drone}'s battery holds {} Wh, which does not follow from {}",
                    level.unit(),
                    before.unit()
                )
            });
        }
        if level < Milli(0) || level > battery.capacity {
            let capacity = battery.capacity.unit();
            findings.object("BT-1", || {
                format!("{drone}'s battery of {capacity} Wh holds {}", level.unit())
            });
        }
    }
}
