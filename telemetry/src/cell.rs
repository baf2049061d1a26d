//! A cell: the least part of the fleet whose frames clients share.

use skyhaul_actors::ids::{DepotId, DroneId};

use crate::tiles::{Tile, TileRect};

/// The least part of the fleet whose frames clients share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cell {
    /// All drones.
    Fleet,
    /// What belongs to a tile of the map: what stands in it, the legs that have it as their first one; or else what flies in it now.
    Tile(Tile),
    /// A depot's own drones.
    Depot(DepotId),
    /// One drone.
    Drone(DroneId),
    /// The legs in some tiles that belong to tiles outside.
    Rim(TileRect),
    /// Aircraft that are no part of the fleet.
    Externals,
}

impl Cell {
    /// Whether it is what belongs to tiles outside.
    pub(crate) const fn is_rim(&self) -> bool {
        matches!(self, Self::Rim(_))
    }

    /// Its kind and which of that kind, as frames name it.
    pub(crate) fn code(self) -> (u8, u32) {
        match self {
            Self::Fleet => (1, 0),
            Self::Tile(tile) => (2, tile.code()),
            Self::Depot(depot) => (3, u32::from(depot.0)),
            Self::Drone(drone) => (4, drone.0),
            // A subscription has one at most.
            Self::Rim(_) => (5, 0),
            Self::Externals => (6, 0),
        }
    }
}
