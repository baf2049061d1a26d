//! Drone scheduler: the fleet as it flies, which drone has which delivery, and what each owner's deliveries took.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;
use skyhaul_telemetry::tracks::Tracks;
use skyhaul_telemetry::view::{DroneState, DroneView};

use crate::context::Context;
use crate::geojson::{GEO_JSON, collection};
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::http::query::{Bounds, OwnerMonth, Query, cursor_text};
use crate::http::schema::{BoxOrEmptySaid, FlagOrEmptySaid};
use crate::names::StateSaid;
use crate::ports::{KeyValueStore, Projection, StoreError};
use crate::store::{Progress, StoredProjection, Table};

pub(crate) mod assignment;
mod flights;
mod flown;
mod fold;
pub(crate) mod past;
pub(crate) mod remote_id;
pub(crate) mod shown;

use self::fold::{DroneFold, hours_row, metres_row};
use self::past::Past;
use self::shown::{DroneResponse, DronesResponse, UtilizationResponse};

/// The service.
pub(crate) struct Drones {
    context: Arc<Context>,
    table: Table,
    progress: Progress,
    past: Arc<Past>,
}

impl Drones {
    /// The service on its store, and the projection that fills the store.
    pub(crate) fn open(
        context: &Arc<Context>,
        store: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, Box<dyn Projection>), StoreError> {
        let past = Arc::new(Past::load(&Table::new("drone", Arc::clone(&store)))?);
        let fold = DroneFold::new(Arc::clone(&context.inbox), context.calendar, Arc::clone(&past));
        let projection = StoredProjection::open(store, fold)?;
        let service = Self {
            context: Arc::clone(context),
            table: projection.table(),
            progress: projection.progress(),
            past,
        };
        Ok((service, Box::new(projection)))
    }

    /// Millimetres flown for an owner in a month, and microseconds for which drones had the owner's deliveries.
    pub(crate) fn flown(&self, asked: &OwnerMonth) -> Result<(i64, i64), StoreError> {
        let month = (asked.year, asked.month);
        let millimetres = self.table.get(&metres_row(&asked.owner, month))?;
        let micros = self.table.get(&hours_row(&asked.owner, month))?;
        Ok((millimetres.unwrap_or(0), micros.unwrap_or(0)))
    }

    fn shown(&self, drone: &DroneView) -> DroneResponse {
        DroneResponse::new(drone, &self.context.environment, &self.context.calendar)
    }
}

/// The service's endpoints.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(Endpoint::new("/api/drones").on(Method::GET, list_drones).done())
        .service(
            Endpoint::new("/api/drones.geojson")
                .on(Method::GET, map_drones)
                .done(),
        )
        .service(
            Endpoint::new("/api/remote-id")
                .on(Method::GET, remote_id::remote_id)
                .done(),
        )
        .service(
            Endpoint::new("/api/playback")
                .on(Method::GET, past::play_back)
                .done(),
        )
        .service(
            Endpoint::new("/api/drones/{id}")
                .on(Method::GET, get_drone)
                .done(),
        )
        .service(
            Endpoint::new("/api/dronedeliveries/utilization")
                .on(Method::GET, get_utilization)
                .done(),
        )
        .service(
            Endpoint::new("/api/dronedeliveries/{deliveryId}")
                .on(Method::PUT, assignment::put_drone_delivery)
                .on(Method::DELETE, assignment::delete_drone_delivery)
                .done(),
        );
}

/// Which drones are wanted.
struct Wanted {
    bounds: Option<Bounds>,
    state: Option<DroneState>,
    from: Option<u64>,
    depot: Option<String>,
    battery_below: Option<f64>,
    is_late: Option<bool>,
}

impl Wanted {
    fn read(query: &Query) -> Self {
        Self {
            bounds: query.bounds(),
            state: query.named("state"),
            from: query.cursor(),
            depot: query.text("depot").map(str::to_owned),
            battery_below: query.share("batteryBelow"),
            is_late: query.flag("late"),
        }
    }

    fn fits(&self, drone: &DroneView, tracks: &Tracks, now: SimTime) -> bool {
        let home = || &tracks.environment().depot(drone.depot).name;
        let is_late = || {
            let delivery = drone.delivery.and_then(|id| tracks.delivery(id, now));
            delivery.is_some_and(|delivery| delivery.is_late())
        };
        self.bounds.is_none_or(|bounds| bounds.contains(drone.at))
            && self.state.is_none_or(|state| state == drone.state)
            && self.from.is_none_or(|from| u64::from(drone.drone.0) >= from)
            && self.battery_below.is_none_or(|share| drone.battery < share)
            && self.depot.as_ref().is_none_or(|depot| depot == home())
            && self.is_late.is_none_or(|wanted| wanted == is_late())
    }
}

/// Drones as they are at the moment of the call, by number.
#[utoipa::path(
    get,
    path = "/api/drones",
    tag = "Drone scheduler",
    params(
        ("bbox" = inline(Option<BoxOrEmptySaid>), Query, description = "Only those in the box `west,south,east,north`"),
        ("state" = inline(Option<StateSaid>), Query, description = "Only those in this state: idle, toPickup, toDropoff, returning, charging, maintenance, failed"),
        ("depot" = Option<String>, Query, description = "Only those whose home has this name"),
        ("batteryBelow" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Only those with less than this share of their battery's capacity, 0 to 1"),
        ("late" = inline(Option<FlagOrEmptySaid>), Query, description = "Only those whose delivery is expected after its deadline, or only the others"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "How many, 1 to 1000; 100 where nothing is said"),
        ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{0,16}$", description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = DronesResponse),
        (status = 400, description = "A parameter cannot be understood", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_drones(service: Data<Drones>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let (wanted, limit) = (Wanted::read(&query), query.limit());
    query.check()?;
    let now = service.context.clock.now();
    let mut found: Vec<DroneView> = {
        let tracks = service.context.tracks.read();
        tracks
            .drones(now)
            .filter(|drone| wanted.fits(drone, &tracks, now))
            .take(limit + 1)
            .collect()
    };
    let next = found
        .get(limit)
        .map(|drone| cursor_text(u64::from(drone.drone.0)));
    found.truncate(limit);
    Ok(HttpResponse::Ok().json(DronesResponse {
        items: found.iter().map(|drone| service.shown(drone)).collect(),
        next_cursor: next,
    }))
}

/// All drones, or those in a box, as GeoJSON points.
#[utoipa::path(
    get,
    path = "/api/drones.geojson",
    tag = "Drone scheduler",
    params(
        ("bbox" = inline(Option<BoxOrEmptySaid>), Query, description = "Only those in the box `west,south,east,north`"),
        ("state" = inline(Option<StateSaid>), Query, description = "Only those in this state"),
        ("depot" = Option<String>, Query, description = "Only those whose home has this name"),
        ("batteryBelow" = Option<f64>, Query, minimum = 0, maximum = 1, description = "Only those with less than this share of their battery's capacity, 0 to 1"),
        ("late" = inline(Option<FlagOrEmptySaid>), Query, description = "Only those whose delivery is expected after its deadline, or only the others"),
    ),
    responses(
        (status = 200, description = "A GeoJSON feature collection", body = Object, content_type = "application/geo+json"),
        (status = 400, description = "A parameter cannot be understood", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn map_drones(service: Data<Drones>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let wanted = Wanted::read(&query);
    query.check()?;
    let now = service.context.clock.now();
    let found: Vec<DroneView> = {
        let tracks = service.context.tracks.read();
        let fits = |drone: &DroneView| wanted.fits(drone, &tracks, now);
        tracks.drones(now).filter(fits).collect()
    };
    let features = found
        .iter()
        .map(|drone| service.shown(drone).feature(drone))
        .collect();
    Ok(HttpResponse::Ok()
        .content_type(GEO_JSON)
        .json(collection(features)))
}

/// A drone as it is at the moment of the call, with the leg it flies.
#[utoipa::path(
    get,
    path = "/api/drones/{id}",
    tag = "Drone scheduler",
    params(("id" = String, Path, description = "The drone, such as `drone-7`")),
    responses(
        (status = 200, description = "The drone", body = DroneResponse),
        (status = 404, description = "No drone has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_drone(service: Data<Drones>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id: DroneId = id.parse().map_err(|_| unknown_drone())?;
    let now = service.context.clock.now();
    let (drone, leg) = {
        let tracks = service.context.tracks.read();
        (tracks.drone(id, now), tracks.leg(id).cloned())
    };
    let drone = drone.ok_or_else(unknown_drone)?;
    let shown = service
        .shown(&drone)
        .with_leg(leg.as_deref(), &service.context.calendar);
    Ok(HttpResponse::Ok().json(shown))
}

/// What a month's deliveries of an owner took: miles flown for them, and hours for which drones had them.
#[utoipa::path(
    get,
    path = "/api/dronedeliveries/utilization",
    tag = "Drone scheduler",
    params(
        ("ownerId" = String, Query, min_length = 1, description = "The owner"),
        ("year" = u16, Query, minimum = 1, maximum = 9999, description = "The year, UTC"),
        ("month" = u8, Query, minimum = 1, maximum = 12, description = "The month, 1 to 12"),
    ),
    responses(
        (status = 200, description = "What they took", body = UtilizationResponse),
        (status = 400, description = "A parameter is missing or wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nothing was flown", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_utilization(
    service: Data<Drones>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked = Query::read(&http)?.owner_and_month(None)?;
    let asked = asked.disguised(&service.context.people)?;
    let (millimetres, micros) = service.flown(&asked)?;
    if (millimetres, micros) == (0, 0) {
        return Err(Problem::not_found(
            "nothing was flown for this owner in this month",
        ));
    }
    let used = UtilizationResponse::new(millimetres, micros);
    Ok(HttpResponse::Ok().json(used))
}

/// There is no such drone.
pub(crate) fn unknown_drone() -> Problem {
    Problem::not_found("no drone has this id")
}
