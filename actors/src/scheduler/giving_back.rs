//! Deliveries that a drone gives back: another one gets them, but not for ever.

use skyhaul_engine::kernel::Ctx;

use super::{Order, Scheduler, refuse};
use crate::delivery::DeliveryMessage;
use crate::event::{AssignmentRefusal, Event, ReleaseReason};
use crate::ids::{DeliveryId, DroneId};
use crate::tree::Skyhaul;

/// How often drones may give a delivery back before it goes to a carrier. One lost link or refusal is chance; what four drones could not do lies in
/// the way, the weather or the radio, and whoever waits has waited for four flights.
pub const GIVEN_BACK_MAX: u8 = 4;

impl Scheduler {
    pub(super) fn on_errand_refused(
        &mut self,
        drone: DroneId,
        delivery: DeliveryId,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let is_its = |assignment: &super::Assignment| assignment.drone == drone;
        if !self.assigned.get(&delivery).is_some_and(is_its) {
            self.on_lent_errand_refused(drone, delivery, reason, ctx);
            return;
        }
        if let Some(assignment) = self.assigned.remove(&delivery) {
            ctx.emit(Event::DroneReleased {
                delivery,
                drone,
                reason,
            });
            let by = self.fleet.bearer(drone, &ctx.shared().atlas);
            let order = assignment.order;
            ctx.send(order.delivery, DeliveryMessage::TransportReleased { by });
            self.give_to_another(order, reason, ctx);
        }
    }

    /// A drone gave the delivery back: another one gets it, unless too many have.
    pub(super) fn give_to_another(
        &mut self,
        mut order: Order,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        order.note_given_back(reason);
        if order.given_back < GIVEN_BACK_MAX {
            self.on_assign_drone(order, ctx);
        } else {
            refuse(&order, AssignmentRefusal::GivenBackTooOften, ctx);
        }
    }
}

impl Order {
    /// Counts that a drone no longer has it, where that was neither wanted nor a gain.
    pub(super) fn note_given_back(&mut self, reason: ReleaseReason) {
        if reason.is_failed_attempt() {
            self.given_back = self.given_back.saturating_add(1);
        }
    }

    /// Whether one more drone may give it back before it goes to a carrier.
    pub(super) const fn may_be_given_back(&self) -> bool {
        self.given_back + 1 < GIVEN_BACK_MAX
    }
}
