//! Carriers: the terms of third parties.

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Kilograms;

/// A third-party carrier's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct CarrierSpec {
    /// Its name, unique in the scenario.
    pub name: String,
    /// Price up to five miles, USD.
    pub base_usd: f64,
    /// Price of each further mile, USD.
    pub per_mile_usd: f64,
    /// Its mean speed on the road, m/s.
    pub speed_mps: f64,
    /// From when a courier is free to the pickup.
    pub pickup_delay: SimDuration,
    /// By how much longer or shorter that is in each hour of the local day.
    pub pickup_delay_hourly: [f64; 24],
    /// How many parcels it carries at once in each region, others wait for a courier; `None`: as many as there are.
    pub couriers: Option<u32>,
    /// Share of bookings that fail.
    pub failure: f64,
    /// The heaviest parcel it takes.
    pub payload_max: Kilograms,
}

impl CarrierSpec {
    /// A carrier with the usual terms: DoorDash Drive's published price, a bicycle's pace through traffic, a van's usual limit.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            base_usd: 9.75,
            per_mile_usd: 0.75,
            speed_mps: 9.0,
            pickup_delay: SimDuration::from_mins(12),
            pickup_delay_hourly: [1.0; 24],
            couriers: None,
            failure: 0.01,
            payload_max: Kilograms::new(25.0),
        }
    }

    /// From when a courier is free in this hour of the local day to the pickup.
    #[must_use]
    pub fn pickup_delay_in(&self, hour: usize) -> SimDuration {
        let factor = self.pickup_delay_hourly.get(hour).copied().unwrap_or(1.0);
        SimDuration::from_seconds_f64(self.pickup_delay.as_seconds_f64() * factor)
    }
}
