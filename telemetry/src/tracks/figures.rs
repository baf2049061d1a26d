//! The fleet's figures: deliveries by stage, completions in the last minute, waits.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::time::{SimDuration, SimTime};

/// How many waits the percentiles are taken over: enough for a 95th one, few enough to sort whenever someone asks.
const WAITS_KEPT: usize = 1_000;

/// The span over which completions are counted, in seconds.
const COMPLETIONS_SPAN_S: u64 = 60;

/// Microseconds in a second.
const MICROS_PER_SECOND: u64 = 1_000_000;

/// Counts that are kept while events go by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    stages: [u64; Stage::ALL.len()],
    /// Completions of each of the last seconds: (second, how many), the newest last.
    completions: VecDeque<(u64, u64)>,
    /// The last waits in microseconds, the newest last.
    waits: VecDeque<u64>,
}

impl Figures {
    pub(super) fn add(&mut self, stage: Stage) {
        self.stages[stage as usize] += 1;
    }

    pub(super) fn change(&mut self, from: Stage, to: Stage) {
        self.stages[from as usize] -= 1;
        self.add(to);
    }

    pub(super) fn picked_up(&mut self, waited: SimDuration) {
        if self.waits.len() == WAITS_KEPT {
            self.waits.pop_front();
        }
        self.waits.push_back(waited.micros());
    }

    pub(super) fn completed(&mut self, at: SimTime) {
        let second = second(at);
        match self.completions.back_mut() {
            Some((newest, count)) if *newest == second => *count += 1,
            _ => self.completions.push_back((second, 1)),
        }
        while self
            .completions
            .front()
            .is_some_and(|(oldest, _)| oldest + COMPLETIONS_SPAN_S <= second)
        {
            self.completions.pop_front();
        }
    }

    /// All stages, those without a delivery too.
    pub(super) fn stages(&self) -> BTreeMap<Stage, u64> {
        Stage::ALL.into_iter().zip(self.stages).collect()
    }

    /// Deliveries that have neither drone nor carrier.
    pub(super) fn waiting(&self) -> u64 {
        self.stages[Stage::Created as usize] + self.stages[Stage::Rescheduled as usize]
    }

    /// Completions in the last minute, to the second.
    pub(super) fn completed_per_minute(&self, now: SimTime) -> u64 {
        let now = second(now);
        self.completions
            .iter()
            .filter(|(at, _)| at + COMPLETIONS_SPAN_S > now)
            .map(|(_, count)| count)
            .sum()
    }

    /// The median and the 95th percentile (nearest rank) of the last waits, in seconds; zero where there is none.
    pub(super) fn waits_s(&self) -> (f64, f64) {
        let mut sorted: Vec<u64> = self.waits.iter().copied().collect();
        sorted.sort_unstable();
        (percentile_s(&sorted, 50), percentile_s(&sorted, 95))
    }
}

const fn second(at: SimTime) -> u64 {
    at.micros() / MICROS_PER_SECOND
}

fn percentile_s(sorted: &[u64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map_or(0.0, |micros| SimDuration::from_micros(*micros).as_seconds_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_s(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * MICROS_PER_SECOND)
    }

    #[test]
    fn a_completion_counts_for_a_minute() {
        let mut figures = Figures::default();
        for second in [0, 30, 30, 59] {
            figures.completed(at_s(second));
        }
        let counts = [59, 60, 90, 118, 119].map(|now| figures.completed_per_minute(at_s(now)));
        assert_eq!(counts, [4, 3, 1, 1, 0]);
    }

    #[test]
    fn completions_of_long_ago_take_no_room() {
        let mut figures = Figures::default();
        for second in 0..10_000 {
            figures.completed(at_s(second));
        }
        assert_eq!(figures.completions.len(), 60);
    }

    #[test]
    fn percentiles_are_by_nearest_rank_over_the_last_thousand() {
        let mut figures = Figures::default();
        assert_eq!(figures.waits_s(), (0.0, 0.0));
        for second in 1..=1_100 {
            figures.picked_up(SimDuration::from_secs(second));
        }
        assert_eq!(figures.waits_s(), (600.0, 1_050.0));
    }

    #[test]
    fn each_delivery_is_in_one_stage() {
        let mut figures = Figures::default();
        figures.add(Stage::Created);
        figures.add(Stage::Created);
        figures.change(Stage::Created, Stage::HeadedToPickup);
        assert_eq!(figures.waiting(), 1);
        assert_eq!(figures.stages().values().sum::<u64>(), 2);
    }
}
