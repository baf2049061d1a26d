//! Locations: places as clients read and write them.

use serde::Serialize;
use skyhaul_actors::command::Place;
use skyhaul_actors::environment::Area;
use skyhaul_engine::geo::Position;
use utoipa::ToSchema;

use crate::http::fields::Fields;

/// Altitudes of places, metres above ground: from a deep cellar to above the tallest building.
const ALTITUDE_M: std::ops::RangeInclusive<f64> = -100.0..=1_000.0;

/// A place on WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Location {
    /// Metres above ground.
    altitude: f64,
    /// Degrees, north positive.
    latitude: f64,
    /// Degrees, east positive.
    longitude: f64,
}

impl Location {
    /// A place so many metres above ground.
    pub(crate) fn new(at: Position, altitude_m: f64) -> Self {
        Self {
            altitude: (altitude_m * 10.0).round() / 10.0,
            latitude: at.lat(),
            longitude: at.lon(),
        }
    }
}

impl From<Place> for Location {
    fn from(place: Place) -> Self {
        Self::new(place.at, f64::from(place.altitude_m))
    }
}

/// Reads a location object. It must lie on the sphere and, where one is given, in the service area.
pub(crate) fn read_location(fields: &Fields<'_>, name: &str, area: Option<&Area>) -> Option<Place> {
    let location = fields.object(name)?;
    let latitude = location.require("latitude", location.number("latitude"));
    let longitude = location.require("longitude", location.number("longitude"));
    let altitude = location.number("altitude").unwrap_or(0.0);
    let (latitude, longitude) = (latitude?, longitude?);
    let faults = fields.faults();
    if !(-90.0..=90.0).contains(&latitude) {
        faults.impossible(&location.path("latitude"), "must lie between -90 and 90");
    }
    if !(-180.0..=180.0).contains(&longitude) {
        faults.impossible(&location.path("longitude"), "must lie between -180 and 180");
    }
    if !ALTITUDE_M.contains(&altitude) {
        let reason = format!(
            "must lie between {} and {} metres",
            ALTITUDE_M.start(),
            ALTITUDE_M.end()
        );
        faults.impossible(&location.path("altitude"), reason);
    }
    let at = Position::new(latitude, longitude)?;
    if area.is_some_and(|area| !area.contains(at)) {
        faults.impossible(&fields.path(name), "lies outside the service area");
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "metres up to 1,000")]
    let altitude_m = altitude as f32;
    Some(Place {
        altitude_m,
        ..Place::on_ground(at)
    })
}

/// A location object that must be there.
pub(crate) fn read_required_location(fields: &Fields<'_>, name: &str, area: Option<&Area>) -> Option<Place> {
    fields.require(name, read_location(fields, name, area))
}
