//! Places by name, for whoever types one.

use actix_web::http::Method;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use skyhaul_scenarios::gazetteer::NamedPlace;
use utoipa::ToSchema;

use super::Operations;
use crate::http::endpoint::Endpoint;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::location::Location;

/// The endpoint.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(Endpoint::new("/api/places").on(Method::GET, list_places).done());
}

/// Places by name: those whose name begins with a text first, then those that have it in them.
#[utoipa::path(
    get,
    path = "/api/places",
    tag = "Operations",
    params(
        ("name" = Option<String>, Query, description = "What their names must hold, in any letter case"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 1000, description = "How many, 1 to 1000; 100 where nothing is said"),
    ),
    responses(
        (status = 200, description = "The places", body = Vec<PlaceResponse>),
        (status = 400, description = "A parameter cannot be understood", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_places(
    service: Data<Operations>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let limit = query.limit();
    query.check()?;
    let found = service
        .context
        .gazetteer
        .find(query.text("name").unwrap_or_default());
    let places: Vec<_> = found.take(limit).map(PlaceResponse::new).collect();
    Ok(HttpResponse::Ok().json(places))
}

/// A place with a name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PlaceResponse {
    /// Its name.
    name: String,
    /// Where it is.
    location: Location,
}

impl PlaceResponse {
    /// A place.
    fn new(place: &NamedPlace) -> Self {
        Self {
            name: place.name.clone(),
            location: Location::new(place.at, 0.0),
        }
    }
}
