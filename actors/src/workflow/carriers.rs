//! Booking a carrier: all are asked for a quote, the best offer is accepted, the next best where that one is refused after all.

use skyhaul_engine::kernel::Ctx;

use crate::atlas;
use crate::carrier::{CarrierMessage, Consignment, Offer, Quote, QuoteRequest, weighted_cost};
use crate::delivery::DeliveryMessage;
use crate::event::{AssignmentRefusal, CancelReason};
use crate::ids::CarrierId;
use crate::scheduler::CarriersSaid;
use crate::tree::Skyhaul;

use super::{ASKS_FOR, Booking, CostLimit, Workflow};

impl Workflow {
    pub(super) fn on_drone_refused(
        &mut self,
        reason: AssignmentRefusal,
        limit: Option<Box<CostLimit>>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if self.booking != Booking::Scheduler || !(self.is_underway() || self.is_booking()) {
            return;
        }
        self.is_for_carriers = reason == AssignmentRefusal::GivenBackTooOften;
        self.limit = limit;
        if self.is_underway() {
            // The drone that had it gave it up, and no other takes it.
            self.on_transport_lost(self.errand.pickup, ctx);
            return;
        }
        self.ask_carriers(reason, ctx);
    }

    /// Asks all carriers for a quote.
    pub(super) fn ask_carriers(&mut self, reason: AssignmentRefusal, ctx: &mut Ctx<'_, Skyhaul>) {
        self.booking = Booking::Quoting(reason);
        self.generation += 1;
        self.offers.clear();
        self.carriers = CarriersSaid::No;
        self.quotes_awaited = 0;
        for (carrier, _) in (0..).map(CarrierId).zip(&ctx.shared_arc().environment.carriers) {
            let request = Box::new(QuoteRequest {
                workflow: ctx.me::<Self>(),
                generation: self.generation,
                errand: self.errand,
            });
            let office = atlas::carrier(ctx.region(), carrier);
            ctx.send(office, CarrierMessage::RequestQuote { request });
            self.quotes_awaited += 1;
        }
        if self.quotes_awaited == 0 {
            self.find_nobody(reason, ctx);
        }
    }

    pub(super) fn on_quote_given(
        &mut self,
        carrier: CarrierId,
        generation: u32,
        quote: Option<Quote>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let Booking::Quoting(reason) = self.booking else {
            return;
        };
        if generation != self.generation || !self.is_booking() {
            return;
        }
        if let Some(quote) = quote {
            let spec = ctx.shared().environment.carrier(carrier);
            let cost = weighted_cost(spec, &quote, self.is_expedited, ctx.now());
            let offer = Offer { carrier, quote, cost };
            if self
                .limit
                .as_ref()
                .is_none_or(|limit| limit.allows(&offer, ctx.now()))
            {
                self.offers.push(offer);
            } else {
                self.carriers = CarriersSaid::MoreThanWaiting;
            }
        }
        self.quotes_awaited = self.quotes_awaited.saturating_sub(1);
        if self.quotes_awaited == 0 {
            self.offers
                .sort_unstable_by_key(|offer| std::cmp::Reverse(offer.rank()));
            self.accept_best(reason, ctx);
        }
    }

    pub(super) fn on_carrier_refused(&mut self, carrier: CarrierId, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Booking::Carrier(asked, reason) = self.booking
            && asked == carrier
            && self.is_booking()
        {
            if self.limit.is_some() {
                // Others had its courier first.
                self.carriers = CarriersSaid::MoreThanWaiting;
            }
            self.accept_best(reason, ctx);
        }
    }

    /// Books the best of the offers that are left.
    fn accept_best(&mut self, reason: AssignmentRefusal, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(Offer { carrier, .. }) = self.offers.pop() else {
            self.find_nobody(reason, ctx);
            return;
        };
        self.booking = Booking::Carrier(carrier, reason);
        let consignment = Box::new(Consignment {
            id: self.id,
            delivery: self.delivery,
            workflow: ctx.me::<Self>(),
            errand: self.errand,
            reason,
            is_expedited: self.is_expedited,
            cost_max: self.offers.last().map(|next| next.cost),
            limit: self.limit.as_deref().copied(),
        });
        let office = atlas::carrier(ctx.region(), carrier);
        ctx.send(office, CarrierMessage::Book { consignment });
    }

    /// No carrier takes it, or for less than waiting comes to: waits for a drone again where drones can, else finds that nobody can.
    fn find_nobody(&mut self, reason: AssignmentRefusal, ctx: &mut Ctx<'_, Skyhaul>) {
        self.booking = Booking::Deferred;
        let reason = match reason {
            AssignmentRefusal::WaitedTooLong | AssignmentRefusal::CarrierCheaper
                if self.may_ask_again(ctx) =>
            {
                self.went_back_at = Some(ctx.now());
                self.ask_scheduler(ctx);
                return;
            }
            AssignmentRefusal::WaitedTooLong | AssignmentRefusal::CarrierCheaper => {
                CancelReason::WaitedTooLong
            }
            AssignmentRefusal::GivenBackTooOften => CancelReason::AttemptsExhausted,
            _ => CancelReason::NobodyCan,
        };
        ctx.send(self.delivery, DeliveryMessage::Abandon { reason });
    }

    /// Whether a drone is asked for once more. Who was sent away again without having waited, because too many wait, is not let in by asking at once.
    fn may_ask_again(&self, ctx: &Ctx<'_, Skyhaul>) -> bool {
        let now = ctx.now();
        self.went_back_at != Some(now) && now.since(self.asked_at.unwrap_or(now)) < ASKS_FOR
    }
}
