//! The wind triangle: what wind does to a flight over the ground.

use crate::environment::Weather;

/// Ground speed in a direction (east and north, of length 1), m/s: `w_along + sqrt(V_a² − w_cross²)` (Rodrigues et al. 2022).
///
/// `None` where the crosswind is as strong as the airspeed or the drone would be blown backwards.
#[must_use]
pub fn ground_speed(airspeed_mps: f64, (east, north): (f64, f64), weather: &Weather) -> Option<f64> {
    if weather.wind_mps == 0.0 {
        return (airspeed_mps > 0.0).then_some(airspeed_mps);
    }
    let (sin, cos) = libm::sincos((weather.wind_from_deg + 180.0).to_radians());
    let along = weather.wind_mps * (east * sin + north * cos);
    let cross = weather.wind_mps * (east * cos - north * sin);
    let room = airspeed_mps * airspeed_mps - cross * cross;
    if room <= 0.0 {
        return None;
    }
    let speed = along + room.sqrt();
    (speed > 0.0).then_some(speed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wind(wind_mps: f64, wind_from_deg: f64) -> Weather {
        Weather {
            wind_mps,
            wind_from_deg,
            ..Weather::STANDARD
        }
    }

    fn towards(course_deg: f64) -> (f64, f64) {
        libm::sincos(course_deg.to_radians())
    }

    #[test]
    fn a_head_wind_slows_and_a_tail_wind_speeds() {
        let westerly = wind(5.0, 270.0);
        assert!((ground_speed(12.0, towards(270.0), &westerly).expect("feasible") - 7.0).abs() < 1e-9);
        assert!((ground_speed(12.0, towards(90.0), &westerly).expect("feasible") - 17.0).abs() < 1e-9);
    }

    #[test]
    fn a_crosswind_as_strong_as_the_airspeed_is_infeasible() {
        assert_eq!(ground_speed(12.0, towards(0.0), &wind(12.0, 270.0)), None);
    }

    proptest! {
        #[test]
        fn a_round_trip_in_wind_never_takes_less_time(speed in 0.0..11.0_f64, from in 0.0..360.0_f64, course in 0.0..360.0_f64) {
            let weather = wind(speed, from);
            if let (Some(out), Some(back)) = (ground_speed(12.0, towards(course), &weather), ground_speed(12.0, towards(course + 180.0), &weather)) {
                prop_assert!(1.0 / out + 1.0 / back >= 2.0 / 12.0 - 1e-12);
            }
        }
    }
}
