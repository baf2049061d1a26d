//! One delivery as events tell of it: stage, place, ETA, legs.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::{DeliveryRequest, Place};
use skyhaul_actors::event::{Leg, LegPurpose, Transport, Waypoint};
use skyhaul_actors::ids::{CarrierId, DeliveryId, DroneId};
use skyhaul_actors::mission::{LOADING, UNLOADING};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::estimate::{Estimate, Times};
use super::experience::{Basis, Experience, Promises};
use super::figures::Outcome;
use super::motion::{along, share};
use crate::view::{Between, DeliveryView};

/// Legs kept of a delivery: two an attempt, five attempts, and some for reschedules. The oldest goes first.
pub const LEGS_KEPT_MAX: usize = 16;

/// Stage changes kept of a delivery: two an attempt, five attempts, and some for reschedules. The oldest goes first; whoever had not seen
/// it is told how many are missing.
pub const MILESTONES_KEPT_MAX: usize = 32;

/// A leg that was flown for a delivery, or is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlownLeg {
    /// As it was planned.
    pub leg: Arc<Leg>,
    /// Where and when it ended, where it did: before its arrival where the drone turned away or failed.
    pub ended: Option<(SimTime, Position)>,
}

impl FlownLeg {
    /// The path up to where it ended; the whole plan while it is flown.
    #[must_use]
    pub fn path(&self) -> Vec<Waypoint> {
        let Some((ended_at, place)) = self.ended else {
            return self.leg.path.clone();
        };
        let mut path: Vec<Waypoint> = self
            .leg
            .path
            .iter()
            .copied()
            .filter(|w| w.time < ended_at)
            .collect();
        let altitude_m = along(&self.leg, ended_at).altitude_m;
        path.push(Waypoint {
            at: place,
            altitude: skyhaul_engine::units::Metres::new(altitude_m),
            time: ended_at,
        });
        path
    }
}

/// A change of stage, with all that is shown at that instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Milestone {
    stage: Stage,
    transport: Option<Transport>,
    at: Position,
    altitude_m: f64,
    times: Times,
}

/// Where the parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Parcel {
    /// Somewhere on the ground, or where it goes.
    Lies(Place),
    /// With the transport.
    Carried,
}

/// One delivery as events tell of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DeliveryTrack {
    owner: String,
    pub(super) pickup: Place,
    pub(super) dropoff: Place,
    requested_at: SimTime,
    pub(super) deadline: Option<SimTime>,
    pub(super) stage: Stage,
    pub(super) transport: Option<Transport>,
    pub(super) estimate: Estimate,
    /// What was expected when its drone's link was lost: it is shown until the drone speaks again.
    last_word: Option<Estimate>,
    promises: Promises,
    parcel: Parcel,
    was_picked_up: bool,
    /// When the parcel was put down where it goes.
    arrived_at: Option<SimTime>,
    leg: Option<Arc<Leg>>,
    pub(super) flown: VecDeque<FlownLeg>,
    milestones: VecDeque<Milestone>,
    /// How many changes of stage there were.
    pub(super) milestones_total: u32,
}

impl DeliveryTrack {
    pub(super) fn new(request: &DeliveryRequest, requested_at: SimTime, estimate: Estimate) -> Self {
        let mut promises = Promises::default();
        promises.wait(requested_at, estimate);
        Self {
            owner: request.owner.clone(),
            pickup: request.pickup,
            dropoff: request.dropoff,
            requested_at,
            deadline: request.deadline,
            stage: Stage::Created,
            transport: None,
            estimate,
            last_word: None,
            promises,
            parcel: Parcel::Lies(request.pickup),
            was_picked_up: false,
            arrived_at: None,
            leg: None,
            flown: VecDeque::new(),
            milestones: VecDeque::new(),
            milestones_total: 0,
        }
    }

    /// Nobody has it, and it is expected then.
    pub(super) fn expect(&mut self, estimate: Estimate, now: SimTime) {
        self.last_word = None;
        self.estimate = estimate;
        self.promises.wait(now, estimate);
    }

    pub(super) fn on_assigned(&mut self, by: Transport, estimate: Estimate, now: SimTime) {
        self.transport = Some(by);
        self.promises.assign(by, now, estimate);
        self.estimate = estimate;
        self.last_word = None;
        self.leg = None;
    }

    /// Its drone's link is lost: nothing is heard of it, so nothing changes.
    pub(super) const fn on_link_lost(&mut self) {
        self.last_word = Some(self.estimate);
    }

    /// Its drone speaks again: what has become of it is known.
    pub(super) const fn on_link_restored(&mut self) {
        self.last_word = None;
    }

    /// Nobody has it any more.
    pub(super) fn on_released(&mut self) {
        self.last_word = None;
        self.transport = None;
        self.leg = None;
    }

    pub(super) fn on_rescheduled(&mut self, pickup: Place, dropoff: Place, deadline: Option<SimTime>) {
        self.pickup = pickup;
        self.dropoff = dropoff;
        self.deadline = deadline;
        self.parcel = Parcel::Lies(pickup);
    }

    /// The parcel lies where its transport failed.
    pub(super) fn on_put_down(&mut self, at: Position) {
        if self.parcel == Parcel::Carried {
            self.pickup = Place::on_ground(at);
            self.parcel = Parcel::Lies(self.pickup);
        }
    }

    pub(super) fn on_leg_started(&mut self, leg: &Arc<Leg>) {
        match leg.purpose {
            LegPurpose::Pickup => self.estimate.shift_pickup(leg.arrives() + LOADING),
            LegPurpose::Dropoff => self.estimate.dropoff = leg.arrives() + UNLOADING,
            LegPurpose::Return | LegPurpose::Reposition | LegPurpose::Divert => {}
        }
        if self.flown.len() == LEGS_KEPT_MAX {
            self.flown.pop_front();
        }
        self.flown.push_back(FlownLeg {
            leg: Arc::clone(leg),
            ended: None,
        });
        self.leg = Some(Arc::clone(leg));
    }

    pub(super) fn on_leg_ended(&mut self, drone: DroneId, at: Position, now: SimTime) {
        if let Some(flown) = self.flown.iter_mut().rev().find(|flown| flown.leg.drone == drone) {
            flown.ended = Some((now, at));
        }
        self.leg = None;
    }

    /// The parcel is with its transport. Gives how long it had waited, the first time.
    pub(super) fn on_picked_up(
        &mut self,
        by: Transport,
        now: SimTime,
        experience: &mut Experience,
    ) -> Option<SimDuration> {
        self.transport = Some(by);
        self.parcel = Parcel::Carried;
        self.estimate.shift_pickup(now);
        let distance_m = self.distance_m();
        experience.on_picked_up(&mut self.promises, by, now, self.estimate, distance_m);
        let is_first = !std::mem::replace(&mut self.was_picked_up, true);
        is_first.then(|| now.since(self.requested_at))
    }

    pub(super) fn on_dropped_off(&mut self, at: Position, now: SimTime) {
        let place = Place { at, ..self.dropoff };
        self.arrived_at = Some(now);
        self.last_word = None;
        self.estimate.dropoff = now;
        self.parcel = Parcel::Lies(place);
    }

    pub(super) fn on_completed(
        &mut self,
        by: Transport,
        now: SimTime,
        experience: &mut Experience,
    ) -> Outcome {
        // The delivery may have waited for what its receiver must give.
        let arrived_at = self.arrived_at.unwrap_or(now);
        let distance_m = self.distance_m();
        let off_by = |eta: SimTime| eta.since(arrived_at).max(arrived_at.since(eta));
        let outcome = Outcome {
            by,
            eta_error: self.promises.assigned().map(off_by),
            is_on_time: self.deadline.map(|deadline| arrived_at <= deadline),
        };
        experience.on_completed(&mut self.promises, arrived_at, distance_m);
        self.transport = Some(by);
        self.leg = None;
        self.estimate.dropoff = arrived_at;
        outcome
    }

    /// The times are what they were expected to be at that moment, and stay so.
    pub(super) fn on_cancelled(&mut self, now: SimTime) {
        self.estimate = self.estimate_at(now);
        self.last_word = None;
        self.leg = None;
    }

    /// The two times as they are shown at `now`: never in the past while they lie ahead.
    pub(super) fn estimate_at(&self, now: SimTime) -> Estimate {
        let estimate = self.last_word.unwrap_or(self.estimate);
        match self.stage {
            Stage::Completed | Stage::Cancelled => estimate,
            Stage::HeadedToDropoff => estimate.arriving_after(now),
            Stage::Created | Stage::Rescheduled | Stage::HeadedToPickup => estimate.picked_up_after(now),
        }
    }

    /// The same with their bounds, by what similar deliveries showed.
    fn times_at(&self, now: SimTime, experience: &Experience) -> Times {
        if self.arrived_at.is_some() {
            return Times::exactly(self.estimate);
        }
        let estimate = self.estimate_at(now);
        let distance_m = self.distance_m();
        let basis = match (self.stage, self.transport) {
            (Stage::Completed | Stage::Cancelled, _) => return Times::exactly(estimate),
            (Stage::HeadedToDropoff, Some(Transport::Carrier(_))) => Basis::Driven,
            (Stage::HeadedToDropoff, _) => Basis::Flown,
            (Stage::HeadedToPickup, Some(Transport::Drone(_))) => Basis::Drone,
            (Stage::HeadedToPickup, Some(Transport::Carrier(_))) => Basis::Carrier,
            (Stage::Created | Stage::Rescheduled | Stage::HeadedToPickup, _) => Basis::Waiting,
        };
        let (pickup, dropoff) = experience.bounds(basis, estimate, now, distance_m);
        let is_picked_up = self.stage == Stage::HeadedToDropoff;
        Times {
            estimate,
            pickup: if is_picked_up {
                Between::exactly(estimate.pickup)
            } else {
                pickup
            },
            dropoff,
        }
    }

    fn distance_m(&self) -> f64 {
        self.pickup.at.distance_m(self.dropoff.at)
    }

    /// Where the parcel is, given where its drone is.
    pub(super) fn place(&self, now: SimTime, drone: Option<(Position, f64)>) -> (Position, f64) {
        match (self.parcel, self.transport, drone) {
            (Parcel::Lies(place), ..) => (place.at, f64::from(place.altitude_m)),
            (Parcel::Carried, Some(Transport::Drone(_)), Some(place)) => place,
            (Parcel::Carried, ..) => {
                let travelled = share(self.estimate.pickup, self.estimate.dropoff, now);
                (self.pickup.at.towards(self.dropoff.at, travelled), 0.0)
            }
        }
    }

    /// Enters a stage. Gives the one before, where it is another.
    pub(super) fn enter(
        &mut self,
        stage: Stage,
        now: SimTime,
        drone: Option<(Position, f64)>,
        experience: &Experience,
    ) -> Option<Stage> {
        if self.stage == stage {
            return None;
        }
        let before = std::mem::replace(&mut self.stage, stage);
        let (at, altitude_m) = self.place(now, drone);
        if self.milestones.len() == MILESTONES_KEPT_MAX {
            self.milestones.pop_front();
        }
        self.milestones.push_back(Milestone {
            stage,
            transport: self.transport,
            at,
            altitude_m,
            times: self.times_at(now, experience),
        });
        self.milestones_total += 1;
        Some(before)
    }

    /// Changes of stage after the first `seen`, as far as they are kept.
    pub(super) fn milestones_after(&self, seen: u32) -> impl Iterator<Item = &Milestone> {
        let unseen = self.milestones_total.saturating_sub(seen);
        let unseen = usize::try_from(unseen).unwrap_or(usize::MAX);
        self.milestones
            .range(self.milestones.len().saturating_sub(unseen)..)
    }

    pub(super) fn view(
        &self,
        id: DeliveryId,
        now: SimTime,
        drone: Option<(Position, f64)>,
        experience: &Experience,
    ) -> DeliveryView {
        let (at, altitude_m) = self.place(now, drone);
        let milestone = Milestone {
            stage: self.stage,
            transport: self.transport,
            at,
            altitude_m,
            times: self.times_at(now, experience),
        };
        DeliveryView {
            arrived_at: self.arrived_at,
            leg: self.leg.clone().filter(|_| self.last_word.is_none()),
            ..self.view_of(id, &milestone)
        }
    }

    /// What was shown when the milestone was passed.
    pub(super) fn view_of(&self, id: DeliveryId, milestone: &Milestone) -> DeliveryView {
        DeliveryView {
            delivery: id,
            owner: self.owner.clone(),
            stage: milestone.stage,
            drone: drone_of(milestone.transport),
            carrier: carrier_of(milestone.transport),
            at: milestone.at,
            altitude_m: milestone.altitude_m,
            deadline: self.deadline,
            pickup_eta: milestone.times.estimate.pickup,
            pickup_between: milestone.times.pickup,
            delivery_eta: milestone.times.estimate.dropoff,
            delivery_between: milestone.times.dropoff,
            // No stage is entered between where it is put down and where it ends.
            arrived_at: self.arrived_at.filter(|_| milestone.stage == Stage::Completed),
            leg: None,
        }
    }
}

/// The drone, where it is one.
pub(super) const fn drone_of(transport: Option<Transport>) -> Option<DroneId> {
    match transport {
        Some(Transport::Drone(drone)) => Some(drone),
        Some(Transport::Carrier(_)) | None => None,
    }
}

const fn carrier_of(transport: Option<Transport>) -> Option<CarrierId> {
    match transport {
        Some(Transport::Carrier(carrier)) => Some(carrier),
        Some(Transport::Drone(_)) | None => None,
    }
}
