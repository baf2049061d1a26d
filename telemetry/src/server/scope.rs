//! What part of the fleet a subscription looks at, and how.

use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::{DepotId, DroneId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use std::sync::Arc;

use crate::tiles::Bbox;
use crate::tracks::motion::along;

/// What part of the fleet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scope {
    /// All of it.
    All,
    /// What is to be seen in a part of the map.
    Within(Bbox),
    /// One drone.
    Drone(DroneId),
    /// A depot's own drones.
    Depot(DepotId),
}

/// How flights are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// As legs, each once.
    Legs,
    /// As positions, again and again.
    Positions,
}

/// What a drone looks like from afar.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// It flies.
    Flies(Arc<Leg>),
    /// It stands.
    Stands(Position),
}

impl Shape {
    pub(super) const fn flies(&self) -> bool {
        matches!(self, Self::Flies(_))
    }
}

impl Scope {
    /// Whether both are parts of one map, or the same: whoever looks from one to the other is sent the difference.
    pub(super) fn is_part_of_same(&self, other: &Self) -> bool {
        let is_map = |scope: &Self| matches!(scope, Self::All | Self::Within(_));
        self == other || (is_map(self) && is_map(other))
    }

    /// Whether a drone of this scope's drones is to be seen at `now`: as a leg its whole path counts, as a position only where it is.
    pub(super) fn shows(&self, drone: DroneId, shape: &Shape, mode: Mode, now: SimTime) -> bool {
        match (self, shape) {
            (Self::All | Self::Depot(_), _) => true,
            (Self::Drone(one), _) => *one == drone,
            (Self::Within(bbox), Shape::Stands(at)) => bbox.contains(*at),
            (Self::Within(bbox), Shape::Flies(leg)) => match mode {
                Mode::Legs => bbox.is_touched_by(&leg.path),
                Mode::Positions => bbox.contains(along(leg, now).at),
            },
        }
    }
}
