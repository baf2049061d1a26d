//! GeoJSON (RFC 7946): longitude before latitude.

use serde_json::{Value, json};
use skyhaul_engine::geo::Position;

/// The media type.
pub(crate) const GEO_JSON: &str = "application/geo+json";

fn coordinates(at: Position, altitude_m: Option<f64>) -> Value {
    match altitude_m {
        Some(altitude_m) => json!([at.lon(), at.lat(), (altitude_m * 10.0).round() / 10.0]),
        None => json!([at.lon(), at.lat()]),
    }
}

/// A point, with its altitude where it matters.
pub(crate) fn point(at: Position, altitude_m: Option<f64>) -> Value {
    json!({"type": "Point", "coordinates": coordinates(at, altitude_m)})
}

/// A line.
pub(crate) fn line(path: impl Iterator<Item = (Position, Option<f64>)>) -> Value {
    let path: Vec<Value> = path.map(|(at, altitude_m)| coordinates(at, altitude_m)).collect();
    json!({"type": "LineString", "coordinates": path})
}

/// A polygon round the given corners, which need not be closed. Its ring runs counter-clockwise, as the standard asks.
pub(crate) fn polygon(corners: &[Position]) -> Value {
    let mut ring = corners.to_vec();
    if doubled_area(&ring) < 0.0 {
        ring.reverse();
    }
    ring.extend(ring.first().copied());
    let ring: Vec<Value> = ring.into_iter().map(|at| coordinates(at, None)).collect();
    json!({"type": "Polygon", "coordinates": [ring]})
}

/// Twice the area in square degrees; positive where the corners run counter-clockwise.
fn doubled_area(corners: &[Position]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    corners
        .iter()
        .zip(next)
        .map(|(a, b)| a.lon() * b.lat() - b.lon() * a.lat())
        .sum()
}

/// A feature.
pub(crate) fn feature(geometry: Value, properties: Value) -> Value {
    object([
        ("type", "Feature".into()),
        ("geometry", geometry),
        ("properties", properties),
    ])
}

/// A collection of features.
pub(crate) fn collection(features: Vec<Value>) -> Value {
    object([
        ("type", "FeatureCollection".into()),
        ("features", features.into()),
    ])
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_closed_and_run_counter_clockwise() {
        let at = |lat, lon| Position::new(lat, lon).expect("on the sphere");
        let clockwise = [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0)];
        let ring = json!([[[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 1.0]]]);
        assert_eq!(polygon(&clockwise)["coordinates"], ring);
        let mut other_way = clockwise;
        other_way.reverse();
        assert_eq!(polygon(&other_way)["coordinates"], ring);
    }
}
