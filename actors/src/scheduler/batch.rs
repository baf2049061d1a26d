//! Batches: the requests that wait are matched together, every interval, as the plan's policy says ([`crate::dispatch`]).
//!
//! ```text
//! AssignDrone ─► waits ─► BatchDue ─► a round ─► assigned | goes to a carrier | waits for the next
//! ```
//!
//! A round sees the drones that stand ready, those that fly home with nothing, and those that will be ready at a known time. A timer runs only
//! while requests wait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};

use self::table::Table;
use super::coming::Coming;
use super::enquiry::Wish;
use super::fleet::Prospect;
use super::waiting::Whose;
use super::{
    CarriersSaid, Order, Scheduler, SchedulerMessage, WAITING_MAX, WAITING_SCANNED_MAX, leave_to_carrier,
    refuse,
};
use crate::dispatch::cost::{Offer, Urgency, of_waiting};
use crate::dispatch::{Ask, Batches, Load, Pace, Pacing, PriceBook, Verdict, decide};
use crate::event::AssignmentRefusal;
use crate::ids::DroneId;
use crate::mission::MissionEstimate;
use crate::tree::Skyhaul;

mod table;

/// How many requests take part in a round: so many, and so many more for each drone in it. What waits further back would seldom get one of
/// them, and costs as much to look at.
const ROWS: usize = 32;
const ROWS_PER_SEAT: usize = 8;

/// The most that take part: a round stays some milliseconds of work.
const ROWS_MAX: usize = 512;

/// What dispatch in batches remembers from one to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Batching {
    pacing: Pacing,
    book: PriceBook,
    /// When the next batch is due, where one is.
    due: Option<SimTime>,
    /// Requests that no round has seen yet: they come before neighbours'.
    pub(super) fresh: usize,
    /// Drones that are not ready, and when they may be.
    pub(super) coming: BTreeMap<DroneId, Coming>,
}

impl Scheduler {
    /// How requests are dealt with now.
    pub(super) fn pace(&mut self, ctx: &Ctx<'_, Skyhaul>) -> Pace {
        let load = Load {
            idle: self.fleet.idle(),
            fleet: self.fleet.serving(),
            waiting: self.waiting.len(),
        };
        self.batching
            .pacing
            .pace(&ctx.shared().environment.dispatch, load)
    }

    /// Lets a request wait for the next batch, where any drone of the region can ever serve it.
    pub(super) fn take_into_batch(&mut self, order: Order, batches: Batches, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        match self.fleet.outlook(&order.errand, &surroundings, ctx.now()) {
            Err(reason) => self.hope_for_neighbours(order, reason, ctx),
            Ok(_) if self.waiting.len() >= WAITING_MAX => {
                refuse(&order, AssignmentRefusal::WaitedTooLong, ctx);
            }
            Ok(prospect) => {
                // As many as stand ready leave with the next batch.
                let wait = self
                    .waiting
                    .ahead_of(&order)
                    .checked_sub(self.fleet.idle())
                    .map_or(batches.interval, |ahead| prospect.wait(ahead));
                self.queue(order, Whose::Own, prospect, wait, ctx);
                self.batching.fresh += 1;
                self.arm(batches, ctx);
            }
        }
    }

    /// A drone stands ready while requests are matched in batches.
    pub(super) fn seat(&mut self, drone: DroneId, batches: Batches, ctx: &mut Ctx<'_, Skyhaul>) {
        self.fleet.put_back(drone);
        if self.waiting.queue(Whose::Own).next().is_some() {
            self.arm(batches, ctx);
        } else {
            self.spare_drone(ctx);
        }
    }

    /// Has a batch come, unless one is due. One that is overdue was lost with the message.
    fn arm(&mut self, batches: Batches, ctx: &mut Ctx<'_, Skyhaul>) {
        if !self.batching.is_due(ctx.now()) {
            let at = ctx.now() + batches.interval;
            self.batching.due = Some(at);
            ctx.send_at(at, ctx.me::<Self>(), SchedulerMessage::BatchDue { at });
        }
    }

    pub(super) fn on_batch_due(&mut self, at: SimTime, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.batching.due != Some(at) {
            return;
        }
        self.batching.due = None;
        self.batching.fresh = 0;
        match self.pace(ctx) {
            Pace::InBatches(batches) => self.hold_round(batches, ctx),
            Pace::AtOnce => self.give_waiting(ctx),
        }
        self.seek_for_waiting(ctx);
        if self.fleet.idle() > 0 {
            self.spare_drone(ctx);
        }
        if let Pace::InBatches(batches) = self.pace(ctx)
            && self.waiting.queue(Whose::Own).next().is_some()
        {
            self.arm(batches, ctx);
        }
    }

    /// Gives ready drones to those that wait from when drones were few.
    fn give_waiting(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let first = self.waiting.queue(Whose::Own).take(WAITING_SCANNED_MAX);
        let orders: Vec<_> = first.map(|(_, order)| (order.id, order.errand)).collect();
        for (id, errand) in orders {
            if let Ok((drone, estimate)) = self
                .fleet
                .take_ready(&errand, &surroundings, ctx.now(), ctx.now())
                && let Some(order) = self.waiting.remove(id)
            {
                self.assign(order, drone, estimate, ctx);
            }
        }
    }

    fn hold_round(&mut self, batches: Batches, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        self.batching.coming.retain(|_, coming| coming.is_to_come(now));
        let table = Table::lay(&self.fleet, &self.batching.coming, batches, now, &surroundings);
        let rows = (ROWS + table.seats.len() * ROWS_PER_SEAT).min(ROWS_MAX);
        let mut asks = Vec::new();
        let mut takers = Vec::new();
        let ready = self.fleet.idle();
        for (ahead, (order, prospect)) in self.waiting.prospects().take(rows).enumerate() {
            let wish = Wish::from(order);
            let urgency = urgency(&wish, now);
            let taker = table.taker(ahead, order, batches.neighbours, now, &surroundings);
            asks.push(Ask {
                urgency,
                offers: taker.offers(&urgency, now),
                carrier: (order.carriers != CarriersSaid::No)
                    .then(|| self.couriers.cost(&wish, now, &surroundings.environment))
                    .flatten(),
                later: of_waiting(
                    prospect.wait(ahead.saturating_sub(ready)),
                    &prospect.offer(),
                    &urgency,
                ),
            });
            takers.push((order.id, taker));
        }
        let verdicts = decide(&table.seats, &asks, &mut self.batching.book);
        for (((id, taker), ask), verdict) in takers.into_iter().zip(&asks).zip(verdicts) {
            match verdict {
                Verdict::Wait => {}
                Verdict::Drone(seat) => {
                    if let Some(estimate) = taker.estimate(seat)
                        && let Some(order) = self.waiting.remove(id)
                    {
                        let drone = DroneId(table.seats[seat].drone);
                        self.fleet.take_out(drone);
                        self.batching.coming.remove(&drone);
                        self.assign(order, drone, estimate, ctx);
                    }
                }
                Verdict::Carrier => {
                    if let Some(order) = self.waiting.remove(id) {
                        leave_to_carrier(&order, ask.later, ctx);
                    }
                }
            }
        }
    }

    /// A drone says when it may be given something, though it is not ready. One that turned to another depot says so twice at one instant, and may
    /// have been given something in between.
    pub(super) fn on_drone_coming(&mut self, drone: DroneId, coming: Coming, ctx: &mut Ctx<'_, Skyhaul>) {
        let is_given = self.assigned.values().any(|assignment| assignment.drone == drone);
        if is_given || self.fleet.is_leaving(drone) {
            return;
        }
        self.batching.coming.insert(drone, coming);
        self.take_over(drone, &coming, ctx);
    }
}

impl Batching {
    /// Whether a batch is due that weighs all that wait for the region's own drones.
    pub(super) fn is_due(&self, now: SimTime) -> bool {
        self.due.is_some_and(|due| due >= now)
    }
}

impl Prospect {
    pub(super) fn offer(&self) -> Offer {
        offer(&self.estimate, self.asked_at)
    }
}

pub(super) fn offer(estimate: &MissionEstimate, now: SimTime) -> Offer {
    Offer {
        dropoff_in: estimate.dropped_off_at.since(now),
        afterwards: estimate.home_at.since(estimate.dropped_off_at),
        energy: estimate.energy,
    }
}

pub(super) fn urgency(wish: &Wish, now: SimTime) -> Urgency {
    Urgency {
        is_expedited: wish.is_expedited,
        until_deadline: wish.deadline.map(|deadline| deadline.since(now)),
        late_by: wish
            .deadline
            .map_or(SimDuration::ZERO, |deadline| now.since(deadline)),
        waited: now.since(wish.asked_at),
    }
}
