//! All drones as events tell of them, counted by depot, and in the order in which they changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::{Event, GroundingReason, Transport};
use skyhaul_actors::ids::{DepotId, DroneId};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::drone::{Doing, DroneTrack};
use super::recent::Recent;
use crate::view::{DepotView, DroneState};

/// How many drones of a depot do what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    by_state: [u32; DroneState::ALL.len()],
    flying: u32,
    queuing: u32,
    /// Why they stay on the ground: they fly again once no reason is left.
    grounded: BTreeSet<GroundingReason>,
}

/// All drones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Fleet {
    /// By [`DroneId`]: drones are numbered from 0 in the order in which they are commissioned.
    drones: Vec<DroneTrack>,
    /// By [`DepotId`].
    tallies: Vec<Tally>,
    /// Every drone once, in the order of the events that changed them last.
    #[serde(skip)]
    recent: Recent,
}

impl PartialEq for Fleet {
    /// Whether the same was folded: the order follows from the drones.
    fn eq(&self, other: &Self) -> bool {
        (&self.drones, &self.tallies) == (&other.drones, &other.tallies)
    }
}

impl Fleet {
    pub(super) fn new(environment: &Environment) -> Self {
        Self {
            tallies: vec![Tally::default(); environment.depots.len()],
            ..Self::default()
        }
    }

    /// Puts in order what is not saved. `false` where a drone belongs to no depot or type of the environment.
    pub(super) fn restore(&mut self, environment: &Environment) -> bool {
        let mut changes: Vec<(u64, usize)> = self
            .drones
            .iter()
            .enumerate()
            .map(|(index, track)| (track.changed_by, index))
            .collect();
        changes.sort_unstable();
        self.recent = Recent::default();
        self.recent.make_room(self.drones.len());
        for (_, index) in changes {
            self.recent.touch(index);
        }
        self.tallies.len() == environment.depots.len()
            && self.drones.iter().all(|track| {
                usize::from(track.depot.0) < environment.depots.len()
                    && usize::from(track.aircraft.0) < environment.aircraft.len()
            })
    }

    pub(super) fn get(&self, id: DroneId) -> Option<&DroneTrack> {
        self.drones.get(usize::try_from(id.0).ok()?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (DroneId, &DroneTrack)> {
        (0..).map(DroneId).zip(&self.drones)
    }

    /// Drones changed by event `since` or a later one, in order of their last change.
    pub(super) fn changed_since(&self, since: u64) -> impl Iterator<Item = DroneId> {
        let drones = &self.drones;
        self.recent
            .last_while(move |index| drones[index].changed_by >= since)
            .filter_map(|index| u32::try_from(index).ok().map(DroneId))
    }

    pub(super) fn commission(&mut self, id: DroneId, track: DroneTrack) {
        if usize::try_from(id.0) == Ok(self.drones.len()) {
            count(&mut self.tallies, &track, 1);
            self.drones.push(track);
            self.recent.make_room(self.drones.len());
            self.recent.touch(self.drones.len() - 1);
        }
    }

    /// Changes a drone and keeps counts and order.
    pub(super) fn change(&mut self, id: DroneId, number: u64, change: impl FnOnce(&mut DroneTrack)) {
        let Some(index) = usize::try_from(id.0)
            .ok()
            .filter(|index| *index < self.drones.len())
        else {
            return;
        };
        let track = &mut self.drones[index];
        count(&mut self.tallies, track, -1);
        change(track);
        track.changed_by = number;
        count(&mut self.tallies, track, 1);
        self.recent.touch(index);
    }

    fn ground(&mut self, depot: DepotId, reason: GroundingReason) {
        if let Some(tally) = self.tallies.get_mut(usize::from(depot.0)) {
            tally.grounded.insert(reason);
        }
    }

    fn release(&mut self, depot: DepotId, reason: GroundingReason) {
        if let Some(tally) = self.tallies.get_mut(usize::from(depot.0)) {
            tally.grounded.remove(&reason);
        }
    }

    /// Drones by state, those states that no drone is in too.
    pub(super) fn by_state(&self) -> BTreeMap<DroneState, u64> {
        DroneState::ALL
            .into_iter()
            .map(|state| {
                let count = |tally: &Tally| u64::from(tally.by_state[state as usize]);
                (state, self.tallies.iter().map(count).sum())
            })
            .collect()
    }

    pub(super) fn depots(&self) -> impl Iterator<Item = DepotView> {
        (0..).map(DepotId).zip(&self.tallies).map(|(depot, tally)| {
            let of = |state: DroneState| tally.by_state[state as usize];
            let under_way = of(DroneState::ToPickup) + of(DroneState::ToDropoff) + of(DroneState::Returning);
            DepotView {
                depot,
                idle: of(DroneState::Idle),
                flying: tally.flying,
                handling: under_way.saturating_sub(tally.flying),
                charging: of(DroneState::Charging) - tally.queuing,
                queue: tally.queuing,
                maintained: of(DroneState::Maintenance),
                failed: of(DroneState::Failed),
                is_grounded: !tally.grounded.is_empty(),
            }
        })
    }
}

/// Counts a drone where it belongs, or no longer.
fn count(tallies: &mut [Tally], track: &DroneTrack, by: i32) {
    let Some(tally) = tallies.get_mut(usize::from(track.depot.0)) else {
        return;
    };
    let add = |count: &mut u32| *count = count.saturating_add_signed(by);
    add(&mut tally.by_state[track.doing.state() as usize]);
    if track.leg.is_some() {
        add(&mut tally.flying);
    }
    if track.doing == Doing::Queuing {
        add(&mut tally.queuing);
    }
}

impl Fleet {
    /// Folds an event into the drone it is about.
    pub(super) fn apply(&mut self, event: &Numbered<Event>, environment: &Environment) {
        let (number, now) = (event.number, event.at);
        match &event.event {
            Event::DroneCommissioned {
                drone,
                depot,
                aircraft,
                at,
                battery,
                ..
            } => {
                let track = DroneTrack::new(*depot, *aircraft, *at, *battery, number);
                self.commission(*drone, track);
            }
            Event::DroneAssigned { drone, delivery, .. } => {
                self.change(*drone, number, |track| track.on_assigned(*delivery));
            }
            Event::DroneReleased { drone, delivery, .. }
            | Event::DeliveryCompleted {
                by: Transport::Drone(drone),
                delivery,
            } => self.change(*drone, number, |track| {
                track.on_released(*delivery, environment.aircraft(track.aircraft));
            }),
            Event::LegStarted(leg) => self.change(leg.drone, number, |track| track.on_leg_started(leg)),
            Event::LegEnded {
                drone, at, battery, ..
            } => self.change(*drone, number, |track| {
                track.on_leg_ended(*at, *battery, now, environment.aircraft(track.aircraft));
            }),
            Event::PackagePickedUp {
                by: Transport::Drone(drone),
                ..
            } => self.change(*drone, number, DroneTrack::on_picked_up),
            Event::FleetGrounded { depot, reason } => self.ground(*depot, *reason),
            Event::FleetReleased { depot, reason } => self.release(*depot, *reason),
            other => self.apply_on_ground(other, number, now, environment),
        }
    }

    /// Folds what happens to a drone's battery, health and link.
    fn apply_on_ground(&mut self, event: &Event, number: u64, now: SimTime, environment: &Environment) {
        match event {
            Event::ChargeStarted {
                drone, battery, kind, ..
            } => self.change(*drone, number, |track| {
                track.on_charge_started(*battery, *kind, now);
            }),
            Event::ChargeEnded { drone, battery, .. } => {
                self.change(*drone, number, |track| track.on_charge_ended(*battery));
            }
            Event::MaintenanceStarted { drone, .. } => {
                self.change(*drone, number, DroneTrack::on_maintenance_started);
            }
            Event::MaintenanceEnded { drone, .. } => self.change(*drone, number, |track| {
                track.on_maintenance_ended(environment.aircraft(track.aircraft));
            }),
            Event::DroneMoved { drone, depot } => {
                self.change(*drone, number, |track| track.depot = *depot);
            }
            Event::DroneFailed { drone, at, .. } => self.change(*drone, number, |track| track.on_failed(*at)),
            Event::LinkLost { drone, .. } => self.change(*drone, number, |track| {
                track.on_link_lost(now, environment.aircraft(track.aircraft));
            }),
            Event::LinkRestored { drone } => self.change(*drone, number, DroneTrack::on_link_restored),
            Event::DroneRecovered { drone, at, battery } => self.change(*drone, number, |track| {
                track.on_recovered(*at, *battery, environment.aircraft(track.aircraft));
            }),
            _ => {}
        }
    }
}
