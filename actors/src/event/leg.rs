//! Legs: flights from one place to another.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use crate::ids::{DeliveryId, DroneId};

/// A flight from one place to another, known whole when it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Which drone.
    pub drone: DroneId,
    /// For which delivery.
    pub delivery: Option<DeliveryId>,
    /// What for.
    pub purpose: LegPurpose,
    /// Where it is when, first to last, linear in between: two or more, times never falling.
    pub path: Vec<Waypoint>,
    /// Length over the ground along the path.
    pub distance: Metres,
    /// What it carries.
    pub payload: Kilograms,
    /// Energy the whole leg takes.
    pub energy: WattHours,
    /// Energy in the battery at take-off.
    pub battery: WattHours,
}

/// Where a drone is at an instant of its leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waypoint {
    /// Where over the ground.
    pub at: Position,
    /// How high above it.
    pub altitude: Metres,
    /// When.
    pub time: SimTime,
}

impl Waypoint {
    /// Where it is at `time` on the way to the next waypoint; before and after, at the nearer end.
    #[must_use]
    pub fn place_at(&self, next: Self, time: SimTime) -> Position {
        self.at.towards(next.at, self.share_of_way(next, time))
    }

    /// Which share of the way to the next waypoint is behind it at `time`.
    #[must_use]
    pub fn share_of_way(&self, next: Self, time: SimTime) -> f64 {
        let span = next.time.since(self.time).as_seconds_f64();
        if span > 0.0 {
            (time.since(self.time).as_seconds_f64() / span).min(1.0)
        } else {
            0.0
        }
    }
}

impl Leg {
    /// When it takes off.
    ///
    /// # Panics
    /// Where the path is empty, which no leg's is.
    #[must_use]
    pub fn departs(&self) -> SimTime {
        self.path.first().expect("a leg has two points or more").time
    }

    /// When it lands.
    ///
    /// # Panics
    /// Where the path is empty, which no leg's is.
    #[must_use]
    pub fn arrives(&self) -> SimTime {
        self.path.last().expect("a leg has two points or more").time
    }
}

/// What a leg is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegPurpose {
    /// To the parcel.
    Pickup,
    /// With the parcel.
    Dropoff,
    /// Home.
    Return,
    /// To another depot.
    Reposition,
    /// To the nearest safe place.
    Divert,
}
