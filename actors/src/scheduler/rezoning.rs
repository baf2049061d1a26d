//! Zones that come up, or are lifted: those who fly are told, and what waits for what is closed now waits no more.

use skyhaul_engine::kernel::Ctx;

use super::{Scheduler, refuse};
use crate::drone::DroneMessage;
use crate::event::AssignmentRefusal;
use crate::ids::DeliveryId;
use crate::mission::Errand;
use crate::tree::Skyhaul;

impl Scheduler {
    pub(super) fn on_airspace_changed(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        for drone in self.fleet.away() {
            let addr = self.fleet.address(drone, &ctx.shared().atlas);
            ctx.send(addr, DroneMessage::AirspaceChanged);
        }
        self.refuse_hopeless(ctx);
    }

    /// Refuses what waits where nobody may land for as long as a request waits.
    fn refuse_hopeless(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let surroundings = ctx.shared_arc();
        let now = ctx.now();
        let sky = surroundings.conditions(now).airspace;
        let until = now + surroundings.environment.dispatch.wait_max;
        let is_hopeless = |errand: &Errand| {
            [errand.pickup, errand.dropoff]
                .into_iter()
                .any(|place| sky.is_closed_throughout(place, until))
        };
        let orders = self.waiting.all();
        let hopeless: Vec<DeliveryId> = orders
            .filter(|order| is_hopeless(&order.errand))
            .map(|order| order.id)
            .collect();
        for id in hopeless {
            if let Some(order) = self.waiting.remove(id) {
                refuse(&order, AssignmentRefusal::NoFlyZone, ctx);
            }
        }
    }
}
