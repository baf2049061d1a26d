//! The fleet as the scheduler knows it: groups of equal drones, and which of them stand ready.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Addr, RegionId};
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use crate::atlas::Atlas;
use crate::bearer::Bearer;
use crate::drone::Drone;
use crate::environment::{Environment, FleetSpec};
use crate::event::{AssignmentRefusal, GroundingReason};
use crate::ids::{AircraftId, DepotId, DroneId};
use crate::mission::{Errand, MissionEstimate, Starting};
use crate::tree::Surroundings;

use self::set::DroneSet;

pub(super) use self::moving::{Expected, Lack, Move, Wanted, reaches};
pub(super) use self::prospect::Prospect;
pub(super) use self::starting::{assess_from, assess_start, bound_from, no_sooner_than, ready_start};

mod moving;
mod prospect;
mod set;
mod starting;

/// What the fleet can do for a request.
pub(super) enum Choice {
    /// This drone, which stood ready, does it.
    Ready(DroneId, MissionEstimate),
    /// Drones that could are busy.
    Busy(Prospect),
    /// No drone ever can.
    Unable(AssignmentRefusal),
}

/// All groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fleet {
    groups: Vec<Group>,
    /// How many fleets of the region were planned: drones that moved make further groups.
    planned: usize,
    /// The depots whose drones stay on the ground, and why.
    grounded: BTreeMap<DepotId, BTreeSet<GroundingReason>>,
    /// Drones that fly to a depot of another region, where they will live: of no group any more.
    leaving: BTreeMap<DroneId, (AircraftId, DepotId)>,
    /// Where drones live that do not live where they would have from their founding.
    settled: BTreeMap<DroneId, Addr<Drone>>,
}

/// The drones of one fleet: same home, same type. Those that are ready are alike, so a mission is assessed once for all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Group {
    depot: DepotId,
    aircraft: AircraftId,
    /// Those that fly, or will again.
    living: DroneSet,
    /// Those of them that stand ready.
    idle: DroneSet,
}

impl Fleet {
    /// The planned fleet of a region, all ready.
    pub(super) fn new(environment: &Environment, region: RegionId) -> Self {
        let mut next = 0;
        let mut groups = Vec::new();
        for fleet in &environment.fleets {
            let first = next;
            next += fleet.count;
            if environment.depot(fleet.depot).region == region {
                groups.push(Group {
                    depot: fleet.depot,
                    aircraft: fleet.aircraft,
                    living: DroneSet::of_fleet(DroneId(first), fleet.count),
                    idle: DroneSet::of_fleet(DroneId(first), fleet.count),
                });
            }
        }
        Self {
            planned: groups.len(),
            groups,
            grounded: BTreeMap::new(),
            leaving: BTreeMap::new(),
            settled: BTreeMap::new(),
        }
    }

    /// How many fleets of the region were planned.
    pub(super) const fn planned(&self) -> usize {
        self.planned
    }

    /// How many stand ready.
    pub(super) fn ready(&self) -> usize {
        self.groups.iter().map(|group| group.idle.len() as usize).sum()
    }

    /// How many of them may be given a request now: those that are not kept on the ground.
    pub(super) fn idle(&self) -> usize {
        self.in_service().map(|group| group.idle.len() as usize).sum()
    }

    /// How many fly, or will again, of those that are not kept on the ground.
    pub(super) fn serving(&self) -> usize {
        self.in_service().map(|group| group.living() as usize).sum()
    }

    fn in_service(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| !self.is_grounded(group.depot))
    }

    /// Takes the ready drone that has the parcel first, of those that can do the whole mission; where none is ready, says what may be hoped for.
    pub(super) fn choose(&mut self, errand: &Errand, surroundings: &Surroundings, now: SimTime) -> Choice {
        match self.take_ready(errand, surroundings, now, now) {
            Ok((drone, estimate)) => Choice::Ready(drone, estimate),
            Err(closest) => self.hope(closest, errand, surroundings, now),
        }
    }

    /// Takes the ready drone that has the parcel first, where it leaves at `leaves_at`, by the zones that are known at `now`.
    ///
    /// # Errors
    /// The reason why the ready drone that came closest cannot.
    pub(super) fn take_ready(
        &mut self,
        errand: &Errand,
        surroundings: &Surroundings,
        leaves_at: SimTime,
        now: SimTime,
    ) -> Result<(DroneId, MissionEstimate), AssignmentRefusal> {
        let (index, drone, estimate) = self.best_ready(errand, surroundings, leaves_at, now)?;
        self.groups[index].idle.remove(drone);
        Ok((drone, estimate))
    }

    /// What a request would come to, were it asked now: as [`Fleet::choose`], without taking anybody.
    pub(super) fn would_choose(&self, errand: &Errand, surroundings: &Surroundings, now: SimTime) -> Choice {
        match self.best_ready(errand, surroundings, now, now) {
            Ok((_, drone, estimate)) => Choice::Ready(drone, estimate),
            Err(closest) => self.hope(closest, errand, surroundings, now),
        }
    }

    /// The ready drone that has the parcel first, and the place of its group.
    fn best_ready(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        leaves_at: SimTime,
        now: SimTime,
    ) -> Result<(usize, DroneId, MissionEstimate), AssignmentRefusal> {
        let mut closest = AssignmentRefusal::TooHeavy;
        let mut best: Option<(MissionEstimate, usize)> = None;
        for (no_sooner_than, index) in self.nearest_ready(errand, surroundings, leaves_at) {
            if best.is_some_and(|(known, _)| known.picked_up_at <= no_sooner_than) {
                break;
            }
            match self.groups[index].assess(errand, surroundings, leaves_at, now) {
                Ok(estimate) if best.is_none_or(|(known, _)| estimate.picked_up_at < known.picked_up_at) => {
                    best = Some((estimate, index));
                }
                Ok(_) => {}
                Err(reason) => closest = closest.max(reason),
            }
        }
        let found = best.and_then(|(estimate, index)| {
            let drone = self.groups[index].idle.first()?;
            Some((index, drone, estimate))
        });
        found.ok_or(closest)
    }

    /// Whether there is a drone, ready or not, that lifts so much.
    pub(super) fn lifts(&self, weight: Kilograms, environment: &Environment) -> bool {
        let lifts = |group: &Group| environment.aircraft(group.aircraft).payload_max >= weight;
        self.groups.iter().any(|group| group.living() > 0 && lifts(group))
    }

    /// The groups with drones that may be given a request now, those that may have the parcel first before others.
    fn nearest_ready(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Vec<(SimTime, usize)> {
        let mut ready: Vec<(SimTime, usize)> = (0..)
            .zip(&self.groups)
            .filter(|(_, group)| !group.idle.is_empty() && !self.is_grounded(group.depot))
            .map(|(index, group)| (group.picks_up_no_sooner_than(errand, surroundings, now), index))
            .collect();
        ready.sort_unstable();
        ready
    }

    /// The groups that have ready drones: of which type, how one starts that leaves now, and which.
    pub(super) fn ready_groups<'a>(
        &'a self,
        now: SimTime,
        surroundings: &'a Surroundings,
    ) -> impl Iterator<Item = (AircraftId, Starting, impl Iterator<Item = DroneId> + 'a)> + 'a {
        let may_leave = |group: &&Group| !group.idle.is_empty() && !self.is_grounded(group.depot);
        let ready = self.groups.iter().filter(may_leave);
        ready.map(move |group| {
            let starting = ready_start(group.depot, group.aircraft, now, surroundings);
            (group.aircraft, starting, group.idle.iter())
        })
    }

    /// A drone's type and home.
    pub(super) fn kind_of(&self, drone: DroneId) -> Option<(AircraftId, DepotId)> {
        let group = self.groups.iter().find(|group| group.has(drone))?;
        Some((group.aircraft, group.depot))
    }

    /// Whether, and when, a drone that stands ready would do the errand.
    pub(super) fn assess(
        &self,
        drone: DroneId,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Result<MissionEstimate, AssignmentRefusal> {
        match self.groups.iter().find(|group| group.has(drone)) {
            Some(group) if self.is_grounded(group.depot) => Err(AssignmentRefusal::Grounded),
            Some(group) => group.assess(errand, surroundings, now, now),
            None => Err(AssignmentRefusal::NobodyCan),
        }
    }

    /// Keeps a depot's drones on the ground; `false` where they are kept there for this reason already.
    pub(super) fn ground(&mut self, depot: DepotId, reason: GroundingReason) -> bool {
        self.grounded.entry(depot).or_default().insert(reason)
    }

    /// Takes a reason back; `false` where it was none.
    pub(super) fn release(&mut self, depot: DepotId, reason: GroundingReason) -> bool {
        let Some(reasons) = self.grounded.get_mut(&depot) else {
            return false;
        };
        let was = reasons.remove(&reason);
        if reasons.is_empty() {
            self.grounded.remove(&depot);
        }
        was
    }

    /// For what weather a depot's drones are kept on the ground, if so.
    pub(super) fn grounded_by_weather(&self, depot: DepotId) -> Option<GroundingReason> {
        let mut reasons = self.grounded.get(&depot)?.iter().copied();
        reasons.find(|reason| reason.is_weather())
    }

    /// Whether a depot's drones stay on the ground.
    pub(super) fn is_grounded(&self, depot: DepotId) -> bool {
        self.grounded.contains_key(&depot)
    }

    /// The drones that stand ready at a depot.
    pub(super) fn ready_at(&self, depot: DepotId) -> Vec<DroneId> {
        let groups = self.groups.iter().filter(|group| group.depot == depot);
        groups.flat_map(|group| group.idle.iter()).collect()
    }

    /// Those that do not stand ready, and are not gone.
    pub(super) fn away(&self) -> Vec<DroneId> {
        let away = self.groups.iter().flat_map(|group| {
            let living = group.living.iter();
            living.filter(|drone| !group.idle.contains(*drone))
        });
        away.chain(self.leaving.keys().copied()).collect()
    }

    /// Where a drone of this region is told what it is to do.
    pub(super) fn address(&self, drone: DroneId, atlas: &Atlas) -> Addr<Drone> {
        let settled = self.settled.get(&drone).copied();
        settled.unwrap_or_else(|| atlas.drone(drone))
    }

    /// The same, as those know it whose parcel it has.
    pub(super) fn bearer(&self, drone: DroneId, atlas: &Atlas) -> Bearer {
        Bearer::Drone(drone, self.address(drone, atlas))
    }

    /// Drones join; they are not ready yet. Those that `settled` names live elsewhere than their founding would have had it.
    pub(super) fn join(&mut self, first: DroneId, fleet: &FleetSpec, settled: &[(DroneId, Addr<Drone>)]) {
        self.planned += 1;
        self.settled.extend(settled.iter().copied());
        self.groups.push(Group {
            depot: fleet.depot,
            aircraft: fleet.aircraft,
            living: DroneSet::of_fleet(first, fleet.count),
            idle: DroneSet::default(),
        });
    }

    /// A drone stands ready, unless it is gone.
    pub(super) fn put_back(&mut self, drone: DroneId) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) {
            group.idle.insert(drone);
        }
    }

    /// A drone is gone for good. Answers to which depot of another region it was to go, if so.
    pub(super) fn strike_off(&mut self, drone: DroneId) -> Option<DepotId> {
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) {
            group.idle.remove(drone);
            group.living.remove(drone);
        }
        self.leaving.remove(&drone).map(|(_, to)| to)
    }

    /// A drone no longer stands ready.
    pub(super) fn take_out(&mut self, drone: DroneId) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) {
            group.idle.remove(drone);
        }
    }
}

impl Group {
    fn has(&self, drone: DroneId) -> bool {
        self.living.contains(drone)
    }

    /// How many fly, or will again.
    const fn living(&self) -> u32 {
        self.living.len()
    }

    fn assess(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        leaves_at: SimTime,
        now: SimTime,
    ) -> Result<MissionEstimate, AssignmentRefusal> {
        assess_from((self.depot, self.aircraft), errand, surroundings, leaves_at, now)
    }

    fn picks_up_no_sooner_than(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        leaves_at: SimTime,
    ) -> SimTime {
        no_sooner_than(self.depot, self.aircraft, errand, surroundings, leaves_at)
    }
}
