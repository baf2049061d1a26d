//! A delivery's track: what was flown for it, what is being flown, what is planned, as GeoJSON.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use serde_json::{Value, json};
use skyhaul_actors::event::LegPurpose;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::view::DeliveryView;

use super::Delivery;
use super::row::{DeliveryRow, LegRow};
use crate::change::delivery_id;
use crate::geojson::{GEO_JSON, collection, feature, line, point};
use crate::http::problem::Problem;
use crate::ports::StoreError;

/// Flown and planned path of a delivery, with pickup, drop-off and where the parcel is.
///
/// Lines have `state` (`flown`, `flying`, `planned`), and those of drones `purpose`, `droneId`, `departs` and `arrives`; points have `role` (`pickup`,
/// `dropoff`, `parcel`).
#[utoipa::path(
    get,
    path = "/api/deliveries/{id}/track",
    tag = "Delivery",
    params(("id" = Uuid, Path, description = "The delivery")),
    responses(
        (status = 200, description = "A GeoJSON feature collection", body = Object, content_type = "application/geo+json"),
        (status = 404, description = "No delivery has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_track(
    service: Data<Delivery>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let row = service.get(id)?;
    let features = service.features(id, &row)?;
    Ok(HttpResponse::Ok()
        .content_type(GEO_JSON)
        .json(collection(features)))
}

impl Delivery {
    fn features(&self, id: DeliveryId, row: &DeliveryRow) -> Result<Vec<Value>, StoreError> {
        let live = if row.stage.is_final() { None } else { self.live(id) };
        let mut features: Vec<Value> = row.story.legs.iter().map(|leg| self.leg_feature(leg)).collect();
        features.extend(planned(row, live.as_ref()));
        let (at, altitude_m) = live.map_or_else(
            || (row.parcel_at.at, f64::from(row.parcel_at.altitude_m)),
            |live| (live.at, live.altitude_m),
        );
        features.push(feature(point(row.pickup.at, None), json!({"role": "pickup"})));
        features.push(feature(point(row.dropoff.at, None), json!({"role": "dropoff"})));
        features.push(feature(point(at, Some(altitude_m)), json!({"role": "parcel"})));
        Ok(features)
    }

    fn leg_feature(&self, leg: &LegRow) -> Value {
        let calendar = &self.context.calendar;
        let times = (leg.path.first(), leg.path.last());
        let is_flown = times.1.is_some_and(|last| last.time <= self.context.clock.now());
        let path = leg
            .path
            .iter()
            .map(|waypoint| (waypoint.at, Some(waypoint.altitude.get())));
        let properties = json!({
            "state": if is_flown { "flown" } else { "flying" },
            "purpose": purpose_name(leg.purpose),
            "droneId": leg.drone.to_string(),
            "departs": times.0.map(|first| calendar.text(first.time)),
            "arrives": times.1.map(|last| calendar.text(last.time)),
        });
        feature(line(path), properties)
    }
}

/// What lies ahead of the legs that are known: the way from the parcel to its drop-off, until it is flown.
fn planned(row: &DeliveryRow, live: Option<&DeliveryView>) -> Option<Value> {
    let is_flown = live.is_some_and(|live| {
        let leg = live.leg.as_ref();
        leg.is_some_and(|leg| leg.purpose == LegPurpose::Dropoff)
    });
    if row.stage.is_final() || is_flown {
        return None;
    }
    let from = live.map_or(row.parcel_at.at, |live| live.at);
    let path = [from, row.dropoff.at].into_iter().map(|at| (at, None));
    Some(feature(line(path), json!({"state": "planned"})))
}

/// A leg's purpose on the wire.
pub(crate) const fn purpose_name(purpose: LegPurpose) -> &'static str {
    match purpose {
        LegPurpose::Pickup => "pickup",
        LegPurpose::Dropoff => "dropoff",
        LegPurpose::Return => "return",
        LegPurpose::Reposition => "reposition",
        LegPurpose::Divert => "divert",
    }
}
