//! Third-party transportation: whether a third party must carry a parcel, and what became of its bookings.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use skyhaul_actors::environment::FleetSpec;
use skyhaul_actors::flight::Conditions;
use skyhaul_actors::mission::{Errand, READY_SHARE, Starting, assess};
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::change::delivery_id;
use crate::context::Context;
use crate::http::body::json_object;
use crate::http::endpoint::Endpoint;
use crate::http::fields::{Faults, Fields, Letters};
use crate::http::problem::Problem;
use crate::ingestion::BODY_BYTES_MAX;
use crate::ingestion::request::read_weight;
use crate::location::read_required_location;
use crate::ports::{KeyValueStore, Projection, StoreError};
use crate::store::{StoredProjection, Table};

pub(crate) mod fold;
pub(crate) mod shown;

use self::fold::{BookingRow, CarrierFold, booking_row};
use self::shown::{AssessTransportRequest, BookingResponse, CarrierResponse};

/// The service.
pub(crate) struct Carriers {
    context: Arc<Context>,
    table: Table,
}

impl Carriers {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Arc<Context>,
        store: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let projection = StoredProjection::open(store, CarrierFold)?;
        let service = Self {
            context: Arc::clone(context),
            table: projection.table(),
        };
        Ok((service, Box::new(projection)))
    }

    /// Whether a drone of the fleet, fresh from its depot, can do the errand now.
    fn a_drone_can(&self, errand: &Errand) -> bool {
        self.context
            .environment
            .fleets
            .iter()
            .any(|fleet| self.fleet_can(fleet, errand))
    }

    fn fleet_can(&self, fleet: &FleetSpec, errand: &Errand) -> bool {
        let environment = &self.context.environment;
        let aircraft = environment.aircraft(fleet.aircraft);
        let home = environment.depot(fleet.depot).at;
        let starting = Starting {
            at: home,
            altitude_m: 0.0,
            home,
            battery: WattHours::new(aircraft.battery_capacity.get() * READY_SHARE),
            time: self.context.clock.now(),
        };
        let surroundings = self.context.surroundings();
        let conditions = Conditions {
            airspace: surroundings.airspace.known_at(self.context.clock.now()),
            weather: &environment.weather,
        };
        fleet.count > 0 && assess(aircraft, errand, starting, &environment.area, conditions).is_ok()
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::new("/api/thirdpartydeliveries/{id}")
                .on(Method::GET, get_booking)
                .on(Method::PUT, assess_transport)
                .done(),
        )
        .service(
            Endpoint::new("/api/carriers")
                .on(Method::GET, list_carriers)
                .done(),
        );
}

/// The carriers that there are.
#[utoipa::path(
    get,
    path = "/api/carriers",
    tag = "Third-party transportation",
    responses((status = 200, description = "Each by its name", body = Vec<CarrierResponse>))
)]
pub(crate) async fn list_carriers(service: Data<Carriers>) -> HttpResponse {
    let carriers = service.context.environment.carriers.iter();
    HttpResponse::Ok().json(carriers.map(CarrierResponse::new).collect::<Vec<_>>())
}

/// Whether a third party must carry a parcel: `true` where it is out of the drones' range, weight or service area.
#[utoipa::path(
    put,
    path = "/api/thirdpartydeliveries/{id}",
    tag = "Third-party transportation",
    params(("id" = String, Path, description = "The client's own label for the question")),
    request_body = AssessTransportRequest,
    responses(
        (status = 200, description = "Whether a third party must carry it", body = bool, content_type = "application/json"),
        (status = 400, description = "It cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn assess_transport(
    service: Data<Carriers>,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = json_object(&http, payload, BODY_BYTES_MAX).await?;
    let errand = read(&body, service.context.heaviest)?;
    let answer = web::block(move || !service.a_drone_can(&errand)).await;
    Ok(HttpResponse::Ok().json(answer.map_err(|_| Problem::saturated())?))
}

/// The carrier that has a delivery, or had it: its price, its estimate, how far it has come.
#[utoipa::path(
    get,
    path = "/api/thirdpartydeliveries/{id}",
    tag = "Third-party transportation",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "The booking", body = BookingResponse),
        (status = 404, description = "No carrier was booked for it", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_booking(
    service: Data<Carriers>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let row: Option<BookingRow> = service.table.get(&booking_row(id))?;
    let row = row.ok_or_else(|| Problem::not_found("no carrier was booked for a delivery with this id"))?;
    let (environment, calendar) = (&service.context.environment, &service.context.calendar);
    Ok(HttpResponse::Ok().json(BookingResponse::new(id, &row, environment, calendar)))
}

fn read(body: &Map<String, Value>, heaviest: Kilograms) -> Result<Errand, Problem> {
    let faults = Faults::default();
    let fields = Fields::new(body, Letters::AnyCase, &faults);
    let pickup = read_required_location(&fields, "pickup", None);
    let dropoff = read_required_location(&fields, "dropoff", None);
    let weight = read_weight(&fields, heaviest).unwrap_or(0.0);
    let errand = pickup.zip(dropoff).map(|(pickup, dropoff)| Errand {
        pickup: pickup.at,
        dropoff: dropoff.at,
        weight: Kilograms::new(weight),
    });
    faults.into_value(errand)
}
