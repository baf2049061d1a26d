//! Which drone has a delivery: asked for, and given back.

use std::time::Duration;

use actix_web::http::header::{ACCEPT, HeaderMap, LOCATION};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::command::Command;
use skyhaul_actors::event::ChangeRefusal;
use skyhaul_actors::ids::{DeliveryId, DroneId};
use tokio::time::{Instant, timeout_at};

use super::Drones;
use super::fold::{Transport, TransportRow, transport_row};
use crate::change::{delivery_id, status_address, unknown_delivery};
use crate::http::problem::Problem;
use crate::ports::{Decision, StoreError};
use crate::reasons::{NoDroneReason, Undecided};

/// How long a call waits for a drone, as the contract says. A free one is assigned within milliseconds.
const ASSIGNED_WITHIN: Duration = Duration::from_secs(5);

/// How long a call waits for a drone's word that it gives a delivery back, and for that to be seen. It takes milliseconds.
const RELEASED_WITHIN: Duration = Duration::from_secs(1);

/// Asks for a delivery's drone, and waits up to 5 s for one to be assigned. The same delivery keeps its drone; one that has ended answers with the
/// drone that brought it.
#[utoipa::path(
    put,
    path = "/api/dronedeliveries/{deliveryId}",
    tag = "Drone scheduler",
    params(("deliveryId" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "The drone's id; as JSON where that is accepted", body = String, content_type = "text/plain"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No drone has it, and why", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_drone_delivery(
    service: Data<Drones>,
    id: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let is_on_its_way = service.context.inbox.request(id).is_some();
    if service.has(id)?.is_none() && !is_on_its_way {
        return Err(unknown_delivery());
    }
    let found = service
        .progress
        .until(|| Ok(service.has(id)?.filter(|by| *by != Transport::None)));
    let by = match tokio::time::timeout(ASSIGNED_WITHIN, found).await {
        Ok(by) => by?,
        Err(_) => {
            return Err(Problem::refused(
                "no drone was found in time; the delivery waits for one",
                NoDroneReason::Undecided(Undecided::Waits),
            ));
        }
    };
    match by {
        Transport::Drone(drone) => Ok(told(drone, http.headers())),
        Transport::Carrier(_) | Transport::Cancelled(_) | Transport::None => Err(not_a_drones(by)),
    }
}

/// Has the drone of a delivery give it back, so that it waits for another. One that waits already goes on waiting.
#[utoipa::path(
    delete,
    path = "/api/dronedeliveries/{deliveryId}",
    tag = "Drone scheduler",
    params(("deliveryId" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "No drone has it now; it waits for another"),
        (status = 202, description = "Not decided yet", headers(("Location" = String, description = "The delivery's status"))),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Its parcel was picked up, a carrier has it, or it has ended", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be stored", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete_drone_delivery(
    service: Data<Drones>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let is_on_its_way = service.context.inbox.request(id).is_some();
    let drone = match service.has(id)? {
        Some(Transport::Drone(drone)) => drone,
        Some(by @ (Transport::Carrier(_) | Transport::Cancelled(_))) => return Err(not_a_drones(by)),
        Some(Transport::None) => return Ok(HttpResponse::Ok().finish()),
        None if is_on_its_way => return Ok(HttpResponse::Ok().finish()),
        None => return Err(unknown_delivery()),
    };
    let commands = &service.context.commands;
    let number = commands.submit(Command::ReleaseDelivery { delivery: id }).await?;
    let limit = Instant::now() + RELEASED_WITHIN;
    let undecided = || {
        HttpResponse::Accepted()
            .insert_header((LOCATION, status_address(id)))
            .finish()
    };
    match timeout_at(limit, commands.decision(number)).await {
        Err(_) => Ok(undecided()),
        Ok(Decision::Accepted) => {
            let is_let_go = service.progress.until(|| {
                let by = service.has(id)?;
                Ok((by != Some(Transport::Drone(drone))).then_some(()))
            });
            match timeout_at(limit, is_let_go).await {
                Ok(seen) => seen.map(|()| HttpResponse::Ok().finish()).map_err(Problem::from),
                Err(_) => Ok(undecided()),
            }
        }
        Ok(Decision::Refused(ChangeRefusal::PickedUp)) => Err(Problem::conflict(
            "the drone has the parcel, or is about to take it",
        )),
        Ok(Decision::Refused(ChangeRefusal::OutOfReach)) => {
            Err(Problem::conflict("the drone's link is lost: no word reaches it"))
        }
        Ok(Decision::Refused(ChangeRefusal::NoDrone)) => Err(Problem::conflict("no drone has the delivery")),
        Ok(Decision::Refused(ChangeRefusal::Unknown)) => Err(Problem::conflict("the delivery has ended")),
    }
}

impl Drones {
    /// Who has a delivery, as far as is projected.
    fn has(&self, id: DeliveryId) -> Result<Option<Transport>, StoreError> {
        let row: Option<TransportRow> = self.table.get(&transport_row(id))?;
        Ok(row.map(|row| row.by))
    }
}

/// Why no drone has a delivery.
fn not_a_drones(by: Transport) -> Problem {
    match by {
        Transport::Carrier(reason) => Problem::refused(
            "a carrier has the delivery",
            NoDroneReason::Refused(reason.into()),
        ),
        Transport::Cancelled(reason) => Problem::refused(
            "the delivery was cancelled",
            NoDroneReason::Cancelled(reason.into()),
        ),
        Transport::Drone(_) | Transport::None => Problem::conflict("no drone has the delivery"),
    }
}

/// A drone's id as a plain text, or as JSON where the client asks for that.
fn told(drone: DroneId, headers: &HeaderMap) -> HttpResponse {
    let accepted = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accepted.contains("json") {
        HttpResponse::Ok().json(drone.to_string())
    } else {
        HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(drone.to_string())
    }
}
