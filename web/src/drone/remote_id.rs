//! Remote ID: the fleet as a display provider shows it (ASTM F3411-22a), once a second, marked as simulated.
//!
//! Details are told of a view of at most two kilometres across; of a larger one only how many flights there are in its parts, and of one over seven
//! nothing, as the standard asks so that nobody follows all flights of a city at once.

use std::collections::BTreeMap;

use actix_web::http::header::{CACHE_CONTROL, CacheControl, CacheDirective};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use skyhaul_actors::environment::AircraftKind;
use skyhaul_telemetry::view::DroneView;
use utoipa::ToSchema;

use super::Drones;
use crate::http::problem::Problem;
use crate::http::query::{Bounds, Query};
use crate::http::schema::BoxSaid;

/// The longest diagonal of a view (NetDpMaxDisplayAreaDiagonal), m.
const VIEW_DIAGONAL_MAX_M: f64 = 7_000.0;

/// The longest diagonal of a view whose flights are told one by one (NetDpDetailsMaxDisplayAreaDiagonal), m.
const DETAILS_DIAGONAL_MAX_M: f64 = 2_000.0;

/// A view without details is counted in so many parts along each side.
const PARTS_PER_SIDE: u8 = 8;

/// Positions are told once a second.
const PERIOD_S: u32 = 1;

/// Speeds go up to this, m/s, in quarters.
const SPEED_MAX_MPS: f64 = 254.25;

/// Stands for a geodetic altitude that is unknown: heights here are above ground.
const ALTITUDE_UNKNOWN_M: f64 = -1_000.0;

/// Vertical speeds go up and down to this, m/s, in halves.
const VERTICAL_SPEED_MAX_MPS: f64 = 62.0;

/// The flights of a view.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoteIdResponse {
    /// When these were the positions.
    timestamp: String,
    /// Each flight, where the view is at most 2 km across.
    flights: Vec<RemoteIdFlight>,
    /// How many flights there are in which part of a larger view.
    clusters: Vec<RemoteIdCluster>,
}

/// A flight.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoteIdFlight {
    /// The drone.
    id: String,
    /// Its kind, of the standard's list: `Helicopter` (a multirotor), `HybridLift` (rotors and wings) or `Aeroplane`.
    aircraft_type: &'static str,
    /// Always: no flight here is of a real aircraft.
    simulated: bool,
    /// `Undeclared`, `Ground`, `Airborne`, `Emergency` or `RemoteIDSystemFailure`.
    operational_status: &'static str,
    /// When it was there.
    timestamp: String,
    /// Where.
    position: RemoteIdPosition,
    /// Ground speed, m/s, in quarters, at most 254.25.
    speed: f64,
    /// Course over ground, whole degrees clockwise from north, 0 to 359.
    track: u16,
    /// Upwards, m/s, in halves, from -62 to 62.
    vertical_speed: f64,
}

/// Where a flight is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoteIdPosition {
    /// Degrees, in steps of 1e-7.
    lat: f64,
    /// Degrees, in steps of 1e-7.
    lng: f64,
    /// Height above the WGS 84 ellipsoid, m; -1000 where it is unknown.
    alt: f64,
    /// Height above where it took off, m, in halves.
    height: f64,
}

/// Flights of a part of the view.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemoteIdCluster {
    /// The part: west, south, east, north in degrees.
    bbox: [f64; 4],
    /// How many flights are in it.
    number_of_flights: u32,
}

/// Flights in a box as Remote ID shows them: each where the box is at most 2 km across, counts up to 7 km, nothing beyond.
#[utoipa::path(
    get,
    path = "/api/remote-id",
    tag = "Drone scheduler",
    params(("bbox" = inline(BoxSaid), Query, description = "The box `west,south,east,north`, at most 7 km across")),
    responses(
        (status = 200, description = "The flights", body = RemoteIdResponse),
        (status = 400, description = "The box is missing or is none", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The box is too large", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn remote_id(service: Data<Drones>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let bounds = query.required_text("bbox").and_then(|_| query.bounds());
    query.check()?;
    let Some(bounds) = bounds else {
        return Err(Problem::malformed("a box is needed"));
    };
    let diagonal_m = bounds.diagonal_m();
    if diagonal_m > VIEW_DIAGONAL_MAX_M {
        let reason = format!(
            "is {diagonal_m:.0} m across; a view is at most {VIEW_DIAGONAL_MAX_M:.0} m, and has details up to {DETAILS_DIAGONAL_MAX_M:.0} m"
        );
        return Err(Problem::impossible("bbox", reason));
    }
    let now = service.context.clock.now();
    let flying: Vec<DroneView> = {
        let tracks = service.context.tracks.read();
        let flying = tracks.drones(now).filter(DroneView::is_in_air);
        flying.filter(|drone| bounds.contains(drone.at)).collect()
    };
    let timestamp = service.context.calendar.text(now);
    let has_details = diagonal_m <= DETAILS_DIAGONAL_MAX_M;
    let response = RemoteIdResponse {
        flights: if has_details {
            flying.iter().map(|drone| flight(drone, &timestamp)).collect()
        } else {
            Vec::new()
        },
        clusters: if has_details {
            Vec::new()
        } else {
            clusters(&bounds, &flying)
        },
        timestamp,
    };
    let cached = CacheControl(vec![CacheDirective::Private, CacheDirective::MaxAge(PERIOD_S)]);
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, cached.to_string()))
        .json(response))
}

fn flight(drone: &DroneView, timestamp: &str) -> RemoteIdFlight {
    RemoteIdFlight {
        id: drone.drone.to_string(),
        aircraft_type: match drone.kind {
            AircraftKind::Multirotor => "Helicopter",
            AircraftKind::Hybrid => "HybridLift",
            AircraftKind::Aeroplane => "Aeroplane",
        },
        simulated: true,
        operational_status: if drone.is_stale {
            "RemoteIDSystemFailure"
        } else {
            "Airborne"
        },
        timestamp: timestamp.to_owned(),
        position: RemoteIdPosition {
            lat: drone.at.lat(),
            lng: drone.at.lon(),
            alt: ALTITUDE_UNKNOWN_M,
            height: halves(drone.altitude_m),
        },
        speed: ((drone.speed_mps * 4.0).round() / 4.0).min(SPEED_MAX_MPS),
        track: track(drone.heading_deg),
        vertical_speed: halves(drone.climb_mps).clamp(-VERTICAL_SPEED_MAX_MPS, VERTICAL_SPEED_MAX_MPS),
    }
}

/// Rounded to steps of a half.
fn halves(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
}

/// Whole degrees, 0 to 359.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a heading is between 0 and 360"
)]
fn track(heading_deg: f64) -> u16 {
    (heading_deg.round() as u16) % 360
}

/// How many drones are in which part; parts without any are left out.
fn clusters(bounds: &Bounds, flying: &[DroneView]) -> Vec<RemoteIdCluster> {
    let mut counts: BTreeMap<(u8, u8), u32> = BTreeMap::new();
    for drone in flying {
        *counts.entry(bounds.part(drone.at, PARTS_PER_SIDE)).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|(part, number_of_flights)| RemoteIdCluster {
            bbox: bounds.bbox_of(part, PARTS_PER_SIDE),
            number_of_flights,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::ids::{AircraftId, DepotId, DroneId};
    use skyhaul_engine::geo::Position;
    use skyhaul_telemetry::view::DroneState;

    use super::*;

    fn drone(lat: f64, heading_deg: f64, speed_mps: f64) -> DroneView {
        DroneView {
            drone: DroneId(7),
            depot: DepotId(0),
            aircraft: AircraftId(0),
            kind: AircraftKind::Multirotor,
            state: DroneState::Returning,
            at: Position::new(lat, 11.25).expect("on the sphere"),
            altitude_m: 59.8,
            heading_deg,
            speed_mps,
            climb_mps: -3.3,
            battery: 1.0,
            delivery: None,
            arrives_at: None,
            is_stale: false,
        }
    }

    #[test]
    fn fields_keep_to_the_steps_and_bounds_of_the_standard() {
        let told = flight(&drone(43.77, 359.7, 24.9), "now");
        assert_eq!((told.track, told.speed, told.position.height), (0, 25.0, 60.0));
        assert_eq!(flight(&drone(43.77, 90.4, 1_000.0), "now").speed, 254.25);
        assert_eq!(told.vertical_speed, -3.5);
        assert!(told.simulated);
    }

    #[test]
    fn a_drone_whose_link_is_lost_is_told_of_as_a_failure_to_tell() {
        let status = |drone: &DroneView| flight(drone, "now").operational_status;
        let heard = drone(43.77, 0.0, 20.0);
        assert_eq!(status(&heard), "Airborne");
        let lost = DroneView {
            is_stale: true,
            ..heard
        };
        assert_eq!(status(&lost), "RemoteIDSystemFailure");
    }

    #[test]
    fn each_flight_is_counted_in_the_part_that_it_is_in() {
        let bounds = Bounds::new([11.24, 43.76, 11.28, 43.8]).expect("a box");
        let flying = [43.761, 43.762, 43.799].map(|lat| drone(lat, 0.0, 1.0));
        let clusters = clusters(&bounds, &flying);
        let counts: Vec<u32> = clusters.iter().map(|part| part.number_of_flights).collect();
        assert_eq!(counts, [2, 1]);
        for (part, drone) in clusters.iter().zip([&flying[0], &flying[2]]) {
            let bounds = Bounds::new(part.bbox).expect("a box");
            assert!(bounds.contains(drone.at));
        }
    }
}
