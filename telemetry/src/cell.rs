//! A cell: the least part of the fleet whose frames clients share.

use skyhaul_actors::ids::{DepotId, DroneId};

use crate::tiles::Tile;

/// The least part of the fleet whose frames clients share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cell {
    /// All drones.
    Fleet,
    /// What is to be seen in a tile of the map.
    Tile(Tile),
    /// A depot's own drones.
    Depot(DepotId),
    /// One drone.
    Drone(DroneId),
}

impl Cell {
    /// Its kind and which of that kind, as frames name it.
    pub(crate) fn code(self) -> (u8, u32) {
        match self {
            Self::Fleet => (1, 0),
            Self::Tile(tile) => (2, tile.code()),
            Self::Depot(depot) => (3, u32::from(depot.0)),
            Self::Drone(drone) => (4, drone.0),
        }
    }
}
