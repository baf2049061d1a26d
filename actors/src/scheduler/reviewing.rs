//! Reviews: requests that wait are weighed against a carrier again ([`super::weighing`]); what was said to those that wait on is held against what is
//! known, and said anew where it matters.
//!
//! ```text
//! a request waits ─► ReviewDue ─► DeliveryQueued, of each whose time was off ─► ReviewDue, while any waits
//! ```

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::{Scheduler, SchedulerMessage};
use crate::event::Event;
use crate::tree::Skyhaul;

/// From one review to the next: a time that has passed stands no longer than that, and a hundred thousand that wait are looked at for less than a
/// thousandth of one.
const REVIEW_EVERY: SimDuration = SimDuration::from_mins(1);

impl Scheduler {
    /// Has a review come, unless one is due. One that is overdue was lost with the message.
    pub(super) fn arm_review(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.review_due.is_none_or(|due| due < ctx.now()) {
            let at = ctx.now() + REVIEW_EVERY;
            self.review_due = Some(at);
            ctx.send_at(at, ctx.me::<Self>(), SchedulerMessage::ReviewDue { at });
        }
    }

    pub(super) fn on_review_due(&mut self, at: SimTime, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.review_due != Some(at) {
            return;
        }
        self.review_due = None;
        self.weigh_all(ctx);
        for (delivery, eta_pickup, eta_dropoff) in self.waiting.review(self.fleet.idle(), ctx.now()) {
            ctx.emit(Event::DeliveryQueued {
                delivery,
                eta_pickup,
                eta_dropoff,
            });
        }
        if self.waiting.len() > 0 {
            self.arm_review(ctx);
        }
    }
}
