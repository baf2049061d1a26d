//! The home's side: a request of ours is served by a neighbour's drone.

use skyhaul_engine::kernel::{Addr, Ctx, RegionId};
use skyhaul_engine::time::SimTime;

use super::{Borrowed, LendingMessage, LetGoFor, Loan, LoanEnd, SEEKS_MAX, Seek, tell};
use crate::atlas;
use crate::delivery::DeliveryMessage;
use crate::event::{Event, ReleaseReason};
use crate::ids::DeliveryId;
use crate::scheduler::fleet::Choice;
use crate::scheduler::neighbours::{Candidate, Question};
use crate::scheduler::reassign::{GAIN, NEARLY_THERE};
use crate::scheduler::waiting::Whose;
use crate::scheduler::{AFTER_LAST_WORD, Order, Scheduler, SchedulerMessage, WAITING_SCANNED_MAX, refuse};
use crate::tree::Skyhaul;
use crate::workflow::{Workflow, WorkflowMessage};

impl Scheduler {
    /// Asks neighbours about a request that has begun to wait.
    pub(in crate::scheduler) fn begin_seek(
        &mut self,
        id: DeliveryId,
        ticket: u64,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if self.may_seek(ctx) {
            self.ask_next(id, ticket, ctx);
        }
    }

    /// Whether there is a neighbour worth asking, and no more is being asked than may be.
    fn may_seek(&self, ctx: &Ctx<'_, Skyhaul>) -> bool {
        let elsewhere = ctx.shared().environment.fleets.len() - self.fleet.planned();
        self.lending.neighbours.answered() < elsewhere && self.lending.seeks.len() < SEEKS_MAX
    }

    /// Asks the next neighbour about a request that waits; says whether there was one.
    fn ask_next(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) -> bool {
        let Some((order, Candidate { region, fleets })) = self.next_lender(id, ticket, ctx) else {
            return false;
        };
        let order = order.clone();
        tell(region, LendingMessage::LendDrone { ticket, order }, ctx);
        self.lending.seeks.insert(ticket, Seek { id, fleets });
        true
    }

    /// The request that waits, and the next neighbour to ask about it.
    fn next_lender(
        &self,
        id: DeliveryId,
        ticket: u64,
        ctx: &Ctx<'_, Skyhaul>,
    ) -> Option<(&Order, Candidate)> {
        let surroundings = ctx.shared_arc();
        let (order, _) = self.waiting.get(id, ticket)?;
        let question = Question {
            region: ctx.region(),
            errand: &order.errand,
            now: ctx.now(),
            surroundings: &surroundings,
        };
        let candidate = self.lending.neighbours.next(&question)?;
        Some((order, candidate))
    }

    /// Whether a neighbour is being asked about a request that waits, or is to be.
    pub(in crate::scheduler) fn may_be_lent(
        &self,
        id: DeliveryId,
        ticket: u64,
        ctx: &Ctx<'_, Skyhaul>,
    ) -> bool {
        self.lending.seeks.contains_key(&ticket) || self.next_lender(id, ticket, ctx).is_some()
    }

    /// Asks about the first of each queue that a neighbour may serve and that is not being asked about.
    pub(in crate::scheduler) fn seek_for_waiting(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        for whose in [Whose::Neighbours, Whose::Own] {
            let waiting = self.waiting.queue(whose).take(WAITING_SCANNED_MAX);
            let unasked = waiting.filter(|(ticket, _)| !self.lending.seeks.contains_key(ticket));
            let unasked: Vec<_> = unasked.map(|(ticket, order)| (ticket, order.id)).collect();
            for (ticket, id) in unasked {
                if !self.may_seek(ctx) || self.ask_next(id, ticket, ctx) {
                    break;
                }
            }
        }
    }

    pub(super) fn on_drone_spared(&mut self, lender: RegionId, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        self.lending.neighbours.note_spared(lender, &surroundings);
        self.seek_for_waiting(ctx);
    }

    /// Takes the drone where the request still waits; then there may be one for the next.
    pub(super) fn on_drone_offered(
        &mut self,
        loan: Loan,
        (eta_pickup, eta_dropoff): (SimTime, SimTime),
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let lender = loan.lender();
        let seek = self.lending.seeks.remove(&loan.ticket);
        let waits = |seek: &Seek| self.waiting.ticket_of(seek.id) == Some(loan.ticket);
        let order = seek.filter(waits).and_then(|seek| self.waiting.remove(seek.id));
        let Some(order) = order else {
            tell(lender, LendingMessage::ReturnDrone { loan }, ctx);
            return;
        };
        let by = loan.bearer();
        ctx.emit(Event::DroneAssigned {
            delivery: order.id,
            drone: loan.drone,
            eta_pickup,
            eta_dropoff,
        });
        ctx.send(order.delivery, DeliveryMessage::TransportAssigned { by });
        ctx.send(order.workflow, WorkflowMessage::DroneAssigned);
        tell(lender, LendingMessage::TakeDrone { loan }, ctx);
        let borrowed = Borrowed {
            loan,
            order,
            let_go_for: None,
        };
        self.lending.borrowed.insert(borrowed.order.id, borrowed);
        self.seek_for_waiting(ctx);
    }

    pub(super) fn on_drone_lending_refused(
        &mut self,
        ticket: u64,
        lender: RegionId,
        is_for_good: bool,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let Some(seek) = self.lending.seeks.remove(&ticket) else {
            return;
        };
        let surroundings = ctx.shared_arc();
        self.lending.neighbours.note_busy(&seek.fleets);
        let order = self.waiting.get(seek.id, ticket);
        if is_for_good && let Some((order, _)) = order {
            let weight = order.errand.weight;
            self.lending.neighbours.note_gone(lender, weight, &surroundings);
        }
        if self.ask_next(seek.id, ticket, ctx) {
            return;
        }
        if is_for_good {
            self.give_up_hope(seek.id, ticket, ctx);
        }
        self.weigh(seek.id, ticket, ctx);
        self.seek_for_waiting(ctx);
    }

    /// Refuses a request that only neighbours could have served, where they no longer can.
    fn give_up_hope(&mut self, id: DeliveryId, ticket: u64, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let Some((order, Whose::Neighbours)) = self.waiting.get(id, ticket) else {
            return;
        };
        let question = Question {
            region: ctx.region(),
            errand: &order.errand,
            now: ctx.now(),
            surroundings: &surroundings,
        };
        if let Err(reason) = self.lending.neighbours.hope(&question)
            && let Some(order) = self.waiting.remove(id)
        {
            refuse(&order, reason, ctx);
        }
    }

    /// Has a borrowed drone let go of; says whether there is one. Its lender answers [`LendingMessage::DroneReturned`].
    pub(in crate::scheduler) fn release_borrowed(
        &mut self,
        delivery: DeliveryId,
        workflow: Addr<Workflow>,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) -> bool {
        let Some(borrowed) = self.lending.borrowed.get_mut(&delivery) else {
            return false;
        };
        let loan = borrowed.loan;
        if borrowed
            .let_go_for
            .replace(LetGoFor::Workflow(workflow))
            .is_none()
        {
            let_go(loan, delivery, reason, ctx);
        }
        true
    }

    /// A borrowed drone is delayed: where a ready one of ours would have the parcel so much sooner that it is worth it, it is let go of.
    pub(super) fn on_loan_delayed(
        &mut self,
        loan: Loan,
        delivery: DeliveryId,
        eta_pickup: SimTime,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        // It is ours to give once word of that has come and gone.
        let free_at = now + surroundings.atlas.round_trip();
        let Some(borrowed) = self.lending.borrowed.get_mut(&delivery) else {
            return;
        };
        if borrowed.loan != loan
            || borrowed.let_go_for.is_some()
            || !borrowed.order.may_be_given_back()
            || eta_pickup < free_at + NEARLY_THERE
        {
            return;
        }
        if let Choice::Ready(_, estimate) =
            self.fleet
                .would_choose(&borrowed.order.errand, &surroundings, free_at)
            && estimate.picked_up_at + GAIN <= eta_pickup
        {
            borrowed.let_go_for = Some(LetGoFor::Another);
            let_go(loan, delivery, ReleaseReason::Delayed, ctx);
        }
    }

    pub(super) fn on_drone_returned(&mut self, loan: Loan, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        let borrowed = self.lending.borrowed.get(&delivery);
        if borrowed.is_some_and(|borrowed| borrowed.loan == loan)
            && let Some(borrowed) = self.lending.borrowed.remove(&delivery)
        {
            let by = loan.bearer();
            ctx.send(borrowed.order.delivery, DeliveryMessage::TransportReleased { by });
            match borrowed.let_go_for {
                Some(LetGoFor::Workflow(workflow)) => {
                    ctx.send(workflow, WorkflowMessage::TransportReleased);
                }
                Some(LetGoFor::Another) => {
                    self.give_to_another(borrowed.order, ReleaseReason::Delayed, ctx);
                }
                None => {}
            }
        }
    }

    pub(super) fn on_loan_broken(
        &mut self,
        loan: Loan,
        delivery: DeliveryId,
        end: LoanEnd,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let Some(Borrowed { order, .. }) = self.lending.end_borrowed(delivery, loan) else {
            return;
        };
        let by = loan.bearer();
        match end {
            LoanEnd::Failed { parcel_at } => {
                ctx.send(order.delivery, DeliveryMessage::TransportLost { by, parcel_at });
            }
            LoanEnd::Refused { reason } => {
                ctx.send(order.delivery, DeliveryMessage::TransportReleased { by });
                self.give_to_another(order, reason, ctx);
            }
        }
    }

    /// The parcel of a request was handed over by a borrowed drone.
    pub(in crate::scheduler) fn finish_borrowed(&mut self, delivery: DeliveryId, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some(Borrowed {
            loan,
            order,
            let_go_for,
        }) = self.lending.borrowed.remove(&delivery)
        {
            let lacking = self.lacking_near(order.errand.dropoff, ctx);
            tell(loan.lender(), LendingMessage::FinishLoan { loan, lacking }, ctx);
            if let Some(LetGoFor::Workflow(workflow)) = let_go_for {
                ctx.send(workflow, WorkflowMessage::TransportReleased);
            }
        }
    }
}

/// Has the lender let its drone go. Where it was taken at this very instant, it has taken off when word of that arrives.
fn let_go(loan: Loan, delivery: DeliveryId, reason: ReleaseReason, ctx: &mut Ctx<'_, Skyhaul>) {
    let message = LendingMessage::ReleaseDrone {
        loan,
        delivery,
        reason,
    };
    let message = SchedulerMessage::Lending(Box::new(message));
    let arrives_in = ctx.shared().atlas.cut().lookahead + AFTER_LAST_WORD;
    ctx.send_in(arrives_in, atlas::scheduler(loan.lender()), message);
}
