//! Depots and drones under an operator's hand: shown, kept on the ground, let fly again, called home.

use actix_web::http::Method;
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::command::Command;
use skyhaul_actors::ids::{DepotId, DroneId};
use skyhaul_telemetry::view::{DroneState, DroneView};

use super::Operations;
use super::shown::DepotResponse;
use crate::drone::shown::DroneResponse;
use crate::drone::unknown_drone;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;

/// The endpoints.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/api/depots").on(Method::GET, list_depots).done())
        .service(
            Endpoint::new("/api/depots/{name}/ground")
                .on(Method::POST, ground_depot)
                .done(),
        )
        .service(
            Endpoint::new("/api/depots/{name}/release")
                .on(Method::POST, release_depot)
                .done(),
        )
        .service(
            Endpoint::new("/api/drones/{id}/recall")
                .on(Method::POST, recall_drone)
                .done(),
        );
}

/// The depots and what their drones do.
#[utoipa::path(get, path = "/api/depots", tag = "Operations", responses((status = 200, description = "The depots", body = Vec<DepotResponse>)))]
pub(crate) async fn list_depots(service: Data<Operations>) -> HttpResponse {
    let environment = &service.context.environment;
    let tracks = service.context.tracks.read();
    let depots: Vec<_> = tracks
        .depots()
        .map(|depot| DepotResponse::new(&depot, environment))
        .collect();
    drop(tracks);
    HttpResponse::Ok().json(depots)
}

/// Lets no drone of a depot take off with a new delivery. What flies brings what it has, and comes home. Where that was said before, nothing changes.
#[utoipa::path(post, path = "/api/depots/{name}/ground", tag = "Operations",
    params(("name" = String, Path, description = "The depot's name")),
    responses(
        (status = 200, description = "The depot as it is now", body = DepotResponse),
        (status = 202, description = "Durable, and in effect once the world has caught up", body = DepotResponse),
        (status = 404, description = "No depot has this name", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ground_depot(
    service: Data<Operations>,
    name: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let depot = service.depot(&name)?;
    service
        .order_depot(depot, Command::GroundDepot { depot }, &http)
        .await
}

/// Lets a depot's drones fly again, as far as operators are concerned: one that the weather keeps on the ground stays there.
#[utoipa::path(post, path = "/api/depots/{name}/release", tag = "Operations",
    params(("name" = String, Path, description = "The depot's name")),
    responses(
        (status = 200, description = "The depot as it is now", body = DepotResponse),
        (status = 202, description = "Durable, and in effect once the world has caught up", body = DepotResponse),
        (status = 404, description = "No depot has this name", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn release_depot(
    service: Data<Operations>,
    name: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let depot = service.depot(&name)?;
    service
        .order_depot(depot, Command::ReleaseDepot { depot }, &http)
        .await
}

/// Calls a drone to its depot. A delivery that it was on its way to fetch waits for another drone; one that it has, or loads, it brings first.
#[utoipa::path(post, path = "/api/drones/{id}/recall", tag = "Operations",
    params(("id" = String, Path, description = "The drone, such as `drone-7`")),
    responses(
        (status = 200, description = "The drone as it is now", body = DroneResponse),
        (status = 202, description = "Durable, and in effect once the world has caught up", body = DroneResponse),
        (status = 404, description = "No drone has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is out of order", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn recall_drone(
    service: Data<Operations>,
    id: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let drone: DroneId = id.parse().map_err(|_| unknown_drone())?;
    let before = service.drone(drone)?;
    if before.state == DroneState::Failed {
        return Err(Problem::conflict("the drone is out of order, and does not fly"));
    }
    let seen = service.operate(&http, Command::RecallDrone { drone }).await?;
    let context = &service.context;
    let shown = DroneResponse::new(&service.drone(drone)?, &context.environment, &context.calendar);
    Ok(match seen {
        Some(_) => HttpResponse::Ok().json(shown),
        None => HttpResponse::Accepted().json(shown),
    })
}

impl Operations {
    fn depot(&self, name: &str) -> Result<DepotId, Problem> {
        let depots = self.context.environment.depots.iter();
        let found = (0..)
            .map(DepotId)
            .zip(depots)
            .find(|(_, depot)| depot.name == name);
        found
            .map(|(id, _)| id)
            .ok_or_else(|| Problem::not_found("no depot has this name"))
    }

    fn drone(&self, id: DroneId) -> Result<DroneView, Problem> {
        let now = self.context.clock.now();
        let tracks = self.context.tracks.read();
        tracks.drone(id, now).ok_or_else(unknown_drone)
    }

    async fn order_depot(
        &self,
        depot: DepotId,
        command: Command,
        http: &HttpRequest,
    ) -> Result<HttpResponse, Problem> {
        let seen = self.operate(http, command).await?;
        let view = self
            .context
            .tracks
            .read()
            .depots()
            .find(|view| view.depot == depot);
        let shown = view.map(|view| DepotResponse::new(&view, &self.context.environment));
        Ok(match seen {
            Some(_) => HttpResponse::Ok().json(shown),
            None => HttpResponse::Accepted().json(shown),
        })
    }
}
