//! Landmarks: what is drawn and named of a city where its operator brought no map.

use actix_web::http::Method;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use skyhaul_scenarios::gazetteer::{Landmarks, NamedPlace};

use super::Operations;
use crate::geojson::{collection, feature, point};
use crate::http::endpoint::Endpoint;
use crate::http::etag;

/// Most places that are named: more than fit a map at any zoom. Of more of them every second, third … is.
const PLACES_MAX: usize = 400;

/// The endpoint.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(
        Endpoint::new("/api/landmarks")
            .on(Method::GET, map_landmarks)
            .done(),
    );
}

/// What a map without streets has to name: places of the scenario and airports, as GeoJSON points with a `name` and a `kind`, `place` or `airport`.
/// Nothing of what the fleet has or does: whoever has a link to a delivery may see it.
#[utoipa::path(get, path = "/api/landmarks", tag = "Operations", responses(
    (status = 200, description = "A GeoJSON feature collection", body = Object, headers(("ETag" = String, description = "Its form"))),
    (status = 304, description = "It is as `If-None-Match` says"),
))]
pub(crate) async fn map_landmarks(service: Data<Operations>, http: HttpRequest) -> HttpResponse {
    etag::show(&http, &features_of(service.context.gazetteer.landmarks()))
}

fn features_of(Landmarks { places, airports }: &Landmarks) -> Value {
    let step = places.len().div_ceil(PLACES_MAX).max(1);
    let named = |kind: &'static str| {
        move |place: &NamedPlace| feature(point(place.at, None), json!({"kind": kind, "name": place.name}))
    };
    let places = places.iter().step_by(step).map(named("place"));
    collection(places.chain(airports.iter().map(named("airport"))).collect())
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::geo::Position;

    use super::*;

    fn place(number: usize) -> NamedPlace {
        NamedPlace {
            name: format!("place {number:04}"),
            at: Position::new(43.77, 11.25).expect("on the sphere"),
        }
    }

    #[test]
    fn of_more_places_than_a_map_can_name_some_are_named_from_all_over_the_list() {
        let named = |count| {
            let landmarks = Landmarks {
                places: (0..count).map(place).collect(),
                airports: vec![place(9_999)],
            };
            let shown = features_of(&landmarks);
            let features = shown["features"].as_array().expect("a list").clone();
            let kinds = features
                .iter()
                .filter(|feature| feature["properties"]["kind"] == "airport");
            assert_eq!(kinds.count(), 1);
            let last = features[features.len() - 2]["properties"]["name"].clone();
            (features.len() - 1, last)
        };
        assert_eq!(named(PLACES_MAX), (PLACES_MAX, json!("place 0399")));
        assert_eq!(named(PLACES_MAX + 1), (201, json!("place 0400")));
    }
}
