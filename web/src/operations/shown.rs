//! What is answered about the operation.

use serde::Serialize;
use skyhaul_actors::environment::Environment;
use skyhaul_telemetry::tracks::Alert;
use skyhaul_telemetry::view::DepotView;
use utoipa::ToSchema;

use super::audit::{AuditRow, Refusal};
use crate::calendar::{Calendar, unix_micros_text};
use crate::context::Context;
use crate::dashboard::basemap::BasemapResponse;
use crate::http::query::ITEMS_MAX;
use crate::ingestion::BODY_BYTES_MAX;
use crate::location::Location;
use crate::services::TELEMETRY_PATH;

mod simulation;

pub(crate) use self::simulation::{ActionsResponse, DeadLettersResponse, ParkedResponse, SimulationResponse};

/// What a page needs to know before it begins.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ConfigResponse {
    /// The scenario's name.
    scenario: String,
    /// Where telemetry listens.
    telemetry: TelemetryAddress,
    /// The service area.
    area: AreaResponse,
    /// Virtual time now.
    now: String,
    /// Where virtual time began.
    epoch: String,
    /// Virtual seconds a second: 0 while it is paused, `null` where the world runs as fast as it can.
    speed: Option<f64>,
    /// The map that the operator brought; `null` where there is none.
    basemap: Option<BasemapResponse>,
    /// What a map of it must name.
    attribution: &'static str,
    /// What is refused beyond.
    limits: LimitsResponse,
    /// The `ownerId` that whoever asks orders for; `null` where it may be any, or none.
    #[serde(rename = "ownerId")]
    owner_id: Option<String>,
}

/// Where telemetry listens.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct TelemetryAddress {
    /// The host; `null` where it is the page's own.
    host: Option<String>,
    /// `wss` where the listener speaks TLS, else `ws`. Behind a proxy that speaks TLS, a page goes by its own address.
    scheme: &'static str,
    /// The port.
    port: u16,
    /// The path.
    path: &'static str,
}

/// The service area: a circle.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct AreaResponse {
    /// Latitude and longitude.
    centre: [f64; 2],
    /// Metres.
    radius: f64,
}

/// What is refused beyond.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LimitsResponse {
    /// The largest body, bytes.
    body_bytes: usize,
    /// Most items of a page.
    page_items: usize,
    /// The heaviest parcel, kg.
    weight_kg: f64,
}

impl ConfigResponse {
    /// The configuration as it is now, for an owner where one asks.
    pub(super) fn new(context: &Context, owner_id: Option<String>) -> Self {
        let (area, telemetry) = (context.environment.area, context.settings.telemetry_address);
        let is_pages_own = telemetry.ip().is_unspecified() || telemetry.ip().is_loopback();
        Self {
            scenario: context.environment.name.clone(),
            telemetry: TelemetryAddress {
                host: (!is_pages_own).then(|| telemetry.ip().to_string()),
                scheme: if context.settings.is_secured { "wss" } else { "ws" },
                port: telemetry.port(),
                path: TELEMETRY_PATH,
            },
            area: AreaResponse {
                centre: [area.centre.lat(), area.centre.lon()],
                radius: area.radius_m,
            },
            now: context.calendar.text(context.clock.now()),
            epoch: context.calendar.text(skyhaul_engine::time::SimTime::ZERO),
            speed: finite(context.clock.speed()),
            basemap: context.settings.basemap.as_ref().map(BasemapResponse::new),
            attribution: "© OpenStreetMap contributors",
            limits: LimitsResponse {
                body_bytes: BODY_BYTES_MAX,
                page_items: ITEMS_MAX,
                weight_kg: context.heaviest.get(),
            },
            owner_id,
        }
    }
}

fn finite(speed: f64) -> Option<f64> {
    speed.is_finite().then_some(speed)
}

/// A depot and what its drones do; each is counted once, wherever it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DepotResponse {
    /// Its name.
    name: String,
    /// Where it stands.
    location: Location,
    /// How many drones may be charged or swapped at once.
    pads: u32,
    /// Drones that stand ready.
    idle: u32,
    /// Drones in the air.
    flying: u32,
    /// Drones that stand at a pickup or a drop-off.
    handling: u32,
    /// Drones on a pad.
    charging: u32,
    /// Drones that wait for a pad.
    queue: u32,
    /// Drones out of service after so many hours in the air.
    maintenance: u32,
    /// Drones out of order.
    failed: u32,
    /// Whether its drones must stay on the ground.
    is_grounded: bool,
}

impl DepotResponse {
    /// A depot as it is.
    pub(super) fn new(view: &DepotView, environment: &Environment) -> Self {
        let depot = environment.depot(view.depot);
        Self {
            name: depot.name.clone(),
            location: Location::new(depot.at, 0.0),
            pads: depot.pads,
            idle: view.idle,
            flying: view.flying,
            handling: view.handling,
            charging: view.charging,
            queue: view.queue,
            maintenance: view.maintained,
            failed: view.failed,
            is_grounded: view.is_grounded,
        }
    }
}

/// Something an operator should know.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertResponse {
    /// The number of the event that says so; newer alerts have greater ones.
    number: u64,
    /// When.
    at: String,
    /// `info`, `warning` or `critical`.
    severity: &'static str,
    /// Of which kind.
    kind: &'static str,
    /// What happened.
    text: String,
    /// The drone it is about.
    drone: Option<String>,
    /// The delivery it is about.
    delivery: Option<String>,
    /// Where.
    location: Option<Location>,
    /// Who has seen it; null where nobody said so.
    acknowledged_by: Option<String>,
    /// When they said so.
    acknowledged_at: Option<String>,
}

impl AlertResponse {
    /// An alert.
    pub(super) fn new(alert: &Alert, calendar: &Calendar) -> Self {
        Self {
            number: alert.number,
            at: calendar.text(alert.at),
            severity: alert.severity.name(),
            kind: alert.kind.name(),
            text: alert.text.clone(),
            drone: alert.drone.map(|drone| drone.to_string()),
            delivery: alert.delivery.map(|delivery| delivery.to_string()),
            location: alert.place.map(|place| Location::new(place, 0.0)),
            acknowledged_by: alert.acknowledged.as_ref().map(|seen| seen.by.clone()),
            acknowledged_at: alert.acknowledged.as_ref().map(|seen| calendar.text(seen.at)),
        }
    }
}

/// A page of who changed what, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditResponse {
    /// What was done.
    pub(super) items: Vec<AuditItem>,
    /// Where the next page begins.
    pub(super) next_cursor: Option<String>,
}

/// Something that was asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuditItem {
    /// The number of the journal's record that says so.
    number: u64,
    /// Virtual time when it took effect.
    at: String,
    /// The wall clock when it was asked.
    wall: String,
    /// Who, as far as it is known.
    by: String,
    /// What, such as `groundDepot`.
    action: String,
    /// To what.
    subject: String,
    /// Why it was not done; null where it was.
    refused: Option<&'static str>,
}

impl AuditItem {
    /// A row of the audit log.
    pub(super) fn new(row: &AuditRow, calendar: &Calendar) -> Self {
        Self {
            number: row.number,
            at: calendar.text(row.at),
            wall: unix_micros_text(row.at_unix_micros),
            by: row.by.clone(),
            action: row.action.clone(),
            subject: row.subject.clone(),
            refused: row.refusal.map(Refusal::text),
        }
    }
}
