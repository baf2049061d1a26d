//! A drone that is called home, or asked to give its delivery back.

use skyhaul_engine::kernel::Ctx;

use super::{Drone, DroneState};
use crate::event::{ChangeRefusal, Event, LegPurpose, ReleaseReason};
use crate::ids::{CommandId, DeliveryId};
use crate::tree::Skyhaul;

impl Drone {
    /// Turns home, where it is on the way to a parcel. One that has a parcel, or is about to take it, delivers it and comes home anyway.
    pub(super) fn on_recall(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.is_recalled = match self.state() {
            DroneState::Flying(_)
            | DroneState::Loading(_)
            | DroneState::Unloading(_)
            | DroneState::Grounded(_)
            | DroneState::Visiting { .. } => true,
            DroneState::WaitingForPad | DroneState::Charging(_) => self.berth != self.depot,
            DroneState::Idle | DroneState::Maintained | DroneState::Failed => false,
        };
        if !self.is_out_of_reach() {
            self.heed_recall(ctx);
        }
    }

    /// Turns home with nothing.
    pub(super) fn heed_recall(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Flying(flight) = self.state()
            && flight.purpose == LegPurpose::Pickup
            && let Some(delivery) = self.delivery()
        {
            self.refuse_errand(delivery, ReleaseReason::Recalled, ctx);
            self.turn_home(flight, ctx);
        }
    }

    /// Turns home without the delivery, and takes nothing before it is there: the next batch would give it the same one. One that has the parcel, or
    /// is about to take it, brings it.
    pub(super) fn on_give_back(
        &mut self,
        delivery: DeliveryId,
        command: Option<CommandId>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        match self.state() {
            DroneState::Flying(_) if self.is_out_of_reach() && self.delivery() == Some(delivery) => {
                ctx.emit(Event::DeliveryReleaseRefused {
                    delivery,
                    command,
                    reason: ChangeRefusal::OutOfReach,
                });
            }
            DroneState::Flying(flight)
                if flight.purpose == LegPurpose::Pickup && self.delivery() == Some(delivery) =>
            {
                ctx.emit(Event::DeliveryReleased {
                    delivery,
                    drone: self.id,
                    command,
                });
                self.is_recalled = true;
                self.refuse_errand(delivery, ReleaseReason::Recalled, ctx);
                self.turn_home(flight, ctx);
            }
            _ => ctx.emit(Event::DeliveryReleaseRefused {
                delivery,
                command,
                reason: ChangeRefusal::PickedUp,
            }),
        }
    }
}
