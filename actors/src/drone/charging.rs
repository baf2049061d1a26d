//! A drone between its missions: the queue for a pad, and the battery.

use skyhaul_engine::kernel::Ctx;

use super::{Drone, DroneMessage, DroneState};
use crate::atlas;
use crate::battery::{charge_time, charged};
use crate::depot::{DepotMessage, PadRequest};
use crate::event::{ChargeKind, Event};
use crate::scheduler::{Coming, SchedulerMessage};
use crate::tree::Skyhaul;

impl Drone {
    /// At a depot: asks for a pad where the battery is not charged. At home it is maintained before that, where that is due, and stands ready after
    /// it; from another depot it goes home.
    pub(super) fn get_ready(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let is_home = self.berth == self.depot;
        self.is_recalled &= !is_home;
        if is_home && self.is_at_home_elsewhere(ctx) {
            self.hand_over(ctx);
            return;
        }
        if is_home && self.begin_maintenance(ctx) {
            return;
        }
        let spec = self.spec(ctx.shared());
        if self.battery >= charged(spec) {
            self.end_stay(ctx);
            return;
        }
        let request = PadRequest {
            drone: self.id,
            addr: ctx.me(),
            // Batteries on the shelf fit the depot's own drones.
            swaps: is_home && spec.swap.is_some(),
            refill: charge_time(spec, self.battery),
        };
        self.enter(DroneState::WaitingForPad);
        let depot = ctx.shared().atlas.depot(self.berth);
        ctx.send(depot, DepotMessage::RequestPad { request });
    }

    pub(super) fn on_pad_given(&mut self, kind: ChargeKind, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.state() != DroneState::WaitingForPad {
            self.free_pad(ctx);
            return;
        }
        ctx.emit(Event::ChargeStarted {
            drone: self.id,
            depot: self.berth,
            battery: self.battery,
            kind,
        });
        let spec = self.spec(ctx.shared());
        let span = match (kind, spec.swap) {
            (ChargeKind::Swap, Some(swap)) => swap,
            _ => charge_time(spec, self.battery),
        };
        self.enter(DroneState::Charging(kind));
        let generation = self.generation;
        ctx.send_in(span, ctx.me::<Self>(), DroneMessage::ChargeDue { generation });
        if self.berth == self.depot {
            self.say_coming(Coming::ReadyAt { at: ctx.now() + span }, ctx);
        }
    }

    pub(super) fn on_charge_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Charging(kind) = self.state() {
            self.battery = charged(self.spec(ctx.shared()));
            ctx.emit(Event::ChargeEnded {
                drone: self.id,
                depot: self.berth,
                battery: self.battery,
                kind,
            });
            self.free_pad(ctx);
            self.end_stay(ctx);
        }
    }

    /// With a charged battery, stands ready at home, or goes there.
    fn end_stay(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.berth == self.depot {
            self.stand_ready(ctx);
        } else {
            self.leave_for_home(ctx);
        }
    }

    pub(super) fn stand_ready(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.enter(DroneState::Idle);
        let drone = self.id;
        let scheduler = atlas::scheduler(ctx.region());
        ctx.send(scheduler, SchedulerMessage::DroneReady { drone });
    }

    pub(super) fn free_pad(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        let drone = self.id;
        let depot = ctx.shared().atlas.depot(self.berth);
        ctx.send(depot, DepotMessage::FreePad { drone });
    }
}
