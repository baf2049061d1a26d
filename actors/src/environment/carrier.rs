//! Carriers: the terms of third parties.

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Kilograms;

/// A third-party carrier's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct CarrierSpec {
    /// Its name.
    pub name: String,
    /// Price up to five miles, USD.
    pub base_usd: f64,
    /// Price of each further mile, USD.
    pub per_mile_usd: f64,
    /// Its mean speed on the road, m/s.
    pub speed_mps: f64,
    /// From booking to pickup.
    pub pickup_delay: SimDuration,
    /// Share of bookings that fail.
    pub failure: f64,
    /// The heaviest parcel it takes.
    pub payload_max: Kilograms,
}
