//! What is answered about drones.

use serde::Serialize;
use serde_json::Value;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Leg;
use skyhaul_telemetry::view::DroneView;
use utoipa::ToSchema;

use crate::calendar::Calendar;
use crate::delivery::track::purpose_name;
use crate::geojson::{feature, point};
use crate::location::Location;

/// Metres in a mile.
const METRES_PER_MILE: f64 = 1_609.344;

/// A drone at an instant.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DroneResponse {
    /// Its id.
    id: String,
    /// Its home's name.
    depot: String,
    /// Its type's name.
    aircraft: String,
    /// What it does: `idle`, `toPickup`, `toDropoff`, `returning`, `charging`, `maintenance` or `failed`.
    state: &'static str,
    /// Whether its link is lost: the following is what was last heard of it, and no leg is told. Absent where it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
    /// Where it is.
    location: Location,
    /// Where it heads, degrees clockwise from north.
    heading_deg: f64,
    /// Ground speed, m/s.
    speed_mps: f64,
    /// Energy left, as a share of its battery's capacity, 0 to 1.
    battery: f64,
    /// The delivery it has.
    delivery_id: Option<String>,
    /// When its leg ends.
    arrives_at: Option<String>,
    /// The leg it flies; only where one drone was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<LegResponse>,
}

/// A leg.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LegResponse {
    /// What for: `pickup`, `dropoff`, `return`, `reposition` or `divert`.
    purpose: &'static str,
    /// When it took off.
    departs: String,
    /// When it lands.
    arrives: String,
    /// Length along the path, m.
    distance_m: f64,
    /// What it carries, kg.
    payload_kg: f64,
    /// Latitude, longitude, metres above ground, and seconds after take-off; straight in between.
    path: Vec<[f64; 4]>,
}

impl DroneResponse {
    /// A drone as it is.
    pub(crate) fn new(drone: &DroneView, environment: &Environment, calendar: &Calendar) -> Self {
        Self {
            id: drone.drone.to_string(),
            depot: environment.depot(drone.depot).name.clone(),
            aircraft: environment.aircraft(drone.aircraft).name.clone(),
            state: drone.state.name(),
            stale: drone.is_stale,
            location: Location::new(drone.at, drone.altitude_m),
            heading_deg: rounded(drone.heading_deg, 10.0),
            speed_mps: rounded(drone.speed_mps, 100.0),
            battery: rounded(drone.battery, 10_000.0),
            delivery_id: drone.delivery.map(|id| id.to_string()),
            arrives_at: drone.arrives_at.map(|at| calendar.text(at)),
            leg: None,
        }
    }

    /// The same with the leg it flies.
    pub(crate) fn with_leg(self, leg: Option<&Leg>, calendar: &Calendar) -> Self {
        let leg = leg.map(|leg| LegResponse {
            purpose: purpose_name(leg.purpose),
            departs: calendar.text(leg.departs()),
            arrives: calendar.text(leg.arrives()),
            distance_m: leg.distance.get(),
            payload_kg: leg.payload.get(),
            path: path(leg),
        });
        Self { leg, ..self }
    }

    /// The same as a GeoJSON point.
    pub(crate) fn feature(&self, drone: &DroneView) -> Value {
        let properties = serde_json::to_value(self).unwrap_or_default();
        feature(point(drone.at, Some(drone.altitude_m)), properties)
    }
}

fn path(leg: &Leg) -> Vec<[f64; 4]> {
    let departs = leg.departs();
    let waypoints = leg.path.iter();
    waypoints
        .map(|waypoint| {
            let (at, seconds) = (waypoint.at, waypoint.time.since(departs).as_seconds_f64());
            [at.lat(), at.lon(), waypoint.altitude.get(), seconds]
        })
        .collect()
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// A page of drones.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DronesResponse {
    /// The drones, by number.
    pub(crate) items: Vec<DroneResponse>,
    /// Where the next page begins; absent at the end.
    pub(crate) next_cursor: Option<String>,
}

/// What an owner's deliveries took.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UtilizationResponse {
    /// Miles flown for them.
    traveled_miles: f64,
    /// Hours for which drones had them.
    assigned_hours: f64,
}

impl UtilizationResponse {
    /// So many millimetres and microseconds.
    pub(crate) fn new(millimetres: i64, micros: i64) -> Self {
        Self {
            traveled_miles: rounded(millimetres as f64 / 1_000.0 / METRES_PER_MILE, 1_000.0),
            assigned_hours: rounded(micros as f64 / 3.6e9, 10_000.0),
        }
    }
}
