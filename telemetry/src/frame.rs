//! What goes over the wire, in JSON: `telemetry.md`'s frames, and the parts that several frames share.
//!
//! A leg and a position are encoded once and shared by all who see them; a frame is put together from such parts.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use skyhaul_actors::environment::{Environment, Epoch};
use skyhaul_actors::event::{Leg, LegPurpose};
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;

use crate::external::{ExternalView, name_of};
use crate::tiles::Count;
use crate::view::{DeliveryView, DroneState, DroneView, FleetStats};

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// An instant as RFC 3339 in UTC with milliseconds, such as `2026-03-01T08:00:00.250Z`.
#[must_use]
pub fn rfc3339(epoch: &Epoch, at: SimTime) -> String {
    let instant = Timestamp::from_microsecond(epoch.unix_micros_at(at)).unwrap_or(Timestamp::MAX);
    format!("{instant:.3}")
}

/// A number rounded to so many decimals, as a reader wants it and not longer.
fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// A purpose's name on the wire.
const fn purpose(purpose: LegPurpose) -> &'static str {
    match purpose {
        LegPurpose::Pickup => "pickup",
        LegPurpose::Dropoff => "dropoff",
        LegPurpose::Return => "return",
        LegPurpose::Reposition => "reposition",
        LegPurpose::Divert => "divert",
    }
}

#[derive(Serialize)]
struct LegFrame {
    drone: String,
    delivery: Option<String>,
    purpose: &'static str,
    path: Vec<[f64; 4]>,
    departs: String,
    arrives: String,
    battery_wh: f64,
    battery_wh_end: f64,
}

/// A leg.
#[must_use]
pub fn leg(leg: &Leg, epoch: &Epoch) -> String {
    let departs = leg.departs();
    let path = leg
        .path
        .iter()
        .map(|waypoint| {
            let seconds = waypoint.time.since(departs).as_seconds_f64();
            [
                waypoint.at.lat(),
                waypoint.at.lon(),
                rounded(waypoint.altitude.get(), 1),
                rounded(seconds, 3),
            ]
        })
        .collect();
    text(&LegFrame {
        drone: leg.drone.to_string(),
        delivery: leg.delivery.map(|id| id.to_string()),
        purpose: purpose(leg.purpose),
        path,
        departs: rfc3339(epoch, departs),
        arrives: rfc3339(epoch, leg.arrives()),
        battery_wh: leg.battery.get(),
        battery_wh_end: (leg.battery - leg.energy).get(),
    })
}

#[derive(Serialize)]
struct PositionFrame {
    drone: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
    state: &'static str,
    latitude: f64,
    longitude: f64,
    altitude: f64,
    heading_deg: f64,
    speed_mps: f64,
    battery: f64,
    delivery: Option<String>,
    eta: Option<String>,
}

/// Where a drone is.
#[must_use]
pub fn position(view: &DroneView, epoch: &Epoch) -> String {
    text(&PositionFrame {
        drone: view.drone.to_string(),
        stale: view.is_stale,
        state: view.state.name(),
        latitude: view.at.lat(),
        longitude: view.at.lon(),
        altitude: rounded(view.altitude_m, 1),
        heading_deg: rounded(view.heading_deg, 1),
        speed_mps: rounded(view.speed_mps, 2),
        battery: rounded(view.battery, 4),
        delivery: view.delivery.map(|id| id.to_string()),
        eta: view.arrives_at.map(|at| rfc3339(epoch, at)),
    })
}

#[derive(Serialize)]
struct ExternalFrame {
    drone: String,
    external: bool,
    stale: bool,
    state: &'static str,
    latitude: f64,
    longitude: f64,
    altitude: f64,
    heading_deg: f64,
    speed_mps: f64,
    battery: Option<f64>,
    delivery: Option<String>,
    eta: Option<String>,
}

/// Where an external aircraft is.
pub(crate) fn external(view: &ExternalView) -> String {
    let movement = &view.movement;
    text(&ExternalFrame {
        drone: view.name(),
        external: true,
        stale: view.is_stale,
        state: DroneState::Idle.name(),
        latitude: movement.at.lat(),
        longitude: movement.at.lon(),
        altitude: rounded(movement.altitude_m, 1),
        heading_deg: rounded(movement.heading_deg, 1),
        speed_mps: rounded(movement.speed_mps, 2),
        battery: view.battery.map(|share| rounded(share, 4)),
        delivery: None,
        eta: None,
    })
}

/// Of what a fleet's frame tells: parts encoded before.
#[derive(Debug, Default)]
pub(crate) struct FleetPart<'a> {
    pub(crate) legs: Vec<&'a str>,
    pub(crate) positions: Vec<&'a str>,
    pub(crate) removed: Vec<DroneId>,
    /// The same of externals, by number.
    pub(crate) removed_externals: Vec<u32>,
}

impl FleetPart<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.legs.is_empty()
            && self.positions.is_empty()
            && self.removed.is_empty()
            && self.removed_externals.is_empty()
    }

    /// The fields of a `delta` after `seq`.
    pub(crate) fn body(&self, tick: u64) -> String {
        let bytes: usize = self
            .legs
            .iter()
            .chain(&self.positions)
            .map(|part| part.len() + 1)
            .sum();
        let mut body = String::with_capacity(bytes + self.removed.len() * 14 + 60);
        write!(body, "\"tick\":{tick},").expect("a string takes all");
        list(&mut body, "legs", &self.legs);
        body.push(',');
        list(&mut body, "positions", &self.positions);
        body.push_str(",\"removed\":[");
        let drones = self.removed.iter().map(DroneId::to_string);
        let externals = self.removed_externals.iter().map(|number| name_of(*number));
        for (index, name) in drones.chain(externals).enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(body, "{comma}\"{name}\"").expect("a string takes all");
        }
        body.push(']');
        body
    }
}

/// The fields of a `delta` after `seq` where there are too many drones to tell each: none of them, and how many there are in which part of the map.
pub(crate) fn counts_body(tick: u64, zoom: u32, counts: &[Count]) -> String {
    let counts: Vec<serde_json::Value> = counts
        .iter()
        .map(|count| {
            let bbox = count.tile.bounds(zoom).map(|degrees| rounded(degrees, 7));
            json!({"bbox": bbox, "flying": count.flying, "standing": count.standing})
        })
        .collect();
    fields(&json!({"tick": tick, "legs": [], "positions": [], "removed": [], "counts": counts}))
}

fn list(body: &mut String, name: &str, parts: &[&str]) {
    body.push('"');
    body.push_str(name);
    body.push_str("\":[");
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(part);
    }
    body.push(']');
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryFrame<'a> {
    delivery_id: String,
    stage: &'static str,
    drone_id: Option<String>,
    carrier: Option<&'a str>,
    last_known_location: LocationFrame,
    #[serde(rename = "pickupETA")]
    pickup_eta: String,
    #[serde(rename = "pickupETALow")]
    pickup_eta_low: String,
    #[serde(rename = "pickupETAHigh")]
    pickup_eta_high: String,
    #[serde(rename = "deliveryETA")]
    delivery_eta: String,
    #[serde(rename = "deliveryETALow")]
    delivery_eta_low: String,
    #[serde(rename = "deliveryETAHigh")]
    delivery_eta_high: String,
    arrived_at: Option<String>,
}

#[derive(Serialize)]
struct LocationFrame {
    altitude: f64,
    latitude: f64,
    longitude: f64,
}

/// The fields of a `delivery` after `seq`.
pub(crate) fn delivery_body(view: &DeliveryView, environment: &Environment) -> String {
    let epoch = &environment.epoch;
    let frame = DeliveryFrame {
        delivery_id: view.delivery.to_string(),
        stage: view.stage.name(),
        drone_id: view.drone.map(|drone| drone.to_string()),
        carrier: view
            .carrier
            .map(|carrier| environment.carrier(carrier).name.as_str()),
        last_known_location: LocationFrame {
            altitude: rounded(view.altitude_m, 1),
            latitude: view.at.lat(),
            longitude: view.at.lon(),
        },
        pickup_eta: rfc3339(epoch, view.pickup_eta),
        pickup_eta_low: rfc3339(epoch, view.pickup_between.low),
        pickup_eta_high: rfc3339(epoch, view.pickup_between.high),
        delivery_eta: rfc3339(epoch, view.delivery_eta),
        delivery_eta_low: rfc3339(epoch, view.delivery_between.low),
        delivery_eta_high: rfc3339(epoch, view.delivery_between.high),
        arrived_at: view.arrived_at.map(|at| rfc3339(epoch, at)),
    };
    let flown = view
        .leg
        .as_ref()
        .map_or_else(|| "null".to_owned(), |flown| leg(flown, epoch));
    let mut body = fields(&frame);
    body.push_str(",\"leg\":");
    body.push_str(&flown);
    body
}

/// The fields of a `stats` after `seq`.
pub(crate) fn stats_body(stats: &FleetStats, behind_s: f64) -> String {
    let drones: serde_json::Map<_, _> = stats
        .drones
        .iter()
        .map(|(state, count)| (state.name().to_owned(), json!(count)))
        .collect();
    let deliveries: serde_json::Map<_, _> = stats
        .deliveries
        .iter()
        .map(|(stage, count)| (stage.name().to_owned(), json!(count)))
        .collect();
    fields(&json!({
        "drones": drones,
        "deliveries": deliveries,
        "completedPerMinute": stats.completed_per_minute,
        "waitP50S": rounded(stats.wait_p50_s, 3),
        "waitP95S": rounded(stats.wait_p95_s, 3),
        "waiting": stats.waiting,
        "behindS": rounded(behind_s, 3),
    }))
}

/// A frame of a subscription with a body encoded before.
#[must_use]
pub fn numbered(kind: &str, id: &str, seq: u64, body: &str) -> String {
    let id = text(&id);
    format!(r#"{{"type":"{kind}","id":{id},"seq":{seq},{body}}}"#)
}

/// A `gap`.
#[must_use]
pub fn gap(id: &str, missed: u64) -> String {
    text(&json!({"type": "gap", "id": id, "missed": missed}))
}

/// A `clock`. A world that runs as fast as it can has no speed to tell.
pub(crate) fn clock(epoch: &Epoch, now: SimTime, speed: f64) -> String {
    text(&json!({"type": "clock", "now": rfc3339(epoch, now), "speed": speed}))
}

/// A `hello`.
pub(crate) fn hello(
    began: &Epoch,
    now: SimTime,
    speed: f64,
    epoch: u32,
    limits: &serde_json::Value,
) -> String {
    let now = rfc3339(began, now);
    text(&json!({
        "type": "hello",
        "version": VERSION,
        "now": now,
        "speed": speed,
        "epoch": epoch,
        "limits": limits,
    }))
}

/// An `error`, about a subscription where it is about one.
pub(crate) fn error(code: &str, message: &str, id: Option<&str>) -> String {
    text(&json!({"type": "error", "code": code, "message": message, "id": id}))
}

/// Anything as JSON text.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// An object as JSON text, without its braces.
fn fields(value: &impl Serialize) -> String {
    let mut text = text(value);
    text.pop();
    text.remove(0);
    text
}
