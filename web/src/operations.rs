//! Operations: what a person at the controls looks at, and what the page needs to know before it begins.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{Data, ServiceConfig};

use crate::context::Context;
use crate::geojson::{GEO_JSON, collection};
use crate::http::endpoint::Endpoint;
use crate::ports::simulation::SimulationPort;

pub(crate) mod shown;
pub(crate) mod simulation;
mod zones;

use self::shown::{AlertResponse, ConfigResponse, DepotResponse};

/// The service.
pub(crate) struct Operations {
    context: Arc<Context>,
    simulation: Arc<dyn SimulationPort>,
}

impl Operations {
    /// The service; it keeps nothing.
    pub(crate) fn new(context: &Arc<Context>, simulation: Arc<dyn SimulationPort>) -> Self {
        Self {
            context: Arc::clone(context),
            simulation,
        }
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/api/config").on(Method::GET, get_config).done())
        .configure(simulation::configure)
        .service(Endpoint::new("/api/depots").on(Method::GET, list_depots).done())
        .service(Endpoint::new("/api/zones").on(Method::GET, map_zones).done())
        .service(Endpoint::new("/api/alerts").on(Method::GET, list_alerts).done());
}

/// What a page needs to know before it begins: where telemetry listens, what area is served, what time it is.
#[utoipa::path(get, path = "/api/config", tag = "Operations", responses((status = 200, description = "The configuration", body = ConfigResponse)))]
pub(crate) async fn get_config(service: Data<Operations>) -> HttpResponse {
    HttpResponse::Ok().json(ConfigResponse::new(&service.context))
}

/// The depots and what their drones do.
#[utoipa::path(get, path = "/api/depots", tag = "Operations", responses((status = 200, description = "The depots", body = Vec<DepotResponse>)))]
pub(crate) async fn list_depots(service: Data<Operations>) -> HttpResponse {
    let environment = &service.context.environment;
    let depots: Vec<_> = {
        let tracks = service.context.tracks.read();
        tracks
            .depots()
            .map(|depot| DepotResponse::new(&depot, environment))
            .collect()
    };
    HttpResponse::Ok().json(depots)
}

/// The no-fly zones as GeoJSON polygons, with `from` and `until` where they are not always in force; circles have `centre` and `radius` besides, those that do not reach from the ground up without end `floor` and `ceiling`.
#[utoipa::path(get, path = "/api/zones", tag = "Operations", responses((status = 200, description = "A GeoJSON feature collection", body = Object, content_type = "application/geo+json")))]
pub(crate) async fn map_zones(service: Data<Operations>) -> HttpResponse {
    let calendar = &service.context.calendar;
    let zones = service.context.tracks.read().zones().to_vec();
    let features = zones
        .iter()
        .map(|zone| zones::zone_feature(zone, calendar))
        .collect();
    HttpResponse::Ok()
        .content_type(GEO_JSON)
        .json(collection(features))
}

/// What deserves an operator's eye, newest first.
#[utoipa::path(get, path = "/api/alerts", tag = "Operations", responses((status = 200, description = "The alerts", body = Vec<AlertResponse>)))]
pub(crate) async fn list_alerts(service: Data<Operations>) -> HttpResponse {
    let calendar = &service.context.calendar;
    let alerts: Vec<_> = {
        let tracks = service.context.tracks.read();
        tracks
            .alerts()
            .map(|alert| AlertResponse::new(alert, calendar))
            .collect()
    };
    HttpResponse::Ok().json(alerts)
}
