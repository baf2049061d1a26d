//! AS-1: no drone flies through a zone in force.

use std::collections::BTreeMap;

use super::entry::{Entry, LegEnded, LegStarted, Micros, What, ZoneDeclared};
use super::geometry::{Point, depth_inside, origin_to_line, share_between};
use super::{Checker, Findings};

/// Places are logged to about a centimetre: a path this deep inside a zone has not left it by rounding, m.
const ROUNDING_M: f64 = 0.1;

/// A degree of latitude is nowhere shorter, m.
const DEGREE_MIN_M: f64 = 110_000.0;

/// The zones there are, and the legs under way. A leg is looked at when it ended, as far as it was flown.
#[derive(Default)]
pub(super) struct Zones {
    zones: Vec<Zone>,
    flying: BTreeMap<String, Flight>,
    now: Micros,
}

struct Zone {
    name: String,
    /// The origin of the map on which the outline is drawn.
    origin: Point,
    outline: Outline,
    /// No point of it is farther from the origin, m.
    reach_m: f64,
    from: Micros,
    to: Micros,
    floor_m: f64,
    ceiling_m: f64,
}

enum Outline {
    Circle,
    Polygon(Vec<(f64, f64)>),
}

struct Flight {
    path: Vec<Point>,
    path_t: Vec<Micros>,
    /// How high each point lies; where the log does not say, a leg may be anywhere between the ground and the sky.
    height_m: Option<Vec<f64>>,
}

impl Checker for Zones {
    fn apply(&mut self, entry: &Entry<'_>, findings: &mut Findings) {
        self.now = self.now.max(entry.t);
        match &entry.what {
            What::ZoneDeclared(zone) => self.declare(zone, findings),
            What::ZoneLifted(lifted) => self.lift(&lifted.zone),
            What::LegStarted(leg) => self.on_started(leg),
            What::LegEnded(leg) => self.on_ended(leg, findings),
            _ => {}
        }
    }

    /// What is in the air at the end was flown as far as that.
    fn finish(&mut self, findings: &mut Findings) {
        for (drone, flight) in std::mem::take(&mut self.flying) {
            self.look(&drone, &flight, findings);
        }
    }
}

impl Zones {
    /// A zone is in force from when it is known.
    fn declare(&mut self, declared: &ZoneDeclared<'_>, findings: &mut Findings) {
        let (origin, outline, reach_m) = match (&declared.circle, declared.polygon.as_deref()) {
            (Some((lat, lon, radius_m)), _) => (Point { lat: *lat, lon: *lon }, Outline::Circle, *radius_m),
            (None, Some(points @ [origin, _, _, ..])) => {
                let flat: Vec<_> = points.iter().map(|point| point.on_map_round(*origin)).collect();
                let reach_m = flat.iter().map(|(x, y)| x.hypot(*y)).fold(0.0, f64::max);
                (*origin, Outline::Polygon(flat), reach_m)
            }
            (None, _) => {
                findings.object("EV-3", || format!("zone {} has no outline", declared.zone));
                return;
            }
        };
        self.zones.push(Zone {
            name: declared.zone.clone().into_owned(),
            origin,
            outline,
            reach_m,
            from: declared.from_t.map_or(self.now, |from| from.max(self.now)),
            to: declared.to_t.unwrap_or(Micros(i64::MAX)),
            floor_m: declared.floor_m.unwrap_or(0.0),
            ceiling_m: declared.ceiling_m.unwrap_or(f64::INFINITY),
        });
    }

    /// A zone that is lifted is over.
    fn lift(&mut self, name: &str) {
        for zone in self.zones.iter_mut().filter(|zone| zone.name == name) {
            zone.to = zone.to.min(self.now);
        }
    }

    fn on_started(&mut self, leg: &LegStarted<'_>) {
        if leg.is_well_formed() {
            let flight = Flight {
                path: leg.path.clone(),
                path_t: leg.path_t.clone(),
                height_m: leg.height_m.clone(),
            };
            self.flying.insert(leg.drone.clone().into_owned(), flight);
        }
    }

    fn on_ended(&mut self, ended: &LegEnded<'_>, findings: &mut Findings) {
        if let Some(flight) = self.flying.remove(&*ended.drone) {
            self.look(&ended.drone, &flight, findings);
        }
    }

    /// Looks at every piece of the path that was flown while the zone was in force.
    fn look(&self, drone: &str, flight: &Flight, findings: &mut Findings) {
        let pieces = || {
            let timed = flight.path.windows(2).zip(flight.path_t.windows(2));
            timed
                .enumerate()
                .map(|(piece, (place, time))| (place, time, flight.heights(piece)))
        };
        let (south, north) = flight.latitudes();
        for zone in self.zones.iter().filter(|zone| zone.reaches(south, north)) {
            let depth_m = pieces()
                .filter(|(.., (low_m, high_m))| zone.floor_m <= *high_m && *low_m <= zone.ceiling_m)
                .filter_map(|(place, time, _)| {
                    let from = zone.from.max(time[0]);
                    let to = zone.to.min(time[1]).min(self.now);
                    let at = |t: Micros| place[0].towards(place[1], share_between(t, time[0], time[1]));
                    (from < to).then(|| zone.depth_of(at(from), at(to)))
                })
                .fold(0.0, f64::max);
            if depth_m > ROUNDING_M {
                findings.object("AS-1", || {
                    format!("{drone} flies {depth_m:.1} m deep into zone {}", zone.name)
                });
            }
        }
    }
}

impl Flight {
    /// Between which degrees of latitude it lies.
    fn latitudes(&self) -> (f64, f64) {
        let lats = || self.path.iter().map(|point| point.lat);
        (
            lats().fold(f64::INFINITY, f64::min),
            lats().fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// Between which heights a piece of the path lies, m.
    fn heights(&self, piece: usize) -> (f64, f64) {
        match self
            .height_m
            .as_deref()
            .and_then(|heights| heights.get(piece..piece + 2))
        {
            Some([a, b]) => (a.min(*b), a.max(*b)),
            _ => (0.0, f64::INFINITY),
        }
    }
}

impl Zone {
    /// Whether it reaches between these degrees of latitude: most zones are ruled out by that, whatever their number.
    fn reaches(&self, south: f64, north: f64) -> bool {
        let reach_deg = self.reach_m / DEGREE_MIN_M;
        self.origin.lat + reach_deg >= south && self.origin.lat - reach_deg <= north
    }

    /// How deep the straight way between two places runs inside, m.
    fn depth_of(&self, from: Point, to: Point) -> f64 {
        let (a, b) = (from.on_map_round(self.origin), to.on_map_round(self.origin));
        let depth_m = self.reach_m - origin_to_line(a, b);
        match &self.outline {
            _ if depth_m <= 0.0 => 0.0,
            Outline::Circle => depth_m,
            Outline::Polygon(outline) => depth_inside(outline, a, b),
        }
    }
}
