//! Drones that move from one depot to another, of their region or another: which may, and to which group they belong then.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Addr;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use super::{Fleet, Group, ready_start};
use crate::drone::Drone;
use crate::environment::{Arrival, Environment};
use crate::flight::{Departure, estimate_flight};
use crate::ids::{AircraftId, DepotId, DroneId};
use crate::tree::Surroundings;

use super::set::DroneSet;

/// What a depot wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scheduler) struct Wanted {
    /// With fewer drones it has too few.
    pub(in crate::scheduler) least: u32,
    /// How many drones.
    pub(in crate::scheduler) drones: u32,
    /// What they should lift.
    pub(in crate::scheduler) lifting: Kilograms,
}

/// What a depot lacks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::scheduler) struct Lack {
    /// Which depot.
    pub(in crate::scheduler) depot: DepotId,
    /// How many drones.
    pub(in crate::scheduler) drones: u32,
    /// What they should lift.
    pub(in crate::scheduler) lifting: Kilograms,
}

/// A drone that is to move.
#[derive(Clone, Copy, Debug)]
pub(in crate::scheduler) struct Move {
    /// Which.
    pub(in crate::scheduler) drone: DroneId,
    /// Where it belongs from now on.
    pub(in crate::scheduler) to: DepotId,
}

/// Drones that are on their way from other regions, to which depots, and of which types.
pub(in crate::scheduler) type Expected = BTreeMap<DroneId, (DepotId, AircraftId)>;

/// How many drones a depot keeps in any case: one with none has every request wait for a neighbour's, or for what comes home.
const KEPT_MIN: u32 = 1;

impl Fleet {
    /// Which ready drones make good what is lacking: from depots that have more than they want, the nearest first.
    pub(in crate::scheduler) fn moves(
        &self,
        lacks: &[Lack],
        wanted: &BTreeMap<DepotId, Wanted>,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Vec<Move> {
        let environment = &*surroundings.environment;
        let mut spare = self.spare(wanted, environment);
        let mut moves = Vec::new();
        let mut taken = vec![0; self.groups.len()];
        for lack in lacks {
            let to = lack.depot;
            let mut lacking = lack.drones;
            for index in self.nearest_groups(to, environment) {
                let group = &self.groups[index];
                let lifts = environment.aircraft(group.aircraft).payload_max >= lack.lifting;
                let spare = spare.entry(group.depot).or_default();
                let count = lacking.min(*spare).min(group.idle.len() - taken[index]);
                if count == 0 || !lifts || !group.can_move(to, now, surroundings) {
                    continue;
                }
                let going = group.idle.iter().skip(taken[index] as usize).take(count as usize);
                moves.extend(going.map(|drone| Move { drone, to }));
                taken[index] += count;
                lacking -= count;
                *spare -= count;
            }
        }
        moves
    }

    /// How many ready drones each depot has beyond what it wants.
    fn spare(&self, wanted: &BTreeMap<DepotId, Wanted>, environment: &Environment) -> BTreeMap<DepotId, u32> {
        let mut spare = BTreeMap::new();
        for group in &self.groups {
            let wanted = wanted.get(&group.depot);
            let lifting = wanted.map_or(Kilograms::ZERO, |wanted| wanted.lifting);
            let kept = kept(wanted);
            let more = self
                .living_at(group.depot, lifting, environment)
                .saturating_sub(kept);
            spare.insert(group.depot, more);
        }
        spare.retain(|depot, _| !self.is_grounded(*depot));
        spare
    }

    /// What depots lack that have fewer drones than they want, those counted that are on their way: what most is lacking first. No depot gets more drones
    /// than it has pads: they would queue there for their batteries, which they fill at home beside their work.
    pub(in crate::scheduler) fn lacks(
        &self,
        wanted: &BTreeMap<DepotId, Wanted>,
        expected: &Expected,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Vec<Lack> {
        let environment = &*surroundings.environment;
        let coming = |depot: DepotId, lifting: Kilograms| {
            let coming = expected.values().filter(|(to, aircraft)| {
                *to == depot && environment.aircraft(*aircraft).payload_max >= lifting
            });
            u32::try_from(coming.count()).unwrap_or(u32::MAX)
        };
        let lacking = |(depot, wanted): (&DepotId, &Wanted)| {
            let has = self.living_at(*depot, wanted.lifting, environment) + coming(*depot, wanted.lifting);
            let room = self.room(*depot, coming(*depot, Kilograms::ZERO), environment);
            let drones = if has < wanted.least {
                (wanted.drones - has).min(room)
            } else {
                0
            };
            Lack {
                depot: *depot,
                drones,
                lifting: wanted.lifting,
            }
        };
        let takes = |depot: &DepotId| self.takes(*depot, now, surroundings);
        let mut lacks: Vec<Lack> = wanted
            .iter()
            .filter(|(depot, _)| takes(depot))
            .map(lacking)
            .filter(|lack| lack.drones > 0)
            .collect();
        lacks.sort_by_key(|lack| (Reverse(lack.drones), lack.depot));
        lacks
    }

    /// How many pads a depot has beyond its drones, and those that are coming.
    fn room(&self, depot: DepotId, coming: u32, environment: &Environment) -> u32 {
        let drones = self
            .living_at(depot, Kilograms::ZERO, environment)
            .saturating_add(coming);
        environment.depot(depot).pads.saturating_sub(drones)
    }

    /// Whether drones may be sent to a depot.
    fn takes(&self, depot: DepotId, now: SimTime, surroundings: &Surroundings) -> bool {
        let environment = &surroundings.environment;
        !self.is_grounded(depot)
            && !environment.faults.is_out(depot, now)
            && !surroundings.airspace.is_closed(environment.depot(depot).at, now)
    }

    /// The depot to which a drone at that place should rather fly than home: one that is nearer and has fewer than it wants, where home has more.
    pub(in crate::scheduler) fn better_home(
        &self,
        drone: DroneId,
        at: Position,
        wanted: &BTreeMap<DepotId, Wanted>,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Option<DepotId> {
        let environment = &*surroundings.environment;
        let (aircraft, home) = self.kind_of(drone)?;
        let lifts = environment.aircraft(aircraft).payload_max;
        let kept = kept(wanted.get(&home));
        if wanted.is_empty() || self.living_at(home, Kilograms::ZERO, environment) <= kept {
            return None;
        }
        let away_m = |depot: DepotId| at.distance_m(environment.depot(depot).at);
        let home_m = away_m(home);
        let lacks = |(depot, wanted): &(&DepotId, &Wanted)| {
            lifts >= wanted.lifting
                && self.takes(**depot, now, surroundings)
                && self.room(**depot, 0, environment) > 0
                && self.living_at(**depot, wanted.lifting, environment) < wanted.drones
        };
        let lacking = wanted.iter().filter(lacks);
        let nearer = lacking
            .map(|(depot, _)| (away_m(*depot), *depot))
            .filter(|(there_m, _)| *there_m < home_m);
        let nearest =
            nearer.min_by(|(one_m, one), (other_m, other)| one_m.total_cmp(other_m).then(one.cmp(other)));
        nearest.map(|(_, depot)| depot)
    }

    /// The depot nearest to a place, of those that have fewer drones than they want, those counted that are on their way.
    pub(in crate::scheduler) fn lacking_near(
        &self,
        at: Position,
        wanted: &BTreeMap<DepotId, Wanted>,
        expected: &Expected,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Option<DepotId> {
        let environment = &*surroundings.environment;
        let lacks = |(depot, wanted): &(&DepotId, &Wanted)| {
            let coming = expected.values().filter(|(to, _)| to == *depot).count();
            let coming = u32::try_from(coming).unwrap_or(u32::MAX);
            let has = self
                .living_at(**depot, wanted.lifting, environment)
                .saturating_add(coming);
            self.takes(**depot, now, surroundings)
                && self.room(**depot, coming, environment) > 0
                && has < wanted.drones
        };
        let lacking = wanted.iter().filter(lacks);
        let away = lacking.map(|(depot, _)| (at.distance_m(environment.depot(*depot).at), *depot));
        let nearest =
            away.min_by(|(one_m, one), (other_m, other)| one_m.total_cmp(other_m).then(one.cmp(other)));
        nearest.map(|(_, depot)| depot)
    }

    /// Whether a drone may go from where it is to a depot of another region: that is nearer than home, and home has more drones than it wants.
    pub(in crate::scheduler) fn may_leave(
        &self,
        (drone, at): (DroneId, Position),
        to: DepotId,
        wanted: &BTreeMap<DepotId, Wanted>,
        surroundings: &Surroundings,
    ) -> bool {
        let environment = &*surroundings.environment;
        self.kind_of(drone).is_some_and(|(_, home)| {
            let away_m = |depot: DepotId| at.distance_m(environment.depot(depot).at);
            away_m(to) < away_m(home)
                && self.living_at(home, Kilograms::ZERO, environment) > kept(wanted.get(&home))
        })
    }

    /// How many drones of a depot lift so much.
    pub(super) fn living_at(&self, depot: DepotId, lifting: Kilograms, environment: &Environment) -> u32 {
        let groups = self.groups.iter().filter(|group| group.depot == depot);
        groups
            .filter(|group| environment.aircraft(group.aircraft).payload_max >= lifting)
            .map(Group::living)
            .sum()
    }

    /// The groups of other depots, the nearest first.
    fn nearest_groups(&self, to: DepotId, environment: &Environment) -> Vec<usize> {
        let there = environment.depot(to).at;
        let mut near: Vec<(f64, usize)> = (0..)
            .zip(&self.groups)
            .filter(|(_, group)| group.depot != to)
            .map(|(index, group)| (there.distance_m(environment.depot(group.depot).at), index))
            .collect();
        near.sort_by(|(one_m, one), (other_m, other)| one_m.total_cmp(other_m).then(one.cmp(other)));
        near.into_iter().map(|(_, index)| index).collect()
    }

    /// A drone belongs to another depot of the region from now on.
    pub(in crate::scheduler) fn rehome(&mut self, drone: DroneId, to: DepotId) {
        if let Some(aircraft) = self.leave_group(drone) {
            self.enter_group(drone, to, aircraft);
        }
    }

    /// A drone flies to a depot of another region. Answers with its type.
    pub(in crate::scheduler) fn leave(&mut self, drone: DroneId, to: DepotId) -> Option<AircraftId> {
        let aircraft = self.leave_group(drone)?;
        self.leaving.insert(drone, (aircraft, to));
        Some(aircraft)
    }

    /// Whether a drone is on its way to another region.
    pub(in crate::scheduler) fn is_leaving(&self, drone: DroneId) -> bool {
        self.leaving.contains_key(&drone)
    }

    /// A drone that was to go to another region stays, and belongs to `home`. Answers where it was to go.
    pub(in crate::scheduler) fn stay(&mut self, drone: DroneId, home: DepotId) -> Option<DepotId> {
        let (aircraft, to) = self.leaving.remove(&drone)?;
        self.enter_group(drone, home, aircraft);
        Some(to)
    }

    /// A drone lives in another region from now on.
    pub(in crate::scheduler) fn hand_over(&mut self, drone: DroneId) {
        self.strike_off(drone);
        self.settled.remove(&drone);
    }

    /// A drone has come from another region. It is not ready yet.
    pub(in crate::scheduler) fn welcome(
        &mut self,
        (drone, aircraft): (DroneId, AircraftId),
        home: DepotId,
        addr: Addr<Drone>,
    ) {
        self.settled.insert(drone, addr);
        self.enter_group(drone, home, aircraft);
    }

    fn leave_group(&mut self, drone: DroneId) -> Option<AircraftId> {
        let group = self.groups.iter_mut().find(|group| group.has(drone))?;
        group.idle.remove(drone);
        group.living.remove(drone);
        Some(group.aircraft)
    }

    fn enter_group(&mut self, drone: DroneId, home: DepotId, aircraft: AircraftId) {
        let mut groups = self.groups.iter_mut();
        let like = groups.find(|group| group.depot == home && group.aircraft == aircraft);
        if let Some(group) = like {
            group.living.insert(drone);
        } else {
            self.groups.push(Group {
                depot: home,
                aircraft,
                living: DroneSet::of_fleet(drone, 1),
                idle: DroneSet::default(),
            });
        }
    }
}

/// How many drones a depot keeps that wants so many.
fn kept(wanted: Option<&Wanted>) -> u32 {
    wanted.map_or(KEPT_MIN, |wanted| wanted.drones.max(KEPT_MIN))
}

impl Group {
    /// Whether its ready drones reach the depot with their reserve.
    fn can_move(&self, to: DepotId, now: SimTime, surroundings: &Surroundings) -> bool {
        reaches((self.depot, self.aircraft), to, now, surroundings)
    }
}

/// Whether a ready drone of that depot and type reaches another depot with its reserve.
pub(in crate::scheduler) fn reaches(
    (from, aircraft): (DepotId, AircraftId),
    to: DepotId,
    now: SimTime,
    surroundings: &Surroundings,
) -> bool {
    let starting = ready_start(from, aircraft, now, surroundings);
    let aircraft = surroundings.environment.aircraft(aircraft);
    let departure = Departure {
        at: starting.at,
        altitude_m: 0.0,
        time: now,
    };
    let there = surroundings.environment.depot(to).at;
    let conditions = surroundings.conditions(now);
    let flight = estimate_flight(
        aircraft,
        Kilograms::ZERO,
        departure,
        there,
        Arrival::Landing,
        conditions,
    );
    flight.is_ok_and(|(_, energy)| energy + aircraft.reserve_energy() <= starting.battery)
}
