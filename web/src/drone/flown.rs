//! Rows of what was flown: the legs that drones fly, and the flights of the last day, which playback shows also after a restart. Many share a row:
//! they come and go by the thousand, and a store's work is by rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;

use crate::store::Key;

const AIRBORNE: u8 = b'a';
const FLIGHTS: u8 = b'f';
const SINCE: u8 = b's';

/// Drones whose legs share a row.
const SQUADRON: u32 = 64;

/// Flights that share a row.
pub(super) const FLIGHTS_PER_ROW: usize = 256;

/// Drones that share a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Squadron(u32);

impl Squadron {
    /// A drone's.
    pub(super) const fn of(drone: DroneId) -> Self {
        Self(drone.0 / SQUADRON)
    }

    /// The legs that its drones fly.
    pub(super) fn row(self) -> Key {
        airborne_rows().number(u64::from(self.0))
    }
}

/// A flight that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Flown {
    /// The event that ended it.
    pub(super) number: u64,
    pub(super) leg: Arc<Leg>,
    /// When it was over, at its arrival or earlier.
    pub(super) ended: SimTime,
}

/// All legs that are being flown, a `Vec<Arc<Leg>>` a squadron.
pub(super) fn airborne_rows() -> Key {
    Key::of(AIRBORNE)
}

/// All flights that are over and were not let go of, in the order of their ends: a `Vec<Flown>` a row.
pub(super) fn flight_rows() -> Key {
    Key::of(FLIGHTS)
}

/// The flights of which the first was ended by this event.
pub(super) fn flights_row(first: u64) -> Key {
    flight_rows().number(first)
}

/// Since when all flights are there.
pub(super) fn since_row() -> Key {
    Key::of(SINCE)
}
