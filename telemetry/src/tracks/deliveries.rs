//! All deliveries as events tell of them: the open ones, and the last that ended.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize, Serializer};
use skyhaul_actors::event::{Event, ReleaseReason, Transport};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

use super::delivery::{DeliveryTrack, drone_of};
use super::estimate::{Estimate, Guess};
use super::experience::Experience;
use super::figures::Figures;
use super::fleet::Fleet;
use crate::view::CarrierDuty;

/// Ended deliveries kept: at about a kibibyte each some 10 MiB. The one that ended first goes first; its history is in the delivery store.
pub const ENDED_KEPT_MAX: usize = 10_000;

/// What a fold over deliveries looks at besides the deliveries.
pub(super) struct Around<'a> {
    pub(super) now: SimTime,
    pub(super) guess: &'a Guess,
    /// The drones as they were before the event.
    pub(super) fleet: &'a Fleet,
    /// Where each drone is.
    pub(super) whereabouts: &'a dyn Fn(DroneId) -> Option<(Position, f64)>,
}

/// All deliveries that are open, and the last that ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Deliveries {
    /// Each where it stays while others come and go.
    #[serde(serialize_with = "in_order")]
    by_id: HashMap<DeliveryId, Box<DeliveryTrack>>,
    /// Those that ended, the first one first.
    ended: VecDeque<DeliveryId>,
    /// How estimates turned out.
    pub(super) experience: Experience,
    pub(super) figures: Figures,
}

/// Writes deliveries in the order of their ids, so that equal ones are equal bytes.
fn in_order<S: Serializer>(
    by_id: &HashMap<DeliveryId, Box<DeliveryTrack>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut deliveries: Vec<_> = by_id.iter().collect();
    deliveries.sort_unstable_by_key(|(id, _)| **id);
    serializer.collect_map(deliveries)
}

impl Deliveries {
    pub(super) fn get(&self, id: DeliveryId) -> Option<&DeliveryTrack> {
        self.by_id.get(&id).map(|track| &**track)
    }

    /// What carriers are on their way with, or to.
    pub(super) fn with_carriers(&self) -> impl Iterator<Item = CarrierDuty> + '_ {
        let open = self.by_id.values().filter(|track| !track.stage.is_final());
        open.filter_map(|track| match track.transport {
            Some(Transport::Carrier(carrier)) => Some(CarrierDuty {
                carrier,
                pickup: track.pickup.at,
                until: track.estimate.dropoff,
            }),
            _ => None,
        })
    }

    pub(super) fn apply(&mut self, event: &Event, around: &Around<'_>) {
        match event {
            Event::DeliveryRequested { request, .. } => {
                let start = request.pickup_at.max(around.now);
                let estimate = around
                    .guess
                    .estimate(start, request.pickup.at, request.dropoff.at);
                let track = DeliveryTrack::new(request, around.now, estimate);
                if self.by_id.insert(request.delivery, Box::new(track)).is_none() {
                    self.figures.add(Stage::Created);
                }
            }
            Event::LegStarted(leg) => {
                if let Some(track) = self.carried_by(leg.delivery, leg.drone) {
                    track.on_leg_started(leg);
                }
            }
            Event::LegEnded {
                drone,
                delivery,
                at,
                battery,
            } => {
                let leg = around.fleet.get(*drone).and_then(|track| track.leg.as_ref());
                if let Some(leg) = leg {
                    self.figures.flown(leg.battery - *battery);
                }
                if let Some(track) = delivery.and_then(|id| self.by_id.get_mut(&id)) {
                    track.on_leg_ended(*drone, *at, around.now);
                }
            }
            Event::LinkLost { drone, .. } => {
                let delivery = around.fleet.get(*drone).and_then(|track| track.delivery);
                if let Some(track) = self.carried_by(delivery, *drone) {
                    track.on_link_lost();
                }
            }
            Event::LinkRestored { drone } => {
                let delivery = around.fleet.get(*drone).and_then(|track| track.delivery);
                if let Some(track) = self.carried_by(delivery, *drone) {
                    track.on_link_restored();
                }
            }
            Event::DroneFailed { drone, at, .. } => {
                let delivery = around.fleet.get(*drone).and_then(|track| track.delivery);
                if let Some(track) = self.carried_by(delivery, *drone) {
                    track.on_put_down(*at);
                }
            }
            _ => self.apply_to_one(event, around),
        }
    }

    /// Applies what is about one delivery that is known.
    fn apply_to_one(&mut self, event: &Event, around: &Around<'_>) {
        let Some(id) = about(event) else { return };
        let Some(track) = self.by_id.get_mut(&id) else {
            return;
        };
        if track.stage.is_final() {
            if let Event::DroneReleased { .. } = event {
                track.on_released();
            }
            return;
        }
        match event {
            Event::PackagePickedUp { by, .. } => {
                if let Some(waited) = track.on_picked_up(*by, around.now, &mut self.experience) {
                    self.figures.picked_up(waited);
                }
            }
            Event::DeliveryCompleted { by, .. } => {
                let outcome = track.on_completed(*by, around.now, &mut self.experience);
                self.figures.completed(around.now, outcome);
            }
            _ => change(track, event, around),
        }
        if let Some((_, stage)) = Stage::entered_by(event) {
            self.enter(id, stage, around);
        }
    }

    fn enter(&mut self, id: DeliveryId, stage: Stage, around: &Around<'_>) {
        let Some(track) = self.by_id.get_mut(&id) else {
            return;
        };
        let drone = drone_of(track.transport).and_then(around.whereabouts);
        if let Some(before) = track.enter(stage, around.now, drone, &self.experience) {
            self.figures.change(before, stage);
        }
        if stage.is_final() {
            self.ended.push_back(id);
            if self.ended.len() > ENDED_KEPT_MAX
                && let Some(first) = self.ended.pop_front()
            {
                self.by_id.remove(&first);
            }
        }
    }

    /// The delivery, where the drone has it.
    fn carried_by(&mut self, delivery: Option<DeliveryId>, drone: DroneId) -> Option<&mut DeliveryTrack> {
        self.by_id
            .get_mut(&delivery?)
            .map(|track| &mut **track)
            .filter(|track| track.transport == Some(Transport::Drone(drone)))
    }
}

/// Changes a delivery that is open, all but its stage.
fn change(track: &mut DeliveryTrack, event: &Event, around: &Around<'_>) {
    match event {
        Event::DeliveryQueued {
            eta_pickup,
            eta_dropoff,
            ..
        } => track.expect(estimate(*eta_pickup, *eta_dropoff), around.now),
        Event::DroneAssigned {
            drone,
            eta_pickup,
            eta_dropoff,
            ..
        } => {
            let estimate = estimate(*eta_pickup, *eta_dropoff);
            track.on_assigned(Transport::Drone(*drone), estimate, around.now);
        }
        Event::DroneDelayed {
            eta_pickup,
            eta_dropoff,
            ..
        } => {
            let pickup = eta_pickup.unwrap_or(track.estimate.pickup);
            track.estimate = estimate(pickup, *eta_dropoff);
        }
        Event::CarrierBooked {
            carrier,
            eta_pickup,
            eta_dropoff,
            ..
        } => {
            let estimate = estimate(*eta_pickup, *eta_dropoff);
            track.on_assigned(Transport::Carrier(*carrier), estimate, around.now);
        }
        Event::DroneReleased { drone, reason, .. } => {
            if track.transport == Some(Transport::Drone(*drone)) {
                track.on_released();
            }
            if matches!(
                reason,
                ReleaseReason::DroneFailed
                    | ReleaseReason::DroneRefused
                    | ReleaseReason::Recalled
                    | ReleaseReason::NoFlyZone
                    | ReleaseReason::LinkLost
            ) {
                start_over(track, around.now, around.now, around.guess);
            }
        }
        Event::CarrierFailed { at, .. } => {
            track.on_put_down(*at);
            track.on_released();
            start_over(track, around.now, around.now, around.guess);
        }
        Event::DeliveryRescheduled {
            pickup,
            dropoff,
            pickup_at,
            deadline,
            keeps_transport,
            ..
        } => {
            track.on_rescheduled(*pickup, *dropoff, *deadline);
            if !keeps_transport {
                track.on_released();
                start_over(track, around.now.max(*pickup_at), around.now, around.guess);
            }
        }
        Event::PackageDroppedOff { at, .. } => track.on_dropped_off(*at, around.now),
        Event::DeliveryCancelled { .. } => track.on_cancelled(around.now),
        _ => {}
    }
}

const fn estimate(pickup: SimTime, dropoff: SimTime) -> Estimate {
    Estimate { pickup, dropoff }
}

/// Nobody is on the way any more: guesses anew.
fn start_over(track: &mut DeliveryTrack, start: SimTime, now: SimTime, guess: &Guess) {
    let estimate = guess.estimate(start, track.pickup.at, track.dropoff.at);
    track.expect(estimate, now);
}

/// The delivery an event is about, where it is about the fate of one.
const fn about(event: &Event) -> Option<DeliveryId> {
    match event {
        Event::DeliveryQueued { delivery, .. }
        | Event::DroneAssigned { delivery, .. }
        | Event::DroneDelayed { delivery, .. }
        | Event::DroneReleased { delivery, .. }
        | Event::CarrierBooked { delivery, .. }
        | Event::CarrierFailed { delivery, .. }
        | Event::PackagePickedUp { delivery, .. }
        | Event::PackageDroppedOff { delivery, .. }
        | Event::DeliveryRescheduled { delivery, .. }
        | Event::DeliveryCompleted { delivery, .. }
        | Event::DeliveryCancelled { delivery, .. } => Some(*delivery),
        _ => None,
    }
}
