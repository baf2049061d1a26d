//! Lending: drones that serve requests of another region, by messages alone.
//!
//! ```text
//! home                                     neighbour
//! a request waits ──────LendDrone─────────► keeps a ready drone
//! asks the next   ◄─────DroneLendingRefused─ or has none
//! asks again      ◄─────DroneSpared──────── has one again that it does not need
//! still waits?    ◄─────DroneOffered───────
//!   yes: assigned ──────TakeDrone─────────► the drone flies
//!   no            ──────ReturnDrone───────► the drone is ready again
//! parcel is there ──────FinishLoan────────► forgotten
//! wanted no more  ──────ReleaseDrone──────► let go; the answer is DroneReturned
//! another is sooner ◄───LoanDelayed──────── comes later than was said
//! booked anew     ◄─────LoanBroken──────── failed, or could not
//! ```
//!
//! The neighbour alone says what its drone does, so that a drone's story has one author; the home alone says that it is assigned, so that nothing
//! is given to a delivery that has ended meanwhile. Neighbours are asked one after another, nearest first, so that at most one keeps a drone for a
//! request; one that refused is not asked again before it says so, so that word does not go round in vain while all are busy. A request is given to another only after the neighbour's drone was let go of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::{Addr, Ctx, RegionId};
use skyhaul_engine::time::SimTime;

use super::neighbours::{Neighbours, Question};
use super::{Order, Scheduler, SchedulerMessage};
use crate::atlas;
use crate::bearer::Bearer;
use crate::drone::Drone;
use crate::event::{AssignmentRefusal, ReleaseReason};
use crate::ids::{DeliveryId, DepotId, DroneId};
use crate::mission::MissionEstimate;
use crate::tree::Skyhaul;
use crate::workflow::Workflow;

mod home;
mod lender;

/// Requests about which neighbours are being asked at once. Further ones are asked about as these are answered: where so many find no drone,
/// there is none.
const SEEKS_MAX: usize = 16;

/// What schedulers say to each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum LendingMessage {
    /// To a neighbour: a request of ours wants a drone.
    LendDrone {
        /// Its place in our queue.
        ticket: u64,
        /// Which.
        order: Order,
    },
    /// To the home: a drone is kept for it.
    DroneOffered {
        /// Which, for what.
        loan: Loan,
        /// When it would have the parcel.
        eta_pickup: SimTime,
        /// When the parcel would be there.
        eta_dropoff: SimTime,
    },
    /// To the home: none of ours that could stands ready.
    DroneLendingRefused {
        /// For what.
        ticket: u64,
        /// Who.
        lender: RegionId,
        /// Whether none ever can again.
        is_for_good: bool,
    },
    /// To a home that was refused: a drone stands ready that is not needed here.
    DroneSpared {
        /// Who.
        lender: RegionId,
    },
    /// To the neighbour: let it fly.
    TakeDrone {
        /// Which.
        loan: Loan,
    },
    /// To the neighbour: it is not needed.
    ReturnDrone {
        /// Which.
        loan: Loan,
    },
    /// To the neighbour: the parcel was handed over.
    FinishLoan {
        /// Which.
        loan: Loan,
        /// A depot of ours, near where the parcel was brought, that lacks drones: the lender may let it stay there.
        lacking: Option<DepotId>,
    },
    /// To the neighbour: let it go.
    ReleaseDrone {
        /// Which.
        loan: Loan,
        /// Of which delivery.
        delivery: DeliveryId,
        /// Why.
        reason: ReleaseReason,
    },
    /// To the home: it was let go, or was gone before.
    DroneReturned {
        /// Which.
        loan: Loan,
        /// Of which delivery.
        delivery: DeliveryId,
    },
    /// To the home: the drone has the parcel later than was said.
    LoanDelayed {
        /// Which.
        loan: Loan,
        /// Of which delivery.
        delivery: DeliveryId,
        /// When it has it.
        eta_pickup: SimTime,
    },
    /// To the home: the drone does not have the delivery any more.
    LoanBroken {
        /// Which.
        loan: Loan,
        /// Of which delivery.
        delivery: DeliveryId,
        /// Why.
        end: LoanEnd,
    },
}

/// A drone that serves another region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// Which drone.
    pub drone: DroneId,
    /// Where it lives: with its lender.
    pub addr: Addr<Drone>,
    /// Which region.
    pub home: RegionId,
    /// Its place in that region's queue.
    pub ticket: u64,
}

/// Why a loan was broken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum LoanEnd {
    /// The drone failed.
    Failed {
        /// Where the parcel lies, where it carried one.
        parcel_at: Option<Position>,
    },
    /// The drone could not do it.
    Refused {
        /// Why.
        reason: ReleaseReason,
    },
}

/// What is lent and borrowed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Lending {
    neighbours: Neighbours,
    /// Requests about which a neighbour is asked, by ticket.
    seeks: BTreeMap<u64, Seek>,
    borrowed: BTreeMap<DeliveryId, Borrowed>,
    lent: BTreeMap<DroneId, Lent>,
    /// Regions that were refused, and are told of the next drone that is not needed here.
    refused: BTreeSet<RegionId>,
}

/// A question that goes from neighbour to neighbour.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seek {
    id: DeliveryId,
    /// The fleets that could, of the neighbour that is to answer.
    fleets: Vec<usize>,
}

/// A request that a neighbour's drone serves.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Borrowed {
    loan: Loan,
    order: Order,
    /// For what the drone is being let go of, where it is.
    let_go_for: Option<LetGoFor>,
}

/// What comes once a borrowed drone was let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum LetGoFor {
    /// Its workflow is told.
    Workflow(Addr<Workflow>),
    /// Another drone has the delivery sooner.
    Another,
}

/// A drone that serves a neighbour's request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lent {
    loan: Loan,
    order: Order,
    /// Whether it was taken; until then it is kept.
    is_taken: bool,
}

impl Lending {
    /// Requests that a neighbour's drone serves.
    pub(super) fn borrowed(&self) -> usize {
        self.borrowed.len()
    }

    /// Drones that serve a neighbour's request, or are kept for one.
    pub(super) fn lent(&self) -> usize {
        self.lent.len()
    }

    /// What a request may hope for that only neighbours can serve.
    ///
    /// # Errors
    /// The reason why the fleet that came closest cannot.
    pub(super) fn hope(&self, question: &Question<'_>) -> Result<MissionEstimate, AssignmentRefusal> {
        self.neighbours.hope(question)
    }

    /// The loan, where it still is one.
    fn end_lent(&mut self, loan: Loan) -> Option<Lent> {
        let is_on = self.lent.get(&loan.drone)?.loan == loan;
        if is_on {
            self.lent.remove(&loan.drone)
        } else {
            None
        }
    }

    /// The borrowed drone's request, unless it is being let go of because nobody wants it.
    fn end_borrowed(&mut self, delivery: DeliveryId, loan: Loan) -> Option<Borrowed> {
        let borrowed = self.borrowed.get(&delivery)?;
        if borrowed.loan == loan && !matches!(borrowed.let_go_for, Some(LetGoFor::Workflow(_))) {
            self.borrowed.remove(&delivery)
        } else {
            None
        }
    }
}

/// Sends word to another region's scheduler.
fn tell(region: RegionId, message: LendingMessage, ctx: &mut Ctx<'_, Skyhaul>) {
    let message = SchedulerMessage::Lending(Box::new(message));
    ctx.send(atlas::scheduler(region), message);
}

impl Loan {
    /// Whose drone it is.
    const fn lender(self) -> RegionId {
        self.addr.region()
    }

    /// The drone, as those know it whose parcel it has.
    const fn bearer(self) -> Bearer {
        Bearer::Drone(self.drone, self.addr)
    }
}

impl Scheduler {
    pub(super) fn on_lending(&mut self, message: LendingMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match message {
            LendingMessage::LendDrone { ticket, order } => self.on_lend_drone(ticket, order, ctx),
            LendingMessage::DroneOffered {
                loan,
                eta_pickup,
                eta_dropoff,
            } => self.on_drone_offered(loan, (eta_pickup, eta_dropoff), ctx),
            LendingMessage::DroneLendingRefused {
                ticket,
                lender,
                is_for_good,
            } => self.on_drone_lending_refused(ticket, lender, is_for_good, ctx),
            LendingMessage::DroneSpared { lender } => self.on_drone_spared(lender, ctx),
            LendingMessage::TakeDrone { loan } => self.on_take_drone(loan, ctx),
            LendingMessage::ReturnDrone { loan } => self.on_return_drone(loan, ctx),
            LendingMessage::FinishLoan { loan, lacking } => self.on_finish_loan(loan, lacking, ctx),
            LendingMessage::ReleaseDrone {
                loan,
                delivery,
                reason,
            } => self.on_release_drone(loan, delivery, reason, ctx),
            LendingMessage::DroneReturned { loan, delivery } => self.on_drone_returned(loan, delivery, ctx),
            LendingMessage::LoanDelayed {
                loan,
                delivery,
                eta_pickup,
            } => self.on_loan_delayed(loan, delivery, eta_pickup, ctx),
            LendingMessage::LoanBroken { loan, delivery, end } => {
                self.on_loan_broken(loan, delivery, end, ctx);
            }
        }
    }

    /// Answers for a message that it failed on too often.
    pub(super) fn answer_for(&self, parked: &LendingMessage, ctx: &mut Ctx<'_, Skyhaul>) {
        match parked {
            LendingMessage::LendDrone { ticket, order } => {
                let refusal = LendingMessage::DroneLendingRefused {
                    ticket: *ticket,
                    lender: ctx.region(),
                    is_for_good: false,
                };
                tell(order.delivery.region(), refusal, ctx);
            }
            LendingMessage::DroneOffered { loan, .. } => {
                let loan = *loan;
                tell(loan.lender(), LendingMessage::ReturnDrone { loan }, ctx);
            }
            LendingMessage::TakeDrone { loan } => self.refuse_taken(*loan, ctx),
            LendingMessage::ReleaseDrone { loan, delivery, .. } => {
                let (loan, delivery) = (*loan, *delivery);
                tell(loan.home, LendingMessage::DroneReturned { loan, delivery }, ctx);
            }
            _ => {}
        }
    }
}
