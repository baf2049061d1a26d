//! Weighing: where nobody stands ready, neither here nor with a neighbour, waiting is held against a carrier's offer, when a request begins to wait
//! and at each review; whom the carrier costs less goes to it.
//!
//! What is matched in batches is weighed by its round ([`super::batch`]), against all drones of it.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimTime;

use super::batch::urgency;
use super::couriers::Couriers;
use super::enquiry::Wish;
use super::fleet::Prospect;
use super::waiting::Whose;
use super::{CarriersSaid, Order, Scheduler, leave_to_carrier};
use crate::dispatch::cost::of_waiting;
use crate::environment::Environment;
use crate::ids::DeliveryId;
use crate::tree::Skyhaul;

impl Scheduler {
    /// Weighs a request that waits.
    pub(super) fn weigh(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        if let Some((order, whose)) = self.waiting.get(id, ticket)
            && order.carriers == CarriersSaid::Nothing
            && self.is_weighed_alone(whose, now)
            && let Some((ahead, prospect)) = self.waiting.outlook(id)
            && let Some(waiting) = dearer_wait(
                (order, prospect),
                ahead,
                now,
                (&self.couriers, &surroundings.environment),
            )
        {
            self.send_to_carrier(id, ticket, waiting, ctx);
        }
    }

    /// Weighs all that wait, each behind those before it that wait on.
    pub(super) fn weigh_all(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        let mut ahead = 0;
        let mut cheaper = Vec::new();
        for (whose, ticket, order, prospect) in self.waiting.all_prospects() {
            let before = if whose == Whose::Own { ahead } else { 0 };
            if order.carriers != CarriersSaid::No
                && self.is_weighed_alone(whose, now)
                && let Some(waiting) = dearer_wait(
                    (order, prospect),
                    before,
                    now,
                    (&self.couriers, &surroundings.environment),
                )
            {
                cheaper.push((order.id, ticket, waiting));
            } else {
                ahead += 1;
            }
        }
        for (id, ticket, waiting) in cheaper {
            self.send_to_carrier(id, ticket, waiting, ctx);
        }
    }

    /// Whether no round weighs it.
    fn is_weighed_alone(&self, whose: Whose, now: SimTime) -> bool {
        whose == Whose::Neighbours || !self.batching.is_due(now)
    }

    /// Has a request go to a carrier, unless a neighbour is being asked about it or may yet have a drone for it.
    fn send_to_carrier(&mut self, id: DeliveryId, ticket: u64, waiting: i64, ctx: &mut Ctx<'_, Skyhaul>) {
        if !self.may_be_lent(id, ticket, ctx)
            && let Some(order) = self.waiting.remove(id)
        {
            leave_to_carrier(&order, waiting, ctx);
        }
    }
}

/// What waiting behind `ahead` others comes to, where that is more than a carrier does.
fn dearer_wait(
    (order, prospect): (&Order, &Prospect),
    ahead: usize,
    now: SimTime,
    (couriers, environment): (&Couriers, &Environment),
) -> Option<i64> {
    let wish = Wish::from(order);
    let waiting = of_waiting(prospect.wait(ahead), &prospect.offer(), &urgency(&wish, now));
    let carrier = couriers.cost(&wish, now, environment)?;
    (carrier < waiting).then_some(waiting)
}
