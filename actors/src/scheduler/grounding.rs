//! Groundings: drones that an operator, or the weather, keeps on the ground.
//!
//! A depot is grounded for one reason or several, and its drones get deliveries again once none is left. What flies goes on: drones finish what
//! they have and come home. A request that only grounded drones could serve turns to a carrier at once; where there is none, it waits.

use skyhaul_engine::kernel::Ctx;

use super::Scheduler;
use crate::event::{Event, GroundingReason};
use crate::ids::DepotId;
use crate::tree::Skyhaul;

impl Scheduler {
    pub(super) fn on_ground_depot(
        &mut self,
        depot: DepotId,
        reason: GroundingReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if is_planned(depot, ctx) && self.fleet.ground(depot, reason) {
            ctx.emit(Event::FleetGrounded { depot, reason });
        }
    }

    /// Drones that stood ready meanwhile look at what waits, as if they had just come home.
    pub(super) fn on_release_depot(
        &mut self,
        depot: DepotId,
        reason: GroundingReason,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        if !self.fleet.release(depot, reason) {
            return;
        }
        ctx.emit(Event::FleetReleased { depot, reason });
        if self.fleet.is_grounded(depot) {
            return;
        }
        for drone in self.fleet.ready_at(depot) {
            self.fleet.take_out(drone);
            self.on_drone_ready(drone, ctx);
        }
    }
}

/// Whether there is such a depot: commands may name any.
fn is_planned(depot: DepotId, ctx: &Ctx<'_, Skyhaul>) -> bool {
    usize::from(depot.0) < ctx.shared().environment.depots.len()
}
