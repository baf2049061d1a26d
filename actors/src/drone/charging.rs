//! A drone between its missions: the queue for a pad, and the battery.

use skyhaul_engine::kernel::Ctx;
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::WattHours;

use super::{Drone, DroneMessage, DroneState};
use crate::atlas;
use crate::depot::{DepotMessage, PadRequest};
use crate::event::{ChargeKind, Event};
use crate::mission::READY_SHARE;
use crate::scheduler::{Coming, SchedulerMessage};
use crate::tree::{Skyhaul, Surroundings};

impl Drone {
    /// At home: stands ready where the battery is full, else asks for a pad.
    pub(super) fn get_ready(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        let capacity = self.spec(ctx.shared()).battery_capacity;
        if self.battery.get() >= capacity.get() * READY_SHARE {
            self.stand_ready(ctx);
            return;
        }
        self.enter(DroneState::WaitingForPad);
        let request = PadRequest {
            drone: self.id,
            swaps: self.spec(ctx.shared()).swap.is_some(),
            refill: self.refill(ctx.shared()),
        };
        let depot = ctx.shared().atlas.depot(self.depot);
        ctx.send(depot, DepotMessage::RequestPad { request });
    }

    pub(super) fn on_pad_given(&mut self, kind: ChargeKind, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.state != DroneState::WaitingForPad {
            self.free_pad(ctx);
            return;
        }
        ctx.emit(Event::ChargeStarted {
            drone: self.id,
            depot: self.depot,
            battery: self.battery,
            kind,
        });
        let swap = self.spec(ctx.shared()).swap;
        let span = match (kind, swap) {
            (ChargeKind::Swap, Some(swap)) => swap,
            _ => self.refill(ctx.shared()),
        };
        self.enter(DroneState::Charging(kind));
        let generation = self.generation;
        ctx.send_in(span, ctx.me::<Self>(), DroneMessage::ChargeDue { generation });
        self.say_coming(Coming::ReadyAt { at: ctx.now() + span }, ctx);
    }

    pub(super) fn on_charge_due(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if let DroneState::Charging(kind) = self.state {
            self.battery = self.spec(ctx.shared()).battery_capacity;
            ctx.emit(Event::ChargeEnded {
                drone: self.id,
                depot: self.depot,
                battery: self.battery,
                kind,
            });
            self.free_pad(ctx);
            self.stand_ready(ctx);
        }
    }

    fn stand_ready(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        self.enter(DroneState::Idle);
        let drone = self.id;
        let scheduler = atlas::scheduler(ctx.region());
        ctx.send(scheduler, SchedulerMessage::DroneReady { drone });
    }

    fn free_pad(&self, ctx: &mut Ctx<'_, Skyhaul>) {
        let drone = self.id;
        let depot = ctx.shared().atlas.depot(self.depot);
        ctx.send(depot, DepotMessage::FreePad { drone });
    }

    /// How long the charger takes for what is missing.
    fn refill(&self, surroundings: &Surroundings) -> SimDuration {
        let spec = self.spec(surroundings);
        let missing: WattHours = spec.battery_capacity - self.battery;
        SimDuration::from_seconds_f64(missing.get() / spec.charge_w * crate::energy::SECONDS_PER_HOUR)
    }
}
