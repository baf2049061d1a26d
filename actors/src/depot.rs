//! Depot: pads, charged batteries on a shelf, and the queue of drones that want either.
//!
//! ```text
//! RequestPad ─► a pad is free ──► PadGiven (swap where a charged battery is there, else charge) ──FreePad──► free
//!            └► none is ────────► first come, first served
//! ReservePad ─► a pad is free ──► kept until its drone comes, or goes elsewhere
//!            └► none is ────────► PadRefused
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Recording, RestartPolicy};
use skyhaul_engine::time::SimDuration;

use crate::drone::{Drone, DroneMessage};
use crate::environment::DepotSpec;
use crate::event::ChargeKind;
use crate::ids::{DepotId, DroneId};
use crate::tree::{RESTARTS_OF_ONE, Skyhaul};

/// What a depot understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DepotMessage {
    /// A drone of another depot is on its way here.
    ReservePad {
        /// Which.
        drone: DroneId,
        /// Where it is told where there is none.
        addr: Addr<Drone>,
    },
    /// A drone landed with an empty battery.
    RequestPad {
        /// Which, and what it needs.
        request: PadRequest,
    },
    /// A drone's battery is full, or it does not come.
    FreePad {
        /// Which.
        drone: DroneId,
    },
    /// A drone is gone for good.
    DroneLost {
        /// Which.
        drone: DroneId,
    },
    /// A battery that was swapped out is full again.
    SpareDue,
    /// It is in service again.
    OutageEnded,
}

/// What a drone needs of a depot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PadRequest {
    /// Which drone.
    pub drone: DroneId,
    /// Where it is told.
    pub addr: Addr<Drone>,
    /// Whether its battery can be swapped.
    pub swaps: bool,
    /// How long the charger takes for what is missing.
    pub refill: SimDuration,
}

/// A depot's pads and batteries. Spare batteries fit all drones of the depot, and each has a charger of its own on the shelf.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Depot {
    id: DepotId,
    pads_free: u32,
    spares: u32,
    queue: VecDeque<PadRequest>,
    /// Drones for which a pad is kept.
    expected: BTreeSet<DroneId>,
    on_pads: BTreeMap<DroneId, Stay>,
}

/// A drone's stay on a pad.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Stay {
    kind: ChargeKind,
    /// How long its old battery takes on the shelf, where it is swapped.
    refill: SimDuration,
}

/// What is seen of a depot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepotView {
    /// Pads without a drone.
    pub pads_free: u32,
    /// Charged batteries on the shelf.
    pub spares: u32,
    /// Drones that wait.
    pub queue: usize,
}

impl Depot {
    /// A depot with all pads free and all batteries charged.
    #[must_use]
    pub const fn new(id: DepotId, spec: &DepotSpec) -> Self {
        Self {
            id,
            pads_free: spec.pads,
            spares: spec.spare_batteries,
            queue: VecDeque::new(),
            expected: BTreeSet::new(),
            on_pads: BTreeMap::new(),
        }
    }

    /// What is free and who waits.
    #[must_use]
    pub fn view(&self) -> DepotView {
        DepotView {
            pads_free: self.pads_free,
            spares: self.spares,
            queue: self.queue.len(),
        }
    }
}

impl Actor for Depot {
    type System = Skyhaul;
    type Message = DepotMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: DepotMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            DepotMessage::ReservePad { drone, addr } => self.on_reserve_pad(drone, addr, ctx),
            DepotMessage::RequestPad { request } => self.on_request_pad(request),
            DepotMessage::FreePad { drone } => self.on_free_pad(drone, ctx),
            DepotMessage::DroneLost { drone } => self.on_drone_lost(drone, ctx),
            DepotMessage::SpareDue => self.spares += 1,
            DepotMessage::OutageEnded => {}
        }
        self.give_pads(ctx);
        Ok(())
    }

    fn name(&self) -> Option<String> {
        Some(format!("depot-{}", self.id.0))
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Depot {
    fn on_reserve_pad(&mut self, drone: DroneId, addr: Addr<Drone>, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.pads_free > 0 && !self.is_out(ctx) {
            self.pads_free -= 1;
            self.expected.insert(drone);
        } else {
            let depot = self.id;
            ctx.send(addr, DroneMessage::PadRefused { depot });
        }
    }

    /// One for which a pad is kept has it at once.
    fn on_request_pad(&mut self, request: PadRequest) {
        if self.expected.remove(&request.drone) {
            self.pads_free += 1;
            self.queue.push_front(request);
        } else {
            self.queue.push_back(request);
        }
    }

    fn on_free_pad(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.expected.remove(&drone) {
            self.pads_free += 1;
        }
        let Some(stay) = self.on_pads.remove(&drone) else {
            return;
        };
        self.pads_free += 1;
        if stay.kind == ChargeKind::Swap {
            ctx.send_in(stay.refill, ctx.me::<Self>(), DepotMessage::SpareDue);
        }
    }

    fn on_drone_lost(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        self.queue.retain(|request| request.drone != drone);
        self.on_free_pad(drone, ctx);
    }

    fn is_out(&self, ctx: &Ctx<'_, Skyhaul>) -> bool {
        ctx.shared().environment.faults.is_out(self.id, ctx.now())
    }

    /// Gives pads to those who wait; to nobody while it is out of service.
    fn give_pads(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        if self.is_out(ctx) {
            return;
        }
        while self.pads_free > 0
            && let Some(request) = self.queue.pop_front()
        {
            let kind = if request.swaps && self.spares > 0 {
                self.spares -= 1;
                ChargeKind::Swap
            } else {
                ChargeKind::Charge
            };
            self.pads_free -= 1;
            let stay = Stay {
                kind,
                refill: request.refill,
            };
            self.on_pads.insert(request.drone, stay);
            ctx.send(request.addr, DroneMessage::PadGiven { kind });
        }
    }
}
