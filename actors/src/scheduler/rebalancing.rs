//! Rebalancing: ready drones move to the depot, of those of their region, where drones will be wanted.
//!
//! ```text
//! AssignDrone ─► counted at the nearest depot
//! RebalanceDue ─► what each depot wants, by what was asked there since the last one
//!              └► Reposition: ready drones, from depots that have more to those that have too few
//! ErrandDone ─► Reposition: instead of home, to a nearer depot that has fewer than it wants
//! ```
//!
//! A depot needs as many drones as are away at a time (requests a second, times how long one is away for each), and wants the square root of that
//! more, for the ups and downs. Nothing moves that its own depot wants, and no depot gets more than it wants, so that a move never calls for the
//! next. A timer runs only while requests come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use super::fleet::{Move, Wanted};
use super::{Order, Scheduler, SchedulerMessage};
use crate::drone::DroneMessage;
use crate::ids::{DepotId, DroneId};
use crate::tree::Skyhaul;

/// The weight of one more measurement in the mean of how long a drone is away: one in so many.
const FADING: u64 = 16;

/// Drones away are counted in millionths, so that all is whole numbers.
const MILLIONTHS: u128 = 1_000_000;

/// What is remembered from one rebalancing to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Balance {
    /// What was asked since the last one, by the nearest depot.
    asked: BTreeMap<DepotId, Asked>,
    /// What each depot wants until the next one.
    wanted: BTreeMap<DepotId, Wanted>,
    /// When drones were given what they do.
    given: BTreeMap<DroneId, SimTime>,
    /// From when a drone is given a request until it stands ready again, in the mean of late.
    cycle: Option<SimDuration>,
    /// When the next one is due, where it is.
    due: Option<SimTime>,
}

/// Requests, and the mass of their parcels.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Asked {
    requests: u32,
    weight: Kilograms,
}

impl Balance {
    /// An interval ends: what was asked in it is expected of the next.
    fn look(&mut self, interval: SimDuration) {
        let asked = std::mem::take(&mut self.asked);
        let cycle = self.cycle.unwrap_or_default();
        let wanted = asked.into_iter().map(|(depot, asked)| {
            let (least, drones) = drones_needed(asked.requests, cycle, interval);
            let lifting = Kilograms::new(asked.weight.get() / f64::from(asked.requests.max(1)));
            let wanted = Wanted {
                least,
                drones,
                lifting,
            };
            (depot, wanted)
        });
        self.wanted = wanted.collect();
    }
}

/// How many drones are away at a time where so many requests come in an interval and one is away so long for each; and how many make
/// that good when more come than usual.
fn drones_needed(requests: u32, cycle: SimDuration, interval: SimDuration) -> (u32, u32) {
    let away = u128::from(requests) * u128::from(cycle.micros()) * MILLIONTHS;
    let away = away / u128::from(interval.micros().max(1));
    let more = (away * MILLIONTHS).isqrt();
    let whole = |drones: u128| u32::try_from(drones.div_ceil(MILLIONTHS)).unwrap_or(u32::MAX);
    (whole(away), whole(away + more))
}

impl Scheduler {
    /// Counts a request that is new, and has a rebalancing come, unless one is due. One that is overdue was lost with the message.
    pub(super) fn count_request(&mut self, order: &Order, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(interval) = ctx.shared().environment.dispatch.rebalance else {
            return;
        };
        let nearest = ctx.shared().atlas.nearest_depot(order.errand.pickup);
        let Some(depot) = nearest.filter(|depot| ctx.shared().atlas.home_of(*depot) == ctx.region()) else {
            return;
        };
        if order.asked_at != ctx.now() {
            return;
        }
        let asked = self.balance.asked.entry(depot).or_default();
        asked.requests += 1;
        asked.weight += order.errand.weight;
        if self.balance.due.is_none_or(|due| due < ctx.now()) {
            self.arm_rebalancing(interval, ctx);
        }
    }

    fn arm_rebalancing(&mut self, interval: SimDuration, ctx: &mut Ctx<'_, Skyhaul>) {
        let at = ctx.now() + interval;
        self.balance.due = Some(at);
        ctx.send_at(at, ctx.me::<Self>(), SchedulerMessage::RebalanceDue { at });
    }

    /// A drone is given a request.
    pub(super) fn note_given(&mut self, drone: DroneId, ctx: &Ctx<'_, Skyhaul>) {
        if ctx.shared().environment.dispatch.rebalance.is_some() {
            self.balance.given.insert(drone, ctx.now());
        }
    }

    /// A drone stands ready: that is how long it was away.
    pub(super) fn note_ready(&mut self, drone: DroneId, now: SimTime) {
        if let Some(given) = self.balance.given.remove(&drone) {
            let away = now.since(given).micros();
            let mean = self.balance.cycle.map_or(away, SimDuration::micros);
            let mean = mean - mean / FADING + away / FADING;
            self.balance.cycle = Some(SimDuration::from_micros(mean));
        }
    }

    /// A drone is out of order, or gone: how long it was away says nothing.
    pub(super) fn forget_given(&mut self, drone: DroneId) {
        self.balance.given.remove(&drone);
    }

    pub(super) fn on_rebalance_due(&mut self, at: SimTime, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.balance.due != Some(at) {
            return;
        }
        self.balance.due = None;
        let surroundings = ctx.shared_arc();
        let Some(interval) = surroundings.environment.dispatch.rebalance else {
            return;
        };
        self.balance.look(interval);
        let mut moves = self.fleet.moves(&self.balance.wanted, ctx.now(), &surroundings);
        // As many stay as requests wait.
        moves.truncate(self.fleet.idle().saturating_sub(self.waiting.len()));
        for Move { drone, to } in moves {
            self.move_to(drone, to, ctx);
        }
        if !self.balance.wanted.is_empty() {
            self.arm_rebalancing(interval, ctx);
        }
    }

    /// A drone has brought its parcel: where its depot has enough without it, and one that is nearer has not, it flies there instead of home.
    pub(super) fn home_elsewhere(&mut self, drone: DroneId, at: Position, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let to = self
            .fleet
            .better_home(drone, at, &self.balance.wanted, ctx.now(), &surroundings);
        if let Some(to) = to {
            self.move_to(drone, to, ctx);
        }
    }

    fn move_to(&mut self, drone: DroneId, to: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        self.fleet.rehome(drone, to);
        let addr = ctx.shared().atlas.drone(drone);
        ctx.send(addr, DroneMessage::Reposition { depot: to });
    }

    /// A drone could not take off for the depot to which it was moved: it stays where it was.
    pub(super) fn on_reposition_refused(&mut self, drone: DroneId, home: DepotId) {
        self.fleet.rehome(drone, home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: SimDuration = SimDuration::from_mins(15);

    #[test]
    fn a_depot_needs_those_that_are_away_and_the_square_root_of_them() {
        let cycle = SimDuration::from_mins(5);
        // 27 requests in 15 minutes, 5 minutes each: 9 away, and 3.
        assert_eq!(drones_needed(27, cycle, INTERVAL), (9, 12));
        assert_eq!(drones_needed(0, cycle, INTERVAL), (0, 0));
        assert_eq!(drones_needed(1, cycle, INTERVAL), (1, 1));
        let most = drones_needed(u32::MAX, SimDuration::from_mins(1_000_000), INTERVAL);
        assert_eq!(most, (u32::MAX, u32::MAX));
    }

    #[test]
    fn what_was_asked_is_expected_of_the_next_interval_and_then_nothing() {
        let mut balance = Balance {
            cycle: Some(SimDuration::from_mins(15)),
            ..Balance::default()
        };
        let asked = Asked {
            requests: 4,
            weight: Kilograms::new(2.0),
        };
        balance.asked.insert(DepotId(3), asked);
        balance.look(INTERVAL);
        let wanted = Wanted {
            least: 4,
            drones: 6,
            lifting: Kilograms::new(0.5),
        };
        assert_eq!(balance.wanted, BTreeMap::from([(DepotId(3), wanted)]));
        balance.look(INTERVAL);
        assert_eq!(balance.wanted, BTreeMap::new());
    }
}
