//! How much power an aircraft draws: three models behind one trait, chosen without a virtual call.

use skyhaul_engine::units::Kilograms;

use crate::environment::{AircraftSpec, EnergyModel};

pub use momentum::Momentum;
pub use range::Range;
pub use rodrigues::Rodrigues2022;

mod momentum;
mod range;
mod rodrigues;

/// Seconds in an hour: watt-seconds in a watt-hour.
pub(crate) const SECONDS_PER_HOUR: f64 = 3_600.0;

/// Power at the battery, W, in each phase of a flight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Powers {
    /// Straight up.
    pub take_off: f64,
    /// Level flight at cruise speed.
    pub cruise: f64,
    /// Straight down.
    pub landing: f64,
    /// In one place, and while rotors and wings share the load.
    pub hover: f64,
}

/// Says what an aircraft draws.
pub trait PowerModel {
    /// Its powers at a mass, payload and all, in air of density `rho` kg/m³.
    fn powers(&self, aircraft: &AircraftSpec, mass: Kilograms, rho: f64) -> Powers;
}

/// The powers of an aircraft with a payload in air of density `rho` kg/m³. They hold for the whole of a leg.
#[must_use]
pub fn powers(aircraft: &AircraftSpec, payload: Kilograms, rho: f64) -> Powers {
    let mass = aircraft.airframe + aircraft.battery + payload;
    match &aircraft.energy_model {
        EnergyModel::Rodrigues2022 => Rodrigues2022.powers(aircraft, mass, rho),
        EnergyModel::Range(range) => range.powers(aircraft, mass, rho),
        EnergyModel::Momentum(momentum) => momentum.powers(aircraft, mass, rho),
    }
}
