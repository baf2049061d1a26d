//! Weighing: where nobody stands ready, neither here nor with a neighbour, waiting is held against a carrier's offer, when a request begins to wait
//! and at each review; whom the carrier costs less goes to it.
//!
//! What is matched in batches is weighed by its round ([`super::batch`]), against all drones of it.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimTime;

use super::batch::{carrier_cost, urgency};
use super::enquiry::Wish;
use super::fleet::Prospect;
use super::waiting::Whose;
use super::{Order, Scheduler, refuse};
use crate::dispatch::cost::of_waiting;
use crate::event::AssignmentRefusal;
use crate::ids::DeliveryId;
use crate::tree::{Skyhaul, Surroundings};

impl Scheduler {
    /// Weighs a request that waits.
    pub(super) fn weigh(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        if let Some((order, whose)) = self.waiting.get(id, ticket)
            && self.is_weighed_alone(whose, now)
            && let Some((ahead, prospect)) = self.waiting.outlook(id)
            && is_carrier_cheaper(order, prospect, ahead, now, &surroundings)
        {
            self.leave_to_carrier(id, ticket, ctx);
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
            if self.is_weighed_alone(whose, now)
                && is_carrier_cheaper(order, prospect, before, now, &surroundings)
            {
                cheaper.push((order.id, ticket));
            } else {
                ahead += 1;
            }
        }
        for (id, ticket) in cheaper {
            self.leave_to_carrier(id, ticket, ctx);
        }
    }

    /// Whether no round weighs it.
    fn is_weighed_alone(&self, whose: Whose, now: SimTime) -> bool {
        whose == Whose::Neighbours || !self.batching.is_due(now)
    }

    /// Has a request go to a carrier, unless a neighbour is being asked about it or may yet have a drone for it.
    fn leave_to_carrier(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        if !self.may_be_lent(id, ticket, ctx)
            && let Some(order) = self.waiting.remove(id)
        {
            refuse(&order, AssignmentRefusal::CarrierCheaper, ctx);
        }
    }
}

fn is_carrier_cheaper(
    order: &Order,
    prospect: &Prospect,
    ahead: usize,
    now: SimTime,
    surroundings: &Surroundings,
) -> bool {
    let wish = Wish::from(order);
    let urgency = urgency(&wish, now);
    let waiting = of_waiting(prospect.wait(ahead), &prospect.offer(), &urgency);
    !order.is_turned_down
        && carrier_cost(&wish, &urgency, now, surroundings).is_some_and(|carrier| carrier < waiting)
}
