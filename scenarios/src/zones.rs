//! No-fly zones: circles round airports (CSV) and polygons (GeoJSON) from files, and single ones that are declared while a world runs.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use geo::{LineString, Polygon, Validation};
use geojson::{Feature, GeoJson, GeometryValue};
use serde_json::Value;
use skyhaul_actors::environment::{Epoch, Zone, ZoneShape};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::error::ScenarioError;
use crate::table::Table;

mod declared;
mod properties;

pub use self::declared::read_declared;

/// Most zones: a flight is tested against each. More are refused.
const ZONES_MAX: usize = 10_000;

/// Most corners of a polygon: a way round is sought over all of them. More are refused.
const CORNERS_MAX: usize = 1_000;

/// Radii of circles, m.
pub(crate) const RADIUS_M: RangeInclusive<f64> = 1.0..=50_000.0;

/// Columns of an airport list that may name it, best first.
const AIRPORT_NAME_COLUMNS: [&str; 3] = ["name", "icao", "iata"];

/// A zone whose times are not yet virtual.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedZone {
    /// Its name.
    pub(crate) name: String,
    /// Its outline.
    pub(crate) shape: ZoneShape,
    /// From when it is in force; `None`: always was.
    pub(crate) from: Option<Moment>,
    /// Until when; `None`: for ever.
    pub(crate) until: Option<Moment>,
    /// From when it is known; `None`: from the start.
    pub(crate) announced: Option<Moment>,
    /// From how high above ground it reaches, m.
    pub(crate) floor_m: f64,
    /// Up to how high, m; `None`: without end.
    pub(crate) ceiling_m: Option<f64>,
}

/// A time as a zone file gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// On the calendar, microseconds since 1970.
    At(i64),
    /// After the start.
    AfterStart(SimDuration),
}

impl Moment {
    fn sim_time(self, epoch: &Epoch) -> SimTime {
        match self {
            Self::At(unix_micros) => epoch.sim_time(unix_micros),
            Self::AfterStart(span) => SimTime::ZERO + span,
        }
    }
}

impl PlannedZone {
    /// A zone that is known and in force at all times, from the ground up.
    fn permanent(name: String, shape: ZoneShape) -> Self {
        Self {
            name,
            shape,
            from: None,
            until: None,
            announced: None,
            floor_m: 0.0,
            ceiling_m: None,
        }
    }

    /// Whether nobody may ever land in it.
    pub(crate) fn is_permanent(&self) -> bool {
        self.from.is_none() && self.until.is_none() && self.announced.is_none() && self.floor_m <= 0.0
    }

    /// The zone in virtual time; `None` where it ends before that begins, or before it can come into force.
    pub(crate) fn zone(&self, epoch: &Epoch) -> Option<Zone> {
        let after_start = |moment: Option<Moment>| {
            let time = moment.map(|moment| moment.sim_time(epoch));
            time.filter(|time| *time > SimTime::ZERO)
        };
        let zone = Zone {
            name: self.name.clone(),
            shape: self.shape.clone(),
            from: after_start(self.from),
            until: self.until.map(|until| until.sim_time(epoch)),
            announced: None,
            floor_m: self.floor_m,
            ceiling_m: self.ceiling_m,
        };
        let zone = match after_start(self.announced) {
            Some(announced) => zone.told_of_at(announced),
            None => zone,
        };
        (!zone.is_over(zone.from.unwrap_or(SimTime::ZERO))).then_some(zone)
    }
}

/// Circles round the airports of a list.
///
/// # Errors
/// Where the file is not as it should be.
pub(crate) fn read_airports(
    file: &str,
    text: &str,
    radius_m: f64,
) -> Result<Vec<PlannedZone>, ScenarioError> {
    let table = Table::read(file, text)?;
    let columns: Vec<_> = AIRPORT_NAME_COLUMNS
        .iter()
        .filter_map(|name| table.column(name))
        .collect();
    let places = table.places()?;
    check_count(file, places.len())?;
    let zones = places.iter().enumerate().map(|(index, (row, at))| {
        let name = columns
            .iter()
            .map(|column| row.text(*column))
            .find(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("airport {}", index + 1), str::to_owned);
        let shape = ZoneShape::Circle {
            centre: *at,
            radius_m,
        };
        PlannedZone::permanent(name, shape)
    });
    Ok(zones.collect())
}

/// The zones of a GeoJSON file, by their outlines and [`properties`].
///
/// # Errors
/// Where the file is not as it should be.
pub(crate) fn read_geojson(file: &str, text: &str) -> Result<Vec<PlannedZone>, ScenarioError> {
    let features = match text.parse::<GeoJson>() {
        Ok(GeoJson::FeatureCollection(collection)) => collection.features,
        Ok(GeoJson::Feature(feature)) => vec![feature],
        Ok(GeoJson::Geometry(geometry)) => vec![Feature::from(geometry)],
        Err(error) => return Err(ScenarioError::of_file(file, format_args!("not GeoJSON: {error}"))),
    };
    let mut zones = Vec::new();
    for (index, feature) in features.iter().enumerate() {
        let wrong = |why: String| ScenarioError::of_file(file, format_args!("feature {}: {why}", index + 1));
        zones.extend(read_feature(index, feature).map_err(wrong)?);
        check_count(file, zones.len())?;
    }
    Ok(zones)
}

/// Gives zones of one name a number each.
pub(crate) fn name_apart(zones: &mut [PlannedZone]) {
    let mut taken = BTreeSet::new();
    for zone in zones {
        let base = zone.name.clone();
        let mut number = 1;
        while !taken.insert(zone.name.clone()) {
            number += 1;
            zone.name = format!("{base} {number}");
        }
    }
}

fn check_count(file: &str, count: usize) -> Result<(), ScenarioError> {
    if count > ZONES_MAX {
        let why = format!("has more than {ZONES_MAX} zones; use fewer");
        return Err(ScenarioError::of_file(file, why));
    }
    Ok(())
}

fn read_feature(index: usize, feature: &Feature) -> Result<Vec<PlannedZone>, String> {
    let shapes = read_shapes(feature)?;
    let said = properties::read(index, feature)?;
    let planned = |(shape, (from, until)): (&ZoneShape, &properties::Window)| PlannedZone {
        from: *from,
        until: *until,
        announced: said.announced,
        floor_m: said.floor_m,
        ceiling_m: said.ceiling_m,
        ..PlannedZone::permanent(said.name.clone(), shape.clone())
    };
    let pairs = shapes
        .iter()
        .flat_map(|shape| said.windows.iter().map(move |window| (shape, window)));
    Ok(pairs.map(planned).collect())
}

/// The outlines: polygons, a point with a `radius` round it, or what ED-269 calls the horizontal projection.
fn read_shapes(feature: &Feature) -> Result<Vec<ZoneShape>, String> {
    let polygon = |rings: &Vec<_>| read_rings(rings).map(ZoneShape::Polygon);
    match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => Ok(vec![polygon(coordinates)?]),
        Some(GeometryValue::MultiPolygon { coordinates }) => coordinates.iter().map(polygon).collect(),
        Some(GeometryValue::Point { coordinates }) if feature.property("radius").is_some() => {
            Ok(vec![circle(
                coordinates.as_slice(),
                feature.property("radius"),
                1.0,
            )?])
        }
        Some(other) => Err(format!(
            "is a {}, must be a Polygon or MultiPolygon, or a Point with a `radius`",
            other.type_name()
        )),
        None => match feature.property("horizontalProjection") {
            Some(projection) if projection["type"] == "Circle" => {
                let centre: Vec<f64> =
                    serde_json::from_value(projection["center"].clone()).unwrap_or_default();
                let unit_m = properties::unit_m(feature.property("uomDimensions"))?;
                Ok(vec![circle(&centre, projection.get("radius"), unit_m)?])
            }
            Some(projection) if projection["type"] == "Polygon" => {
                let rings: Vec<Vec<geojson::Position>> =
                    serde_json::from_value(projection["coordinates"].clone()).unwrap_or_default();
                Ok(vec![polygon(&rings)?])
            }
            Some(_) => Err("has a `horizontalProjection` that is no Circle or Polygon".to_owned()),
            None => Err(
                "has no geometry, must be a Polygon or MultiPolygon, or a Point with a `radius`".to_owned(),
            ),
        },
    }
}

fn circle(centre: &[f64], radius: Option<&Value>, unit_m: f64) -> Result<ZoneShape, String> {
    let centre = match centre {
        [lon, lat, ..] => Position::new(*lat, *lon),
        _ => None,
    };
    let centre = centre.ok_or("has a centre that is not [longitude, latitude] in degrees")?;
    match radius.and_then(Value::as_f64).map(|radius| radius * unit_m) {
        Some(radius_m) if RADIUS_M.contains(&radius_m) => Ok(ZoneShape::Circle { centre, radius_m }),
        _ => Err(format!(
            "`radius` must be a number, of metres from {} to {}",
            RADIUS_M.start(),
            RADIUS_M.end()
        )),
    }
}

/// The corners of a polygon without holes.
fn read_rings(rings: &[Vec<geojson::Position>]) -> Result<Vec<Position>, String> {
    let [ring] = rings else {
        return Err("has holes or no outline; use polygons without holes".to_owned());
    };
    if ring.len() > CORNERS_MAX {
        return Err(format!("has more than {CORNERS_MAX} corners; simplify it"));
    }
    let mut corners = Vec::with_capacity(ring.len());
    for coordinates in ring {
        let at = match coordinates.as_slice() {
            [lon, lat, ..] => Position::new(*lat, *lon),
            _ => None,
        };
        corners.push(at.ok_or("has a corner that is not [longitude, latitude] in degrees")?);
    }
    if corners.first() == corners.last() {
        corners.pop();
    }
    corners.dedup();
    let outline: LineString = corners.iter().map(|at| (at.lon(), at.lat())).collect();
    if corners.len() < 3 || !Polygon::new(outline, Vec::new()).is_valid() {
        return Err(
            "is not a polygon: it needs three corners or more, and its sides may not cross".to_owned(),
        );
    }
    Ok(corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(properties: &str, ring: &str) -> String {
        format!(
            r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    }

    const SQUARE: &str = "[[11.25,43.77],[11.26,43.77],[11.26,43.78],[11.25,43.78],[11.25,43.77]]";

    #[test]
    fn reads_names_outlines_and_times() {
        let properties = r#"{"name":"fair","active_from":"1h","active_until":"2026-05-12T20:00:00+02:00"}"#;
        let zones = read_geojson("z.geojson", &polygon(properties, SQUARE)).expect("it is right");
        let epoch = Epoch {
            unix_micros: 1_778_601_600_000_000,
            utc_offset_s: 7_200,
        };
        let zone = zones[0].zone(&epoch).expect("it is yet to end");
        assert_eq!(zone.name, "fair");
        assert_eq!(zone.from, Some(SimTime::ZERO + SimDuration::from_mins(60)));
        assert_eq!(zone.until, Some(SimTime::ZERO + SimDuration::from_mins(120)));
        assert!(matches!(zone.shape, ZoneShape::Polygon(corners) if corners.len() == 4));
    }

    #[test]
    fn a_zone_that_ended_before_the_start_is_gone_and_one_in_force_has_no_beginning() {
        let properties = r#"{"active_from":"2020-01-01T00:00:00Z","active_until":"2021-01-01T00:00:00Z"}"#;
        let zones = read_geojson("z.geojson", &polygon(properties, SQUARE)).expect("it is right");
        let epoch = |unix_micros| Epoch {
            unix_micros,
            utc_offset_s: 0,
        };
        assert_eq!(zones[0].zone(&epoch(1_700_000_000_000_000)), None);
        let during = zones[0]
            .zone(&epoch(1_600_000_000_000_000))
            .expect("it is in force");
        assert_eq!(during.from, None);
        assert!(during.until.is_some());
    }

    #[test]
    fn a_zone_that_is_told_of_late_comes_into_force_with_notice() {
        let properties = r#"{"announced":"30m","active_until":"1h"}"#;
        let zones = read_geojson("z.geojson", &polygon(properties, SQUARE)).expect("it is right");
        let epoch = Epoch {
            unix_micros: 0,
            utc_offset_s: 0,
        };
        let zone = zones[0].zone(&epoch).expect("it is yet to end");
        assert_eq!(zone.announced, Some(SimTime::ZERO + SimDuration::from_mins(30)));
        assert_eq!(zone.from, Some(SimTime::ZERO + SimDuration::from_mins(32)));
        assert!(!zones[0].is_permanent());
        let too_late = r#"{"announced":"59m","active_until":"1h"}"#;
        let zones = read_geojson("z.geojson", &polygon(too_late, SQUARE)).expect("it is right");
        assert_eq!(zones[0].zone(&epoch), None);
    }

    #[test]
    fn reads_the_european_format() {
        let properties = r#"{"identifier":"ITA-1","restriction":"PROHIBITED","uomDimensions":"FT","lowerLimit":100,
            "lowerVerticalReference":"AGL","upperLimit":1000,"upperVerticalReference":"AMSL",
            "applicability":[{"startDateTime":"2026-05-12T08:00:00Z","endDateTime":"2026-05-12T09:00:00Z"},{"permanent":"YES"}],
            "horizontalProjection":{"type":"Circle","center":[11.25,43.77],"radius":400}}"#;
        let text = format!(r#"{{"type":"Feature","geometry":null,"properties":{properties}}}"#);
        let zones = read_geojson("z.geojson", &text).expect("it is right");
        assert_eq!(zones.len(), 2);
        assert_eq!(zones[0].name, "ITA-1");
        assert!((zones[0].floor_m - 30.48).abs() < 1e-9);
        assert!(zones[0].ceiling_m.is_some_and(|m| (m - 304.8).abs() < 1e-9));
        assert!(zones[0].from.is_some() && zones[1].from.is_none());
        assert!(matches!(zones[0].shape, ZoneShape::Circle { radius_m, .. } if radius_m == 400.0 * 0.304_8));
        let open = polygon(r#"{"restriction":"NO_RESTRICTION"}"#, SQUARE);
        assert_eq!(read_geojson("z.geojson", &open), Ok(Vec::new()));
    }

    #[test]
    fn says_what_is_wrong_with_which_feature() {
        let bow_tie = "[[11.25,43.77],[11.26,43.78],[11.26,43.77],[11.25,43.78],[11.25,43.77]]";
        let off = "[[11.25,93.77],[11.26,43.78],[11.26,43.77],[11.25,93.77]]";
        let two_rings = format!("{SQUARE},{SQUARE}");
        for (text, expected) in [
            ("{", "not GeoJSON"),
            (
                r#"{"type":"Point","coordinates":[1,2]}"#,
                "feature 1: is a Point, must be a Polygon",
            ),
            (&polygon("null", bow_tie), "its sides may not cross"),
            (&polygon("null", off), "not [longitude, latitude]"),
            (&polygon("null", "[[1,2],[1,3],[1,2],[1,2]]"), "three corners"),
            (&polygon("null", &two_rings), "has holes"),
            (&polygon(r#"{"ceiling_m":-1}"#, SQUARE), "`ceiling_m` is -1"),
            (
                &polygon(r#"{"floor_m":50,"ceiling_m":50}"#, SQUARE),
                "does not end above",
            ),
            (
                &polygon(r#"{"restriction":"MAYBE"}"#, SQUARE),
                "must be one of PROHIBITED",
            ),
            (
                &polygon(r#"{"active_from":7}"#, SQUARE),
                "`active_from` is 7, must be a time",
            ),
            (
                &polygon(
                    r#"{"active_from":"2026-01-02T00:00:00Z","active_until":"2026-01-01T00:00:00Z"}"#,
                    SQUARE,
                ),
                "not after",
            ),
        ] {
            let error = read_geojson("z.geojson", text)
                .expect_err("it is wrong")
                .to_string();
            assert!(
                error.starts_with("z.geojson: ") && error.contains(expected),
                "{error}"
            );
        }
    }

    #[test]
    fn airports_are_circles_called_by_their_name() {
        let text = "icao,name,lat,lon\nLIRQ,Firenze,43.81,11.2051\nXXXX,,43.7,11.2\n";
        let zones = read_airports("a.csv", text, 3_000.0).expect("it is right");
        assert_eq!([&zones[0].name, &zones[1].name], ["Firenze", "XXXX"]);
        assert!(matches!(zones[0].shape, ZoneShape::Circle { radius_m, .. } if radius_m == 3_000.0));
    }

    #[test]
    fn zones_of_one_name_get_a_number_each() {
        let zone = |name: &str| PlannedZone::permanent(name.to_owned(), ZoneShape::Polygon(Vec::new()));
        let mut zones = [zone("school"), zone("school"), zone("school 2"), zone("fair")];
        name_apart(&mut zones);
        let names: Vec<_> = zones.iter().map(|zone| zone.name.as_str()).collect();
        assert_eq!(names, ["school", "school 2", "school 2 2", "fair"]);
    }
}
