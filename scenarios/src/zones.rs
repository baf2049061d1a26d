//! No-fly zones from files: circles round airports (CSV) and polygons (GeoJSON).

use std::collections::BTreeSet;

use geo::{LineString, Polygon, Validation};
use geojson::{Feature, GeoJson, GeometryValue};
use jiff::Timestamp;
use skyhaul_actors::environment::{Epoch, Zone, ZoneShape};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::error::ScenarioError;
use crate::file::parse_duration;
use crate::table::Table;

/// Most zones: a flight is tested against each. More are refused.
const ZONES_MAX: usize = 10_000;

/// Most corners of a polygon: a way round is sought over all of them. More are refused.
const CORNERS_MAX: usize = 1_000;

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
    /// Whether it is in force at all times.
    pub(crate) const fn is_permanent(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// The zone in virtual time; `None` where it ends before that begins.
    pub(crate) fn zone(&self, epoch: &Epoch) -> Option<Zone> {
        let until = self.until.map(|until| until.sim_time(epoch));
        (until != Some(SimTime::ZERO)).then(|| Zone {
            name: self.name.clone(),
            shape: self.shape.clone(),
            from: self
                .from
                .map(|from| from.sim_time(epoch))
                .filter(|from| *from > SimTime::ZERO),
            until,
        })
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
        PlannedZone {
            name: name.map_or_else(|| format!("airport {}", index + 1), str::to_owned),
            shape: ZoneShape::Circle {
                centre: *at,
                radius_m,
            },
            from: None,
            until: None,
        }
    });
    Ok(zones.collect())
}

/// The polygons of a GeoJSON file, with `name`, `active_from` and `active_until` of their properties.
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
    let polygons = match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => vec![coordinates],
        Some(GeometryValue::MultiPolygon { coordinates }) => coordinates.iter().collect(),
        Some(other) => {
            return Err(format!(
                "is a {}, must be a Polygon or MultiPolygon",
                other.type_name()
            ));
        }
        None => return Err("has no geometry, must be a Polygon or MultiPolygon".to_owned()),
    };
    let name = feature
        .property("name")
        .and_then(|name| name.as_str())
        .map(str::trim);
    let name = match name {
        Some(name) if !name.is_empty() => name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
        _ => format!("zone {}", index + 1),
    };
    let (from, until) = (
        read_moment(feature, "active_from")?,
        read_moment(feature, "active_until")?,
    );
    if let (Some(Moment::At(from)), Some(Moment::At(until))) = (from, until)
        && until <= from
    {
        return Err("`active_until` is not after `active_from`".to_owned());
    }
    polygons
        .into_iter()
        .map(|rings| {
            Ok(PlannedZone {
                name: name.clone(),
                shape: ZoneShape::Polygon(read_rings(rings)?),
                from,
                until,
            })
        })
        .collect()
}

/// A time: RFC 3339, or a span since the start; null is none.
fn read_moment(feature: &Feature, property: &str) -> Result<Option<Moment>, String> {
    let Some(value) = feature.property(property).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let text = value.as_str().unwrap_or_default();
    let span = parse_duration(text).map(Moment::AfterStart);
    let calendar = || Some(Moment::At(text.parse::<Timestamp>().ok()?.as_microsecond()));
    span.or_else(calendar).map(Some).ok_or_else(|| {
        format!("`{property}` is {value}, must be a time such as \"2015-03-10T07:00:00-08:00\", or a span since the start such as \"2h\"")
    })
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
        let properties = r#"{"name":"fair","active_from":"2h","active_until":"2026-05-12T20:00:00+02:00"}"#;
        let zones = read_geojson("z.geojson", &polygon(properties, SQUARE)).expect("it is right");
        let epoch = Epoch {
            unix_micros: 1_778_601_600_000_000,
            utc_offset_s: 7_200,
        };
        let zone = zones[0].zone(&epoch).expect("it is yet to end");
        assert_eq!(zone.name, "fair");
        assert_eq!(zone.from, Some(SimTime::ZERO + SimDuration::from_mins(120)));
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
        let zone = |name: &str| PlannedZone {
            name: name.to_owned(),
            shape: ZoneShape::Polygon(Vec::new()),
            from: None,
            until: None,
        };
        let mut zones = [zone("school"), zone("school"), zone("school 2"), zone("fair")];
        name_apart(&mut zones);
        let names: Vec<_> = zones.iter().map(|zone| zone.name.as_str()).collect();
        assert_eq!(names, ["school", "school 2", "school 2 2", "fair"]);
    }
}
