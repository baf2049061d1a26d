//! Bearer: who fetches and carries a parcel, as actors know it: by name, and where it is to be told.

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::Addr;

use crate::drone::Drone;
use crate::event::Transport;
use crate::ids::{CarrierId, DroneId};

/// Who fetches and carries a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bearer {
    /// A drone, which stays at its address as long as it has a delivery.
    Drone(DroneId, Addr<Drone>),
    /// A carrier, which has an office in each region.
    Carrier(CarrierId),
}

impl Bearer {
    /// Its name, as events have it.
    #[must_use]
    pub const fn transport(self) -> Transport {
        match self {
            Self::Drone(id, _) => Transport::Drone(id),
            Self::Carrier(id) => Transport::Carrier(id),
        }
    }
}
