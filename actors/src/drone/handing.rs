//! A drone that lives in one region and belongs to a depot of another: it is handed over once it stands there.
//!
//! ```text
//! Flying(reposition) ─► lands at its new depot ──HandOver, with all that it is──► its scheduler ──► the new one's ──SettleIn──► get ready
//!                             └─► this actor ends
//! ```
//!
//! What comes here afterwards is only what its own timers say of earlier states.

use skyhaul_engine::kernel::Ctx;

use super::{Drone, DroneState};
use crate::atlas;
use crate::scheduler::{HandingMessage, SchedulerMessage};
use crate::tree::Skyhaul;

impl Drone {
    /// Whether its depot is in another region than it lives in: it is on its way there.
    pub(super) fn is_at_home_elsewhere(&self, ctx: &Ctx<'_, Skyhaul>) -> bool {
        ctx.shared().atlas.home_of(self.depot) != ctx.region()
    }

    /// Ends here, to live in its depot's region.
    pub(super) fn hand_over(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        let mut drone = self.clone();
        drone.enter(DroneState::WaitingForPad);
        let message = HandingMessage::HandOver {
            drone: Box::new(drone),
        };
        ctx.send(
            atlas::scheduler(ctx.region()),
            SchedulerMessage::Handing(Box::new(message)),
        );
        ctx.stop();
    }

    pub(super) fn on_settle_in(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.state() == DroneState::WaitingForPad {
            self.get_ready(ctx);
        }
    }
}
