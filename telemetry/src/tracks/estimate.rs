//! When a parcel is picked up and when it arrives: the best that is known, kept up with what happens.

use serde::{Deserialize, Serialize};
use skyhaul_actors::environment::Environment;
use skyhaul_actors::mission::{LOADING, UNLOADING};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::view::Between;

/// Where there is neither a fleet nor a carrier: the speed of a bicycle, m/s.
const SPEED_OF_NOBODY_MPS: f64 = 5.0;

/// What should have been and was not is put off by so much at the least.
const PUT_OFF_MIN: SimDuration = SimDuration::from_secs(30);

/// Two times of a delivery: when the parcel is in the transport, and when it is out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Estimate {
    pub(super) pickup: SimTime,
    pub(super) dropoff: SimTime,
}

impl Estimate {
    /// Moves the pickup; the drop-off moves with it.
    pub(super) fn shift_pickup(&mut self, pickup: SimTime) {
        let journey = self.dropoff.since(self.pickup);
        *self = Self {
            pickup,
            dropoff: pickup + journey,
        };
    }

    /// The same, where the parcel was not picked up at `now`: a pickup that should have been is put off.
    pub(super) fn picked_up_after(mut self, now: SimTime) -> Self {
        self.shift_pickup(put_off(self.pickup, now));
        self
    }

    /// The same, where the parcel was picked up, and did not arrive until `now`.
    pub(super) fn arriving_after(self, now: SimTime) -> Self {
        Self {
            dropoff: put_off(self.dropoff, now),
            ..self
        }
    }
}

/// A time that lies ahead; one that has passed by `now` is put off, each time for twice as long, while a fifth of that is left. So it never lies in the
/// past, changes seldom, and is the less certain the later it gets.
fn put_off(expected: SimTime, now: SimTime) -> SimTime {
    if expected >= now {
        return expected;
    }
    let late = now.since(expected).micros();
    let mut more = PUT_OFF_MIN.micros();
    while more < late + late / 4 {
        more *= 2;
    }
    expected + SimDuration::from_micros(more)
}

/// The two times with the bounds of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Times {
    pub(super) estimate: Estimate,
    pub(super) pickup: Between,
    pub(super) dropoff: Between,
}

impl Times {
    /// What is over.
    pub(super) const fn exactly(estimate: Estimate) -> Self {
        Self {
            estimate,
            pickup: Between::exactly(estimate.pickup),
            dropoff: Between::exactly(estimate.dropoff),
        }
    }
}

/// Guesses before a scheduler or a carrier has said anything: straight to the pickup from the nearest depot, straight on to the drop-off.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Guess {
    depots: Vec<Position>,
    speed_mps: f64,
    /// Up and down again.
    climb: SimDuration,
    /// Before anyone sets out.
    delay: SimDuration,
}

impl Guess {
    /// From the fleets' mean aircraft; where there is no fleet, from the first carrier.
    pub(super) fn new(environment: &Environment) -> Self {
        let depots = environment.depots.iter().map(|depot| depot.at).collect();
        let fleet_size: f64 = environment.fleets.iter().map(|f| f64::from(f.count)).sum();
        if fleet_size > 0.0 {
            let mean = |of: fn(&skyhaul_actors::environment::AircraftSpec) -> f64| {
                let weighted = environment
                    .fleets
                    .iter()
                    .map(|fleet| f64::from(fleet.count) * of(environment.aircraft(fleet.aircraft)));
                weighted.sum::<f64>() / fleet_size
            };
            let climb_s = mean(|a| a.altitude_m / a.climb_mps + a.altitude_m / a.descent_mps);
            return Self {
                depots,
                speed_mps: mean(|a| a.cruise_mps),
                climb: SimDuration::from_seconds_f64(climb_s),
                delay: SimDuration::ZERO,
            };
        }
        let carrier = environment.carriers.first();
        Self {
            depots: Vec::new(),
            speed_mps: carrier.map_or(SPEED_OF_NOBODY_MPS, |carrier| carrier.speed_mps),
            climb: SimDuration::ZERO,
            delay: carrier.map_or(SimDuration::ZERO, |carrier| carrier.pickup_delay),
        }
    }

    /// The guess for a parcel that may be fetched from `start` on.
    pub(super) fn estimate(&self, start: SimTime, pickup: Position, dropoff: Position) -> Estimate {
        let nearest_m = self
            .depots
            .iter()
            .map(|depot| depot.distance_m(pickup))
            .min_by(f64::total_cmp)
            .unwrap_or(0.0);
        let pickup_at = start + self.delay + self.flight(nearest_m) + LOADING;
        Estimate {
            pickup: pickup_at,
            dropoff: pickup_at + self.flight(pickup.distance_m(dropoff)) + UNLOADING,
        }
    }

    fn flight(&self, distance_m: f64) -> SimDuration {
        self.climb + SimDuration::from_seconds_f64(distance_m / self.speed_mps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_s(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_late_pickup_delays_the_arrival_by_as_much() {
        let estimate = Estimate {
            pickup: at_s(100),
            dropoff: at_s(400),
        };
        assert_eq!(estimate.picked_up_after(at_s(50)), estimate);
        let late = estimate.picked_up_after(at_s(101));
        assert_eq!((late.pickup, late.dropoff), (at_s(130), at_s(430)));
        let late = estimate.arriving_after(at_s(401));
        assert_eq!((late.pickup, late.dropoff), (at_s(100), at_s(430)));
    }

    #[test]
    fn what_is_late_is_put_off_the_longer_the_later_it_is() {
        let put_off_s = |now_s| put_off(at_s(100), at_s(now_s)).micros() / 1_000_000;
        assert_eq!(
            [100, 101, 124, 125, 148, 149].map(put_off_s),
            [100, 130, 130, 160, 160, 220]
        );
        for now_s in 101..10_000 {
            let left_s = put_off_s(now_s) - now_s;
            assert!(left_s * 4 >= now_s - 100, "{now_s}: {left_s}");
        }
        let said: std::collections::BTreeSet<u64> = (101..10_000).map(put_off_s).collect();
        assert_eq!(said.len(), 10, "in nearly three hours");
    }
}
