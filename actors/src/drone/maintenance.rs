//! A drone's hours in the air, and what is due after so many of them.
//!
//! It is maintained at its depot, off the pads, as soon as it comes home with its hours flown: until then it takes deliveries as ever. There
//! is room for all drones that are due.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::{Drone, DroneMessage, DroneState};
use crate::event::Event;
use crate::tree::Skyhaul;

impl Drone {
    /// Adds the flight that ends now to its hours.
    pub(super) fn log_flight(&mut self, now: SimTime) {
        if let DroneState::Flying(flight) = self.state() {
            self.flown += now.since(flight.departure.time);
        }
    }

    /// Goes out of service where that is due; says whether it does.
    pub(super) fn begin_maintenance(&mut self, ctx: &mut Ctx<'_, Skyhaul>) -> bool {
        let due = self.spec(ctx.shared()).maintenance;
        let Some(maintenance) = due.filter(|due| self.flown >= due.every) else {
            return false;
        };
        ctx.emit(Event::MaintenanceStarted {
            drone: self.id,
            depot: self.depot,
            flown: self.flown,
        });
        self.enter(DroneState::Maintained);
        let generation = self.generation;
        ctx.send_in(
            maintenance.takes,
            ctx.me::<Self>(),
            DroneMessage::MaintenanceDue { generation },
        );
        true
    }

    pub(super) fn on_maintenance_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.flown = SimDuration::ZERO;
        ctx.emit(Event::MaintenanceEnded {
            drone: self.id,
            depot: self.depot,
        });
        self.get_ready(ctx);
    }
}
