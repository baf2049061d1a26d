//! Writing deliveries: put one, change one, cancel one.

use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use skyhaul_actors::command::{
    Command, ConfirmationKind, DeliveryRequest, PackageRecord, PackageSize, Place, RescheduleChanges,
};
use skyhaul_actors::environment::Area;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::units::Kilograms;
use utoipa::ToSchema;

use super::Delivery;
use super::row::DeliveryRow;
use super::shown::DeliveryResponse;
use crate::calendar::Calendar;
use crate::change::{Standing, Verdict, delivery_id, unknown_delivery};
use crate::gateway::caller::Caller;
use crate::http::body::json_object;
use crate::http::etag;
use crate::http::fields::{Faults, Fields, Letters};
use crate::http::problem::Problem;
use crate::http::schema::{InstantOrEmptySaid, LatitudeSaid, LongitudeSaid, NumberSaid};
use crate::ingestion::BODY_BYTES_MAX;
use crate::ingestion::request::OWNER_BYTES_MAX;
use crate::ingestion::undecided;
use crate::location::{read_location, read_required_location};
use crate::names::ConfirmationSaid;
use crate::trace;

/// A delivery as a client puts it. `droneId` is not read: drones are assigned by the scheduler.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct PutDeliveryRequest {
    /// Its id; must be the path's.
    id: Option<String>,
    /// Who asks.
    owner: PutDeliveryOwner,
    /// Where the parcel is.
    pickup: PutDeliveryLocation,
    /// Where it goes.
    dropoff: PutDeliveryLocation,
    /// By when it should arrive: RFC 3339, or empty.
    #[schema(value_type = Option<InstantOrEmptySaid>)]
    deadline: Option<String>,
    /// Whether it goes before others.
    expedited: Option<bool>,
    /// What the receiver must give.
    #[schema(value_type = Option<ConfirmationSaid>)]
    confirmation_required: Option<String>,
}

/// Who asks for a delivery.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct PutDeliveryOwner {
    /// The owner.
    #[schema(min_length = 1, max_length = 256)]
    user_id: String,
    /// The owner's account.
    account_id: Option<String>,
}

/// A place on WGS 84 as a client puts it.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct PutDeliveryLocation {
    /// Metres above ground; 0 where left out.
    #[schema(value_type = Option<NumberSaid>)]
    altitude: Option<f64>,
    /// Degrees, north positive.
    #[schema(value_type = LatitudeSaid)]
    latitude: f64,
    /// Degrees, east positive.
    #[schema(value_type = LongitudeSaid)]
    longitude: f64,
}

/// A change of a delivery; what is left out stays.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct PatchDeliveryRequest {
    /// Where the parcel is.
    pickup: Option<PutDeliveryLocation>,
    /// Where it goes.
    dropoff: Option<PutDeliveryLocation>,
    /// By when it should arrive: RFC 3339; empty for no deadline.
    #[schema(value_type = Option<InstantOrEmptySaid>)]
    deadline: Option<String>,
}

/// Puts a delivery: one that is not there is dispatched like a request, one that is there is changed, until its parcel is picked up.
#[utoipa::path(
    put,
    path = "/api/deliveries/{id}",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    request_body = PutDeliveryRequest,
    responses(
        (status = 201, description = "Created", body = DeliveryResponse, headers(("Location" = String, description = "The delivery"))),
        (status = 204, description = "Replaced"),
        (status = 202, description = "Not decided yet", headers(("Location" = String, description = "The delivery's status"))),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The ids differ, or it is too late", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not as `If-Match` or `If-None-Match` says", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put_delivery(
    service: Data<Delivery>,
    path: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let id = path
        .parse()
        .map_err(|_| Problem::malformed("a delivery's id is a UUID"))?;
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let mut request = read_put(&body, id, &service)?;
    let caller = Caller::of(&http);
    let people = &service.context.people;
    caller.check_owner(&people.pseudonym(&request.owner)?)?;
    people.disguise(&mut request).await?;
    let _editing = service.context.edits.of(&path).await;
    let found = service.find(id)?;
    if let Some(row) = &found
        && caller.only().is_some_and(|_| *request.owner != *row.owner)
    {
        return Err(unknown_delivery());
    }
    let shown = found
        .as_ref()
        .map(|row| service.shown(id, row.clone()))
        .transpose()?;
    etag::check(&http, shown.as_ref())?;
    match found {
        None => service.create(request).await,
        Some(row) => service.replace(&row, request).await,
    }
}

/// Changes where or when, until the parcel is picked up.
#[utoipa::path(
    patch,
    path = "/api/deliveries/{id}",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    request_body = PatchDeliveryRequest,
    responses(
        (status = 200, description = "The delivery as it is now", body = DeliveryResponse),
        (status = 202, description = "Not decided yet", headers(("Location" = String, description = "The delivery's status"))),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too late", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It is not as `If-Match` or `If-None-Match` says", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn patch_delivery(
    service: Data<Delivery>,
    path: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&path)?;
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let changes = read_patch(
        &body,
        &service.context.environment.area,
        &service.context.calendar,
    )?;
    let _editing = service.context.edits.of(&path).await;
    let row = service.get(id)?;
    etag::check(&http, Some(&service.shown(id, row.clone())?))?;
    if changes != RescheduleChanges::default() {
        let verdict = service.reschedule(id, changes).await?;
        if let Some(problem) = verdict.problem() {
            return Err(problem);
        }
        if verdict != Verdict::Done {
            return Ok(undecided(id));
        }
    } else if row.stage.is_final() {
        return Err(Problem::conflict("the delivery has ended"));
    }
    let row = service.get(id)?;
    Ok(etag::show(&http, &service.shown(id, row)?))
}

/// Cancels a delivery, until the parcel is picked up.
#[utoipa::path(
    delete,
    path = "/api/deliveries/{id}",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Cancelled, now or before"),
        (status = 202, description = "Not decided yet", headers(("Location" = String, description = "The delivery's status"))),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too late", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete_delivery(
    service: Data<Delivery>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&path)?;
    let command = Command::CancelDelivery { delivery: id };
    let verdict = service
        .context
        .changes
        .change(id, command, service.get_ref())
        .await?;
    if matches!(verdict, Verdict::Done | Verdict::Ended(Standing::Cancelled)) {
        return Ok(HttpResponse::Ok().finish());
    }
    verdict.problem().map_or_else(|| Ok(undecided(id)), Err)
}

impl Delivery {
    async fn create(&self, request: DeliveryRequest) -> Result<HttpResponse, Problem> {
        let id = request.delivery;
        let row = DeliveryRow::requested(&request, self.context.clock.now(), 0);
        trace::begins(id);
        self.context.take(request).await?;
        Ok(HttpResponse::Created()
            .insert_header((LOCATION, format!("/api/deliveries/{id}")))
            .json(self.shown(id, row)?))
    }

    /// Changes what may change; who asked, what must be given and how urgent it is are settled with the request.
    async fn replace(&self, row: &DeliveryRow, request: DeliveryRequest) -> Result<HttpResponse, Problem> {
        let id = request.delivery;
        let is_settled_alike = *row.owner == *request.owner
            && row.expedited == request.expedited
            && row.confirmation == request.confirmation;
        if !is_settled_alike {
            let detail = "owner, expedited and confirmationRequired cannot change after the request";
            return Err(Problem::conflict(detail));
        }
        let changes = RescheduleChanges {
            pickup: Some(request.pickup),
            dropoff: Some(request.dropoff),
            deadline: Some(request.deadline),
            pickup_at: None,
        };
        let verdict = self.reschedule(id, changes).await?;
        match verdict.problem() {
            Some(problem) => Err(problem),
            None if verdict == Verdict::Done => Ok(HttpResponse::NoContent().finish()),
            None => Ok(undecided(id)),
        }
    }

    async fn reschedule(&self, id: DeliveryId, changes: RescheduleChanges) -> Result<Verdict, Problem> {
        let command = Command::RescheduleDelivery {
            delivery: id,
            changes,
        };
        self.context.changes.change(id, command, self).await
    }
}

fn read_put(
    body: &Map<String, Value>,
    id: DeliveryId,
    service: &Delivery,
) -> Result<DeliveryRequest, Problem> {
    let faults = Faults::default();
    let fields = Fields::new(body, Letters::AnyCase, &faults);
    let said_id = fields.text("id", OWNER_BYTES_MAX);
    let read = read_put_fields(&fields, id, service);
    let request = faults.into_value(read)?;
    match said_id {
        Some(said) if said.parse() != Ok(id) => Err(Problem::conflict("the body's id is not the path's")),
        _ => Ok(request),
    }
}

fn read_put_fields(fields: &Fields<'_>, id: DeliveryId, service: &Delivery) -> Option<DeliveryRequest> {
    let context = &service.context;
    let owner = fields.require("owner", fields.object("owner"));
    let user = owner
        .as_ref()
        .and_then(|owner| owner.required_text("userId", OWNER_BYTES_MAX));
    let account = owner
        .as_ref()
        .and_then(|owner| owner.text("accountId", OWNER_BYTES_MAX));
    let pickup = read_required_location(fields, "pickup", Some(&context.environment.area));
    let dropoff = read_required_location(fields, "dropoff", Some(&context.environment.area));
    let deadline = fields.instant_or_empty("deadline").flatten();
    let expedited = fields.boolean("expedited").unwrap_or(false);
    let confirmation = fields
        .named::<ConfirmationKind>("confirmationRequired")
        .unwrap_or_default();
    let owner = user?;
    Some(DeliveryRequest {
        delivery: id,
        owner: owner.clone(),
        account,
        pickup: pickup?,
        dropoff: dropoff?,
        pickup_at: context.clock.now(),
        deadline: deadline.map(|at| context.calendar.sim_time(at)),
        expedited,
        confirmation,
        package: PackageRecord {
            label: id.to_string(),
            owner: Some(owner),
            size: PackageSize::Small,
            weight: Kilograms::ZERO,
            tag: None,
        },
        idempotency: None,
    })
}

fn read_patch(
    body: &Map<String, Value>,
    area: &Area,
    calendar: &Calendar,
) -> Result<RescheduleChanges, Problem> {
    let faults = Faults::default();
    let fields = Fields::new(body, Letters::AnyCase, &faults);
    let deadline = fields.instant_or_empty("deadline");
    let place = |name| -> Option<Place> { read_location(&fields, name, Some(area)) };
    let changes = RescheduleChanges {
        pickup: place("pickup"),
        dropoff: place("dropoff"),
        deadline: deadline.map(|deadline| deadline.map(|at| calendar.sim_time(at))),
        pickup_at: None,
    };
    faults.into_value(Some(changes))
}
