//! Neighbours: the fleets of other regions, as far as is known here. Whether a drone of theirs could is a matter of the plan that all share;
//! whether one stands ready is for them to say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use super::fleet::{assess_from, no_sooner_than};
use crate::environment::FleetSpec;
use crate::event::AssignmentRefusal;
use crate::mission::{Errand, MissionEstimate};
use crate::tree::Surroundings;

/// What neighbours have said of their fleets, by the fleets' places in the environment; of the others it is worth asking.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Neighbours {
    answers: BTreeMap<usize, Answer>,
}

/// What a neighbour has said of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Answer {
    /// None stands ready; it will say when one does.
    Busy,
    /// All are gone.
    Gone,
}

/// A neighbour that may have a drone.
pub(super) struct Candidate {
    pub(super) region: RegionId,
    /// Its fleets that could.
    pub(super) fleets: Vec<usize>,
}

/// From where, for what and when neighbours are asked.
pub(super) struct Question<'a> {
    pub(super) region: RegionId,
    pub(super) errand: &'a Errand,
    pub(super) now: SimTime,
    pub(super) surroundings: &'a Surroundings,
}

impl<'a> Question<'a> {
    /// When a drone leaves that is asked for now: once it was asked for, offered, and taken.
    fn leaves_at(&self) -> SimTime {
        let delay = self.surroundings.environment.dispatch.region_delay;
        self.now + delay + delay + delay
    }

    fn fleet(&self, index: usize) -> &'a FleetSpec {
        &self.surroundings.environment.fleets[index]
    }

    fn region_of(&self, fleet: usize) -> RegionId {
        let depot = self.fleet(fleet).depot;
        self.surroundings.environment.depot(depot).region
    }

    /// The fleets of other regions that are worth asking, those that may have the parcel first before others.
    fn fleets(&self, is_worth_asking: impl Fn(usize) -> bool) -> Vec<(SimTime, usize)> {
        let leaves_at = self.leaves_at();
        let mut fleets: Vec<_> = (0..self.surroundings.environment.fleets.len())
            .filter(|index| is_worth_asking(*index) && self.region_of(*index) != self.region)
            .map(|index| {
                let FleetSpec { depot, aircraft, .. } = *self.fleet(index);
                let bound = no_sooner_than(depot, aircraft, self.errand, self.surroundings, leaves_at);
                (bound, index)
            })
            .collect();
        fleets.sort_unstable();
        fleets
    }

    fn assess(&self, fleet: usize) -> Result<MissionEstimate, AssignmentRefusal> {
        let FleetSpec { depot, aircraft, .. } = *self.fleet(fleet);
        assess_from(
            (depot, aircraft),
            self.errand,
            self.surroundings,
            self.leaves_at(),
            self.now,
        )
    }
}

impl Neighbours {
    /// Of how many fleets it is known that asking is vain.
    pub(super) fn answered(&self) -> usize {
        self.answers.len()
    }

    /// The next neighbour to ask: the one whose able fleet stands nearest, of those that are worth asking.
    pub(super) fn next(&self, question: &Question<'_>) -> Option<Candidate> {
        let fleets = question.fleets(|fleet| !self.answers.contains_key(&fleet));
        let first = fleets
            .iter()
            .position(|(_, fleet)| question.assess(*fleet).is_ok())?;
        let region = question.region_of(fleets[first].1);
        let rest = fleets[first + 1..].iter().map(|(_, fleet)| *fleet);
        let is_like = |fleet: &usize| question.region_of(*fleet) == region && question.assess(*fleet).is_ok();
        let fleets = std::iter::once(fleets[first].1).chain(rest.filter(is_like));
        Some(Candidate {
            region,
            fleets: fleets.collect(),
        })
    }

    /// What a request may hope for that only neighbours can serve.
    ///
    /// # Errors
    /// The reason why the fleet that came closest cannot.
    pub(super) fn hope(&self, question: &Question<'_>) -> Result<MissionEstimate, AssignmentRefusal> {
        let mut closest = AssignmentRefusal::TooHeavy;
        for (_, fleet) in question.fleets(|fleet| self.answers.get(&fleet) != Some(&Answer::Gone)) {
            match question.assess(fleet) {
                Ok(estimate) => return Ok(estimate),
                Err(reason) => closest = closest.max(reason),
            }
        }
        Err(closest)
    }

    /// None of these fleets has a ready drone.
    pub(super) fn note_busy(&mut self, fleets: &[usize]) {
        for fleet in fleets {
            self.answers.entry(*fleet).or_insert(Answer::Busy);
        }
    }

    /// A region has no drone any more that lifts so much.
    pub(super) fn note_gone(&mut self, region: RegionId, weight: Kilograms, surroundings: &Surroundings) {
        let environment = &*surroundings.environment;
        for (index, fleet) in environment.fleets.iter().enumerate() {
            let lifts = environment.aircraft(fleet.aircraft).payload_max >= weight;
            if lifts && environment.depot(fleet.depot).region == region {
                self.answers.insert(index, Answer::Gone);
            }
        }
    }

    /// A region has a drone that it does not need.
    pub(super) fn note_spared(&mut self, region: RegionId, surroundings: &Surroundings) {
        let environment = &*surroundings.environment;
        self.answers.retain(|fleet, answer| {
            *answer == Answer::Gone || environment.depot(environment.fleets[*fleet].depot).region != region
        });
    }
}
