//! Drones that are not ready, but may be given something: on their way home with nothing, or ready at a known time. They say so only where the
//! plan's policy has a use for it.

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::WattHours;

use super::fleet::ready_start;
use crate::drone::flying::Homeward;
use crate::ids::{AircraftId, DepotId};
use crate::mission::Starting;
use crate::tree::Surroundings;

/// When and where a drone may be given something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Coming {
    /// In the air, on its way home with nothing, until it lands.
    Homeward {
        /// Its flight, and its battery at take-off.
        homeward: Homeward,
        /// When it lands.
        lands_at: SimTime,
    },
    /// At home, with a full battery from then on.
    ReadyAt {
        /// From when.
        at: SimTime,
    },
}

impl Coming {
    /// Whether it is still to come, at `now`.
    pub(super) fn is_to_come(&self, now: SimTime) -> bool {
        match self {
            Self::Homeward { lands_at, .. } => now < *lands_at,
            Self::ReadyAt { at } => now <= *at,
        }
    }

    /// Whether it may be given something now, and from where, when and with what it would start.
    pub(super) fn start(
        &self,
        aircraft: AircraftId,
        depot: DepotId,
        now: SimTime,
        surroundings: &Surroundings,
    ) -> Option<(bool, Starting)> {
        match self {
            Self::Homeward { homeward, .. } => {
                let spec = surroundings.environment.aircraft(aircraft);
                let (here, battery): (_, WattHours) = homeward.at(spec, now, surroundings)?;
                let starting = Starting {
                    at: here.at,
                    altitude_m: here.altitude_m,
                    home: surroundings.environment.depot(depot).at,
                    battery,
                    time: now,
                };
                Some((true, starting))
            }
            Self::ReadyAt { at } => Some((false, ready_start(depot, aircraft, *at, surroundings))),
        }
    }
}
