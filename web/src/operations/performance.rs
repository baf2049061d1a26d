//! How well deliveries are made.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{Data, ServiceConfig};
use serde::Serialize;
use skyhaul_telemetry::view::Performance;
use utoipa::ToSchema;

use super::Operations;
use crate::http::endpoint::Endpoint;

/// The endpoint.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        Endpoint::new("/api/performance")
            .on(Method::GET, get_performance)
            .done(),
    );
}

/// How well the last deliveries were made, and what all took.
#[utoipa::path(get, path = "/api/performance", tag = "Operations", responses((status = 200, description = "The figures", body = PerformanceResponse)))]
pub(crate) async fn get_performance(service: Data<Operations>) -> HttpResponse {
    let performance = service.context.tracks.read().performance();
    HttpResponse::Ok().json(PerformanceResponse::new(&performance))
}

/// How well the last deliveries were made, and what all took.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PerformanceResponse {
    /// Deliveries with a deadline, of the last thousand, that the next figure is of.
    with_deadline: usize,
    /// Share of them that arrived by then; `null` where there is none.
    on_time_share: Option<f64>,
    /// Deliveries that the next two figures are of: the last thousand that somebody took.
    with_estimate: usize,
    /// Median of how far they arrived from when they were to, by the word given as somebody took them, s.
    eta_error_p50_s: f64,
    /// 95th percentile of the same, s.
    eta_error_p95_s: f64,
    /// Deliveries that drones brought since the start.
    completed_by_drone: u64,
    /// Deliveries that carriers brought since the start.
    completed_by_carrier: u64,
    /// Energy of all legs that were flown, empty ones too, Wh.
    energy_wh: f64,
    /// The same for each delivery that a drone brought; `null` before the first.
    energy_per_delivery_wh: Option<f64>,
}

impl PerformanceResponse {
    /// The figures.
    fn new(figures: &Performance) -> Self {
        Self {
            with_deadline: figures.with_deadline,
            on_time_share: figures.on_time_share,
            with_estimate: figures.with_estimate,
            eta_error_p50_s: figures.eta_error_p50_s,
            eta_error_p95_s: figures.eta_error_p95_s,
            completed_by_drone: figures.completed_by_drone,
            completed_by_carrier: figures.completed_by_carrier,
            energy_wh: figures.energy_wh,
            energy_per_delivery_wh: figures.energy_per_delivery_wh,
        }
    }
}
