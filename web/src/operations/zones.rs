//! No-fly zones under an operator's hand: shown, declared, lifted.

use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, Path, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use skyhaul_actors::command::Command;
use skyhaul_actors::environment::Zone;
use skyhaul_scenarios::zones::read_declared;
use uuid::Uuid;

use self::feature::zone_feature;
use super::Operations;
use crate::address::segment;
use crate::geojson::{GEO_JSON, collection};
use crate::http::body;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::ingestion::BODY_BYTES_MAX;

mod feature;
pub(super) mod history;

/// The longest span of the past whose zones are told: as long as flights are kept.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The endpoints.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            Endpoint::new("/api/zones")
                .on(Method::GET, map_zones)
                .on(Method::POST, declare_zone)
                .done(),
        )
        .service(
            Endpoint::new("/api/zones/{id}")
                .on(Method::DELETE, lift_zone)
                .done(),
        );
}

/// The no-fly zones as GeoJSON polygons, known by their names, with `from` and `until` where they are not always in force; circles have `centre` and `radius` besides, those that do not reach from the ground up without end `floor` and `ceiling`.
/// Those that are known and were not lifted, or of a span of the past those that were in force at some time of it: one that was lifted has that as its `until`.
#[utoipa::path(get, path = "/api/zones", tag = "Operations",
    params(
        ("from" = Option<String>, Query, format = DateTime, description = "Where the span begins, virtual time, RFC 3339"),
        ("to" = Option<String>, Query, format = DateTime, description = "Where it ends, a day later at most"),
    ),
    responses(
        (status = 200, description = "A GeoJSON feature collection", body = Object, content_type = "application/geo+json"),
        (status = 400, description = "A time cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The span is none, too long, or lacks an end", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn map_zones(service: Data<Operations>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let span = read_span(&query);
    query.check()?;
    let calendar = service.context.calendar;
    let features: Vec<Value> = match span {
        Some((from, to)) => {
            let (from, to) = (calendar.sim_time(from), calendar.sim_time(to));
            let table = service.table.clone();
            let zones = web::block(move || history::between(&table, from, to)).await;
            let zones = zones.map_err(|_| Problem::saturated())??;
            zones.iter().map(|zone| zone_feature(zone, &calendar)).collect()
        }
        None => {
            let zones = service.context.tracks.read().zones().to_vec();
            zones.iter().map(|zone| zone_feature(zone, &calendar)).collect()
        }
    };
    Ok(HttpResponse::Ok()
        .content_type(GEO_JSON)
        .json(collection(features)))
}

/// The span of the past that is asked for, if one is.
fn read_span(query: &Query) -> Option<(Timestamp, Timestamp)> {
    let missing = match (query.is_said("from"), query.is_said("to")) {
        (false, false) => return None,
        (true, true) => return query.span(SPAN_MAX),
        (false, true) => "from",
        (true, false) => "to",
    };
    query.refuse(missing, "must be said where the other end is".to_owned());
    None
}

/// Closes a zone: a GeoJSON feature, a polygon or a point with a `radius`, with optional `from` and `until` (RFC 3339, or a span from now) and the other
/// properties of a scenario's zone file, ours or those of ED-269. It comes into force two minutes from now at the soonest; what flies in it leaves it.
#[utoipa::path(post, path = "/api/zones", tag = "Operations",
    request_body(content = Object, description = "A GeoJSON feature",
        example = json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [11.25, 43.77]}, "properties": {"name": "fire", "radius": 300}, "until": "2h"})),
    responses(
        (status = 201, description = "Declared", body = Object, content_type = "application/geo+json", headers(("Location" = String, description = "The zone"))),
        (status = 202, description = "Durable, and declared once the world has caught up"),
        (status = 400, description = "It is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A zone that is not over has this name, or there are too many", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is not JSON by its header", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is no zone, and why", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn declare_zone(
    service: Data<Operations>,
    http: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = body::json_object(&http, payload, BODY_BYTES_MAX).await?;
    let context = &service.context;
    let given = format!("zone {}", &Uuid::new_v4().simple().to_string()[..8]);
    let read = read_declared(&body, &given, &context.environment.epoch, context.clock.now());
    let zone = read.map_err(|why| Problem::impossible("feature", why))?;
    let name = zone.name.clone();
    let location = format!("/api/zones/{}", segment(&name));
    let declare = Command::DeclareZone { zone };
    Ok(match service.operate(&http, declare).await? {
        Some(_) => HttpResponse::Created()
            .insert_header((LOCATION, location))
            .content_type(GEO_JSON)
            .json(service.zone(&name).unwrap_or_default()),
        None => HttpResponse::Accepted()
            .insert_header((LOCATION, location))
            .finish(),
    })
}

/// Opens a zone before its time, or one that was planned for ever. It is in force no more from now on.
#[utoipa::path(delete, path = "/api/zones/{id}", tag = "Operations",
    params(("id" = String, Path, description = "The zone's name")),
    responses(
        (status = 202, description = "Durable, and lifted once the world has caught up"),
        (status = 204, description = "Lifted"),
        (status = 404, description = "No zone has this name, or it is over", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It cannot be recorded", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn lift_zone(
    service: Data<Operations>,
    name: Path<String>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let lift = Command::LiftZone {
        name: name.into_inner(),
    };
    Ok(match service.operate(&http, lift).await? {
        Some(_) => HttpResponse::NoContent().finish(),
        None => HttpResponse::Accepted().finish(),
    })
}

impl Operations {
    /// A zone that is known, as it is shown.
    fn zone(&self, name: &str) -> Option<Value> {
        let tracks = self.context.tracks.read();
        let is_it = |zone: &&std::sync::Arc<Zone>| zone.name == name;
        let zone = tracks.zones().iter().find(is_it)?;
        Some(zone_feature(zone, &self.context.calendar))
    }
}
