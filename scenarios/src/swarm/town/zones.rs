//! No-fly zones: polygons that come and go, and circles round airports.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::time::SimDuration;

use super::{Ground, Town};
use crate::swarm::draw::{Draw, Part};
use crate::swarm::reduction::{Dimension, Reduction};

/// A depot must not lie in a zone that is always in force, nor so near, m, that nothing could take off.
const DEPOT_CLEARANCE_M: f64 = 60.0;

/// The circles round airports have this radius, m.
const AIRPORT_RADIUS_M: f64 = 250.0;

impl Town {
    pub(super) fn write_airspace(
        &mut self,
        ground: &Ground,
        depots: &[Position],
        reduction: &Reduction,
    ) -> fmt::Result {
        let mut draw = Draw::new(ground.seed, Part::Zones);
        let mut heights = Draw::new(ground.seed, Part::Heights);
        let is_clear = |at: Position, radius_m: f64| {
            depots
                .iter()
                .all(|depot| depot.distance_m(at) > radius_m + DEPOT_CLEARANCE_M)
        };
        writeln!(self.text, "\n[airspace]")?;
        if draw.chance(0.5) {
            let features: Vec<Value> = (0..draw.whole(1..=10))
                .filter_map(|number| polygon(ground, &mut draw, number, &is_clear))
                .map(|zone| limit(zone, &mut heights, ground.duration))
                .collect();
            let left = reduction.range(Dimension::Zones, features.len());
            let collection = json!({ "type": "FeatureCollection", "features": features[left] });
            self.files
                .insert("zones.geojson".to_owned(), collection.to_string());
            writeln!(self.text, "no_fly = \"zones.geojson\"")?;
        }
        let airport = draw.place(ground.centre, ground.radius_m);
        if draw.chance(0.2)
            && is_clear(airport, AIRPORT_RADIUS_M)
            && !reduction.range(Dimension::Zones, 1).is_empty()
        {
            let list = format!("lat,lon\n{},{}\n", airport.lat(), airport.lon());
            self.files.insert("airports.csv".to_owned(), list);
            writeln!(
                self.text,
                "airports = {{ file = \"airports.csv\", radius = {AIRPORT_RADIUS_M} }}"
            )?;
        }
        Ok(())
    }
}

/// A polygon, in force always or for a time; `None` where it would lie over a depot for ever.
fn polygon(
    ground: &Ground,
    draw: &mut Draw,
    number: u32,
    is_clear: &dyn Fn(Position, f64) -> bool,
) -> Option<Value> {
    let centre = draw.place(ground.centre, ground.radius_m);
    let radius_m = draw.number(30.0..=ground.radius_m / 4.0);
    let corners = draw.whole(3..=8);
    let from = draw.chance(0.6).then(|| draw.span(ground.duration));
    let until = draw.chance(0.6).then(|| draw.span(ground.duration));
    let mut ring: Vec<[f64; 2]> = (0..corners)
        .map(|corner| at_corner(centre, radius_m, corner, corners))
        .collect();
    ring.push(ring[0]);
    let is_permanent = from.is_none() && until.is_none();
    (is_clear(centre, radius_m) || !is_permanent).then(|| {
        let span = |span: Option<SimDuration>| span.map(|span| format!("{span}s"));
        json!({
            "type": "Feature",
            "properties": { "name": format!("zone {number}"), "active_from": span(from), "active_until": span(until) },
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        })
    })
}

/// Lets some zones be told of only while the town lives, and some have a floor or a ceiling.
fn limit(mut zone: Value, draw: &mut Draw, duration: SimDuration) -> Value {
    let announced = draw.chance(0.3).then(|| draw.span(duration));
    let floor_m = draw.chance(0.2).then(|| draw.number(10.0..=130.0));
    let ceiling_m = draw
        .chance(0.2)
        .then(|| floor_m.unwrap_or(0.0) + draw.number(1.0..=130.0));
    let properties = &mut zone["properties"];
    properties["announced"] = json!(announced.map(|span| format!("{span}s")));
    properties["floor_m"] = json!(floor_m);
    properties["ceiling_m"] = json!(ceiling_m);
    zone
}

fn at_corner(centre: Position, radius_m: f64, corner: u32, corners: u32) -> [f64; 2] {
    let angle = std::f64::consts::TAU * f64::from(corner) / f64::from(corners);
    let plane = LocalPlane::new(centre);
    let at = plane.to_position((radius_m * libm::cos(angle), radius_m * libm::sin(angle)));
    [at.lon(), at.lat()]
}
