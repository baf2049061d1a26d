//! `[airspace]`: where nobody may fly.

use skyhaul_actors::environment::ZoneShape;
use skyhaul_engine::geo::Position;

use crate::bundle::ScenarioBundle;
use crate::error::ScenarioError;
use crate::file::Section;
use crate::zones::{PlannedZone, RADIUS_M, name_apart, read_airports, read_geojson};

/// The keys of the table and of `airports`.
const KEYS: &[&str] = &["airports", "no_fly"];
const AIRPORT_KEYS: &[&str] = &["file", "radius"];

/// The zones, and which files they came from.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadAirspace {
    /// The zones, each with a name of its own: those of airports come first.
    pub(super) zones: Vec<PlannedZone>,
    /// How many are airports'.
    pub(super) airport_count: usize,
    /// The list of airports and the radius round each.
    pub(super) airports: Option<(String, f64)>,
    /// The file of polygons.
    pub(super) no_fly: Option<String>,
}

/// Reads the table.
///
/// # Errors
/// The first mistake.
pub(super) fn read(root: &Section<'_>, bundle: &ScenarioBundle) -> Result<ReadAirspace, ScenarioError> {
    let mut airspace = ReadAirspace::default();
    let Some(section) = root.table("airspace", KEYS)? else {
        return Ok(airspace);
    };
    if let Some(airports) = section.table("airports", AIRPORT_KEYS)? {
        let (path, text) = bundle.file(&airports.require("file")?)?;
        let radius_m = airports.require("radius")?.number(RADIUS_M)?;
        airspace.zones.extend(read_airports(path, text, radius_m)?);
        airspace.airport_count = airspace.zones.len();
        airspace.airports = Some((path.to_owned(), radius_m));
    }
    if let Some(no_fly) = section.get("no_fly") {
        let (path, text) = bundle.file(&no_fly)?;
        airspace.zones.extend(read_geojson(path, text)?);
        airspace.no_fly = Some(path.to_owned());
    }
    name_apart(&mut airspace.zones);
    Ok(airspace)
}

impl ReadAirspace {
    /// Where the airports are, by the names of their zones.
    pub(super) fn airports(&self) -> Vec<(String, Position)> {
        let zones = self.zones[..self.airport_count].iter();
        zones
            .filter_map(|zone| match zone.shape {
                ZoneShape::Circle { centre, .. } => Some((zone.name.clone(), centre)),
                ZoneShape::Polygon(_) => None,
            })
            .collect()
    }
}
