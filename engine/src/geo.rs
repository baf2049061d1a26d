//! Places on the WGS 84 sphere, held in whole 1e-7 degrees, with trigonometry that is exact on every host.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Mean radius of the WGS 84 ellipsoid, (2a + b) / 3, in metres.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Steps of a coordinate in one degree.
const STEPS_PER_DEGREE: f64 = 1e7;

/// A place: latitude and longitude in whole 1e-7 degrees (about a centimetre).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    lat_e7: i32,
    lon_e7: i32,
}

impl Position {
    /// The place at `lat`, `lon` degrees; `None` where either is not a number or out of range (±90, ±180).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "±180 × 1e7 fits an i32")]
    pub fn new(lat: f64, lon: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)).then(|| Self {
            lat_e7: (lat * STEPS_PER_DEGREE).round() as i32,
            lon_e7: (lon * STEPS_PER_DEGREE).round() as i32,
        })
    }

    /// Latitude in degrees, north positive.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / STEPS_PER_DEGREE
    }

    /// Longitude in degrees, east positive.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / STEPS_PER_DEGREE
    }

    /// Latitude in whole 1e-7 degrees.
    #[must_use]
    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    /// Longitude in whole 1e-7 degrees.
    #[must_use]
    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// Great-circle distance in metres (haversine).
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat().to_radians(), other.lat().to_radians());
        let half_dlat = libm::sin((lat_b - lat_a) / 2.0);
        let half_dlon = libm::sin((other.lon() - self.lon()).to_radians() / 2.0);
        let h = half_dlat * half_dlat + libm::cos(lat_a) * libm::cos(lat_b) * half_dlon * half_dlon;
        2.0 * EARTH_RADIUS_M * libm::asin(h.sqrt().min(1.0))
    }

    /// The place a `fraction` (0 to 1) of the way to `other`, on the straight line of latitude and longitude.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "lies between two i32")]
    pub fn towards(self, other: Self, fraction: f64) -> Self {
        let between =
            |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * fraction).round() as i32;
        Self {
            lat_e7: between(self.lat_e7, other.lat_e7),
            lon_e7: between(self.lon_e7, other.lon_e7),
        }
    }

    /// Initial course to `other` in degrees, clockwise from north, 0 to 360.
    #[must_use]
    pub fn course_deg(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat().to_radians(), other.lat().to_radians());
        let dlon = (other.lon() - self.lon()).to_radians();
        let y = libm::sin(dlon) * libm::cos(lat_b);
        let x = libm::cos(lat_a) * libm::sin(lat_b) - libm::sin(lat_a) * libm::cos(lat_b) * libm::cos(dlon);
        let course = libm::atan2(y, x).to_degrees();
        if course < 0.0 { course + 360.0 } else { course }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.7},{:.7}", self.lat(), self.lon())
    }
}

/// A flat map round an origin: metres east and north, linear in longitude and latitude.
///
/// Straight lines on it are straight in latitude and longitude, which is how the event log and the telemetry
/// protocol interpolate a path. Good for a city: at 30 km the east–west scale is off by about 0.5 %, so distances
/// come from [`Position::distance_m`], not from here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalPlane {
    origin: Position,
    metres_per_degree_lat: f64,
    metres_per_degree_lon: f64,
}

impl LocalPlane {
    /// A plane that touches the sphere at `origin`.
    #[must_use]
    pub fn new(origin: Position) -> Self {
        let metres_per_degree = EARTH_RADIUS_M.to_radians();
        Self {
            origin,
            metres_per_degree_lat: metres_per_degree,
            metres_per_degree_lon: metres_per_degree * libm::cos(origin.lat().to_radians()),
        }
    }

    /// Metres east and north of the origin.
    #[must_use]
    pub fn to_xy(&self, place: Position) -> (f64, f64) {
        (
            (place.lon() - self.origin.lon()) * self.metres_per_degree_lon,
            (place.lat() - self.origin.lat()) * self.metres_per_degree_lat,
        )
    }

    /// The place `x` metres east and `y` metres north of the origin, kept on the sphere.
    #[must_use]
    pub fn to_position(&self, (x, y): (f64, f64)) -> Position {
        let lat = (self.origin.lat() + y / self.metres_per_degree_lat).clamp(-90.0, 90.0);
        let lon = (self.origin.lon() + x / self.metres_per_degree_lon).clamp(-180.0, 180.0);
        Position::new(lat, lon).unwrap_or(self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position::new(lat, lon).expect("on the sphere")
    }

    #[test]
    fn refuses_places_off_the_sphere() {
        assert_eq!(Position::new(91.0, 0.0), None);
        assert_eq!(Position::new(0.0, -180.1), None);
        assert_eq!(Position::new(f64::NAN, 0.0), None);
    }

    #[test]
    fn one_degree_of_latitude_is_a_360th_of_the_circumference() {
        let expected = EARTH_RADIUS_M.to_radians();
        assert!((at(10.0, 20.0).distance_m(at(11.0, 20.0)) - expected).abs() < 1e-3);
    }

    #[test]
    fn the_plane_and_the_sphere_agree_within_a_city() {
        let (centre, place) = (at(43.7731, 11.2560), at(43.80, 11.21));
        let (x, y) = LocalPlane::new(centre).to_xy(place);
        let flat = (x * x + y * y).sqrt();
        assert!((flat / centre.distance_m(place) - 1.0).abs() < 5e-4);
        assert_eq!(LocalPlane::new(centre).to_position((x, y)), place);
    }

    #[test]
    fn courses_run_clockwise_from_north() {
        let here = at(0.0, 0.0);
        for (lat, lon, course) in [
            (1.0, 0.0, 0.0),
            (0.0, 1.0, 90.0),
            (-1.0, 0.0, 180.0),
            (0.0, -1.0, 270.0),
        ] {
            assert!((here.course_deg(at(lat, lon)) - course).abs() < 1e-9);
        }
    }
}
