//! Depot: pads, charged batteries on a shelf, and the queue of drones that want either.
//!
//! ```text
//! RequestPad ─► a pad is free ──► PadGiven (swap where a charged battery is there, else charge) ──FreePad──► free
//!            └► none is ────────► first come, first served
//! ```

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Ctx, Recording, RestartPolicy};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::drone::DroneMessage;
use crate::environment::DepotSpec;
use crate::event::ChargeKind;
use crate::ids::DroneId;
use crate::tree::{RESTARTS_OF_ONE, Skyhaul};

/// What a depot understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DepotMessage {
    /// A drone came home with an empty battery.
    RequestPad {
        /// Which, and what it needs.
        request: PadRequest,
    },
    /// A drone's battery is full.
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
}

/// What a drone needs of a depot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PadRequest {
    /// Which drone.
    pub drone: DroneId,
    /// How long swapping its battery takes; `None` where it cannot be swapped.
    pub swap: Option<SimDuration>,
    /// How long the charger takes for what is missing.
    pub refill: SimDuration,
}

/// A depot's pads and batteries. Spare batteries fit all drones of the depot, and each has a charger of its own on the shelf.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Depot {
    pads_free: u32,
    spares: u32,
    queue: VecDeque<PadRequest>,
    on_pads: BTreeMap<DroneId, Stay>,
    /// When batteries on the shelf's chargers are charged.
    shelf: Vec<SimTime>,
}

/// A drone's stay on a pad.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Stay {
    kind: ChargeKind,
    /// How long its old battery takes on the shelf, where it is swapped.
    refill: SimDuration,
    until: SimTime,
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

impl PadRequest {
    /// How the battery is filled, and how long the drone is on the pad for that.
    fn filling(&self, has_spare: bool) -> (ChargeKind, SimDuration) {
        match self.swap {
            Some(swap) if has_spare => (ChargeKind::Swap, swap),
            _ => (ChargeKind::Charge, self.refill),
        }
    }
}

impl Depot {
    /// A depot with all pads free and all batteries charged.
    #[must_use]
    pub const fn new(spec: &DepotSpec) -> Self {
        Self {
            pads_free: spec.pads,
            spares: spec.spare_batteries,
            queue: VecDeque::new(),
            on_pads: BTreeMap::new(),
            shelf: Vec::new(),
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

    /// How long a drone that comes now waits for a pad: the queue is gone through as it will be, and nobody is expected to fail.
    #[must_use]
    pub fn wait(&self, now: SimTime) -> SimDuration {
        let mut pads: Vec<SimTime> = self.on_pads.values().map(|stay| stay.until.max(now)).collect();
        pads.extend(std::iter::repeat_n(now, self.pads_free as usize));
        let mut spares: Vec<SimTime> = self.shelf.clone();
        spares.extend(std::iter::repeat_n(now, self.spares as usize));
        let swapped = self.on_pads.values().filter(|stay| stay.kind == ChargeKind::Swap);
        spares.extend(swapped.map(|stay| stay.until.max(now) + stay.refill));
        for request in &self.queue {
            let Some(start) = take_first(&mut pads) else {
                return SimDuration::ZERO;
            };
            let has_spare = spares.iter().any(|charged| *charged <= start);
            let (kind, span) = request.filling(has_spare);
            pads.push(start + span);
            if kind == ChargeKind::Swap {
                take_first(&mut spares);
                spares.push(start + span + request.refill);
            }
        }
        pads.iter()
            .min()
            .map_or(SimDuration::ZERO, |free| free.since(now))
    }
}

/// Takes the earliest.
fn take_first(times: &mut Vec<SimTime>) -> Option<SimTime> {
    let (first, _) = times.iter().enumerate().min_by_key(|(_, time)| **time)?;
    Some(times.swap_remove(first))
}

impl Actor for Depot {
    type System = Skyhaul;
    type Message = DepotMessage;
    const RESTART: RestartPolicy = RESTARTS_OF_ONE;
    const RECORDING: Recording = Recording::Log;

    fn handle(&mut self, message: DepotMessage, ctx: &mut Ctx<'_, Skyhaul>) -> Result<(), ActorError> {
        match message {
            DepotMessage::RequestPad { request } => self.queue.push_back(request),
            DepotMessage::FreePad { drone } => self.on_free_pad(drone, ctx),
            DepotMessage::DroneLost { drone } => self.on_drone_lost(drone, ctx),
            DepotMessage::SpareDue => self.on_spare_due(ctx.now()),
        }
        self.give_pads(ctx);
        Ok(())
    }

    fn shown(&self) -> String {
        format!("{:?}", self.view())
    }
}

impl Depot {
    fn on_free_pad(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        let Some(stay) = self.on_pads.remove(&drone) else {
            return;
        };
        self.pads_free += 1;
        if stay.kind == ChargeKind::Swap {
            self.shelf.push(ctx.now() + stay.refill);
            ctx.send_in(stay.refill, ctx.me::<Self>(), DepotMessage::SpareDue);
        }
    }

    fn on_spare_due(&mut self, now: SimTime) {
        self.spares += 1;
        if let Some(charged) = self.shelf.iter().position(|at| *at <= now) {
            self.shelf.swap_remove(charged);
        }
    }

    fn on_drone_lost(&mut self, drone: DroneId, ctx: &mut Ctx<'_, Skyhaul>) {
        self.queue.retain(|request| request.drone != drone);
        self.on_free_pad(drone, ctx);
    }

    fn give_pads(&mut self, ctx: &mut Ctx<'_, Skyhaul>) {
        while self.pads_free > 0
            && let Some(request) = self.queue.pop_front()
        {
            let (kind, span) = request.filling(self.spares > 0);
            self.spares -= u32::from(kind == ChargeKind::Swap);
            self.pads_free -= 1;
            let stay = Stay {
                kind,
                refill: request.refill,
                until: ctx.now() + span,
            };
            self.on_pads.insert(request.drone, stay);
            let drone = ctx.shared().atlas.drone(request.drone);
            ctx.send(drone, DroneMessage::PadGiven { kind });
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::geo::Position;
    use skyhaul_engine::kernel::RegionId;

    use super::*;

    const HOUR: SimDuration = SimDuration::from_mins(60);
    const MINUTE: SimDuration = SimDuration::from_mins(1);

    fn depot(pads: u32, spare_batteries: u32) -> Depot {
        Depot::new(&DepotSpec {
            name: "any".to_owned(),
            at: Position::default(),
            pads,
            spare_batteries,
            region: RegionId(0),
        })
    }

    fn request(drone: u32, swap: Option<SimDuration>) -> PadRequest {
        PadRequest {
            drone: DroneId(drone),
            swap,
            refill: HOUR,
        }
    }

    /// Puts a drone on a pad that it leaves at `until`.
    fn occupy(depot: &mut Depot, drone: u32, kind: ChargeKind, until: SimTime) {
        depot.pads_free -= 1;
        let stay = Stay {
            kind,
            refill: HOUR,
            until,
        };
        depot.on_pads.insert(DroneId(drone), stay);
    }

    #[test]
    fn nobody_waits_where_a_pad_is_free() {
        assert_eq!(depot(1, 0).wait(SimTime::ZERO), SimDuration::ZERO);
    }

    #[test]
    fn who_comes_to_full_pads_waits_for_the_first_that_is_left() {
        let mut depot = depot(2, 0);
        occupy(&mut depot, 0, ChargeKind::Charge, SimTime::ZERO + HOUR);
        occupy(&mut depot, 1, ChargeKind::Charge, SimTime::ZERO + MINUTE);
        assert_eq!(depot.wait(SimTime::ZERO), MINUTE);
        depot.queue.push_back(request(2, None));
        assert_eq!(
            depot.wait(SimTime::ZERO),
            HOUR,
            "the one in the queue has the other pad"
        );
    }

    #[test]
    fn a_swap_in_the_queue_is_as_short_as_the_shelf_lets_it_be() {
        let mut depot = depot(1, 1);
        occupy(&mut depot, 0, ChargeKind::Charge, SimTime::ZERO + MINUTE);
        depot.queue.push_back(request(1, Some(MINUTE)));
        assert_eq!(depot.wait(SimTime::ZERO), MINUTE + MINUTE);
        depot.queue.push_back(request(2, Some(MINUTE)));
        assert_eq!(
            depot.wait(SimTime::ZERO),
            MINUTE + MINUTE + HOUR,
            "the only spare battery is gone by then"
        );
    }
}
