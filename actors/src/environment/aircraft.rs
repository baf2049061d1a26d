//! Aircraft: what a type can do, and what it takes.

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::{Kilograms, WattHours};

/// How much energy an aircraft draws.
#[derive(Clone, Debug, PartialEq)]
pub enum EnergyModel {
    /// Rodrigues et al. 2022, measured on the DJI M100: take-off, cruise and landing.
    Rodrigues2022,
    /// Energy per metre from the published range: `battery_wh * (1 - reserve) / range_m` at half the greatest payload in
    /// calm air, scaled by total mass to the power 1.5; wind acts through time.
    Range {
        /// The published range in metres (both ways together) down to the reserve.
        range_m: f64,
    },
}

/// An aircraft type.
#[derive(Clone, Debug, PartialEq)]
pub struct AircraftSpec {
    /// Its name in the catalogue.
    pub name: String,
    /// Its energy model.
    pub energy_model: EnergyModel,
    /// Mass without battery and payload.
    pub airframe: Kilograms,
    /// Mass of the battery.
    pub battery: Kilograms,
    /// Capacity of the battery.
    pub battery_capacity: WattHours,
    /// The heaviest parcel it lifts.
    pub payload_max: Kilograms,
    /// Airspeed in cruise, m/s.
    pub cruise_mps: f64,
    /// Climb rate, m/s.
    pub climb_mps: f64,
    /// Descent rate, m/s.
    pub descent_mps: f64,
    /// Cruise altitude above ground, m.
    pub altitude_m: f64,
    /// Share of the battery that stays in it.
    pub reserve: f64,
    /// The strongest wind it flies in, m/s.
    pub wind_max_mps: f64,
    /// Time to swap the battery; `None` where it charges instead.
    pub swap: Option<SimDuration>,
    /// Charging power, W.
    pub charge_w: f64,
}

impl AircraftSpec {
    /// What must stay in the battery.
    #[must_use]
    pub fn reserve_energy(&self) -> WattHours {
        WattHours::new(self.battery_capacity.get() * self.reserve)
    }
}
