//! Draws: what a seed says about one part of a case. Every part has a random stream of its own, so that a part that is drawn otherwise
//! tomorrow leaves the others as they were.

use std::ops::RangeInclusive;

use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::SimDuration;

/// Streams of cases are numbered from here, far from those of the actors of a world with the same seed.
const STREAMS_FROM: u64 = 1 << 48;

/// The parts of a case. Their numbers are those of their streams: new parts go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Size,
    Depots,
    Fleets,
    Demand,
    Weather,
    Zones,
    Terms,
    Faults,
    Commands,
    Course,
    Regions,
    Delay,
    Threads,
    Policy,
    Carriers,
    Reports,
    Series,
    Phases,
    Rezoning,
    Heights,
    Operations,
    Confirmations,
    Incidents,
    Links,
    Rebalancing,
    Traces,
}

/// What a seed says about one part.
pub(super) struct Draw(RandomStream);

impl Draw {
    /// The draws of a part.
    pub(super) fn new(seed: u64, part: Part) -> Self {
        Self(RandomStream::new(seed, STREAMS_FROM + part as u64))
    }

    /// 128 bits.
    pub(super) fn bits(&mut self) -> u128 {
        u128::from(self.0.bits()) << 64 | u128::from(self.0.bits())
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.0.chance(p)
    }

    /// A number of the range, to three decimals, as a person would write it.
    pub(super) fn number(&mut self, range: RangeInclusive<f64>) -> f64 {
        let (from, to) = range.into_inner();
        ((from + (to - from) * self.0.unit()) * 1_000.0).round() / 1_000.0
    }

    /// A whole number of the range.
    pub(super) fn whole(&mut self, range: RangeInclusive<u32>) -> u32 {
        let (from, to) = range.into_inner();
        let index = self.0.index((to - from) as usize + 1);
        from + u32::try_from(index).unwrap_or(0)
    }

    /// A place in a list of this length, which is not empty.
    pub(super) fn index(&mut self, length: usize) -> usize {
        self.0.index(length)
    }

    /// One of the items.
    pub(super) fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.0.index(items.len())]
    }

    /// A span below `limit`, to the microsecond.
    pub(super) fn span(&mut self, limit: SimDuration) -> SimDuration {
        SimDuration::from_seconds_f64(limit.as_seconds_f64() * self.0.unit())
    }

    /// A point of the disc, every part of it alike.
    pub(super) fn place(&mut self, centre: Position, radius_m: f64) -> Position {
        let (distance, angle) = (
            radius_m * self.0.unit().sqrt(),
            self.0.unit() * std::f64::consts::TAU,
        );
        LocalPlane::new(centre).to_position((distance * libm::cos(angle), distance * libm::sin(angle)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_drawn_apart_and_seeds_differ() {
        let bits = |seed, part| Draw::new(seed, part).bits();
        assert_eq!(bits(1, Part::Size), bits(1, Part::Size));
        assert_ne!(bits(1, Part::Size), bits(1, Part::Depots));
        assert_ne!(bits(1, Part::Size), bits(2, Part::Size));
    }

    #[test]
    fn whole_numbers_reach_both_ends_of_their_range() {
        let mut draw = Draw::new(1, Part::Size);
        let seen: std::collections::BTreeSet<u32> = (0..200).map(|_| draw.whole(3..=6)).collect();
        assert_eq!(seen, (3..=6).collect());
    }
}
