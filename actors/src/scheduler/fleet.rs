//! The fleet as the scheduler knows it: groups of equal drones, and which of them stand ready.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::WattHours;

use super::Prospect;
use crate::environment::Environment;
use crate::event::AssignmentRefusal;
use crate::flight::Conditions;
use crate::ids::{AircraftId, DepotId, DroneId};
use crate::mission::{Errand, MissionEstimate, READY_SHARE, Starting, assess};
use crate::tree::Surroundings;

/// All groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fleet {
    groups: Vec<Group>,
}

/// The drones of one fleet: same home, same type. Those that are ready are alike, so a mission is assessed once for all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Group {
    depot: DepotId,
    aircraft: AircraftId,
    first: DroneId,
    count: u32,
    idle: BTreeSet<DroneId>,
    /// Those that are gone for good.
    gone: BTreeSet<DroneId>,
}

impl Fleet {
    /// The planned fleet, all ready.
    pub(super) fn new(environment: &Environment) -> Self {
        let mut next = 0;
        let groups = environment
            .fleets
            .iter()
            .map(|fleet| {
                let first = next;
                next += fleet.count;
                Group {
                    depot: fleet.depot,
                    aircraft: fleet.aircraft,
                    first: DroneId(first),
                    count: fleet.count,
                    idle: (first..next).map(DroneId).collect(),
                    gone: BTreeSet::new(),
                }
            })
            .collect();
        Self { groups }
    }

    /// How many stand ready.
    pub(super) fn idle(&self) -> usize {
        self.groups.iter().map(|group| group.idle.len()).sum()
    }

    /// Takes the ready drone that has the parcel first, of those that can do the whole mission.
    pub(super) fn take_nearest(
        &mut self,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Option<(DroneId, MissionEstimate)> {
        let mut candidates: Vec<(SimTime, usize)> = (0..self.groups.len())
            .filter(|index| !self.groups[*index].idle.is_empty())
            .map(|index| {
                (
                    self.groups[index].picks_up_no_sooner_than(errand, surroundings, now),
                    index,
                )
            })
            .collect();
        candidates.sort_unstable();
        let mut best: Option<(MissionEstimate, usize)> = None;
        for (no_sooner_than, index) in candidates {
            if best.is_some_and(|(estimate, _)| estimate.picked_up_at <= no_sooner_than) {
                break;
            }
            if let Ok(estimate) = self.groups[index].assess(errand, surroundings, now)
                && best.is_none_or(|(known, _)| estimate.picked_up_at < known.picked_up_at)
            {
                best = Some((estimate, index));
            }
        }
        let (estimate, index) = best?;
        Some((self.groups[index].idle.pop_first()?, estimate))
    }

    /// What a request may hope for though no ready drone can do it.
    ///
    /// # Errors
    /// The reason of the group that comes closest, where no drone of the fleet ever can.
    pub(super) fn prospect(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Result<Prospect, AssignmentRefusal> {
        let mut best: Option<MissionEstimate> = None;
        let mut able = 0;
        let mut closest = AssignmentRefusal::TooHeavy;
        for group in self.groups.iter().filter(|group| group.living() > 0) {
            match group.assess(errand, surroundings, now) {
                Ok(estimate) => {
                    able += group.living();
                    if best.is_none_or(|known| estimate.picked_up_at < known.picked_up_at) {
                        best = Some(estimate);
                    }
                }
                Err(reason) => closest = closest.max(reason),
            }
        }
        let estimate = best.ok_or(closest)?;
        Ok(Prospect {
            estimate,
            asked_at: now,
            able,
        })
    }

    /// Whether, and when, a drone that stands ready would do the errand.
    pub(super) fn assess(
        &self,
        drone: DroneId,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Result<MissionEstimate, AssignmentRefusal> {
        let group = self.groups.iter().find(|group| group.has(drone));
        group.map_or(Err(AssignmentRefusal::NobodyCan), |group| {
            group.assess(errand, surroundings, now)
        })
    }

    /// A drone stands ready.
    pub(super) fn put_back(&mut self, drone: DroneId) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) {
            group.idle.insert(drone);
        }
    }

    /// A drone is gone for good.
    pub(super) fn strike_off(&mut self, drone: DroneId) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) {
            group.idle.remove(&drone);
            group.gone.insert(drone);
        }
    }

    /// A drone no longer stands ready.
    pub(super) fn take_out(&mut self, drone: DroneId) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) {
            group.idle.remove(&drone);
        }
    }
}

impl Group {
    fn has(&self, drone: DroneId) -> bool {
        (self.first.0..self.first.0 + self.count).contains(&drone.0)
    }

    /// How many fly, or will again.
    fn living(&self) -> u32 {
        let gone = u32::try_from(self.gone.len()).unwrap_or(u32::MAX);
        self.count.saturating_sub(gone)
    }

    fn assess(
        &self,
        errand: &Errand,
        surroundings: &Surroundings,
        now: SimTime,
    ) -> Result<MissionEstimate, AssignmentRefusal> {
        let environment = &*surroundings.environment;
        let home = environment.depot(self.depot).at;
        let aircraft = environment.aircraft(self.aircraft);
        let starting = Starting {
            at: home,
            home,
            battery: WattHours::new(aircraft.battery_capacity.get() * READY_SHARE),
            time: now,
        };
        let conditions = Conditions {
            airspace: &surroundings.airspace,
            weather: &environment.weather,
        };
        assess(aircraft, errand, starting, &environment.area, conditions)
    }

    /// A bound on the pickup that costs no planning: the straight line at the greatest ground speed.
    fn picks_up_no_sooner_than(&self, errand: &Errand, surroundings: &Surroundings, now: SimTime) -> SimTime {
        let environment = &*surroundings.environment;
        let speed = environment.aircraft(self.aircraft).cruise_mps + environment.weather.wind_mps;
        let distance = environment.depot(self.depot).at.distance_m(errand.pickup);
        now + skyhaul_engine::time::SimDuration::from_seconds_f64(distance / speed)
    }
}
