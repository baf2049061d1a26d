//! Published: an aircraft of which only range and battery are known.

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::Kilograms;

use super::{PowerModel, Powers, SECONDS_PER_HOUR};
use crate::environment::{AircraftSpec, Arrival};
use crate::mission::handling;

/// Energy per metre from the published range: `battery_wh * (1 - reserve) / range_m` at half the greatest payload in calm air, scaled by
/// total mass to the power 1.5, as lift by a given rotor in given air is (Dorling et al., *IEEE T-SMC* 47(1), 2017, eq. 2); wind acts through
/// time. What the other phases draw is not published: they are taken to draw as much. Where an aircraft changes its speed, its manner of flight,
/// or hovers, the published range is taken to be that of a delivery, which has all that: one flight there, one back, one parcel brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The published range in metres (both ways together) down to the reserve.
    pub range_m: f64,
}

impl PowerModel for Range {
    fn powers(&self, aircraft: &AircraftSpec, mass: Kilograms, _rho: f64) -> Powers {
        let usable_wh = aircraft.battery_capacity.get() * (1.0 - aircraft.reserve);
        let reference = (aircraft.airframe + aircraft.battery).get() + aircraft.payload_max.get() / 2.0;
        let ratio = mass.get() / reference;
        let flown_s = self.range_m / aircraft.cruise_mps + delivery_s(aircraft);
        let power = usable_wh / flown_s * SECONDS_PER_HOUR * ratio * ratio.sqrt();
        Powers {
            take_off: power,
            cruise: power,
            landing: power,
            hover: power,
        }
    }
}

/// How much longer a delivery takes than its way at cruise speed, and climbs and descents: changes of speed and manner, and hovering.
fn delivery_s(aircraft: &AircraftSpec) -> f64 {
    const FLIGHTS: f64 = 2.0;
    let phases = &aircraft.phases;
    let ramps_s = phases
        .acceleration_mps2
        .map_or(0.0, |acceleration| aircraft.cruise_mps / acceleration);
    let hanging = phases
        .winch_m
        .map_or(SimDuration::ZERO, |_| handling(Arrival::Dropoff));
    FLIGHTS * (ramps_s + 2.0 * phases.transition.as_seconds_f64())
        + phases.hover.as_seconds_f64()
        + hanging.as_seconds_f64()
}
