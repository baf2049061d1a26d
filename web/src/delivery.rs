//! Delivery: every delivery as it stands, live where it is on its way, and its history.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use skyhaul_actors::environment::Environment;
use skyhaul_actors::ids::{CarrierId, DeliveryId};
use skyhaul_engine::time::SimTime;
use skyhaul_telemetry::view::DeliveryView;
use tokio::sync::Semaphore;

use crate::change::{Standing, Standings, delivery_id, unknown_delivery};
use crate::context::Context;
use crate::gateway::caller::Caller;
use crate::http::body::json_object;
use crate::http::endpoint::Endpoint;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::query::{OwnerMonth, Query};
use crate::http::schema::FlagOrEmptySaid;
use crate::names::StageSaid;
use crate::ports::{KeyValueStore, Projection, StoreError};
use crate::store::{Progress, StoredProjection, Table};
use crate::trace::DeliveryTraces;

pub(crate) mod confirmation;
mod erasure;
pub(crate) mod events;
mod failure;
mod fold;
mod forget;
mod index;
pub(crate) mod link;
mod list;
pub(crate) mod retry;
pub(crate) mod row;
pub(crate) mod shown;
pub(crate) mod track;
pub(crate) mod write;

use self::fold::DeliveryFold;
use self::row::{BySaid, DeliveryRow, count_row, delivery_row};
use self::shown::{
    DeliveriesResponse, DeliveryResponse, DeliverySummaryResponse, MilestoneResponse, OwnerResponse,
    StatusResponse, carrier_name,
};
use crate::location::Location;
use crate::notification::outbox::Outbox;
use crate::notification::request;

/// How long an answer waits for what it did to be in the store; it takes milliseconds.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// The service.
pub(crate) struct Delivery {
    pub(crate) context: Arc<Context>,
    pub(crate) table: Table,
    progress: Progress,
    /// A permit for each who follows a delivery by events.
    streams: Arc<Semaphore>,
    /// How often links were revoked since the service started.
    revocations: AtomicU64,
}

impl Delivery {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Arc<Context>,
        store: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let fold = DeliveryFold::new(Arc::clone(&context.inbox), context.calendar);
        let projection = StoredProjection::open(store, fold)?;
        let service = Self {
            context: Arc::clone(context),
            table: projection.table(),
            progress: projection.progress(),
            streams: Arc::new(Semaphore::new(events::STREAMS_MAX)),
            revocations: AtomicU64::new(0),
        };
        Ok((service, Box::new(projection)))
    }

    /// What clients are still to be told.
    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::new(self.table.clone(), self.context.calendar)
    }

    /// To which traces deliveries belong.
    pub(crate) fn traces(&self) -> DeliveryTraces {
        DeliveryTraces(self.table.clone())
    }

    /// A delivery as it was projected, or else as it was asked for. The inbox is looked at first: what leaves it is in the store by then.
    fn find(&self, id: DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
        let accepted = self.context.inbox.request(id);
        let row = self.table.get(&delivery_row(id))?;
        Ok(row.or_else(|| {
            let accepted = accepted?;
            Some(DeliveryRow::requested(&accepted.request, accepted.at, 0))
        }))
    }

    /// How many deliveries an owner asked for in a month and did not cancel.
    pub(crate) fn count(&self, asked: &OwnerMonth) -> Result<i64, StoreError> {
        let count = self
            .table
            .get(&count_row(&asked.owner, (asked.year, asked.month)))?;
        Ok(count.unwrap_or(0))
    }

    /// Whose a delivery is.
    pub(crate) fn owner(&self, id: DeliveryId) -> Result<Option<String>, StoreError> {
        Ok(self.find(id)?.map(|row| row.owner.to_string()))
    }

    /// A delivery that must be there.
    pub(crate) fn get(&self, id: DeliveryId) -> Result<DeliveryRow, Problem> {
        self.find(id)?.ok_or_else(unknown_delivery)
    }

    /// A delivery that a call names, with the call's body.
    pub(crate) async fn named(
        &self,
        id: &str,
        (http, payload): (&HttpRequest, web::Payload),
        bytes_max: usize,
    ) -> Result<(DeliveryId, DeliveryRow, Map<String, Value>), Problem> {
        let id = delivery_id(id)?;
        let row = self.get(id)?;
        let body = json_object(http, payload, bytes_max).await?;
        Ok((id, row, body))
    }

    /// A delivery on its way, as it is this instant.
    fn live(&self, id: DeliveryId) -> Option<DeliveryView> {
        let now = self.context.clock.now();
        self.context.tracks.read().delivery(id, now)
    }

    fn shown(&self, id: DeliveryId, mut row: DeliveryRow) -> Result<DeliveryResponse, StoreError> {
        if !row.stage.is_final()
            && let Some(live) = self.live(id)
        {
            (row.drone, row.carrier) = (live.drone, live.carrier);
        }
        let name = self.context.people.name(&row.owner)?;
        Ok(DeliveryResponse::new(id, (&row, name), &self.context))
    }

    /// Where a delivery is. What has ended is read from the store, what is on its way from its flight.
    fn status(&self, id: DeliveryId, row: &DeliveryRow) -> StatusResponse {
        let calendar = &self.context.calendar;
        let live = if row.stage.is_final() { None } else { self.live(id) };
        if let Some(live) = live {
            return StatusResponse {
                stage: live.stage.name(),
                carrier: carrier_name(live.carrier, &self.context),
                last_known_location: Location::new(live.at, live.altitude_m),
                pickup_eta: calendar.text(live.pickup_eta),
                pickup_eta_low: calendar.text(live.pickup_between.low),
                pickup_eta_high: calendar.text(live.pickup_between.high),
                delivery_eta: calendar.text(live.delivery_eta),
                delivery_eta_low: calendar.text(live.delivery_between.low),
                delivery_eta_high: calendar.text(live.delivery_between.high),
                arrived_at: live.arrived_at.map(|at| calendar.text(at)),
            };
        }
        let now = self.context.clock.now();
        let from = row.pickup_at.max(now);
        let (pickup, dropoff) = self.context.first_estimate(row.pickup, row.dropoff, from);
        let is_over = row.stage.is_final() || row.arrived_at.is_some();
        let earliest = if is_over { SimTime::ZERO } else { now };
        // Nobody has seen it fly yet, or it is over: what there is are the times themselves.
        let pickup_eta = calendar.text(row.pickup_eta.unwrap_or(pickup));
        let delivery_eta = calendar.text(row.delivery_eta.unwrap_or(dropoff).max(earliest));
        StatusResponse {
            stage: row.stage.name(),
            carrier: carrier_name(row.carrier, &self.context),
            last_known_location: row.parcel_at.into(),
            pickup_eta_low: pickup_eta.clone(),
            pickup_eta_high: pickup_eta.clone(),
            pickup_eta,
            delivery_eta_low: delivery_eta.clone(),
            delivery_eta_high: delivery_eta.clone(),
            delivery_eta,
            arrived_at: row.arrived_at.map(|at| calendar.text(at)),
        }
    }
}

impl Standings for Delivery {
    fn standing(&self, id: DeliveryId) -> Result<Standing, StoreError> {
        use skyhaul_actors::stage::Stage;
        Ok(match self.find(id)?.map(|row| row.stage) {
            None => Standing::Unknown,
            Some(Stage::Completed) => Standing::Completed,
            Some(Stage::Cancelled) => Standing::Cancelled,
            Some(_) => Standing::Open,
        })
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    let endpoint =
        |path: &'static str, handler: fn(Endpoint) -> Endpoint| handler(Endpoint::new(path)).done();
    config
        .service(endpoint("/api/deliveries", |at| {
            at.on(Method::GET, list_deliveries)
        }))
        .service(endpoint("/api/deliveries/summary", |at| {
            at.on(Method::GET, summarise)
        }))
        .service(endpoint("/api/deliveries/public/{id}", |at| {
            at.on(Method::GET, get_delivery)
        }))
        .service(endpoint("/api/deliveries/{id}", |at| {
            at.on(Method::GET, get_delivery)
                .on(Method::PUT, write::put_delivery)
                .on(Method::PATCH, write::patch_delivery)
                .on(Method::DELETE, write::delete_delivery)
        }))
        .service(endpoint("/api/deliveries/{id}/owner", |at| {
            at.on(Method::GET, get_owner)
        }))
        .service(endpoint("/api/deliveries/{id}/status", |at| {
            at.on(Method::GET, get_status)
        }))
        .service(endpoint("/api/deliveries/{id}/history", |at| {
            at.on(Method::GET, get_history)
        }))
        .service(endpoint("/api/deliveries/{id}/events", |at| {
            at.on(Method::GET, events::follow_delivery)
        }))
        .service(endpoint("/api/deliveries/{id}/retry", |at| {
            at.on(Method::POST, retry::retry_delivery)
        }))
        .service(endpoint("/api/deliveries/{id}/track", |at| {
            at.on(Method::GET, track::get_track)
        }))
        .service(endpoint("/api/deliveries/{id}/trackinglinks", |at| {
            at.on(Method::GET, link::list_links)
                .on(Method::POST, link::make_link)
                .on(Method::DELETE, link::revoke_links)
        }))
        .service(endpoint("/api/deliveries/{id}/trackinglinks/{link}", |at| {
            at.on(Method::DELETE, link::revoke_link)
        }))
        .service(endpoint("/api/deliveries/{id}/notifymerequests", |at| {
            at.on(Method::GET, request::list_notifications)
                .on(Method::POST, request::notify_me)
        }))
        .service(endpoint("/api/deliveries/{id}/confirmations", |at| {
            at.on(Method::GET, confirmation::get_confirmations)
                .on(Method::POST, confirmation::confirm_delivery)
        }));
}

/// A delivery; readable as soon as its request was answered. Whoever asks by a link is not told whose it is, nor what its owner agreed on.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "The delivery", body = DeliveryResponse, headers(("ETag" = String, description = "Its form"))),
        (status = 304, description = "It is as `If-None-Match` says"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_delivery(
    service: Data<Delivery>,
    id: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let row = service.get(id)?;
    let shown = service.shown(id, row)?;
    if Caller::of(&http).link().is_some() {
        return Ok(etag::show(&http, &shown.for_link()));
    }
    Ok(etag::show(&http, &shown))
}

/// Who asked for a delivery.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/owner",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Its owner", body = OwnerResponse),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_owner(
    service: Data<Delivery>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let row = service.get(delivery_id(&id)?)?;
    let name = service.context.people.name(&row.owner)?;
    Ok(HttpResponse::Ok().json(OwnerResponse::new(&row, name)))
}

/// Where a delivery is at the moment of the call, and when it arrives.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/status",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Its status", body = StatusResponse),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_status(
    service: Data<Delivery>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let row = service.get(id)?;
    Ok(HttpResponse::Ok().json(service.status(id, &row)))
}

/// Every change of a delivery's stage, oldest first; where it went back, or ended before its time, with why, at which step of its workflow, and what
/// was undone. Whoever asks by a link is told of the stages alone.
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/history",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "Its milestones", body = Vec<MilestoneResponse>),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_history(
    service: Data<Delivery>,
    id: web::Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let row = service.get(id)?;
    let mut history = service.history(id, &row)?;
    if Caller::of(&http).link().is_some() {
        history = history.into_iter().map(MilestoneResponse::for_link).collect();
    }
    Ok(HttpResponse::Ok().json(history))
}

/// Deliveries, newest first.
#[utoipa::path(
    get,
    path = "/api/deliveries",
    tag = "Delivery",
    params(
        ("ownerId" = Option<String>, Query, description = "Only those of this owner"),
        ("stage" = inline(Option<StageSaid>), Query, description = "Only those in this stage, by name or number"),
        ("by" = inline(Option<BySaid>), Query, description = "Only those that a `drone` or a `carrier` has, or brought"),
        ("carrier" = Option<String>, Query, description = "Only those that the carrier of this name has, or had last"),
        ("late" = inline(Option<FlagOrEmptySaid>), Query, description = "Only those that arrive, or arrived, after their deadline, or only the others"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "How many, 1 to 1000; 100 where nothing is said. A page may hold fewer where few fit"),
        ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{0,16}$", description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = DeliveriesResponse),
        (status = 400, description = "A parameter cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No carrier has this name", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_deliveries(
    service: Data<Delivery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let wanted = list::Wanted {
        owner: query
            .text("ownerId")
            .map(|owner| service.context.people.pseudonym(owner))
            .transpose()?,
        stage: query.named("stage"),
        by: query.named("by"),
        carrier: carrier(&query, &service.context.environment),
        is_late: query.flag("late"),
        now: service.context.clock.now(),
        limit: query.limit(),
        before: query.cursor(),
    };
    query.check()?;
    let page = web::block(move || list::page(&service.table, &wanted, &service.context));
    let page: DeliveriesResponse = page.await.map_err(|_| Problem::saturated())??;
    Ok(HttpResponse::Ok().json(page))
}

/// The carrier that is asked for by its name.
fn carrier(query: &Query, environment: &Environment) -> Option<CarrierId> {
    let name = query.text("carrier")?;
    let mut names = environment.carriers.iter().map(|carrier| &*carrier.name);
    let found = names.position(|known| known.eq_ignore_ascii_case(name));
    if found.is_none() {
        let known: Vec<_> = environment
            .carriers
            .iter()
            .map(|carrier| &*carrier.name)
            .collect();
        let known = if known.is_empty() {
            "none"
        } else {
            &known.join(", ")
        };
        query.refuse("carrier", format!("is no carrier's name; there are: {known}"));
    }
    found.and_then(|place| u16::try_from(place).ok()).map(CarrierId)
}

/// How many deliveries an owner asked for in a month, without those that were cancelled.
#[utoipa::path(
    get,
    path = "/api/deliveries/summary",
    tag = "Delivery",
    params(
        ("ownerId" = String, Query, min_length = 1, description = "The owner"),
        ("year" = u16, Query, minimum = 1, maximum = 9999, description = "The year, UTC"),
        ("month" = u8, Query, minimum = 1, maximum = 12, description = "The month, 1 to 12"),
    ),
    responses(
        (status = 200, description = "The number", body = DeliverySummaryResponse),
        (status = 400, description = "A parameter is missing or wrong", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn summarise(service: Data<Delivery>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = Query::read(&http)?.owner_and_month(None)?;
    let asked = asked.disguised(&service.context.people)?;
    let count = service.count(&asked)?;
    Ok(HttpResponse::Ok().json(DeliverySummaryResponse { count }))
}
