//! Battery: what a charger puts into it, and how long that takes.
//!
//! Constant power up to the knee of the curve, then constant voltage, where the power falls exponentially with time: the usual
//! constant-current, constant-voltage charge of lithium batteries (Pelletier et al. 2017, *Transportation Research Part B* 103:158; Montoya
//! et al. 2017, 103:87). A battery counts as full where the power has fallen to [`CUT_OFF_SHARE`]. With capacity `C`, power `P` and knee `k`
//! the fall has the time constant `(1 - k) C / (P (1 - CUT_OFF_SHARE))`, so that the whole of `C` is in it then.
//!
//! Nobody waits for that: a battery is taken off the charger at [`READY_SHARE`], all that missions are assessed with, and stands ready.

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::WattHours;

use crate::energy::SECONDS_PER_HOUR;
use crate::environment::AircraftSpec;
use crate::mission::READY_SHARE;

/// Share of the charger's power at which a battery is full: the cut-off of a twentieth that makers state capacities for.
pub const CUT_OFF_SHARE: f64 = 0.05;

/// Share of the capacity at which the power begins to fall, where nothing else is said.
pub const KNEE_DEFAULT: f64 = 0.8;

/// What is in a battery that is taken off the charger; with as much a drone is ready.
#[must_use]
pub fn charged(aircraft: &AircraftSpec) -> WattHours {
    let share = WattHours::new(aircraft.battery_capacity.get() * READY_SHARE);
    share.min(aircraft.battery_capacity)
}

/// How long a battery that holds `from` is on the charger.
#[must_use]
pub fn charge_time(aircraft: &AircraftSpec, from: WattHours) -> SimDuration {
    let curve = Curve::of(aircraft);
    let (from, to) = (from.get(), charged(aircraft).get());
    if from >= to {
        return SimDuration::ZERO;
    }
    let even_h = (curve.knee_wh.min(to) - from).max(0.0) / curve.power_w;
    let bent_h = if to > curve.knee_wh {
        let missing = |level: f64| curve.limit_wh - level;
        curve.time_constant_h * libm::log(missing(from.max(curve.knee_wh)) / missing(to))
    } else {
        0.0
    };
    SimDuration::from_seconds_f64((even_h + bent_h) * SECONDS_PER_HOUR)
}

/// What is in a battery that held `from`, after so long on the charger.
#[must_use]
pub fn level_after(aircraft: &AircraftSpec, from: WattHours, elapsed: SimDuration) -> WattHours {
    let curve = Curve::of(aircraft);
    let (from_wh, elapsed_h) = (from.get(), elapsed.as_seconds_f64() / SECONDS_PER_HOUR);
    let even_h = (curve.knee_wh - from_wh).max(0.0) / curve.power_w;
    let level_wh = if elapsed_h <= even_h {
        from_wh + elapsed_h * curve.power_w
    } else {
        let missing_wh = curve.limit_wh - from_wh.max(curve.knee_wh);
        curve.limit_wh - missing_wh * libm::exp((even_h - elapsed_h) / curve.time_constant_h)
    };
    WattHours::new(level_wh).min(charged(aircraft)).max(from)
}

/// The curve in figures.
struct Curve {
    power_w: f64,
    knee_wh: f64,
    /// What the level would come to if it were never cut off.
    limit_wh: f64,
    time_constant_h: f64,
}

impl Curve {
    fn of(aircraft: &AircraftSpec) -> Self {
        let capacity_wh = aircraft.battery_capacity.get();
        let knee_wh = capacity_wh * aircraft.charge_knee;
        let bent_wh = (capacity_wh - knee_wh) / (1.0 - CUT_OFF_SHARE);
        Self {
            power_w: aircraft.charge_w,
            knee_wh,
            limit_wh: knee_wh + bent_wh,
            time_constant_h: bent_wh / aircraft.charge_w,
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::units::Kilograms;

    use super::*;
    use crate::environment::{AircraftKind, EnergyModel, FlightPhases, WeatherLimits};

    /// 100 Wh at 100 W.
    fn aircraft(charge_knee: f64) -> AircraftSpec {
        AircraftSpec {
            kind: AircraftKind::Multirotor,
            name: "any".to_owned(),
            energy_model: EnergyModel::Rodrigues2022,
            airframe: Kilograms::new(3.0),
            battery: Kilograms::new(1.0),
            battery_capacity: WattHours::new(100.0),
            payload_max: Kilograms::new(1.0),
            cruise_mps: 12.0,
            climb_mps: 2.5,
            descent_mps: 2.0,
            altitude_m: 100.0,
            phases: FlightPhases::AS_PUBLISHED,
            reserve: 0.2,
            wind_max_mps: 10.0,
            limits: WeatherLimits::COMMON,
            swap: None,
            charge_w: 100.0,
            charge_knee,
            maintenance: None,
        }
    }

    #[test]
    fn below_the_knee_energy_comes_at_an_even_rate() {
        let aircraft = aircraft(KNEE_DEFAULT);
        let after = level_after(&aircraft, WattHours::new(20.0), SimDuration::from_mins(30));
        assert_eq!(after, WattHours::new(70.0));
    }

    #[test]
    fn the_last_fifth_takes_as_long_as_its_exponential_says() {
        // 80 Wh in 48 min; then 18 of 21.053 Wh: ln(21.053 / 3.053) of 12.632 min.
        let from_empty = charge_time(&aircraft(KNEE_DEFAULT), WattHours::ZERO);
        let expected_min = 48.0 + 21.052_63 / 100.0 * 60.0 * libm::log(21.052_63 / 3.052_63);
        assert!((from_empty.as_seconds_f64() / 60.0 - expected_min).abs() < 0.001);
    }

    #[test]
    fn time_and_level_agree_at_every_level_and_knee() {
        for knee in [0.5, 0.7, 0.8, 0.9, 0.98, 1.0] {
            let aircraft = aircraft(knee);
            for from in (0..98).step_by(7).map(|wh| WattHours::new(f64::from(wh))) {
                let whole = charge_time(&aircraft, from);
                let end = level_after(&aircraft, from, whole);
                assert!(
                    (end - charged(&aircraft)).milli().abs() <= 1,
                    "{knee} {from}: {end}"
                );
                let half = SimDuration::from_micros(whole.micros() / 2);
                let rest = charge_time(&aircraft, level_after(&aircraft, from, half));
                assert!(
                    (rest.as_seconds_f64() - (whole - half).as_seconds_f64()).abs() < 0.5,
                    "{knee} {from}"
                );
            }
        }
    }

    #[test]
    fn a_battery_that_is_charged_takes_no_time_and_gets_no_fuller() {
        let aircraft = aircraft(KNEE_DEFAULT);
        for full in [charged(&aircraft), aircraft.battery_capacity] {
            assert_eq!(charge_time(&aircraft, full), SimDuration::ZERO);
            assert_eq!(level_after(&aircraft, full, SimDuration::from_mins(60)), full);
        }
    }
}
