//! Air: how dense it is, and how fast it moves, at the height at which drones fly.

/// Zero of the Celsius scale, K.
const CELSIUS_ZERO_K: f64 = 273.15;
/// How much colder a metre up is, K/m (ICAO Doc 7488).
const LAPSE_K_PER_M: f64 = 0.006_5;
/// The specific gas constant of dry air, J/(kg K) (ICAO Doc 7488).
const GAS_CONSTANT: f64 = 287.052_87;
/// Standard gravity, m/s².
pub(crate) const GRAVITY: f64 = 9.806_65;
/// Pascals in a hectopascal.
const PA_PER_HPA: f64 = 100.0;

/// The height at which weather stations measure wind, m (WMO-No. 8).
pub const ANEMOMETER_M: f64 = 10.0;

/// Exponent of the power law of wind over open land in neutral air: one seventh.
const SHEAR_EXPONENT: f64 = 1.0 / 7.0;

/// Air density, kg/m³, so many metres above a place with this temperature (°C) and pressure (hPa): the ideal gas under the standard lapse
/// rate, `p = p₀ (T / T₀)^(g / R L)`, `rho = p / (R T)` (ICAO Doc 7488). Humidity is left out: it makes less than 1 % of difference.
#[must_use]
pub fn density(temperature_c: f64, pressure_hpa: f64, altitude_m: f64) -> f64 {
    let ground_k = temperature_c + CELSIUS_ZERO_K;
    let aloft_k = ground_k - LAPSE_K_PER_M * altitude_m;
    let pressure_pa =
        pressure_hpa * PA_PER_HPA * libm::pow(aloft_k / ground_k, GRAVITY / (GAS_CONSTANT * LAPSE_K_PER_M));
    pressure_pa / (GAS_CONSTANT * aloft_k)
}

/// Wind at a height above ground where a station measures `wind_10m`: the power law `v (h / 10 m)^(1/7)` of wind over open land. Below the
/// station's height it is taken as measured.
#[must_use]
pub fn wind_aloft(wind_10m: f64, altitude_m: f64) -> f64 {
    wind_10m * libm::pow(altitude_m.max(ANEMOMETER_M) / ANEMOMETER_M, SHEAR_EXPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ICAO Doc 7488: density at the ground and at 500 and 1,000 m.
    #[test]
    fn the_standard_atmosphere_has_the_densities_of_its_table() {
        for (altitude_m, published) in [(0.0, 1.225_00), (500.0, 1.167_27), (1_000.0, 1.111_64)] {
            let computed = density(15.0, 1_013.25, altitude_m);
            assert!((computed - published).abs() < 5e-5, "{altitude_m} m: {computed}");
        }
    }

    #[test]
    fn hot_air_is_thin_and_high_pressure_dense() {
        assert!(density(35.0, 1_013.25, 0.0) < density(0.0, 1_013.25, 0.0));
        assert!(density(15.0, 1_040.0, 0.0) > density(15.0, 990.0, 0.0));
    }

    #[test]
    fn wind_grows_with_height_and_is_as_measured_at_the_station() {
        assert!((wind_aloft(7.0, 10.0) - 7.0).abs() < 1e-12);
        assert!((wind_aloft(7.0, 3.0) - 7.0).abs() < 1e-12);
        assert!((wind_aloft(10.0, 100.0) - 13.895).abs() < 1e-3);
    }
}
