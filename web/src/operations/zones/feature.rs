//! Zones as GeoJSON, which has no circles: a circle is shown as the polygon round it.

use serde_json::{Map, Value, json};
use skyhaul_actors::environment::{Zone, ZoneShape};
use skyhaul_engine::geo::{LocalPlane, Position};

use crate::calendar::Calendar;
use crate::geojson::{feature, polygon};

/// Corners of a circle's polygon: at 3 km radius it strays by 4 m.
const CORNERS: u32 = 64;

/// A zone as a feature.
pub(super) fn zone_feature(zone: &Zone, calendar: &Calendar) -> Value {
    let mut properties = Map::new();
    properties.insert("name".to_owned(), json!(zone.name));
    for (name, at) in [("from", zone.from), ("until", zone.until)] {
        if let Some(at) = at {
            properties.insert(name.to_owned(), json!(calendar.text(at)));
        }
    }
    if zone.floor_m > 0.0 {
        properties.insert("floor".to_owned(), json!(zone.floor_m));
    }
    if let Some(ceiling_m) = zone.ceiling_m {
        properties.insert("ceiling".to_owned(), json!(ceiling_m));
    }
    let corners = match &zone.shape {
        ZoneShape::Polygon(corners) => corners.clone(),
        ZoneShape::Circle { centre, radius_m } => {
            properties.insert("centre".to_owned(), json!([centre.lat(), centre.lon()]));
            properties.insert("radius".to_owned(), json!(radius_m));
            corners_of(*centre, *radius_m)
        }
    };
    let mut shown = feature(polygon(&corners), Value::Object(properties));
    shown["id"] = json!(zone.name);
    shown
}

/// The corners of the polygon that touches the circle from outside.
fn corners_of(centre: Position, radius_m: f64) -> Vec<Position> {
    let plane = LocalPlane::new(centre);
    let step = std::f64::consts::TAU / f64::from(CORNERS);
    let reach_m = radius_m / (step / 2.0).cos();
    (0..CORNERS)
        .map(|corner| {
            let (sin, cos) = (f64::from(corner) * step).sin_cos();
            plane.to_position((reach_m * cos, reach_m * sin))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::environment::Epoch;
    use skyhaul_engine::time::SimTime;

    use super::*;

    #[test]
    fn a_circles_polygon_holds_the_circle_and_little_more() {
        let centre = Position::new(43.81, 11.2).expect("on the sphere");
        let corners = corners_of(centre, 3_000.0);
        assert_eq!(corners.len(), 64);
        for corner in corners {
            let distance_m = centre.distance_m(corner);
            assert!((3_000.0..3_005.0).contains(&distance_m), "{distance_m}");
        }
    }

    #[test]
    fn a_zone_says_when_it_is_in_force_and_what_circle_it_is() {
        let calendar = Calendar::new(Epoch {
            unix_micros: 0,
            utc_offset_s: 0,
        });
        let zone = Zone {
            name: "airport".to_owned(),
            shape: ZoneShape::Circle {
                centre: Position::new(43.81, 11.2).expect("on the sphere"),
                radius_m: 3_000.0,
            },
            from: None,
            until: Some(SimTime::from_micros(1_000)),
            announced: None,
            floor_m: 0.0,
            ceiling_m: None,
        };
        let shown = zone_feature(&zone, &calendar);
        let properties = json!({
            "name": "airport", "until": "1970-01-01T00:00:00.001Z", "centre": [43.81, 11.2], "radius": 3_000.0,
        });
        assert_eq!(shown["properties"], properties);
        assert_eq!(shown["geometry"]["type"], "Polygon");
        assert_eq!(shown["id"], "airport");
    }
}
