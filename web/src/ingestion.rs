//! Ingestion: takes requests, once each, and changes of them; answers when they are durable.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use prometheus::IntCounter;
use skyhaul_actors::command::{Command, DeliveryRequest, IdempotencyKey};
use skyhaul_actors::ids::DeliveryId;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::change::{Standing, Standings as _, Verdict, delivery_id, status_address};
use crate::context::Context;
use crate::gateway::caller::Caller;
use crate::http::body::json_object;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::ports::{KeyValueStore, Projection, StoreError, SubmitError};
use crate::store::StoredProjection;
use crate::trace;

pub(crate) mod fold;
pub(crate) mod once;
pub(crate) mod request;

use self::fold::{IngestionFold, Outcomes};
use self::once::{Claim, Once, Scope, Ticket};
use self::request::{
    CreateDeliveryRequest, CreateDeliveryResponse, RescheduleDeliveryRequest, RescheduleDeliveryResponse,
};

/// The largest body: a request has half a kilobyte, so this leaves room for long texts. Larger ones are answered 413.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// The header that makes a request be one request.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, as the contract says.
const KEY_BYTES_MAX: usize = 255;

/// The service.
pub(crate) struct Ingestion {
    context: Arc<Context>,
    once: Arc<Once>,
    outcomes: Outcomes,
}

impl Ingestion {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Arc<Context>,
        store: Arc<dyn KeyValueStore>,
        keys_pushed_out: IntCounter,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let waiting = Arc::default();
        let fold = IngestionFold::new(Arc::clone(&context.inbox), Arc::clone(&waiting), keys_pushed_out);
        let projection = StoredProjection::open(store, fold)?;
        let service = Self {
            context: Arc::clone(context),
            once: Arc::new(Once::new(projection.table(), waiting)),
            outcomes: Outcomes::new(
                projection.table(),
                projection.progress(),
                Arc::clone(&context.inbox),
            ),
        };
        Ok((service, Box::new(projection)))
    }

    /// Takes a request that is not to be taken once only.
    async fn take(&self, mut request: DeliveryRequest) -> Result<DeliveryId, Problem> {
        let id = mint();
        request.delivery = id;
        label(&mut request);
        trace::begins(id);
        self.context.take(request).await?;
        Ok(id)
    }

    /// Takes a request unless the same was taken before. What is taken goes on where its client hangs up, so that a repetition finds it.
    async fn take_once(
        &self,
        mut request: DeliveryRequest,
        key: IdempotencyKey,
    ) -> Result<DeliveryId, Problem> {
        let scope = Scope {
            owner: request.owner.clone(),
            key: key.key.clone(),
        };
        let claim = self
            .once
            .claim(scope, key.body_digest, key.used_at_unix_micros)
            .await?;
        let ticket = match claim {
            Claim::Again(id) => return Ok(id),
            Claim::First(ticket) => ticket,
        };
        let id = mint();
        request.delivery = id;
        request.idempotency = Some(key);
        label(&mut request);
        trace::begins(id);
        let (answer, answered) = oneshot::channel();
        let context = Arc::clone(&self.context);
        actix_web::rt::spawn(trace::carried(async move {
            let _ = answer.send(take_with(&context, request, ticket, id).await);
        }));
        answered
            .await
            .unwrap_or_else(|_| Err(SubmitError::NotReady.into()))
    }
}

async fn take_with(
    context: &Context,
    request: DeliveryRequest,
    ticket: Ticket,
    id: DeliveryId,
) -> Result<DeliveryId, Problem> {
    let taken = context.take(request).await.map(|()| id);
    ticket.settle(taken.clone());
    taken
}

fn mint() -> DeliveryId {
    DeliveryId(Uuid::new_v4().as_u128())
}

/// A parcel without a label of its client's goes by its delivery's id.
fn label(request: &mut DeliveryRequest) {
    if request.package.label.is_empty() {
        request.package.label = request.delivery.to_string();
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::new("/api/deliveryrequests")
                .on(Method::POST, create_delivery)
                .done(),
        )
        .service(
            Endpoint::new("/api/deliveryrequests/{id}")
                .on(Method::PATCH, reschedule_delivery)
                .on(Method::DELETE, cancel_delivery)
                .done(),
        );
}

/// Asks for a delivery.
///
/// Answered once the request is durable. With an `Idempotency-Key`, the same key and body give the same answer and one delivery within 24 hours.
#[utoipa::path(
    post,
    path = "/api/deliveryrequests",
    tag = "Ingestion",
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, description = "Any text up to 255 bytes")),
    request_body = CreateDeliveryRequest,
    responses(
        (status = 202, description = "Taken, and durable", body = CreateDeliveryResponse,
            headers(("Location" = String, description = "The delivery"))),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be, or the key came with another body", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too much waits, or it cannot be stored", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create_delivery(
    service: Data<Ingestion>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&http)?;
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let (asked, mut request) = CreateDeliveryRequest::read(&body, &service.context)?;
    let people = &service.context.people;
    Caller::of(&http).check_owner(&people.pseudonym(&request.owner)?)?;
    people.disguise(&mut request).await?;
    let is_placeholder = request.pickup.is_placeholder || request.dropoff.is_placeholder;
    let id = match key {
        None => service.take(request).await?,
        Some(key) => {
            let key = IdempotencyKey {
                key,
                body_digest: asked.digest()?,
                used_at_unix_micros: jiff::Timestamp::now().as_microsecond(),
            };
            service.take_once(request, key).await?
        }
    };
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/api/deliveries/{id}")))
        .json(CreateDeliveryResponse::new(asked, id, is_placeholder)))
}

/// Changes where or when, until the parcel is picked up.
#[utoipa::path(
    patch,
    path = "/api/deliveryrequests/{id}",
    tag = "Ingestion",
    params(("id" = Uuid, Path, description = "The delivery")),
    request_body = RescheduleDeliveryRequest,
    responses(
        (status = 200, description = "Changed", body = RescheduleDeliveryResponse),
        (status = 202, description = "Not decided yet", headers(("Location" = String, description = "The delivery's status"))),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too late", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reschedule_delivery(
    service: Data<Ingestion>,
    id: web::Path<String>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let changes = RescheduleDeliveryRequest::read(&body, &service.context)?;
    let _editing = service.context.edits.of(&id.to_string()).await;
    let verdict = if changes == Default::default() {
        match service.outcomes.standing(id)? {
            Standing::Open => Verdict::Done,
            ended => Verdict::Ended(ended),
        }
    } else {
        let command = Command::RescheduleDelivery {
            delivery: id,
            changes,
        };
        service
            .context
            .changes
            .change(id, command, &service.outcomes)
            .await?
    };
    match verdict.problem() {
        Some(problem) => Err(problem),
        None if verdict == Verdict::Done => Ok(HttpResponse::Ok().json(RescheduleDeliveryResponse::new(id))),
        None => Ok(undecided(id)),
    }
}

/// Cancels a delivery, until the parcel is picked up.
#[utoipa::path(
    delete,
    path = "/api/deliveryrequests/{id}",
    tag = "Ingestion",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 204, description = "Cancelled, now or before"),
        (status = 202, description = "Not decided yet", headers(("Location" = String, description = "The delivery's status"))),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too late", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cancel_delivery(
    service: Data<Ingestion>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let command = Command::CancelDelivery { delivery: id };
    let verdict = service
        .context
        .changes
        .change(id, command, &service.outcomes)
        .await?;
    if matches!(verdict, Verdict::Done | Verdict::Ended(Standing::Cancelled)) {
        return Ok(HttpResponse::NoContent().finish());
    }
    verdict.problem().map_or_else(|| Ok(undecided(id)), Err)
}

/// Not decided yet: look at the status.
pub(crate) fn undecided(id: DeliveryId) -> HttpResponse {
    HttpResponse::Accepted()
        .insert_header((LOCATION, status_address(id)))
        .finish()
}

fn idempotency_key(http: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = http.headers().get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    match std::str::from_utf8(value.as_bytes()) {
        Ok(key) if !key.is_empty() && key.len() <= KEY_BYTES_MAX => Ok(Some(key.to_owned())),
        _ => {
            let reason = format!("the header Idempotency-Key must be a text of 1 to {KEY_BYTES_MAX} bytes");
            Err(Problem::malformed(reason))
        }
    }
}
