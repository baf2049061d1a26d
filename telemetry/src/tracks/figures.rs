//! The fleet's figures: deliveries by stage, completions in the last minute, waits.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::Transport;
use skyhaul_actors::stage::Stage;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::WattHours;

use crate::view::Performance;

/// How many values percentiles and shares are taken over: enough for a 95th one, few enough to sort whenever someone asks.
const VALUES_KEPT: usize = 1_000;

/// The span over which completions are counted, in seconds.
const COMPLETIONS_SPAN_S: u64 = 60;

/// Microseconds in a second.
const MICROS_PER_SECOND: u64 = 1_000_000;

/// How a delivery turned out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// Who brought it.
    pub(super) by: Transport,
    /// How far it arrived from when it was to, by the word given as somebody took it.
    pub(super) eta_error: Option<SimDuration>,
    /// Whether it arrived by its deadline, where it had one.
    pub(super) is_on_time: Option<bool>,
}

/// Counts that are kept while events go by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    stages: [u64; Stage::ALL.len()],
    /// Completions of each of the last seconds: (second, how many), the newest last.
    completions: VecDeque<(u64, u64)>,
    /// The last waits in microseconds, the newest last.
    waits: VecDeque<u64>,
    /// The last differences between promise and arrival in microseconds, the newest last.
    eta_errors: VecDeque<u64>,
    /// Whether the last deliveries with a deadline kept it, the newest last.
    on_time: VecDeque<bool>,
    completed_by_drone: u64,
    completed_by_carrier: u64,
    energy: WattHours,
}

/// Adds a value behind the last ones, and lets go of the oldest.
fn keep<T>(values: &mut VecDeque<T>, value: T) {
    if values.len() == VALUES_KEPT {
        values.pop_front();
    }
    values.push_back(value);
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
        keep(&mut self.waits, waited.micros());
    }

    /// A leg took so much energy.
    pub(super) fn flown(&mut self, energy: WattHours) {
        self.energy += energy;
    }

    pub(super) fn completed(&mut self, at: SimTime, outcome: Outcome) {
        match outcome.by {
            Transport::Drone(_) => self.completed_by_drone += 1,
            Transport::Carrier(_) => self.completed_by_carrier += 1,
        }
        if let Some(error) = outcome.eta_error {
            keep(&mut self.eta_errors, error.micros());
        }
        if let Some(is_on_time) = outcome.is_on_time {
            keep(&mut self.on_time, is_on_time);
        }
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
        percentiles_s(&self.waits)
    }

    /// How well the last deliveries were made, and what they took.
    pub(super) fn performance(&self) -> Performance {
        let (eta_error_p50_s, eta_error_p95_s) = percentiles_s(&self.eta_errors);
        let kept = self.on_time.iter().filter(|is_on_time| **is_on_time).count();
        let energy_wh = self.energy.get();
        Performance {
            with_deadline: self.on_time.len(),
            on_time_share: (!self.on_time.is_empty()).then(|| kept as f64 / self.on_time.len() as f64),
            with_estimate: self.eta_errors.len(),
            eta_error_p50_s,
            eta_error_p95_s,
            completed_by_drone: self.completed_by_drone,
            completed_by_carrier: self.completed_by_carrier,
            energy_wh,
            energy_per_delivery_wh: (self.completed_by_drone > 0)
                .then(|| energy_wh / self.completed_by_drone as f64),
        }
    }
}

const fn second(at: SimTime) -> u64 {
    at.micros() / MICROS_PER_SECOND
}

/// The median and the 95th percentile of values in microseconds, in seconds; zero where there is none.
fn percentiles_s(values: &VecDeque<u64>) -> (f64, f64) {
    let mut sorted: Vec<u64> = values.iter().copied().collect();
    sorted.sort_unstable();
    (percentile_s(&sorted, 50), percentile_s(&sorted, 95))
}

fn percentile_s(sorted: &[u64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted
        .get(rank - 1)
        .map_or(0.0, |micros| SimDuration::from_micros(*micros).as_seconds_f64())
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::ids::{CarrierId, DroneId};

    use super::*;

    fn at_s(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * MICROS_PER_SECOND)
    }

    const BROUGHT: Outcome = Outcome {
        by: Transport::Drone(DroneId(1)),
        eta_error: None,
        is_on_time: None,
    };

    #[test]
    fn a_completion_counts_for_a_minute() {
        let mut figures = Figures::default();
        for second in [0, 30, 30, 59] {
            figures.completed(at_s(second), BROUGHT);
        }
        let counts = [59, 60, 90, 118, 119].map(|now| figures.completed_per_minute(at_s(now)));
        assert_eq!(counts, [4, 3, 1, 1, 0]);
    }

    #[test]
    fn completions_of_long_ago_take_no_room() {
        let mut figures = Figures::default();
        for second in 0..10_000 {
            figures.completed(at_s(second), BROUGHT);
        }
        assert_eq!(figures.completions.len(), 60);
    }

    #[test]
    fn before_anything_was_brought_there_is_no_share_of_it() {
        let none = Figures::default().performance();
        assert_eq!((none.on_time_share, none.energy_per_delivery_wh), (None, None));
    }

    #[test]
    fn shares_and_errors_are_of_the_last_thousand_that_had_a_promise() {
        let mut figures = Figures::default();
        for n in 1..=1_100 {
            figures.completed(
                at_s(n),
                Outcome {
                    eta_error: Some(SimDuration::from_secs(n)),
                    is_on_time: Some(n > 600),
                    ..BROUGHT
                },
            );
        }
        figures.completed(
            at_s(2_000),
            Outcome {
                by: Transport::Carrier(CarrierId(0)),
                ..BROUGHT
            },
        );
        figures.flown(WattHours::new(2_200.0));
        let shown = figures.performance();
        assert_eq!((shown.with_deadline, shown.on_time_share), (1_000, Some(0.5)));
        assert_eq!((shown.eta_error_p50_s, shown.eta_error_p95_s), (600.0, 1_050.0));
        assert_eq!((shown.completed_by_drone, shown.completed_by_carrier), (1_100, 1));
        assert_eq!(shown.energy_per_delivery_wh, Some(2.0));
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
