//! The past: flights of the last day, for playback. What is open for longer is in each delivery's track.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use jiff::SignedDuration;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;
use utoipa::ToSchema;

use super::Drones;
use super::flights::Flights;
use crate::calendar::Calendar;
use crate::delivery::track::purpose_name;
use crate::http::problem::Problem;
use crate::http::query::{Bounds, Query};
use crate::http::schema::BoxOrEmptySaid;
use crate::ports::StoreError;
use crate::store::Table;

/// Most flights of an answer, about a megabyte; a page asks on from where the answer ends.
const ANSWERED_MAX: usize = 4_000;

/// The longest span of an answer: a page plays that in a minute at its fastest.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Flights that are over, and those in the air.
#[derive(Default)]
pub(crate) struct Past(Mutex<Flights>);

/// Which flights are asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    /// Those whose paths may touch this box.
    bounds: Option<Bounds>,
    /// Those of this drone.
    drone: Option<DroneId>,
}

impl Wanted {
    fn fits(&self, leg: &Leg) -> bool {
        let is_near = |bounds: Bounds| bounds.may_touch(leg.path.iter().map(|waypoint| waypoint.at));
        self.drone.is_none_or(|drone| drone == leg.drone) && self.bounds.is_none_or(is_near)
    }
}

/// A flight, and when it was over.
type Flight = (Arc<Leg>, Option<SimTime>);

impl Past {
    /// What the store has.
    pub(super) fn load(table: &Table) -> Result<Self, StoreError> {
        Flights::load(table).map(|flights| Self(Mutex::new(flights)))
    }

    /// The flights, for who folds events into them.
    pub(super) fn flights(&self) -> MutexGuard<'_, Flights> {
        self.0.lock()
    }

    /// Since when flights are known, at `now`.
    fn since(&self, now: SimTime) -> SimTime {
        self.0.lock().since().unwrap_or(now)
    }

    /// What was in the air at some time from `from` to before `to`, in the order of departures, `to` or where the answer ends before it, and how many more
    /// there are than an answer has room for: where too many were in the air at once it has all flights of some drones, those with the lowest numbers, so
    /// that who plays it sees the same ones from one span to the next.
    fn between(&self, from: SimTime, to: SimTime, wanted: &Wanted) -> (Vec<Flight>, SimTime, usize) {
        let flights = self.0.lock();
        let mut found: Vec<Flight> = flights
            .all()
            .filter(|(leg, ended)| departs(leg) < to && ended.is_none_or(|ended| ended > from))
            .filter(|(leg, _)| wanted.fits(leg))
            .map(|(leg, ended)| (Arc::clone(leg), ended))
            .collect();
        drop(flights);
        found.sort_by_key(|(leg, _)| (departs(leg), leg.drone));
        let Some((next, _)) = found.get(ANSWERED_MAX) else {
            return (found, to, 0);
        };
        let next = departs(next);
        if next > from {
            found.retain(|(leg, _)| departs(leg) < next);
            return (found, next, 0);
        }
        let all = found.len();
        found.sort_by_key(|(leg, _)| leg.drone);
        let drone = found[ANSWERED_MAX].0.drone;
        found.truncate(found.partition_point(|(leg, _)| leg.drone < drone));
        let left_out = all - found.len();
        found.sort_by_key(|(leg, _)| (departs(leg), leg.drone));
        (found, to, left_out)
    }
}

fn departs(leg: &Leg) -> SimTime {
    leg.path.first().map_or(SimTime::ZERO, |first| first.time)
}

/// Flights of a span of the past.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PastResponse {
    /// Where the span begins, virtual time.
    from: String,
    /// Where it ends: earlier than was asked for where there are too many. Ask on from here.
    to: String,
    /// Flights that were over before this are no longer known.
    kept_since: String,
    /// Flights for which there is no room.
    left_out: usize,
    /// What was in the air, in the order of departures.
    flights: Vec<PastFlightResponse>,
}

/// A flight of the past.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PastFlightResponse {
    drone_id: String,
    delivery_id: Option<String>,
    /// `pickup`, `dropoff`, `return`, `reposition` or `divert`.
    purpose: &'static str,
    departs: String,
    /// When it was over, at its arrival or earlier; null where it is still flown.
    ended: Option<String>,
    /// Latitude, longitude, metres above ground, seconds after it departs.
    path: Vec<[f64; 4]>,
}

impl PastFlightResponse {
    fn new((leg, ended): &Flight, calendar: &Calendar) -> Self {
        let departs = departs(leg);
        let point = |waypoint: &skyhaul_actors::event::Waypoint| {
            let after = waypoint.time.since(departs).as_seconds_f64();
            [
                waypoint.at.lat(),
                waypoint.at.lon(),
                waypoint.altitude.get(),
                after,
            ]
        };
        Self {
            drone_id: leg.drone.to_string(),
            delivery_id: leg.delivery.map(|delivery| delivery.to_string()),
            purpose: purpose_name(leg.purpose),
            departs: calendar.text(departs),
            ended: ended.map(|ended| calendar.text(ended)),
            path: leg.path.iter().map(point).collect(),
        }
    }
}

/// What was in the air in a span of the past, an hour at most, of the last day: for a map that plays it back.
#[utoipa::path(get, path = "/api/playback", tag = "Drone scheduler",
    params(
        ("from" = String, Query, format = DateTime, description = "Where the span begins, virtual time, RFC 3339"),
        ("to" = String, Query, format = DateTime, description = "Where it ends, an hour later at most"),
        ("bbox" = inline(Option<BoxOrEmptySaid>), Query, description = "Only flights near this box, all that touch it among them: west,south,east,north in degrees"),
        ("drone" = Option<String>, Query, description = "Only this drone's flights, by its name"),
    ),
    responses(
        (status = 200, description = "The flights", body = PastResponse),
        (status = 400, description = "A parameter cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The span is none, or too long; the box lies on no sphere, or there is no such drone", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn play_back(service: Data<Drones>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let span = query.span(SPAN_MAX);
    let wanted = Wanted {
        bounds: query.bounds(),
        drone: read_drone(&query, service.context.environment.drones()),
    };
    query.check()?;
    let Some((from, to)) = span else {
        return Err(Problem::malformed("the span is none"));
    };
    let calendar = &service.context.calendar;
    let (from, to) = (calendar.sim_time(from), calendar.sim_time(to));
    let (flights, end, left_out) = service.past.between(from, to, &wanted);
    Ok(HttpResponse::Ok().json(PastResponse {
        from: calendar.text(from),
        to: calendar.text(end),
        kept_since: calendar.text(service.past.since(service.context.clock.now())),
        left_out,
        flights: flights
            .iter()
            .map(|flight| PastFlightResponse::new(flight, calendar))
            .collect(),
    }))
}

/// The drone that is asked for by its name, of so many.
fn read_drone(query: &Query, count: u32) -> Option<DroneId> {
    let name = query.text("drone")?;
    let drone = name.parse().ok().filter(|drone: &DroneId| drone.0 < count);
    if drone.is_none() {
        query.refuse("drone", "is no drone's name".to_owned());
    }
    drone
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::event::Event;
    use skyhaul_engine::ports::Numbered;

    use super::super::flights::samples::{at, ended, started};
    use super::*;

    fn take(past: &Past, events: &[Numbered<Event>]) {
        let mut flights = past.flights();
        for event in events {
            flights.take(event);
        }
        flights.taken(events);
    }

    fn drones(past: &Past, from: u64, to: u64) -> Vec<u32> {
        let (found, _, _) = past.between(at(from), at(to), &Wanted::default());
        found.iter().map(|(leg, _)| leg.drone.0).collect()
    }

    #[test]
    fn a_span_has_what_was_in_the_air_at_some_time_of_it() {
        let past = Past::default();
        take(
            &past,
            &[
                started(1, 10),
                started(2, 100),
                ended(1, 200),
                started(3, 400),
                ended(3, 450),
            ],
        );
        assert!(drones(&past, 0, 10).is_empty());
        assert_eq!(drones(&past, 0, 150), [1, 2]);
        assert_eq!(drones(&past, 200, 400), [2], "the second still flies");
        assert_eq!(drones(&past, 440, 500), [2, 3]);
        assert_eq!(past.since(at(999)), at(10));
    }

    #[test]
    fn only_flights_near_a_box_or_of_a_drone_are_told_where_that_is_asked() {
        let past = Past::default();
        take(
            &past,
            &[started(1, 10), started(2, 20), ended(1, 30), started(1, 40)],
        );
        let told = |bbox: Option<[f64; 4]>, drone: Option<u32>| {
            let wanted = Wanted {
                bounds: bbox.map(|bbox| Bounds::new(bbox).expect("a box")),
                drone: drone.map(DroneId),
            };
            let (found, _, _) = past.between(at(0), at(99), &wanted);
            let drones = found.iter().map(|(leg, _)| leg.drone.0);
            drones.collect::<Vec<_>>()
        };
        let (near, far) = ([11.2, 43.7, 11.3, 43.8], [11.3, 43.7, 11.4, 43.8]);
        assert_eq!(told(None, None), [1, 2, 1]);
        assert_eq!(told(None, Some(1)), [1, 1]);
        assert_eq!(told(Some(near), None), [1, 2, 1]);
        assert_eq!(told(Some(far), None), [0; 0]);
        assert_eq!(told(Some(near), Some(2)), [2]);
        assert_eq!(told(Some(far), Some(2)), [0; 0]);
    }

    #[test]
    fn an_answer_ends_where_there_are_too_many() {
        let most = u32::try_from(ANSWERED_MAX).expect("some thousands");
        let past = Past::default();
        let many: Vec<_> = (0..most + 10)
            .map(|drone| started(drone, u64::from(drone)))
            .collect();
        take(&past, &many);
        let (found, to, left_out) = past.between(at(0), at(9_000), &Wanted::default());
        assert_eq!(
            (found.len(), to, left_out),
            (ANSWERED_MAX, at(u64::from(most)), 0)
        );
        let at_once = (0..most + 10).map(|drone| Numbered {
            number: u64::from(drone),
            ..started(drone, 5)
        });
        let at_once: Vec<_> = at_once.collect();
        let past = Past::default();
        take(&past, &at_once);
        let (found, to, left_out) = past.between(at(6), at(9), &Wanted::default());
        assert_eq!((found.len(), to, left_out), (ANSWERED_MAX, at(9), 10));
    }

    #[test]
    fn where_too_many_fly_at_once_some_drones_have_all_their_flights() {
        let most = u32::try_from(ANSWERED_MAX).expect("some thousands");
        let past = Past::default();
        // The higher a drone's number, the earlier it took off; drone 1 flies again.
        let mut events: Vec<_> = (0..most + 10)
            .map(|drone| started(drone, u64::from(most + 10 - drone)))
            .collect();
        events.sort_by_key(|event| event.number);
        events.extend([ended(1, 10_000), started(1, 10_010)]);
        take(&past, &events);
        let (found, to, left_out) = past.between(at(9_000), at(20_000), &Wanted::default());
        assert_eq!((to, left_out), (at(20_000), 11), "no part of a drone's flights");
        assert_eq!(found.len(), ANSWERED_MAX);
        assert!(found.is_sorted_by_key(|(leg, _)| departs(leg)));
        let flights = |drone| found.iter().filter(|(leg, _)| leg.drone.0 == drone).count();
        assert_eq!((flights(1), flights(most - 2), flights(most - 1)), (2, 1, 0));
    }
}
