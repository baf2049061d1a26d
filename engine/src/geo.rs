//! Places on the WGS 84 sphere, held in whole 1e-7 degrees, with trigonometry that is exact on every host.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rounding::nearest;

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
            lat_e7: nearest(lat * STEPS_PER_DEGREE) as i32,
            lon_e7: nearest(lon * STEPS_PER_DEGREE) as i32,
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
        let (half_dlat, half_dlon) = self.half_sines(other);
        let cos_of_sum = cos_of_steps(i64::from(self.lat_e7) + i64::from(other.lat_e7));
        let product_of_cos = (cos_of_sum + 1.0) / 2.0 - half_dlat * half_dlat;
        let h = half_dlat * half_dlat + product_of_cos * half_dlon * half_dlon;
        2.0 * EARTH_RADIUS_M * asin(h.sqrt().min(1.0))
    }

    /// No less than the great-circle distance in metres, and cheaper: the way along meridian and parallel, as if that were the equator.
    #[must_use]
    pub fn distance_at_most_m(self, other: Self) -> f64 {
        let (dlat, dlon) = self.half_angles(other);
        2.0 * EARTH_RADIUS_M * (dlat * dlat + dlon * dlon).sqrt() * (1.0 + ROUNDED)
    }

    /// Whether the great-circle distance is at most so many metres; cheap where latitudes and longitudes alone tell.
    #[must_use]
    pub fn is_within(self, other: Self, metres: f64) -> bool {
        let (dlat, _) = self.half_angles(other);
        let north_m = 2.0 * EARTH_RADIUS_M * dlat.abs();
        north_m * (1.0 - ROUNDED) <= metres
            && (self.distance_at_most_m(other) <= metres || self.distance_m(other) <= metres)
    }

    fn half_sines(self, other: Self) -> (f64, f64) {
        let (dlat, dlon) = self.half_angles(other);
        (sin(dlat), sin(dlon))
    }

    /// Half the angles of latitude and longitude to another place, in radians.
    fn half_angles(self, other: Self) -> (f64, f64) {
        (
            half_angle(self.lat_e7, other.lat_e7),
            half_angle(self.lon_e7, other.lon_e7),
        )
    }

    /// Initial direction to `other`: east and north, together of length 1; zero where both are one place.
    #[must_use]
    pub fn direction(self, other: Self) -> (f64, f64) {
        let (half_dlat, half_dlon) = self.half_sines(other);
        let cos_lat = cos_of_steps(other.lat_e7.into());
        let twice_cos = |half_sin: f64| 2.0 * (1.0 - half_sin * half_sin).sqrt();
        let east = half_dlon * twice_cos(half_dlon) * cos_lat;
        let bend = 2.0 * sin_of_steps(self.lat_e7.into()) * cos_lat * half_dlon * half_dlon;
        let north = half_dlat * twice_cos(half_dlat) + bend;
        let length = (east * east + north * north).sqrt();
        if length > 0.0 {
            (east / length, north / length)
        } else {
            (0.0, 0.0)
        }
    }

    /// The place a `fraction` (0 to 1) of the way to `other`, on the straight line of latitude and longitude.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "lies between two i32")]
    pub fn towards(self, other: Self, fraction: f64) -> Self {
        let between =
            |a: i32, b: i32| nearest(f64::from(a) + (f64::from(b) - f64::from(a)) * fraction) as i32;
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

/// More than rounding makes of a distance, relative to it.
const ROUNDED: f64 = 1e-9;

/// Half the angle between two coordinates, in radians.
#[inline]
fn half_angle(from_e7: i32, to_e7: i32) -> f64 {
    (f64::from(to_e7) - f64::from(from_e7)) * (0.5 * RADIANS_PER_STEP)
}

/// A step of a coordinate, in radians.
const RADIANS_PER_STEP: f64 = std::f64::consts::PI / (180.0 * STEPS_PER_DEGREE);

/// A right angle, in steps of a coordinate.
const RIGHT_ANGLE: i64 = 900_000_000;

/// The cosine of an angle of at most 180 degrees, given in steps of a coordinate: whole numbers bring it below 45 degrees exactly, and a series does the rest.
fn cos_of_steps(steps: i64) -> f64 {
    let steps = steps.abs();
    if steps > RIGHT_ANGLE {
        return -cos_of_steps(2 * RIGHT_ANGLE - steps);
    }
    if steps > RIGHT_ANGLE / 2 {
        sin_series((RIGHT_ANGLE - steps) as f64 * RADIANS_PER_STEP)
    } else {
        cos_series(steps as f64 * RADIANS_PER_STEP)
    }
}

/// The sine of an angle of at most 90 degrees, likewise.
fn sin_of_steps(steps: i64) -> f64 {
    cos_of_steps(RIGHT_ANGLE - steps.abs()) * steps.signum() as f64
}

/// The sine of at most 45 degrees by its Taylor series: the first term left out, x¹⁹ / 19!, is 10⁻¹⁹.
fn sin_series(x: f64) -> f64 {
    const PARTS: [f64; 8] = [
        1.0 / 272.0,
        1.0 / 210.0,
        1.0 / 156.0,
        1.0 / 110.0,
        1.0 / 72.0,
        1.0 / 42.0,
        1.0 / 20.0,
        1.0 / 6.0,
    ];
    x * nested(x * x, &PARTS)
}

/// The cosine, likewise, to x¹⁸ / 18!.
fn cos_series(x: f64) -> f64 {
    const PARTS: [f64; 9] = [
        1.0 / 306.0,
        1.0 / 240.0,
        1.0 / 182.0,
        1.0 / 132.0,
        1.0 / 90.0,
        1.0 / 56.0,
        1.0 / 30.0,
        1.0 / 12.0,
        1.0 / 2.0,
    ];
    nested(x * x, &PARTS)
}

/// An alternating series of a square, each term the one before by a part of the square; the parts last to first.
#[inline(always)]
fn nested(square: f64, parts: &[f64]) -> f64 {
    parts.iter().fold(1.0, |inner, part| 1.0 - square * part * inner)
}

/// Below this angle the first terms of a series are all that a double shows: 127 km on either side of a half angle.
const SMALL: f64 = 0.01;

/// The sine, by its series where that is exact to the last bits and cheaper.
fn sin(x: f64) -> f64 {
    if x.abs() > SMALL {
        return libm::sin(x);
    }
    x * nested(x * x, &[1.0 / 42.0, 1.0 / 20.0, 1.0 / 6.0])
}

/// The arc sine, likewise.
fn asin(x: f64) -> f64 {
    if x.abs() > SMALL {
        return libm::asin(x);
    }
    let square = x * x;
    x * (1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (15.0 / 336.0))))
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
    fn distances_and_directions_are_those_of_the_full_formulas() {
        let mut random = crate::rng::RandomStream::new(1, 1);
        for _ in 0..10_000 {
            let a = at(random.unit() * 160.0 - 80.0, random.unit() * 300.0 - 150.0);
            let reach = if random.chance(0.5) { 0.3 } else { 20.0 };
            let near =
                |degrees: f64, random: &mut crate::rng::RandomStream| degrees + reach * (random.unit() - 0.5);
            let b = at(
                near(a.lat(), &mut random).clamp(-85.0, 85.0),
                near(a.lon(), &mut random),
            );
            let (lat_a, lat_b) = (a.lat().to_radians(), b.lat().to_radians());
            let half = |from: f64, to: f64| libm::sin((to - from).to_radians() / 2.0);
            let (dlat, dlon) = (half(a.lat(), b.lat()), half(a.lon(), b.lon()));
            let h = dlat * dlat + libm::cos(lat_a) * libm::cos(lat_b) * dlon * dlon;
            let expected = 2.0 * EARTH_RADIUS_M * libm::asin(h.sqrt());
            assert!(
                (a.distance_m(b) - expected).abs() < 1e-6 + 1e-10 * expected,
                "{a} {b}"
            );
            let (east, north) = a.direction(b);
            let course = libm::atan2(east, north).to_degrees();
            let apart = (course - a.course_deg(b) + 540.0) % 360.0 - 180.0;
            assert!(expected < 1.0 || apart.abs() < 1e-6, "{a} {b} {apart}");
        }
    }

    #[test]
    fn sines_and_cosines_of_steps_are_those_of_their_angles() {
        let mut random = crate::rng::RandomStream::new(2, 1);
        let drawn = (0..10_000).map(|_| random.index(3_600_000_001) as i64 - 1_800_000_000);
        let edges = [
            0,
            1,
            450_000_000,
            450_000_001,
            900_000_000,
            900_000_001,
            1_800_000_000,
        ];
        for steps in drawn.chain(edges).flat_map(|steps| [steps, -steps]) {
            let angle = (steps as f64 / STEPS_PER_DEGREE).to_radians();
            assert!((cos_of_steps(steps) - libm::cos(angle)).abs() < 1e-15, "{steps}");
            if steps.abs() <= RIGHT_ANGLE {
                assert!((sin_of_steps(steps) - libm::sin(angle)).abs() < 1e-15, "{steps}");
            }
        }
    }

    #[test]
    fn cheap_bounds_hold_and_whether_a_place_is_near_is_told_exactly() {
        let mut random = crate::rng::RandomStream::new(3, 1);
        for _ in 0..10_000 {
            let a = at(random.unit() * 180.0 - 90.0, random.unit() * 360.0 - 180.0);
            let reach = if random.chance(0.5) { 1e-5 } else { 0.5 };
            let near =
                |degrees: f64, most: f64, share: f64| (degrees + reach * (share - 0.5)).clamp(-most, most);
            let b = at(
                near(a.lat(), 90.0, random.unit()),
                near(a.lon(), 180.0, random.unit()),
            );
            let distance_m = a.distance_m(b);
            assert!(a.distance_at_most_m(b) >= distance_m, "{a} {b}");
            for metres in [distance_m * random.unit() * 2.0, distance_m, 1.0, 0.0] {
                assert_eq!(a.is_within(b, metres), distance_m <= metres, "{a} {b} {metres}");
            }
        }
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
