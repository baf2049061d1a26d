//! Drone: flies to a parcel, with it, and home; charges; sometimes fails. Carries at most one delivery (DR-1).
//!
//! ```text
//!          AssignErrand            ParcelLoaded           ParcelUnloaded
//! Idle ─► Flying(pickup) ─► Loading ─► Flying(dropoff) ─► Unloading ─► Flying(return) ─► WaitingForPad ─► Charging ─► Idle
//!              └──ReleaseErrand──┴───────────────────────────────────────► Flying(return)
//! Flying ──FailureDue──► Failed ──RecoveryDue──► WaitingForPad
//! Flying(return) ──so many hours flown──► Maintained ──MaintenanceDue──► WaitingForPad
//! ```
//!
//! Where its link is lost, it hovers for it, and comes home where that takes long ([`linking`]). Where the weather forbids a leg that is due away from home, it waits there (`Grounded`) until it may go on. Where home is too far, or no way leads
//! there, it comes down at another depot, charges, and is its guest (`Visiting`) until it can go home ([`diverting`]).
//!
//! Where it is between two messages is a closed formula of its leg ([`crate::flight`]); no message is needed for that.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, RestartPolicy};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::WattHours;

use crate::atlas;
use crate::bearer::Bearer;
use crate::delivery::{Delivery, DeliveryMessage};
use crate::depot::DepotMessage;
use crate::environment::AircraftSpec;
use crate::event::{ChargeKind, DroneFailure, LegPurpose, ReleaseReason};
use crate::ids::{AircraftId, DeliveryId, DepotId, DroneId};
use crate::mission::{Errand, LOADING, UNLOADING};
use crate::scheduler::SchedulerMessage;
use crate::tree::{RESTARTS_OF_MANY, Skyhaul, Surroundings};

use self::flying::Flight;
use self::weathering::Stay;

pub use self::message::DroneMessage;

mod charging;
mod diverting;
mod failing;
pub mod flying;
mod handing;
mod linking;
mod maintenance;
mod message;
mod recalling;
mod replanning;
mod repositioning;
pub mod weathering;

/// An errand with whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DroneErrand {
    /// Of which delivery.
    pub id: DeliveryId,
    /// Its actor.
    pub delivery: Addr<Delivery>,
    /// What is carried from where to where.
    pub errand: Errand,
}

/// What a drone does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum DroneState {
    /// Stands ready at its depot.
    Idle,
    /// In the air.
    Flying(Flight),
    /// At the pickup.
    Loading(DroneErrand),
    /// At the drop-off.
    Unloading(DroneErrand),
    /// Away from home, waiting for better weather.
    Grounded(Stay),
    /// At a depot that is not its own, with a charged battery, until it can go home.
    Visiting {
        /// Since when.
        since: SimTime,
    },
    /// At a depot, in the queue for a pad.
    WaitingForPad,
    /// On a pad.
    Charging(ChargeKind),
    /// At its depot, out of service.
    Maintained,
    /// Out of order.
    Failed,
}

/// A drone of the fleet.
#[derive(Debug, Serialize, Deserialize)]
pub struct Drone {
    id: DroneId,
    depot: DepotId,
    /// The depot at which it stands, or is to land: its own, unless it was diverted.
    berth: DepotId,
    aircraft: AircraftId,
    at: Position,
    /// How high it hangs there with its winch down, m; zero where it stands.
    altitude_m: f64,
    battery: WattHours,
    /// What it does; `None` where it stands ready, as most of a large fleet do: a flight is many times as large as all else.
    busy: Option<Box<DroneState>>,
    /// Time in the air since it was last maintained.
    flown: SimDuration,
    /// Counts the states; timers of earlier ones are void.
    generation: u32,
    /// Whether it is wanted at its depot, and takes nothing before it is there.
    is_recalled: bool,
    /// The state in which its link was lost; `None` where it can be reached.
    link_lost_in: Option<NonZeroU32>,
    random: RandomStream,
}

impl Clone for Drone {
    fn clone(&self) -> Self {
        let mut copy = self.but_idle();
        copy.busy.clone_from(&self.busy);
        copy
    }

    /// Copies what it does to where the last copy lay: the kernel keeps a copy of whoever handles a message, the next one over the last.
    fn clone_from(&mut self, source: &Self) {
        let kept = self.busy.take();
        *self = source.but_idle();
        self.busy = match (kept, &source.busy) {
            (Some(mut kept), Some(busy)) => {
                *kept = **busy;
                Some(kept)
            }
            (_, busy) => busy.clone(),
        };
    }
}

/// What is seen of a drone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DroneView {
    /// What it does.
    pub state: DroneState,
    /// Where it stands, or stood at take-off.
    pub at: Position,
    /// Energy in its battery, or at take-off.
    pub battery: WattHours,
}

impl Drone {
    /// A copy that stands ready.
    fn but_idle(&self) -> Self {
        Self {
            busy: None,
            random: self.random.clone(),
            ..*self
        }
    }

    /// A drone with a full battery at its depot.
    #[must_use]
    pub fn new(id: DroneId, depot: DepotId, aircraft: AircraftId, surroundings: &Surroundings) -> Self {
        let environment = &surroundings.environment;
        Self {
            id,
            depot,
            berth: depot,
            aircraft,
            at: environment.depot(depot).at,
            altitude_m: 0.0,
            battery: environment.aircraft(aircraft).battery_capacity,
            busy: None,
            flown: SimDuration::ZERO,
            generation: 0,
            is_recalled: false,
            link_lost_in: None,
            random: RandomStream::new(environment.seed, RANDOM_STREAMS_FROM + u64::from(id.0)),
        }
    }

    /// What it does.
    #[must_use]
    pub fn view(&self) -> DroneView {
        DroneView {
            state: self.state(),
            at: self.at,
            battery: self.battery,
        }
    }

    /// The depot to which it belongs.
    #[must_use]
    pub const fn home(&self) -> DepotId {
        self.depot
    }

    /// Of which type it is.
    #[must_use]
    pub const fn aircraft(&self) -> AircraftId {
        self.aircraft
    }

    /// Which it is.
    #[must_use]
    pub const fn id(&self) -> DroneId {
        self.id
    }

    fn spec<'a>(&self, surroundings: &'a Surroundings) -> &'a AircraftSpec {
        surroundings.environment.aircraft(self.aircraft)
    }

    fn by(&self, ctx: &Ctx<'_, Skyhaul>) -> Bearer {
        Bearer::Drone(self.id, ctx.me())
    }

    /// The delivery it has.
    fn delivery(&self) -> Option<DeliveryId> {
        match self.state() {
            DroneState::Flying(flight) => match flight.errand {
                Some(errand) if !flight.is_called_off => Some(errand.id),
                _ => None,
            },
            DroneState::Loading(errand) | DroneState::Unloading(errand) => Some(errand.id),
            DroneState::Grounded(Stay {
                errand: Some(errand), ..
            }) => Some(errand.id),
            DroneState::Idle
            | DroneState::Grounded(_)
            | DroneState::Visiting { .. }
            | DroneState::WaitingForPad
            | DroneState::Charging(_)
            | DroneState::Maintained
            | DroneState::Failed => None,
        }
    }

    fn state(&self) -> DroneState {
        self.busy.as_deref().copied().unwrap_or(DroneState::Idle)
    }

    /// Does something else in the same room.
    fn set_state(&mut self, state: DroneState) {
        match &mut self.busy {
            _ if state == DroneState::Idle => self.busy = None,
            Some(busy) => **busy = state,
            None => self.busy = Some(Box::new(state)),
        }
    }

    fn enter(&mut self, state: DroneState) {
        self.set_state(state);
        self.generation += 1;
    }
}

/// Drones' random streams are numbered from here; smaller numbers are those of the actors of which there is one.
const RANDOM_STREAMS_FROM: u64 = 1_000;

impl Actor for Drone {
    type System = Skyhaul;
    type Message = DroneMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_MANY;

    fn handle(&mut self, message: DroneMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            DroneMessage::AssignErrand { errand } => self.on_assign_errand(errand, ctx),
            DroneMessage::ReleaseErrand { delivery } => self.on_release_errand(delivery, ctx),
            DroneMessage::Recall => self.on_recall(ctx),
            DroneMessage::GiveBack { delivery, command } => self.on_give_back(delivery, command, ctx),
            DroneMessage::Reposition { depot } => self.on_reposition(depot, ctx),
            DroneMessage::SettleIn => self.on_settle_in(ctx),
            DroneMessage::AirspaceChanged => self.on_airspace_changed(ctx),
            DroneMessage::StandByDue { generation } if self.is_current(generation) => {
                self.stand_ready(ctx);
            }
            DroneMessage::ArrivalDue { generation } if self.is_current(generation) => {
                self.on_arrival_due(ctx);
            }
            DroneMessage::FailureDue { generation } if self.is_current(generation) => {
                self.on_failure_due(ctx);
            }
            DroneMessage::LinkLossDue { generation } if self.is_current(generation) => {
                self.on_link_loss_due(ctx);
            }
            DroneMessage::LinkBackDue { generation } => self.on_link_back_due(generation, ctx),
            DroneMessage::LinkWaitDue { generation } if self.is_current(generation) => {
                self.on_link_wait_due(ctx);
            }
            DroneMessage::HandlingDue { generation } if self.is_current(generation) => {
                self.on_handling_due(ctx);
            }
            DroneMessage::ParcelLoaded { delivery } => self.on_parcel_loaded(delivery, ctx),
            DroneMessage::ParcelUnloaded { delivery } => self.on_parcel_unloaded(delivery, ctx),
            DroneMessage::LeaveDue { generation, home } if self.is_current(generation) => {
                self.on_leave_due(home, ctx);
            }
            DroneMessage::PadGiven { kind } => self.on_pad_given(kind, ctx),
            DroneMessage::PadRefused { depot } => self.on_pad_refused(depot, ctx),
            DroneMessage::ChargeDue { generation } if self.is_current(generation) => self.on_charge_due(ctx),
            DroneMessage::VisitDue { generation } if self.is_current(generation) => self.leave_for_home(ctx),
            DroneMessage::MaintenanceDue { generation } if self.is_current(generation) => {
                self.on_maintenance_due(ctx);
            }
            DroneMessage::RecoveryDue { generation } if self.is_current(generation) => {
                self.on_recovery_due(ctx);
            }
            DroneMessage::WeatherDue { generation } if self.is_current(generation) => {
                self.on_weather_due(ctx);
            }
            DroneMessage::StandByDue { .. }
            | DroneMessage::ArrivalDue { .. }
            | DroneMessage::WeatherDue { .. }
            | DroneMessage::FailureDue { .. }
            | DroneMessage::LinkLossDue { .. }
            | DroneMessage::LinkWaitDue { .. }
            | DroneMessage::HandlingDue { .. }
            | DroneMessage::LeaveDue { .. }
            | DroneMessage::ChargeDue { .. }
            | DroneMessage::VisitDue { .. }
            | DroneMessage::MaintenanceDue { .. }
            | DroneMessage::RecoveryDue { .. } => {}
        }
        Ok(())
    }

    fn on_given_up(&self, _parked: &DroneMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        if ctx.shared().atlas.cut().count > 1 && !matches!(self.state(), DroneState::Flying(_)) {
            self.leave_word(ctx);
        } else {
            let fall = self.fall(ctx);
            self.announce_failure(DroneFailure::Software, &fall, ctx);
            self.tell_scheduler(&fall, true, ctx);
        }
        let depot = ctx.shared().atlas.depot(self.berth);
        let drone = self.id;
        ctx.send(depot, DepotMessage::DroneLost { drone });
    }

    fn name(&self) -> Option<String> {
        Some(self.id.to_string())
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Drone {
    fn is_current(&self, generation: u32) -> bool {
        self.generation == generation
    }

    fn on_assign_errand(&mut self, errand: DroneErrand, ctx: &mut Ctx<'_, Skyhaul>) {
        let taken = match self.state() {
            DroneState::Idle => self.begin_leg(LegPurpose::Pickup, errand.errand.pickup, errand, ctx),
            DroneState::Flying(flight) if flight.is_homeward() && self.takes_in_air(ctx) => {
                self.turn_to_pickup(flight, errand, ctx)
            }
            _ => false,
        };
        if !taken {
            self.refuse_errand(errand.id, ReleaseReason::DroneRefused, ctx);
            if self.state() == DroneState::Idle {
                self.stand_by(ctx);
            }
        }
    }

    /// Whether it may be given something on its way home.
    fn takes_in_air(&self, ctx: &Ctx<'_, Skyhaul>) -> bool {
        !self.is_recalled && !self.is_out_of_reach() && !self.is_at_home_elsewhere(ctx)
    }

    fn refuse_errand(&self, delivery: DeliveryId, reason: ReleaseReason, ctx: &mut Ctx<'_, Skyhaul>) {
        let message = SchedulerMessage::ErrandRefused {
            drone: self.id,
            delivery,
            reason,
        };
        ctx.send(atlas::scheduler(ctx.region()), message);
    }

    fn on_release_errand(&mut self, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.delivery() != Some(delivery) {
            return;
        }
        match self.state() {
            DroneState::Flying(flight) if self.is_out_of_reach() => {
                self.set_state(DroneState::Flying(flight.called_off()));
            }
            DroneState::Flying(flight) => self.turn_home(flight, ctx),
            state => {
                let parcel = match state {
                    DroneState::Unloading(errand) => Some(errand.errand.weight),
                    DroneState::Grounded(stay) => stay.parcel,
                    _ => None,
                };
                self.go_home(parcel, ctx);
            }
        }
    }

    fn on_handling_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let (by, at) = (self.by(ctx), self.at);
        match self.state() {
            DroneState::Loading(errand) => {
                ctx.send(errand.delivery, DeliveryMessage::TransportAtPickup { by });
            }
            DroneState::Unloading(errand) => {
                ctx.send(errand.delivery, DeliveryMessage::TransportAtDropoff { by, at });
            }
            _ => {}
        }
    }

    fn on_parcel_loaded(&mut self, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Loading(errand) = self.state()
            && errand.id == delivery
            && !self.begin_leg(LegPurpose::Dropoff, errand.errand.dropoff, errand, ctx)
        {
            let stay = Stay {
                errand: Some(errand),
                parcel: Some(errand.errand.weight),
            };
            self.wait_for_weather(stay, ctx);
        }
    }

    fn on_parcel_unloaded(&mut self, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Unloading(errand) = self.state()
            && errand.id == delivery
        {
            if ctx.shared().environment.dispatch.rebalance.is_some() {
                // Its scheduler hears of it at this instant, and may say where it belongs from now on.
                let (generation, home) = (self.generation, self.depot);
                ctx.send(ctx.me::<Self>(), DroneMessage::LeaveDue { generation, home });
            } else {
                self.go_home(None, ctx);
            }
        }
    }

    /// Loads or unloads, and says so.
    fn handle_parcel(&mut self, errand: DroneErrand, purpose: LegPurpose, ctx: &mut Ctx<'_, Skyhaul>) {
        let (state, span) = if purpose == LegPurpose::Pickup {
            (DroneState::Loading(errand), LOADING)
        } else {
            (DroneState::Unloading(errand), UNLOADING)
        };
        self.enter(state);
        let generation = self.generation;
        // Word to another region leaves so early that the answer is there when the parcel is in, or out.
        let early = if errand.delivery.region() == ctx.region() {
            SimDuration::ZERO
        } else {
            ctx.shared().atlas.round_trip()
        };
        ctx.send_in(
            span - early,
            ctx.me::<Self>(),
            DroneMessage::HandlingDue { generation },
        );
    }
}
