//! The wind triangle: what wind does to a flight over the ground.

use crate::environment::Weather;

/// Less than this over the ground is no headway, but what rounding leaves of none: a millimetre a second, the least that a speed is told to.
const HEADWAY_MIN_MPS: f64 = 0.001;

/// Wind as it moves the air: metres a second to the east and to the north.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    east_mps: f64,
    north_mps: f64,
}

impl Drift {
    /// What the wind of a weather does.
    #[must_use]
    pub fn of(weather: &Weather) -> Self {
        let (sin, cos) = libm::sincos((weather.wind_from_deg + 180.0).to_radians());
        Self {
            east_mps: weather.wind_mps * sin,
            north_mps: weather.wind_mps * cos,
        }
    }

    /// Ground speed in a direction (east and north, of length 1), m/s: `w_along + sqrt(V_a² − w_cross²)` (Rodrigues et al. 2022).
    ///
    /// `None` where the crosswind is as strong as the airspeed, or the drone would make no headway or be blown backwards.
    #[must_use]
    pub fn ground_speed(self, airspeed_mps: f64, (east, north): (f64, f64)) -> Option<f64> {
        let along = self.east_mps * east + self.north_mps * north;
        let cross = self.north_mps * east - self.east_mps * north;
        let room = airspeed_mps * airspeed_mps - cross * cross;
        if room <= 0.0 {
            return None;
        }
        let speed = along + room.sqrt();
        (speed >= HEADWAY_MIN_MPS).then_some(speed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wind(wind_mps: f64, wind_from_deg: f64) -> Drift {
        Drift::of(&Weather::windy(wind_mps, wind_from_deg))
    }

    fn towards(course_deg: f64) -> (f64, f64) {
        libm::sincos(course_deg.to_radians())
    }

    #[test]
    fn a_head_wind_slows_and_a_tail_wind_speeds() {
        let westerly = wind(5.0, 270.0);
        assert!((westerly.ground_speed(12.0, towards(270.0)).expect("feasible") - 7.0).abs() < 1e-9);
        assert!((westerly.ground_speed(12.0, towards(90.0)).expect("feasible") - 17.0).abs() < 1e-9);
    }

    #[test]
    fn a_crosswind_as_strong_as_the_airspeed_is_infeasible() {
        assert_eq!(wind(12.0, 270.0).ground_speed(12.0, towards(0.0)), None);
    }

    #[test]
    fn a_head_wind_as_fast_as_the_drone_leaves_no_headway_however_it_is_rounded() {
        for course in 0..3_600 {
            let course = f64::from(course) / 10.0;
            for mps in [7.3, 12.0, 18.7] {
                assert_eq!(
                    wind(mps, course).ground_speed(mps, towards(course)),
                    None,
                    "{course}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_round_trip_in_wind_never_takes_less_time(speed in 0.0..11.0_f64, from in 0.0..360.0_f64, course in 0.0..360.0_f64) {
            let drift = wind(speed, from);
            if let (Some(out), Some(back)) = (drift.ground_speed(12.0, towards(course)), drift.ground_speed(12.0, towards(course + 180.0))) {
                prop_assert!(1.0 / out + 1.0 / back >= 2.0 / 12.0 - 1e-12);
            }
        }
    }
}
