//! Tracks: where every drone and every open delivery is, folded from events.
//!
//! Between two events everything moves by closed formulas, so what is shown at an instant is computed when it is asked for, at that
//! instant. Memory follows the drones and the deliveries that are open; ended ones are kept up to [`ENDED_KEPT_MAX`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{Environment, Zone};
use skyhaul_actors::event::{Event, Leg};
use skyhaul_actors::ids::{DeliveryId, DroneId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use thiserror::Error;

use self::alert::Alerts;
use self::deliveries::{Around, Deliveries};
use self::delivery::drone_of;
use self::estimate::Guess;
use self::fleet::Fleet;
use crate::view::{CarrierDuty, DeliveryView, DepotView, DroneDuty, DroneView, FleetStats, Performance};

mod alert;
mod alerting;
mod deliveries;
mod delivery;
mod drone;
mod estimate;
mod experience;
mod figures;
mod fleet;
pub mod motion;
mod recent;

pub use self::alert::{ALERTS_MAX, Acknowledgement, Alert, AlertKind, Severity};
pub use self::deliveries::ENDED_KEPT_MAX;
pub use self::delivery::{FlownLeg, LEGS_KEPT_MAX, MILESTONES_KEPT_MAX};

/// The first byte of saved tracks; another layout gets another one.
const LAYOUT: u8 = 6;

/// Why saved tracks could not be read.
#[derive(Debug, Error)]
pub enum TracksError {
    /// Another build wrote them.
    #[error("the tracks were saved in layout {0:?}, this build reads layout {LAYOUT}")]
    OtherLayout(Option<u8>),
    /// They are damaged.
    #[error("the saved tracks are damaged: {0}")]
    Damaged(#[from] postcard::Error),
    /// They belong to another world.
    #[error("the saved tracks belong to another scenario")]
    OtherWorld,
}

/// Where every drone and every open delivery is.
#[derive(Clone, Debug)]
pub struct Tracks {
    environment: Arc<Environment>,
    guess: Guess,
    folded: Folded,
}

/// What is folded from events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Folded {
    next_event: u64,
    fleet: Fleet,
    deliveries: Deliveries,
    alerts: Alerts,
    zones: Vec<Arc<Zone>>,
}

impl PartialEq for Tracks {
    /// Whether the same was folded.
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Tracks {
    /// Tracks of a world that is about to begin.
    #[must_use]
    pub fn new(environment: Arc<Environment>) -> Self {
        Self {
            guess: Guess::new(&environment),
            folded: Folded {
                next_event: 0,
                fleet: Fleet::new(&environment),
                deliveries: Deliveries::default(),
                alerts: Alerts::default(),
                zones: Vec::new(),
            },
            environment,
        }
    }

    /// Takes an event in. One that was taken in before (its number is below [`Tracks::next_event`]) changes nothing.
    pub fn apply(&mut self, event: &Numbered<Event>) {
        let folded = &mut self.folded;
        if event.number < folded.next_event {
            return;
        }
        folded.next_event = event.number + 1;
        let environment = &*self.environment;
        if let Some(alert) = alerting::alert(event, environment, &folded.fleet, &folded.deliveries) {
            folded.alerts.push(alert);
        }
        if let Event::OperatorActed { operation, .. } = &event.event
            && let Command::AcknowledgeAlert { alert } = operation.command
        {
            folded.alerts.acknowledge(alert, &operation.by, event.at);
        }
        let fleet = &folded.fleet;
        let whereabouts = |drone| whereabouts(fleet, drone, event.at, environment);
        let around = Around {
            now: event.at,
            guess: &self.guess,
            fleet,
            whereabouts: &whereabouts,
        };
        folded.deliveries.apply(&event.event, &around);
        apply_zones(&mut folded.zones, event);
        folded.fleet.apply(event, environment);
    }

    /// The number of the first event not taken in.
    #[must_use]
    pub const fn next_event(&self) -> u64 {
        self.folded.next_event
    }

    /// All that was folded, as bytes.
    ///
    /// # Panics
    /// Never: nothing in it refuses to be serialised.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        postcard::to_extend(&self.folded, vec![LAYOUT]).expect("tracks are plain data")
    }

    /// The tracks whose state `bytes` hold, of a world with this environment.
    ///
    /// # Errors
    /// [`TracksError`]; whoever asks then folds all events again.
    pub fn load(environment: Arc<Environment>, bytes: &[u8]) -> Result<Self, TracksError> {
        let (LAYOUT, rest) = bytes
            .split_first()
            .map_or((0, bytes), |(layout, rest)| (*layout, rest))
        else {
            return Err(TracksError::OtherLayout(bytes.first().copied()));
        };
        let mut folded: Folded = postcard::from_bytes(rest)?;
        if !folded.fleet.restore(&environment) {
            return Err(TracksError::OtherWorld);
        }
        Ok(Self {
            guess: Guess::new(&environment),
            folded,
            environment,
        })
    }

    /// The world these tracks are of.
    #[must_use]
    pub const fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    /// The zones that are known and were not lifted, in the order in which they were declared.
    #[must_use]
    pub fn zones(&self) -> &[Arc<Zone>] {
        &self.folded.zones
    }

    /// A drone as it is at `now`.
    #[must_use]
    pub fn drone(&self, id: DroneId, now: SimTime) -> Option<DroneView> {
        let track = self.folded.fleet.get(id)?;
        Some(track.view(id, now, &self.environment))
    }

    /// All drones as they are at `now`, in order of their number.
    pub fn drones(&self, now: SimTime) -> impl Iterator<Item = DroneView> + '_ {
        let fleet = self.folded.fleet.iter();
        fleet.map(move |(id, track)| track.view(id, now, &self.environment))
    }

    /// What every drone does, in the same order: much cheaper, since nobody asks where it is.
    pub fn duties(&self) -> impl Iterator<Item = DroneDuty> + '_ {
        self.folded.fleet.iter().map(|(drone, track)| DroneDuty {
            drone,
            depot: track.depot,
            aircraft: track.aircraft,
            state: track.doing.state(),
        })
    }

    /// The leg that a drone flies; none where its link is lost.
    #[must_use]
    pub fn leg(&self, drone: DroneId) -> Option<&Arc<Leg>> {
        self.folded.fleet.get(drone)?.leg_known()
    }

    /// Drones that event `since` or a later one changed, in order of their last change: each once, as it is now.
    pub fn changed_since(&self, since: u64) -> impl Iterator<Item = DroneId> + '_ {
        self.folded.fleet.changed_since(since)
    }

    /// The number of the event that changed a drone last.
    #[must_use]
    pub fn changed_by(&self, drone: DroneId) -> Option<u64> {
        Some(self.folded.fleet.get(drone)?.changed_by)
    }

    /// A delivery as it is at `now`, where it is open or ended among the last [`ENDED_KEPT_MAX`].
    #[must_use]
    pub fn delivery(&self, id: DeliveryId, now: SimTime) -> Option<DeliveryView> {
        let track = self.folded.deliveries.get(id)?;
        let drone = drone_of(track.transport)
            .and_then(|drone| whereabouts(&self.folded.fleet, drone, now, &self.environment));
        Some(track.view(id, now, drone, &self.folded.deliveries.experience))
    }

    /// What carriers are on their way with, or to, in no order. All deliveries are looked at.
    pub fn with_carriers(&self) -> impl Iterator<Item = CarrierDuty> + '_ {
        self.folded.deliveries.with_carriers()
    }

    /// How many changes of stage a delivery has seen.
    #[must_use]
    pub fn milestones(&self, id: DeliveryId) -> Option<u32> {
        Some(self.folded.deliveries.get(id)?.milestones_total)
    }

    /// A delivery as it was at each change of stage after the first `seen`, oldest first; at most the last [`MILESTONES_KEPT_MAX`].
    pub fn milestones_after(&self, id: DeliveryId, seen: u32) -> impl Iterator<Item = DeliveryView> + '_ {
        let track = self.folded.deliveries.get(id).into_iter();
        track.flat_map(move |track| {
            track
                .milestones_after(seen)
                .map(move |milestone| track.view_of(id, milestone))
        })
    }

    /// The legs flown for a delivery and the one that is, in order; at most the last [`LEGS_KEPT_MAX`]. Empty where the delivery is not known.
    pub fn flown(&self, id: DeliveryId) -> impl Iterator<Item = &FlownLeg> + '_ {
        self.folded
            .deliveries
            .get(id)
            .into_iter()
            .flat_map(|track| &track.flown)
    }

    /// The fleet's figures at `now`.
    #[must_use]
    pub fn stats(&self, now: SimTime) -> FleetStats {
        let figures = &self.folded.deliveries.figures;
        let (wait_p50_s, wait_p95_s) = figures.waits_s();
        FleetStats {
            drones: self.folded.fleet.by_state(),
            deliveries: figures.stages(),
            completed_per_minute: figures.completed_per_minute(now),
            wait_p50_s,
            wait_p95_s,
            waiting: figures.waiting(),
        }
    }

    /// How well the last deliveries were made, and what they took.
    #[must_use]
    pub fn performance(&self) -> Performance {
        self.folded.deliveries.figures.performance()
    }

    /// What each depot's drones do, in order of the depot's number.
    pub fn depots(&self) -> impl Iterator<Item = DepotView> + '_ {
        self.folded.fleet.depots()
    }

    /// An alert that is kept.
    #[must_use]
    pub fn alert(&self, number: u64) -> Option<&Alert> {
        self.alerts().find(|alert| alert.number == number)
    }

    /// The alerts, newest first; at most the last [`ALERTS_MAX`].
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> + '_ {
        self.folded.alerts.iter()
    }
}

/// Where a drone is, and how high.
fn whereabouts(
    fleet: &Fleet,
    drone: DroneId,
    now: SimTime,
    environment: &Environment,
) -> Option<(Position, f64)> {
    let track = fleet.get(drone)?;
    let motion = track.motion(now, environment.aircraft(track.aircraft));
    Some((motion.at, motion.altitude_m))
}

/// Takes in what becomes of the zones. Those that are over go when another comes, so that they do not pile up.
fn apply_zones(zones: &mut Vec<Arc<Zone>>, event: &Numbered<Event>) {
    match &event.event {
        Event::ZoneDeclared { zone, .. } => {
            zones.retain(|known| !known.is_over(event.at) && known.name != zone.name);
            zones.push(Arc::clone(zone));
        }
        Event::ZoneLifted { zone, .. } => zones.retain(|known| known.name != *zone),
        _ => {}
    }
}
