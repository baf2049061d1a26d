//! Where a drone is on its leg: the closed formula between waypoints.

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::{Leg, Waypoint};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

/// Shorter segments than this, in metres over the ground, climb or descend on the spot and give no heading.
const STANDS_STILL_M: f64 = 0.5;

/// A drone's motion at an instant of its leg.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Motion {
    /// Where it is over the ground.
    pub at: Position,
    /// How high, m.
    pub altitude_m: f64,
    /// Where it heads, degrees clockwise from north.
    pub heading_deg: f64,
    /// Ground speed, m/s.
    pub speed_mps: f64,
    /// How fast it climbs, m/s; below zero where it descends.
    pub climb_mps: f64,
    /// Energy in its battery, Wh, falling evenly over the leg.
    pub battery_wh: f64,
}

/// The motion at `now`; before take-off and after landing it stands at the leg's end nearest in time.
#[must_use]
pub fn along(leg: &Leg, now: SimTime) -> Motion {
    let now = now.max(leg.departs()).min(leg.arrives());
    let next = leg
        .path
        .partition_point(|waypoint| waypoint.time <= now)
        .clamp(1, leg.path.len() - 1);
    let (from, to) = (leg.path[next - 1], leg.path[next]);
    let share = share(from.time, to.time, now);
    let is_under_way = now > leg.departs() && now < leg.arrives();
    let [speed_mps, climb_mps] = if is_under_way {
        speeds_mps(from, to)
    } else {
        [0.0; 2]
    };
    let flown = share_of(leg, now);
    Motion {
        at: from.at.towards(to.at, share),
        altitude_m: from.altitude.get() + (to.altitude.get() - from.altitude.get()) * share,
        heading_deg: heading_deg(&leg.path, next),
        speed_mps,
        climb_mps,
        battery_wh: leg.battery.get() - leg.energy.get() * flown,
    }
}

/// How much of the leg's time has passed at `now`, 0 to 1.
fn share_of(leg: &Leg, now: SimTime) -> f64 {
    share(leg.departs(), leg.arrives(), now)
}

/// How much of a span has passed at `now`, 0 to 1; a span of no length has passed.
pub(super) fn share(from: SimTime, to: SimTime, now: SimTime) -> f64 {
    let span = to.since(from).as_seconds_f64();
    if span > 0.0 {
        (now.since(from).as_seconds_f64() / span).clamp(0.0, 1.0)
    } else {
        1.0
    }
}

/// Over the ground, and upwards.
fn speeds_mps(from: Waypoint, to: Waypoint) -> [f64; 2] {
    let span = to.time.since(from.time).as_seconds_f64();
    let way_m = [from.at.distance_m(to.at), to.altitude.get() - from.altitude.get()];
    way_m.map(|way_m| if span > 0.0 { way_m / span } else { 0.0 })
}

/// The course of the segment that ends at waypoint `next`; on a climb the next one's, on a descent the last one's.
fn heading_deg(path: &[Waypoint], next: usize) -> f64 {
    let course = |end: usize| {
        let (from, to) = (path[end - 1].at, path[end].at);
        (from.distance_m(to) > STANDS_STILL_M).then(|| from.course_deg(to))
    };
    (next..path.len())
        .find_map(course)
        .or_else(|| (1..next).rev().find_map(course))
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::event::LegPurpose;
    use skyhaul_actors::ids::DroneId;
    use skyhaul_engine::units::{Kilograms, Metres, WattHours};

    use super::*;

    fn waypoint(lat: f64, altitude_m: f64, second: u64) -> Waypoint {
        Waypoint {
            at: Position::new(lat, 11.0).expect("on the sphere"),
            altitude: Metres::new(altitude_m),
            time: SimTime::from_micros(second * 1_000_000),
        }
    }

    /// Ten seconds up, a hundred seconds due north, ten seconds down.
    fn hop() -> Leg {
        Leg {
            drone: DroneId(0),
            delivery: None,
            purpose: LegPurpose::Return,
            path: vec![
                waypoint(43.0, 0.0, 10),
                waypoint(43.0, 60.0, 20),
                waypoint(43.01, 60.0, 120),
                waypoint(43.01, 0.0, 130),
            ],
            distance: Metres::new(1_112.0),
            payload: Kilograms::ZERO,
            energy: WattHours::new(12.0),
            battery: WattHours::new(100.0),
        }
    }

    fn at(second: u64) -> Motion {
        along(&hop(), SimTime::from_micros(second * 1_000_000))
    }

    #[test]
    fn stands_at_the_ends_before_and_after() {
        assert_eq!(at(0).at, hop().path[0].at);
        assert_eq!(at(500).at, hop().path[3].at);
        assert!((at(0).battery_wh - 100.0).abs() < 1e-9);
        assert!((at(500).battery_wh - 88.0).abs() < 1e-9);
        assert_eq!((at(0).speed_mps, at(500).speed_mps), (0.0, 0.0));
    }

    #[test]
    fn is_half_way_at_half_time() {
        let middle = at(70);
        assert!((middle.at.lat() - 43.005).abs() < 1e-7);
        assert!((middle.altitude_m - 60.0).abs() < 1e-9);
        assert!((middle.battery_wh - 94.0).abs() < 1e-9);
        assert!((middle.speed_mps - 11.12).abs() < 0.01);
    }

    #[test]
    fn heads_where_it_will_fly_and_has_flown() {
        for second in [12, 70, 125] {
            assert!(at(second).heading_deg.abs() < 1e-9, "north at {second}");
        }
        assert!((at(15).altitude_m - 30.0).abs() < 1e-9);
    }

    #[test]
    fn climbs_and_descends_as_fast_as_its_waypoints_say() {
        assert_eq!(
            [0, 10, 15, 70, 125, 130].map(|second| at(second).climb_mps),
            [0.0, 0.0, 6.0, 0.0, -6.0, 0.0]
        );
    }
}
