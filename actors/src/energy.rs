//! How much power an aircraft draws.

use skyhaul_engine::units::Kilograms;

use crate::environment::{AircraftSpec, EnergyModel};

/// A phase of flight with a power of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Straight up.
    TakeOff,
    /// Level flight.
    Cruise,
    /// Straight down.
    Landing,
}

/// Power at the battery, W, with a payload in air of density `rho` kg/m³.
///
/// Rodrigues et al. 2022 (*Patterns* 3:100569), DJI M100: `P = b1 · m^1.5 / sqrt(rho) + b0`. The range model draws the same power
/// in every phase: the published energy per metre times the cruise speed, scaled by `m^1.5`.
#[must_use]
pub fn power_w(aircraft: &AircraftSpec, phase: Phase, payload: Kilograms, rho: f64) -> f64 {
    let mass = (aircraft.airframe + aircraft.battery + payload).get();
    match aircraft.energy_model {
        EnergyModel::Rodrigues2022 => {
            let (b1, b0) = match phase {
                Phase::TakeOff => (80.4, 13.8),
                Phase::Cruise => (68.9, 16.8),
                Phase::Landing => (71.5, -24.3),
            };
            b1 * mass * mass.sqrt() / rho.sqrt() + b0
        }
        EnergyModel::Range { range_m } => {
            let usable_wh = aircraft.battery_capacity.get() * (1.0 - aircraft.reserve);
            let reference = (aircraft.airframe + aircraft.battery).get() + aircraft.payload_max.get() / 2.0;
            let ratio = mass / reference;
            usable_wh / range_m * SECONDS_PER_HOUR * aircraft.cruise_mps * ratio * ratio.sqrt()
        }
    }
}

/// Seconds in an hour: watt-seconds in a watt-hour.
pub(crate) const SECONDS_PER_HOUR: f64 = 3_600.0;
