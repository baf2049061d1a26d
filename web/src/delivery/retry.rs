//! Retrying: an operator has a delivery that was given up asked for anew.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::command::{Command, DeliveryRequest};
use skyhaul_actors::event::CancelReason;
use skyhaul_actors::ids::DeliveryId;
use uuid::Uuid;

use super::Delivery;
use super::row::{FailureRow, failure_row};
use super::shown::RetryResponse;
use crate::change::delivery_id;
use crate::http::problem::Problem;
use crate::operations::Operations;
use crate::trace;

/// Asks anew for a delivery that was given up, from where its parcel lies now, under an id of its own. A deadline that is over is dropped.
#[utoipa::path(
    post,
    path = "/api/deliveries/{id}/retry",
    tag = "Operations",
    params(("id" = Uuid, Path, description = "The delivery that was given up")),
    responses(
        (status = 202, description = "Asked for anew, and durable", body = RetryResponse,
            headers(("Location" = String, description = "The new delivery"))),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was not given up, or was retried before", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be stored", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn retry_delivery(
    service: Data<Delivery>,
    operations: Data<Operations>,
    id: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let delivery = delivery_id(&id)?;
    let context = &service.context;
    // Whoever comes second finds it retried.
    let _editing = context.edits.of(&id).await;
    let request = service.asked_anew(delivery)?;
    let new = request.delivery;
    trace::begins(new);
    let entry = context.inbox.admit(&request, context.clock.now())?;
    let retry = Command::RetryDelivery {
        delivery,
        request: Box::new(request),
    };
    operations.operate(&http, retry).await?;
    entry.keep();
    let seen = service.progress.until(|| {
        let failure: Option<FailureRow> = service.table.get(&failure_row(delivery))?;
        Ok(failure.filter(|failure| failure.retried_as.is_some()))
    });
    // It is durable: where the store is behind, whoever asked need not wait for it.
    let _ = tokio::time::timeout(super::SEEN_WITHIN, seen).await;
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/api/deliveries/{new}")))
        .json(RetryResponse {
            delivery_id: new.to_string(),
            retry_of: delivery.to_string(),
        }))
}

impl Delivery {
    /// What to ask for in place of a delivery that was given up.
    fn asked_anew(&self, id: DeliveryId) -> Result<DeliveryRequest, Problem> {
        let row = self.get(id)?;
        let failure: Option<FailureRow> = self.table.get(&failure_row(id))?;
        let failure = failure.filter(|failure| failure.reason != CancelReason::Requested);
        let failure = failure.ok_or_else(|| Problem::conflict("the delivery was not given up"))?;
        let retried = |other| Problem::conflict(format!("it was retried as {other}"));
        if let Some(other) = failure.retried_as {
            return Err(retried(other.to_string()));
        }
        let now = self.context.clock.now();
        Ok(DeliveryRequest {
            delivery: DeliveryId(Uuid::new_v4().as_u128()),
            owner: row.owner.to_string(),
            account: row.account,
            pickup: row.parcel_at,
            dropoff: row.dropoff,
            pickup_at: row.pickup_at.max(now),
            deadline: row.deadline.filter(|deadline| *deadline > now),
            expedited: row.expedited,
            confirmation: row.confirmation,
            package: row
                .package
                .map(Arc::unwrap_or_clone)
                .ok_or_else(|| retried("another".to_owned()))?,
            idempotency: None,
        })
    }
}
