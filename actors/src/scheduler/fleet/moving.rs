//! Drones that move from one depot to another: which may, and to which group they belong then.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use super::{Fleet, Group, ready_start};
use crate::environment::{Arrival, Environment};
use crate::flight::{Departure, estimate_flight};
use crate::ids::{DepotId, DroneId};
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

/// A drone that is to move.
pub(in crate::scheduler) struct Move {
    /// Which.
    pub(in crate::scheduler) drone: DroneId,
    /// Where it belongs from now on.
    pub(in crate::scheduler) to: DepotId,
}

impl Fleet {
    /// Which ready drones move where: from depots that have more than they want to those that have fewer, the nearest first. No depot is sent more
    /// at once than it has pads.
    pub(in crate::scheduler) fn moves(
        &self,
        wanted: &BTreeMap<DepotId, Wanted>,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Vec<Move> {
        let environment = &*surroundings.environment;
        let mut spare = self.spare(wanted, environment);
        let mut moves = Vec::new();
        let mut taken = vec![0; self.groups.len()];
        for (to, wanted) in self.short(wanted, now, environment) {
            let mut lacking = wanted.drones;
            for index in self.nearest_groups(to, environment) {
                let group = &self.groups[index];
                let lifts = environment.aircraft(group.aircraft).payload_max >= wanted.lifting;
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
            let kept = wanted.map_or(0, |wanted| wanted.drones);
            let more = self
                .living_at(group.depot, lifting, environment)
                .saturating_sub(kept);
            spare.insert(group.depot, more);
        }
        spare.retain(|depot, _| !self.is_grounded(*depot));
        spare
    }

    /// The depots that have fewer drones than they want, the one that lacks most first, and how many they lack.
    fn short(
        &self,
        wanted: &BTreeMap<DepotId, Wanted>,
        now: SimTime,
        environment: &Environment,
    ) -> Vec<(DepotId, Wanted)> {
        let mut short: Vec<(DepotId, Wanted)> = wanted
            .iter()
            .filter(|(depot, _)| self.takes(**depot, now, environment))
            .map(|(depot, wanted)| {
                let has = self.living_at(*depot, wanted.lifting, environment);
                let lacking = if has < wanted.least {
                    wanted.drones - has
                } else {
                    0
                };
                let drones = lacking.min(environment.depot(*depot).pads);
                (*depot, Wanted { drones, ..*wanted })
            })
            .filter(|(_, lacking)| lacking.drones > 0)
            .collect();
        short.sort_by_key(|(depot, lacking)| (Reverse(lacking.drones), *depot));
        short
    }

    /// Whether drones may be sent to a depot.
    fn takes(&self, depot: DepotId, now: SimTime, environment: &Environment) -> bool {
        !self.is_grounded(depot) && !environment.faults.is_out(depot, now)
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
        let kept = wanted.get(&home).map_or(0, |wanted| wanted.drones);
        if wanted.is_empty() || self.living_at(home, Kilograms::ZERO, environment) <= kept {
            return None;
        }
        let away_m = |depot: DepotId| at.distance_m(environment.depot(depot).at);
        let home_m = away_m(home);
        let lacks = |(depot, wanted): &(&DepotId, &Wanted)| {
            lifts >= wanted.lifting
                && self.takes(**depot, now, environment)
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

    /// How many drones of a depot lift so much.
    fn living_at(&self, depot: DepotId, lifting: Kilograms, environment: &Environment) -> u32 {
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

    /// A drone belongs to another depot from now on.
    pub(in crate::scheduler) fn rehome(&mut self, drone: DroneId, to: DepotId) {
        let Some(group) = self.groups.iter_mut().find(|group| group.has(drone)) else {
            return;
        };
        group.idle.remove(drone);
        group.living.remove(drone);
        let aircraft = group.aircraft;
        let mut there = self.groups.iter_mut();
        let there = there.find(|group| group.depot == to && group.aircraft == aircraft);
        if let Some(group) = there {
            group.living.insert(drone);
        } else {
            self.groups.push(Group {
                depot: to,
                aircraft,
                living: DroneSet::of_fleet(drone, 1),
                idle: DroneSet::default(),
            });
        }
    }
}

impl Group {
    /// Whether its ready drones reach the depot with their reserve.
    fn can_move(&self, to: DepotId, now: SimTime, surroundings: &Surroundings) -> bool {
        let starting = ready_start(self.depot, self.aircraft, now, surroundings);
        let aircraft = surroundings.environment.aircraft(self.aircraft);
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
}
