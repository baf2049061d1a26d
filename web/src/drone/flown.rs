//! Rows of what was flown: the leg that each drone flies, and the flights of the last day, which playback shows also after a restart.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;

use crate::store::Key;

pub(super) const AIRBORNE: u8 = b'a';
const FLIGHTS: u8 = b'f';
const SINCE: u8 = b's';

/// A leg that is being flown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AirborneRow {
    /// Whose delivery it is for.
    pub(super) owner: Option<Arc<str>>,
    pub(super) leg: Arc<Leg>,
}

/// A flight that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FlightRow {
    pub(super) leg: Arc<Leg>,
    /// When it was over, at its arrival or earlier.
    pub(super) ended: SimTime,
}

/// All legs that are being flown, by drone.
pub(super) fn airborne_rows() -> Key {
    Key::of(AIRBORNE)
}

/// The leg that a drone flies.
pub(super) fn airborne_row(drone: DroneId) -> Key {
    airborne_rows().number(u64::from(drone.0))
}

/// All flights that are over and were not let go of, in the order of their ends.
pub(super) fn flight_rows() -> Key {
    Key::of(FLIGHTS)
}

/// The flight that an event ended.
pub(super) fn flight_row(number: u64) -> Key {
    flight_rows().number(number)
}

/// Since when all flights are there.
pub(super) fn since_row() -> Key {
    Key::of(SINCE)
}
