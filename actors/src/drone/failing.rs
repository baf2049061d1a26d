//! A drone that fails: where it lies, who is told, and how it comes back.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimDuration;

use super::flying::Fall;
use super::{Drone, DroneMessage, DroneState};
use crate::atlas;
use crate::event::{DroneFailure, Event};
use crate::scheduler::SchedulerMessage;
use crate::tree::Skyhaul;

/// From a failure until the drone, fetched and mended, stands at its depot again.
const RECOVERY: SimDuration = SimDuration::from_mins(120);

impl Drone {
    pub(super) fn on_failure_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.log_flight(ctx.now());
        let fall = self.fall(ctx);
        self.fail(DroneFailure::Mechanical, &fall, ctx);
    }

    pub(super) fn on_recovery_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.at = ctx.shared().environment.depot(self.berth).at;
        ctx.emit(Event::DroneRecovered {
            drone: self.id,
            at: self.at,
            battery: self.battery,
        });
        self.get_ready(ctx);
    }

    /// Stands where no lawful way leads on.
    pub(super) fn strand(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.fail(DroneFailure::Stranded, &self.lie(), ctx);
    }

    pub(super) fn fail(&mut self, reason: DroneFailure, fall: &Fall, ctx: &mut Ctx<'_, Skyhaul>) {
        self.fail_for(reason, fall, RECOVERY, ctx);
    }

    pub(super) fn fail_for(
        &mut self,
        reason: DroneFailure,
        fall: &Fall,
        span: SimDuration,
        ctx: &mut Ctx<'_, Skyhaul>,
    ) {
        self.announce_failure(reason, fall, ctx);
        self.tell_scheduler(fall, false, ctx);
        self.link_lost_in = None;
        // What came down at a depot stays there; all else is fetched home.
        if !matches!(reason, DroneFailure::DropoffClosed | DroneFailure::LinkLost) {
            self.leave_berth(ctx);
        }
        self.at = fall.at;
        self.altitude_m = 0.0;
        self.battery = fall.battery;
        self.enter(DroneState::Failed);
        let generation = self.generation;
        ctx.send_in(span, ctx.me::<Self>(), DroneMessage::RecoveryDue { generation });
    }

    pub(super) fn announce_failure(&self, reason: DroneFailure, fall: &Fall, ctx: &mut Ctx<'_, Skyhaul>) {
        ctx.emit(Event::DroneFailed {
            drone: self.id,
            reason,
            at: fall.at,
        });
    }

    pub(super) fn tell_scheduler(&self, fall: &Fall, is_gone: bool, ctx: &mut Ctx<'_, Skyhaul>) {
        let message = SchedulerMessage::DroneLost {
            drone: self.id,
            parcel_at: fall.parcel_at,
            is_gone,
        };
        ctx.send(atlas::scheduler(ctx.region()), message);
    }

    /// Has its scheduler say that it failed where it stands, once no word about it can be under way between regions: a neighbour may be
    /// handing a parcel over, or giving it a delivery.
    pub(super) fn leave_word(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        let message = SchedulerMessage::DroneGone {
            drone: self.id,
            at: self.at,
            parcel_at: self.has_parcel_on_ground().then_some(self.at),
        };
        ctx.send(atlas::scheduler(ctx.region()), message);
    }
}
