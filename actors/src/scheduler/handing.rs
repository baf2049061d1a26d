//! Handing over: drones that go and live in another region, where more are wanted.
//!
//! ```text
//! home (lacks drones)                         neighbour
//! RebalanceDue ──────────SendDrones─────────► has ready ones that it does not want: Reposition, of no group any more
//! counts on them ◄───────DronesSent──────────┘        │ they land, HandOver
//! asks the next, while it lacks some                  ▼
//! spawns it, SettleIn ◄──DroneArrived──────── forgotten, but for where it went
//! no more of it  ◄───────DroneStays────────── could not take off, or is lost
//!
//! a borrowed drone is done ──FinishLoan─────► has enough without it: Reposition, DronesSent
//! ```
//!
//! A drone's name, number, random stream and everything else it is made of travel with it; its address is another. A drone has nothing while it
//! moves, so nobody else holds its address: from then on the new region's scheduler gives it out. What is asked of a drone by its number (a recall)
//! is handed on from where it once lived.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Ctx, RegionId};
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Kilograms;

use super::fleet::{Expected, Lack, Move};
use super::{Scheduler, SchedulerMessage};
use crate::atlas;
use crate::drone::{Drone, DroneMessage};
use crate::ids::{AircraftId, DepotId, DroneId};
use crate::tree::Skyhaul;

/// How many neighbours are asked for drones, the nearest first: what lies beyond eight others is seldom within reach, and asking costs a message each.
const ASKED_MAX: u16 = 8;

/// Where word about a drone could not be handled, it is said again so much later: it must not be lost, since a drone may be in it.
const AGAIN: SimDuration = SimDuration::from_secs(1);

/// What schedulers say to each other, and a drone to its own, about drones that move.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum HandingMessage {
    /// To a neighbour: send us drones.
    SendDrones {
        /// How many, and where to.
        want: DronesWanted,
    },
    /// To the home: that many are on their way.
    DronesSent {
        /// What was asked.
        want: DronesWanted,
        /// Which, and of which types.
        drones: Vec<(DroneId, AircraftId)>,
    },
    /// To the home: one of them does not come.
    DroneStays {
        /// Which.
        drone: DroneId,
    },
    /// From a drone that has landed at its new depot: hand it over.
    HandOver {
        /// All that it is.
        drone: Box<Drone>,
    },
    /// To the home: it is yours.
    DroneArrived {
        /// All that it is.
        drone: Box<Drone>,
    },
}

/// Drones that a depot lacks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DronesWanted {
    /// Where.
    pub depot: DepotId,
    /// How many.
    pub drones: u32,
    /// What they should lift.
    pub lifting: Kilograms,
    /// How many neighbours were asked before.
    pub asked: u16,
}

/// What is known of drones that move.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Handing {
    /// Those that are on their way here.
    pub(super) expected: Expected,
    /// Those that lived here once, and where they went.
    gone_to: BTreeMap<DroneId, RegionId>,
}

fn tell(region: RegionId, message: HandingMessage, ctx: &mut Ctx<'_, Skyhaul>) {
    let message = SchedulerMessage::Handing(Box::new(message));
    ctx.send(atlas::scheduler(region), message);
}

impl Scheduler {
    pub(super) fn on_handing(&mut self, message: HandingMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match message {
            HandingMessage::SendDrones { want } => self.on_send_drones(want, ctx),
            HandingMessage::DronesSent { want, drones } => self.on_drones_sent(want, drones, ctx),
            HandingMessage::DroneStays { drone } => {
                self.handing.expected.remove(&drone);
            }
            HandingMessage::HandOver { drone } => self.on_hand_over(drone, ctx),
            HandingMessage::DroneArrived { drone } => self.on_drone_arrived(*drone, ctx),
        }
    }

    /// Has what it failed on too often said again.
    pub(super) fn hear_again(message: &HandingMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        let message = SchedulerMessage::Handing(Box::new(message.clone()));
        ctx.send_in(AGAIN, ctx.me::<Self>(), message);
    }

    /// Asks the next neighbour for drones that are lacking here.
    pub(super) fn ask_for_drones(want: DronesWanted, ctx: &mut Ctx<'_, Skyhaul>) {
        let next = ctx.shared().atlas.neighbour(want.depot, usize::from(want.asked));
        if let Some(next) = next.filter(|_| want.drones > 0 && want.asked < ASKED_MAX) {
            tell(next, HandingMessage::SendDrones { want }, ctx);
        }
    }

    /// Sends ready drones that are not wanted here, as many as no request waits for.
    fn on_send_drones(&mut self, want: DronesWanted, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let lack = Lack {
            depot: want.depot,
            drones: want.drones,
            lifting: want.lifting,
        };
        let mut moves = if self.balance.knows_what_is_wanted() {
            self.fleet
                .moves(&[lack], self.balance.wanted(), ctx.now(), &surroundings)
        } else {
            Vec::new()
        };
        moves.truncate(self.idle_beyond_waiting());
        let drones = moves
            .into_iter()
            .filter_map(|Move { drone, to }| Some((drone, self.send_away(drone, to, ctx)?)))
            .collect();
        let home = surroundings.atlas.home_of(want.depot);
        tell(home, HandingMessage::DronesSent { want, drones }, ctx);
    }

    /// Sends a drone that has brought a neighbour's parcel to that neighbour's depot instead of home, where its own depot has enough without it.
    pub(super) fn let_stay(
        &mut self,
        drone: DroneId,
        at: Position,
        depot: DepotId,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let surroundings = ctx.shared_arc();
        let may_leave = self
            .fleet
            .may_leave((drone, at), depot, self.balance.wanted(), &surroundings);
        if may_leave
            && self.balance.knows_what_is_wanted()
            && let Some(aircraft) = self.send_away(drone, depot, ctx)
        {
            let want = DronesWanted {
                depot,
                drones: 0,
                lifting: Kilograms::ZERO,
                asked: ASKED_MAX,
            };
            let drones = vec![(drone, aircraft)];
            let home = surroundings.atlas.home_of(depot);
            tell(home, HandingMessage::DronesSent { want, drones }, ctx);
        }
    }

    fn send_away(
        &mut self,
        drone: DroneId,
        depot: DepotId,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) -> Option<AircraftId> {
        let aircraft = self.fleet.leave(drone, depot)?;
        self.batching.coming.remove(&drone);
        self.forget_given(drone);
        let addr = self.fleet.address(drone, &ctx.shared().atlas);
        ctx.send(addr, DroneMessage::Reposition { depot });
        Some(aircraft)
    }

    fn on_drones_sent(
        &mut self,
        want: DronesWanted,
        drones: Vec<(DroneId, AircraftId)>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let sent = u32::try_from(drones.len()).unwrap_or(u32::MAX);
        let coming = drones
            .into_iter()
            .map(|(drone, aircraft)| (drone, (want.depot, aircraft)));
        self.handing.expected.extend(coming);
        let want = DronesWanted {
            drones: want.drones.saturating_sub(sent),
            asked: want.asked + 1,
            ..want
        };
        Self::ask_for_drones(want, ctx);
    }

    fn on_hand_over(&mut self, drone: Box<Drone>, ctx: &mut Ctx<'_, Skyhaul>) {
        let home = ctx.shared().atlas.home_of(drone.home());
        self.fleet.hand_over(drone.id());
        self.handing.gone_to.insert(drone.id(), home);
        tell(home, HandingMessage::DroneArrived { drone }, ctx);
    }

    fn on_drone_arrived(&mut self, drone: Drone, ctx: &mut Ctx<'_, Skyhaul>) {
        let (id, home, aircraft) = (drone.id(), drone.home(), drone.aircraft());
        self.handing.expected.remove(&id);
        self.handing.gone_to.remove(&id);
        let addr = ctx.spawn(drone);
        self.fleet.welcome((id, aircraft), home, addr);
        ctx.send(addr, DroneMessage::SettleIn);
    }

    /// A drone that was to go to `depot`, elsewhere, does not: its new home counts on it no longer.
    pub(super) fn call_off_move(drone: DroneId, depot: DepotId, ctx: &mut Ctx<'_, Skyhaul>) {
        let home = ctx.shared().atlas.home_of(depot);
        tell(home, HandingMessage::DroneStays { drone }, ctx);
    }

    /// Hands the recall on to the drone, where there is such a one, or to where it lives now.
    pub(super) fn on_recall_drone(&self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some(region) = self.handing.gone_to.get(&drone) {
            let message = SchedulerMessage::RecallDrone { drone };
            ctx.send(atlas::scheduler(*region), message);
        } else if drone.0 < ctx.shared().environment.drones() {
            let addr = self.fleet.address(drone, &ctx.shared().atlas);
            ctx.send(addr, DroneMessage::Recall);
        }
    }
}
