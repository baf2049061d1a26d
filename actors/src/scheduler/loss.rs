//! Drones that are lost: what they had is told of, and booked anew by its workflow.

use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Ctx;

use super::{AFTER_LAST_WORD, Assignment, Scheduler, SchedulerMessage};
use crate::delivery::DeliveryMessage;
use crate::event::{DroneFailure, Event, ReleaseReason};
use crate::ids::DroneId;
use crate::tree::Skyhaul;

impl Scheduler {
    pub(super) fn on_drone_lost(
        &mut self,
        drone: DroneId,
        parcel_at: Option<Position>,
        is_gone: bool,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        self.batching.coming.remove(&drone);
        self.forget_given(drone);
        if is_gone {
            self.strike_off(drone, ctx);
        } else {
            self.fleet.take_out(drone);
        }
        // Looked for here, because a drone that is lost may not know yet what it was given.
        let had = self
            .assigned
            .iter()
            .find(|(_, assignment)| assignment.drone == drone);
        let Some(delivery) = had.map(|(delivery, _)| *delivery) else {
            self.on_lent_drone_lost(drone, parcel_at, ctx);
            return;
        };
        if let Some(Assignment { order, .. }) = self.assigned.remove(&delivery) {
            ctx.emit(Event::DroneReleased {
                delivery,
                drone,
                reason: ReleaseReason::DroneFailed,
            });
            let by = self.fleet.bearer(drone, &ctx.shared().atlas);
            ctx.send(order.delivery, DeliveryMessage::TransportLost { by, parcel_at });
        }
    }

    pub(super) fn on_drone_gone(
        &mut self,
        drone: DroneId,
        at: Position,
        parcel_at: Option<Position>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        self.batching.coming.remove(&drone);
        self.forget_given(drone);
        self.strike_off(drone, ctx);
        let settled_in = ctx.shared().atlas.round_trip() + AFTER_LAST_WORD;
        let message = SchedulerMessage::LossDue { drone, at, parcel_at };
        ctx.send_in(settled_in, ctx.me::<Self>(), message);
    }

    fn strike_off(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some(depot) = self.fleet.strike_off(drone) {
            Self::call_off_move(drone, depot, ctx);
        }
    }

    pub(super) fn on_loss_due(
        &mut self,
        drone: DroneId,
        at: Position,
        parcel_at: Option<Position>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let reason = DroneFailure::Software;
        ctx.emit(Event::DroneFailed { drone, reason, at });
        self.on_drone_lost(drone, parcel_at, true, ctx);
    }
}
