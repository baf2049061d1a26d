//! The lender's side: a drone of ours serves a neighbour's request.

use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use super::{LendingMessage, Lent, Loan, LoanEnd, tell};
use crate::drone::{DroneErrand, DroneMessage};
use crate::event::{Event, ReleaseReason};
use crate::ids::{DeliveryId, DepotId, DroneId};
use crate::scheduler::{Order, Scheduler};
use crate::tree::{Skyhaul, Surroundings};

impl Scheduler {
    /// Keeps the ready drone that would have the parcel first, until the neighbour says whether it takes it.
    pub(super) fn on_lend_drone(&mut self, ticket: u64, order: Order, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let home = order.delivery.region();
        let leaves_at = ctx.now() + surroundings.atlas.round_trip();
        let ready = if self.fleet.idle() > self.batching.fresh {
            self.fleet
                .take_ready(&order.errand, &surroundings, leaves_at, ctx.now())
                .ok()
        } else {
            None
        };
        let Some((drone, estimate)) = ready else {
            let refusal = LendingMessage::DroneLendingRefused {
                ticket,
                lender: ctx.region(),
                is_for_good: self.never_lifts(order.errand.weight, &surroundings),
            };
            tell(home, refusal, ctx);
            self.lending.refused.insert(home);
            return;
        };
        let addr = self.fleet.address(drone, &surroundings.atlas);
        let loan = Loan {
            drone,
            addr,
            home,
            ticket,
        };
        // A neighbour's parcel changes hands half a round trip before the drone hears of it.
        let word = surroundings.environment.dispatch.region_delay;
        let offer = LendingMessage::DroneOffered {
            loan,
            eta_pickup: estimate.picked_up_at - word,
            eta_dropoff: estimate.dropped_off_at - word,
        };
        tell(home, offer, ctx);
        let lent = Lent {
            loan,
            order,
            is_taken: false,
        };
        self.lending.lent.insert(drone, lent);
    }

    /// Whether no drone of ours ever lifts so much again: where drones move from region to region, one may come that does.
    fn never_lifts(&self, weight: Kilograms, surroundings: &Surroundings) -> bool {
        let environment = &surroundings.environment;
        environment.dispatch.rebalance.is_none() && !self.fleet.lifts(weight, environment)
    }

    /// A drone stands ready that is not needed here: who was refused may ask again.
    pub(in crate::scheduler) fn spare_drone(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let lender = ctx.region();
        while let Some(home) = self.lending.refused.pop_first() {
            tell(home, LendingMessage::DroneSpared { lender }, ctx);
        }
    }

    pub(super) fn on_take_drone(&mut self, loan: Loan, ctx: &mut Ctx<'_, Skyhaul>) {
        let lent = self.lending.lent.get_mut(&loan.drone);
        if let Some(lent) = lent.filter(|lent| lent.loan == loan) {
            lent.is_taken = true;
            let errand = DroneErrand {
                id: lent.order.id,
                delivery: lent.order.delivery,
                errand: lent.order.errand,
            };
            ctx.send(loan.addr, DroneMessage::AssignErrand { errand });
        }
    }

    /// A drone that was taken is not let fly.
    pub(super) fn refuse_taken(&self, loan: Loan, ctx: &mut Ctx<'_, Skyhaul>) {
        if let Some(lent) = self.lending.lent.get(&loan.drone) {
            let reason = ReleaseReason::DroneRefused;
            break_loan(lent, reason, LoanEnd::Refused { reason }, ctx);
        }
    }

    /// A drone of ours has brought a neighbour's parcel; where it is wanted more, it stays there.
    pub(super) fn on_finish_loan(
        &mut self,
        loan: Loan,
        lacking: Option<DepotId>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if let (Some(lent), Some(depot)) = (self.lending.end_lent(loan), lacking) {
            self.let_stay(loan.drone, lent.order.errand.dropoff, depot, ctx);
        }
    }

    pub(super) fn on_return_drone(&mut self, loan: Loan, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.lending.end_lent(loan).is_some() {
            self.on_drone_ready(loan.drone, ctx);
        }
    }

    pub(super) fn on_release_drone(
        &mut self,
        loan: Loan,
        delivery: DeliveryId,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if self.lending.end_lent(loan).is_some() {
            let drone = loan.drone;
            ctx.emit(Event::DroneReleased {
                delivery,
                drone,
                reason,
            });
            ctx.send(loan.addr, DroneMessage::ReleaseErrand { delivery });
        }
        tell(loan.home, LendingMessage::DroneReturned { loan, delivery }, ctx);
    }

    /// A lent drone is delayed: whether another one goes is its home's to say.
    pub(in crate::scheduler) fn on_lent_drone_delayed(
        &self,
        drone: DroneId,
        delivery: DeliveryId,
        eta_pickup: SimTime,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let lent = self.lending.lent.get(&drone);
        if let Some(Lent { loan, .. }) = lent.filter(|lent| lent.order.id == delivery) {
            let word = LendingMessage::LoanDelayed {
                loan: *loan,
                delivery,
                eta_pickup,
            };
            tell(loan.home, word, ctx);
        }
    }

    /// A lent drone failed.
    pub(in crate::scheduler) fn on_lent_drone_lost(
        &mut self,
        drone: DroneId,
        parcel_at: Option<Position>,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if let Some(lent) = self.lending.lent.remove(&drone) {
            let reason = ReleaseReason::DroneFailed;
            break_loan(&lent, reason, LoanEnd::Failed { parcel_at }, ctx);
        }
    }

    /// A lent drone cannot do what it was given.
    pub(in crate::scheduler) fn on_lent_errand_refused(
        &mut self,
        drone: DroneId,
        delivery: DeliveryId,
        reason: ReleaseReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        let lent = self.lending.lent.get(&drone);
        if lent.is_some_and(|lent| lent.order.id == delivery)
            && let Some(lent) = self.lending.lent.remove(&drone)
        {
            break_loan(&lent, reason, LoanEnd::Refused { reason }, ctx);
        }
    }
}

/// Says that the drone no longer has the delivery, and tells its home.
fn break_loan(lent: &Lent, reason: ReleaseReason, end: LoanEnd, ctx: &mut Ctx<'_, Skyhaul>) {
    let Loan { drone, home, .. } = lent.loan;
    let delivery = lent.order.id;
    ctx.emit(Event::DroneReleased {
        delivery,
        drone,
        reason,
    });
    let loan = lent.loan;
    tell(home, LendingMessage::LoanBroken { loan, delivery, end }, ctx);
}
