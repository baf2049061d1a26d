//! Experience: how estimates turned out, by who carried, what was still ahead and how far it goes; from it follow the bounds of the next ones.
//!
//! Kept for each kind of estimate is how the time that it took compares with the time that was estimated, in a histogram whose older half
//! fades. Nine in ten of similar deliveries came after the lower bound, nine in ten before the upper one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::Transport;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::estimate::Estimate;
use crate::view::Between;

/// Ratios are counted in steps of this, per mille, up to the last step, which holds all that is beyond: an estimate that turned out three
/// times too short says no more than that.
const STEP: u64 = 10;
const STEPS: u64 = 300;

/// Beyond so many ratios all counts are halved: an hour of a busy fleet's, so that bounds follow the day.
const COUNTED_MAX: u32 = 1_000;

/// Which share of similar deliveries came before the lower bound, and after the upper one, per cent.
const OUTSIDE: u32 = 10;

/// Estimates of less than this say nothing of those to come, microseconds.
const ESTIMATED_MIN_US: u64 = 1_000_000;

/// From pickup to drop-off, up to so many metres.
const DISTANCES_M: [f64; 4] = [1_000.0, 2_500.0, 5_000.0, 10_000.0];

/// What an estimate is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Basis {
    /// Nobody has the delivery yet.
    Waiting,
    /// A drone was assigned.
    Drone,
    /// A drone has the parcel.
    Flown,
    /// A carrier was booked.
    Carrier,
    /// A carrier has the parcel.
    Driven,
}

impl Basis {
    const fn assigned(by: Transport) -> Self {
        match by {
            Transport::Drone(_) => Self::Drone,
            Transport::Carrier(_) => Self::Carrier,
        }
    }

    const fn carried(by: Transport) -> Self {
        match by {
            Transport::Drone(_) => Self::Flown,
            Transport::Carrier(_) => Self::Driven,
        }
    }

    /// What is believed before anything was seen, per mille: flights keep to their plans, roads do not, and whoever waits knows little.
    const fn prior(self) -> [u64; 2] {
        match self {
            Self::Waiting => [700, 2_000],
            Self::Drone => [950, 1_100],
            Self::Flown => [980, 1_030],
            Self::Carrier => [850, 1_400],
            Self::Driven => [850, 1_300],
        }
    }
}

/// How much the prior counts: as so many deliveries at either bound, and as many as needed between them.
const PRIOR_OUTSIDE: u32 = 4;
const PRIOR_BETWEEN: u32 = 24;

/// Which time is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Of {
    Pickup,
    Dropoff,
}

/// An estimate as it was given, to be compared with what comes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Given {
    basis: Basis,
    at: SimTime,
    estimate: Estimate,
}

/// The estimates that were given for a delivery and have not been compared yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Promises(Vec<Given>);

impl Promises {
    /// Nobody has it: what was promised before counts no more.
    pub(super) fn wait(&mut self, at: SimTime, estimate: Estimate) {
        self.0.clear();
        self.give(Basis::Waiting, at, estimate);
    }

    /// Someone has it; an earlier one no more.
    pub(super) fn assign(&mut self, by: Transport, at: SimTime, estimate: Estimate) {
        self.0.retain(|given| given.basis == Basis::Waiting);
        self.give(Basis::assigned(by), at, estimate);
    }

    /// When it was to arrive by the word that was given as somebody took it; `None` where nobody has.
    pub(super) fn assigned(&self) -> Option<SimTime> {
        let of_taker = |given: &&Given| matches!(given.basis, Basis::Drone | Basis::Carrier);
        self.0.iter().find(of_taker).map(|given| given.estimate.dropoff)
    }

    fn give(&mut self, basis: Basis, at: SimTime, estimate: Estimate) {
        self.0.push(Given { basis, at, estimate });
    }
}

/// How estimates turned out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Experience(BTreeMap<(Basis, Of, u8), Ratios>);

impl Experience {
    /// The parcel was picked up: compares, and takes note of what is estimated from now on.
    pub(super) fn on_picked_up(
        &mut self,
        promises: &mut Promises,
        by: Transport,
        now: SimTime,
        estimate: Estimate,
        distance_m: f64,
    ) {
        for given in &promises.0 {
            self.compare(given, Of::Pickup, given.estimate.pickup, now, distance_m);
        }
        promises.give(Basis::carried(by), now, estimate);
    }

    /// The parcel arrived: compares.
    pub(super) fn on_completed(&mut self, promises: &mut Promises, now: SimTime, distance_m: f64) {
        for given in promises.0.drain(..) {
            self.compare(&given, Of::Dropoff, given.estimate.dropoff, now, distance_m);
        }
    }

    fn compare(&mut self, given: &Given, of: Of, estimated: SimTime, now: SimTime, distance_m: f64) {
        let estimated_us = estimated.since(given.at).micros();
        if estimated_us >= ESTIMATED_MIN_US {
            let ratio = now.since(given.at).micros().saturating_mul(1_000) / estimated_us;
            let key = (given.basis, of, class(distance_m));
            let ratios = self.0.entry(key).or_insert_with(|| Ratios::of(given.basis));
            ratios.count(ratio, 1);
        }
    }

    /// The bounds of two times that lie ahead.
    pub(super) fn bounds(
        &self,
        basis: Basis,
        estimate: Estimate,
        now: SimTime,
        distance_m: f64,
    ) -> (Between, Between) {
        let between = |of, eta: SimTime| {
            let key = (basis, of, class(distance_m));
            let known = self.0.get(&key).map(Ratios::bounds);
            let [low, high] = known.unwrap_or_else(|| basis.prior());
            let left_us = eta.since(now).micros();
            let part = |per_mille: u64| SimDuration::from_micros(left_us.saturating_mul(per_mille) / 1_000);
            Between {
                low: (now + part(low)).min(eta),
                high: (now + part(high)).max(eta),
            }
        };
        (
            between(Of::Pickup, estimate.pickup),
            between(Of::Dropoff, estimate.dropoff),
        )
    }
}

/// Ratios of what it took to what was estimated, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Ratios {
    counts: BTreeMap<u16, u32>,
    total: u32,
}

impl Ratios {
    fn of(basis: Basis) -> Self {
        let [low, high] = basis.prior();
        let mut ratios = Self::default();
        ratios.count(low, PRIOR_OUTSIDE);
        ratios.count(1_000, PRIOR_BETWEEN);
        ratios.count(high, PRIOR_OUTSIDE);
        ratios
    }

    fn count(&mut self, ratio: u64, times: u32) {
        let step = u16::try_from((ratio / STEP).min(STEPS)).unwrap_or(u16::MAX);
        *self.counts.entry(step).or_default() += times;
        self.total += times;
        if self.total > COUNTED_MAX {
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
            self.total = self.counts.values().sum();
        }
    }

    /// The lower and the upper bound, per mille.
    fn bounds(&self) -> [u64; 2] {
        let outside = self.total * OUTSIDE / 100;
        let low = passing(self.counts.iter(), outside);
        let high = passing(self.counts.iter().rev(), outside);
        [low * STEP, (high + 1) * STEP]
    }
}

/// The step at which more than `outside` are passed.
fn passing<'a>(mut steps: impl Iterator<Item = (&'a u16, &'a u32)>, outside: u32) -> u64 {
    let mut passed = 0;
    let found = steps.find(|(_, count)| {
        passed += **count;
        passed > outside
    });
    found.map_or(1_000 / STEP, |(step, _)| u64::from(*step))
}

fn class(distance_m: f64) -> u8 {
    let class = DISTANCES_M.iter().take_while(|limit| distance_m > **limit);
    u8::try_from(class.count()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::ids::{CarrierId, DroneId};

    use super::*;

    const BY: Transport = Transport::Drone(DroneId(1));

    fn at_s(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    fn estimate(pickup_s: u64, dropoff_s: u64) -> Estimate {
        Estimate {
            pickup: at_s(pickup_s),
            dropoff: at_s(dropoff_s),
        }
    }

    /// A delivery that was to be there in 1,000 s, and was in so many.
    fn brought_in(experience: &mut Experience, seconds: u64) {
        let mut promises = Promises::default();
        promises.wait(at_s(0), estimate(100, 1_000));
        promises.assign(BY, at_s(0), estimate(100, 1_000));
        experience.on_picked_up(&mut promises, BY, at_s(100), estimate(100, 1_000), 3_000.0);
        experience.on_completed(&mut promises, at_s(seconds), 3_000.0);
    }

    fn bounds_s(experience: &Experience, basis: Basis, distance_m: f64) -> (u64, u64) {
        let (_, dropoff) = experience.bounds(basis, estimate(100, 1_000), at_s(0), distance_m);
        (
            dropoff.low.micros() / 1_000_000,
            dropoff.high.micros() / 1_000_000,
        )
    }

    #[test]
    fn before_anything_was_seen_bounds_are_wide_where_little_is_known() {
        let none = Experience::default();
        assert_eq!(bounds_s(&none, Basis::Drone, 3_000.0), (950, 1_100));
        assert_eq!(bounds_s(&none, Basis::Waiting, 3_000.0), (700, 2_000));
    }

    #[test]
    fn bounds_hold_what_eight_in_ten_similar_deliveries_showed() {
        let mut experience = Experience::default();
        for seconds in (0..400).map(|n| 1_000 + n) {
            brought_in(&mut experience, seconds);
        }
        let (low, high) = bounds_s(&experience, Basis::Drone, 3_000.0);
        assert!(
            (1_000..=1_000).contains(&low),
            "an estimate lies within its bounds: {low}"
        );
        assert!((1_340..=1_380).contains(&high), "{high}");
        assert_eq!(
            bounds_s(&experience, Basis::Drone, 300.0),
            (950, 1_100),
            "short ways are another matter"
        );
        assert_eq!(bounds_s(&experience, Basis::Carrier, 3_000.0), (850, 1_400));
    }

    #[test]
    fn what_was_long_ago_fades() {
        let mut experience = Experience::default();
        for seconds in [1_500, 1_010] {
            for _ in 0..4_000 {
                brought_in(&mut experience, seconds);
            }
        }
        assert_eq!(bounds_s(&experience, Basis::Drone, 3_000.0), (1_000, 1_020));
        assert!(experience.0.values().all(|ratios| ratios.total <= COUNTED_MAX));
    }

    #[test]
    fn bounds_close_in_on_what_is_left() {
        let none = Experience::default();
        let width = |now| {
            let (_, dropoff) = none.bounds(Basis::Driven, estimate(100, 1_000), now, 500.0);
            assert!(dropoff.low >= now && dropoff.low <= at_s(1_000) && dropoff.high >= at_s(1_000));
            dropoff.high.since(dropoff.low)
        };
        assert!(width(at_s(100)) > width(at_s(500)) && width(at_s(500)) > width(at_s(990)));
        assert_eq!(width(at_s(1_000)), SimDuration::ZERO);
    }

    #[test]
    fn who_lost_a_delivery_is_not_measured_by_who_brought_it() {
        let mut experience = Experience::default();
        let mut promises = Promises::default();
        let van = Transport::Carrier(CarrierId(0));
        promises.wait(at_s(0), estimate(100, 1_000));
        promises.assign(BY, at_s(0), estimate(100, 1_000));
        promises.assign(van, at_s(600), estimate(700, 2_000));
        experience.on_completed(&mut promises, at_s(2_000), 3_000.0);
        let seen: Vec<Basis> = experience.0.keys().map(|(basis, ..)| *basis).collect();
        assert_eq!(seen, [Basis::Waiting, Basis::Carrier]);
    }
}
