//! Confirmations: what a receiver gave, kept, and checked against what the request asked for.

use std::sync::Arc;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use skyhaul_actors::command::{Command, ConfirmationKind, ConfirmationRecord};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_actors::stage::Stage;
use utoipa::ToSchema;

use super::Delivery;
use super::row::{ConfirmationRow, DeliveryRow, blob_row, confirmation_rows};
use super::shown::ConfirmationResponse;
use super::write::PutDeliveryLocation;
use crate::change::delivery_id;
use crate::gateway::caller::Caller;
use crate::http::fields::{Faults, Fields, Letters, Named as _};
use crate::http::problem::Problem;
use crate::http::schema::InstantSaid;
use crate::location::read_location;
use crate::names::ConfirmationSaid;

/// The largest body: a picture of a door in base 64 has some hundred kilobytes. Larger ones are answered 413.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Most confirmations of one delivery: one is asked for, and a courier may have to try again. Further ones are answered 409.
const CONFIRMATIONS_MAX: usize = 16;

/// A receiver's confirmation.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct ConfirmDeliveryRequest {
    /// When it was given.
    date_time: Option<ConfirmationTime>,
    /// Where it was given: `latitude`, `longitude` and `altitude`.
    #[schema(value_type = Option<PutDeliveryLocation>)]
    geo_coordinates: Option<Value>,
    /// What was given: `FingerPrint` (0), `Picture` (1), `Voice` (2) or `None` (3).
    #[schema(value_type = ConfirmationSaid)]
    confirmation_type: String,
    /// What was given, as text; usually base 64.
    confirmation_blob: Option<String>,
}

/// When a confirmation was given.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct ConfirmationTime {
    /// RFC 3339, or milliseconds since 1970.
    #[schema(value_type = Option<InstantSaid>)]
    date_time_value: Option<String>,
}

/// What a client says about a confirmation.
struct Said {
    record: ConfirmationRecord,
    blob: String,
}

/// Confirms a delivery: what was given is kept, and must be what the request asked for.
#[utoipa::path(
    post,
    path = "/api/deliveries/{id}/confirmations",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    request_body = ConfirmDeliveryRequest,
    responses(
        (status = 200, description = "Kept"),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There is nothing to confirm", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is larger than 1 MiB", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is not what was asked for", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn confirm_delivery(
    service: Data<Delivery>,
    path: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (id, row, body) = service.named(&path, (&http, payload), BODY_BYTES_MAX).await?;
    let said = read(&body, id)?;
    service.check(id, &row, &said)?;
    let table = service.table.clone();
    let key = blob_row(id, &said.record.blob_digest);
    let kept = web::block(move || table.keep(&key, &said.blob)).await;
    kept.map_err(|_| Problem::saturated())??;
    let commands = Arc::clone(&service.context.commands);
    commands.submit(Command::RecordConfirmation(said.record)).await?;
    Ok(HttpResponse::Ok().finish())
}

/// The confirmations of a delivery, without what was given itself.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/confirmations",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Its confirmations, oldest first", body = Vec<ConfirmationResponse>),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_confirmations(
    service: Data<Delivery>,
    path: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&path)?;
    service.get(id)?;
    let calendar = &service.context.calendar;
    let rows: Vec<ConfirmationRow> = service.table.all(&confirmation_rows(id))?;
    let is_linked = Caller::of(&http).link().is_some();
    let shown = rows.iter().map(|row| {
        let shown = ConfirmationResponse::new(row, calendar);
        if is_linked { shown.for_link() } else { shown }
    });
    let shown: Vec<_> = shown.collect();
    Ok(HttpResponse::Ok().json(shown))
}

impl Delivery {
    /// Checks a confirmation against the delivery. What was not asked for may be given all the same.
    fn check(&self, id: DeliveryId, row: &DeliveryRow, said: &Said) -> Result<(), Problem> {
        if row.stage == Stage::Cancelled {
            return Err(Problem::conflict("the delivery is cancelled"));
        }
        let (asked, given) = (row.confirmation, said.record.kind);
        if asked != ConfirmationKind::None && asked != given {
            let reason = format!("the request asked for {}, not {}", asked.name(), given.name());
            return Err(Problem::impossible("confirmationType", reason));
        }
        let kept: Vec<ConfirmationRow> = self.table.all(&confirmation_rows(id))?;
        if kept.len() >= CONFIRMATIONS_MAX {
            return Err(Problem::conflict(format!(
                "a delivery has at most {CONFIRMATIONS_MAX} confirmations"
            )));
        }
        Ok(())
    }
}

fn read(body: &Map<String, Value>, id: DeliveryId) -> Result<Said, Problem> {
    let faults = Faults::default();
    let fields = Fields::new(body, Letters::AnyCase, &faults);
    let time = fields
        .object("dateTime")
        .and_then(|time| time.instant_or_empty("dateTimeValue"));
    let place = read_location(&fields, "geoCoordinates", None);
    let kind = fields.named::<ConfirmationKind>("confirmationType");
    let kind = fields.require("confirmationType", kind);
    let blob = fields
        .text("confirmationBlob", BODY_BYTES_MAX)
        .unwrap_or_default();
    if kind.is_some_and(|kind| kind != ConfirmationKind::None) && blob.is_empty() {
        faults.impossible("confirmationBlob", "is empty");
    }
    let kind = faults.into_value(kind)?;
    let record = ConfirmationRecord {
        delivery: id,
        kind,
        given_at_unix_micros: time.flatten().map(Timestamp::as_microsecond),
        place,
        blob_digest: Sha256::digest(blob.as_bytes()).into(),
        blob_bytes: u32::try_from(blob.len()).unwrap_or(u32::MAX),
    };
    Ok(Said { record, blob })
}
