//! Alerts: shown, and acknowledged by whoever has seen them.

use actix_web::http::Method;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::command::Command;

use super::Operations;
use super::shown::AlertResponse;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;

/// The endpoints.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/api/alerts").on(Method::GET, list_alerts).done())
        .service(
            Endpoint::new("/api/alerts/{id}/acknowledge")
                .on(Method::POST, acknowledge_alert)
                .done(),
        );
}

/// What deserves an operator's eye, newest first, and who has seen it.
#[utoipa::path(get, path = "/api/alerts", tag = "Operations", responses((status = 200, description = "The alerts", body = Vec<AlertResponse>)))]
pub(crate) async fn list_alerts(service: Data<Operations>) -> HttpResponse {
    let calendar = &service.context.calendar;
    let tracks = service.context.tracks.read();
    let alerts: Vec<_> = tracks
        .alerts()
        .map(|alert| AlertResponse::new(alert, calendar))
        .collect();
    drop(tracks);
    HttpResponse::Ok().json(alerts)
}

/// Says that somebody has seen an alert. Whoever said so first is kept.
#[utoipa::path(post, path = "/api/alerts/{id}/acknowledge", tag = "Operations",
    params(("id" = u64, Path, description = "The alert's number")),
    responses(
        (status = 200, description = "The alert as it is now", body = AlertResponse),
        (status = 202, description = "Durable, and kept once the world has caught up", body = AlertResponse),
        (status = 404, description = "No alert that is kept has this number", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn acknowledge_alert(
    service: Data<Operations>,
    id: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::not_found("no alert that is kept has this number");
    let alert: u64 = id.parse().map_err(|_| unknown())?;
    let find = || {
        service
            .context
            .tracks
            .read()
            .alert(alert)
            .cloned()
            .ok_or_else(unknown)
    };
    let calendar = &service.context.calendar;
    let known = find()?;
    if known.acknowledged.is_some() {
        return Ok(HttpResponse::Ok().json(AlertResponse::new(&known, calendar)));
    }
    let seen = service
        .operate(&http, Command::AcknowledgeAlert { alert })
        .await?;
    // It may have been pushed out by newer ones meanwhile.
    let shown = AlertResponse::new(&find().unwrap_or(known), calendar);
    Ok(match seen {
        Some(_) => HttpResponse::Ok().json(shown),
        None => HttpResponse::Accepted().json(shown),
    })
}
