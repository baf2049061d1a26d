//! For how long depots were kept on the ground, and why.

use std::collections::BTreeMap;

use skyhaul_actors::event::GroundingReason;
use skyhaul_actors::ids::DepotId;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::log::grounding_word;
use crate::summary::GroundingFigures;

/// Depots on the ground, and how long others were.
#[derive(Clone, Debug, Default)]
pub(super) struct Groundings {
    /// Since when, for each reason.
    grounded: BTreeMap<(DepotId, GroundingReason), SimTime>,
    /// Since when for any reason.
    stretches: BTreeMap<DepotId, SimTime>,
    count: u64,
    span: SimDuration,
    reasons: BTreeMap<GroundingReason, SimDuration>,
}

impl Groundings {
    pub(super) fn on_grounded(&mut self, depot: DepotId, reason: GroundingReason, at: SimTime) {
        self.grounded.insert((depot, reason), at);
        self.stretches.entry(depot).or_insert_with(|| {
            self.count += 1;
            at
        });
    }

    pub(super) fn on_released(&mut self, depot: DepotId, reason: GroundingReason, at: SimTime) {
        if let Some(since) = self.grounded.remove(&(depot, reason)) {
            *self.reasons.entry(reason).or_default() += at.since(since);
        }
        if !self.grounded.keys().any(|(other, _)| *other == depot)
            && let Some(since) = self.stretches.remove(&depot)
        {
            self.span += at.since(since);
        }
    }

    /// What is grounded now, counted from now on.
    pub(super) fn begin_at(self, now: SimTime) -> Self {
        Self {
            count: self.stretches.len() as u64,
            grounded: self.grounded.into_keys().map(|key| (key, now)).collect(),
            stretches: self.stretches.into_keys().map(|depot| (depot, now)).collect(),
            ..Self::default()
        }
    }

    /// The figures at the end of the run.
    pub(super) fn finish(mut self, ended_at: SimTime) -> GroundingFigures {
        let open: Vec<_> = self.grounded.keys().copied().collect();
        for (depot, reason) in open {
            self.on_released(depot, reason, ended_at);
        }
        let reasons = self.reasons.into_iter();
        GroundingFigures {
            count: self.count,
            hours: hours(self.span),
            reasons: reasons
                .map(|(reason, span)| (grounding_word(reason), hours(span)))
                .collect(),
        }
    }
}

fn hours(span: SimDuration) -> f64 {
    span.as_seconds_f64() / 3_600.0
}
