//! Telling: what the plan holds, said as events once the world first runs by it. They are made as they are given, so that those of a large fleet
//! never wait anywhere.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::ports::EventSink;

use super::World;
use crate::environment::FleetSpec;
use crate::event::Event;
use crate::ids::DroneId;

/// What of the plan nobody was told of yet.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Untold {
    /// The place in the plan of the first such zone.
    pub(super) first_zone: u32,
    /// The first such drone.
    pub(super) first_drone: DroneId,
}

impl Untold {
    /// Everything.
    pub(super) const ALL: Self = Self {
        first_zone: 0,
        first_drone: DroneId(0),
    };
}

impl World {
    /// Says what is there from now on: zones that are known, then drones.
    pub(super) fn tell(&mut self, untold: Untold, sink: &mut dyn EventSink<Event>) {
        let now = self.now();
        let environment = Arc::clone(self.environment());
        for zone in environment.zones.iter().skip(untold.first_zone as usize) {
            if zone.announced.is_none_or(|announced| announced <= now) {
                let zone = Arc::new(zone.clone());
                let declared = Event::ZoneDeclared { command: None, zone };
                self.engine.tell(declared, sink);
            }
        }
        let homes = environment
            .fleets
            .iter()
            .flat_map(|fleet| std::iter::repeat_n(fleet, fleet.count as usize));
        for (id, fleet) in (0..).map(DroneId).zip(homes).skip(untold.first_drone.0 as usize) {
            let FleetSpec { aircraft, depot, .. } = *fleet;
            let commissioned = Event::DroneCommissioned {
                drone: id,
                depot,
                aircraft,
                at: environment.depot(depot).at,
                battery: environment.aircraft(aircraft).battery_capacity,
                speed_max: environment.speed_max(aircraft),
            };
            self.engine.tell(commissioned, sink);
        }
    }
}
