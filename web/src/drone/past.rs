//! The past: flights of the last day, for playback.
//!
//! They are in memory to be asked for, and in the store, from where they are read when the service starts. What is open for longer is in each
//! delivery's track.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use jiff::SignedDuration;
use parking_lot::Mutex;
use serde::Serialize;
use skyhaul_actors::event::{Event, Leg};
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use utoipa::ToSchema;

use super::Drones;
use super::flown::{AirborneRow, FlightRow, airborne_rows, flight_rows, since_row};
use crate::calendar::Calendar;
use crate::delivery::track::purpose_name;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::ports::StoreError;
use crate::store::{Table, last_number};

/// How long flights are kept after their end.
const KEPT_FOR: SimDuration = SimDuration::from_mins(24 * 60);

/// Most flights that are kept, the latest: a day of some 16,000 deliveries, about 15 MB.
const KEPT_MAX: usize = 50_000;

/// Most flights of an answer, about a megabyte; a page asks on from where the answer ends.
const ANSWERED_MAX: usize = 4_000;

/// The longest span of an answer: a page plays that in a minute at its fastest.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Flights that are over, and those in the air.
#[derive(Default)]
pub(crate) struct Past(Mutex<Flights>);

#[derive(Default)]
struct Flights {
    /// Since when all are known; `None` while nothing happened.
    since: Option<SimTime>,
    in_the_air: BTreeMap<DroneId, Arc<Leg>>,
    /// In the order in which they were over.
    over: VecDeque<Over>,
    /// Those that were let go of here and not in the store yet, by the events that ended them.
    let_go: Vec<u64>,
    /// The beginning as the store has it.
    since_kept: Option<SimTime>,
}

/// A flight that is over.
struct Over {
    /// The event that ended it.
    number: u64,
    leg: Arc<Leg>,
    ended: SimTime,
}

/// What the store is to be told.
pub(super) struct Unkept {
    /// Flights that were let go of, by the events that ended them.
    pub(super) let_go: Vec<u64>,
    /// Since when all are known, where the store has it otherwise.
    pub(super) since: Option<SimTime>,
}

/// A flight, and when it was over.
type Flight = (Arc<Leg>, Option<SimTime>);

impl Past {
    /// What the store has.
    pub(super) fn load(table: &Table) -> Result<Self, StoreError> {
        let mut flights = Flights {
            since: table.get(&since_row())?,
            ..Flights::default()
        };
        flights.since_kept = flights.since;
        let airborne: Vec<AirborneRow> = table.all(&airborne_rows())?;
        flights.in_the_air = airborne.into_iter().map(|row| (row.leg.drone, row.leg)).collect();
        let rows = flight_rows();
        table.scan((&rows, &rows.end()), false, &mut |key, row: FlightRow| {
            flights.over.extend(last_number(key).map(|number| Over {
                number,
                leg: row.leg,
                ended: row.ended,
            }));
            true
        })?;
        Ok(Self(Mutex::new(flights)))
    }

    /// What the store is to be told with the batch that comes.
    pub(super) fn unkept(&self) -> Unkept {
        let flights = self.0.lock();
        Unkept {
            let_go: flights.let_go.clone(),
            since: flights.since.filter(|_| flights.since != flights.since_kept),
        }
    }

    /// Takes what happened, once the store has it, and what it was told with it.
    pub(super) fn take(&self, events: &[Numbered<Event>]) {
        let mut flights = self.0.lock();
        flights.let_go.clear();
        flights.since_kept = flights.since;
        for event in events {
            flights.take(event);
        }
        if let Some(last) = events.last() {
            flights.forget(last.at);
        }
    }

    /// Since when flights are known, at `now`.
    fn since(&self, now: SimTime) -> SimTime {
        self.0.lock().since.unwrap_or(now)
    }

    /// What was in the air at some time from `from` to before `to`, in the order of departures, `to` or where the answer ends before it, and how many more
    /// there are than an answer has room for.
    fn between(&self, from: SimTime, to: SimTime) -> (Vec<Flight>, SimTime, usize) {
        let flights = self.0.lock();
        let over = flights.over.iter().map(|over| (&over.leg, Some(over.ended)));
        let in_the_air = flights.in_the_air.values().map(|leg| (leg, None));
        let mut found: Vec<Flight> = over
            .chain(in_the_air)
            .filter(|(leg, ended)| departs(leg) < to && ended.is_none_or(|ended| ended > from))
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
        let left_out = found.len() - ANSWERED_MAX;
        found.truncate(ANSWERED_MAX);
        (found, to, left_out)
    }
}

impl Flights {
    fn take(&mut self, event: &Numbered<Event>) {
        self.since.get_or_insert(event.at);
        let over = match &event.event {
            Event::LegStarted(leg) => self.in_the_air.insert(leg.drone, Arc::clone(leg)),
            Event::LegEnded { drone, .. } | Event::DroneFailed { drone, .. } => self.in_the_air.remove(drone),
            _ => None,
        };
        if let Some(leg) = over {
            self.over.push_back(Over {
                number: event.number,
                leg,
                ended: event.at,
            });
        }
    }

    fn forget(&mut self, now: SimTime) {
        let end = now - KEPT_FOR;
        let is_too_old = |over: &Over| over.ended < end;
        while let Some(oldest) = self.over.front()
            && (self.over.len() > KEPT_MAX || is_too_old(oldest))
        {
            self.since = self.since.max(Some(oldest.ended));
            self.let_go.push(oldest.number);
            self.over.pop_front();
        }
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
    ),
    responses(
        (status = 200, description = "The flights", body = PastResponse),
        (status = 400, description = "A time cannot be understood", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The span is none, or too long", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn play_back(service: Data<Drones>, http: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = Query::read(&http)?;
    let span = query.span(SPAN_MAX);
    query.check()?;
    let Some((from, to)) = span else {
        return Err(Problem::malformed("the span is none"));
    };
    let calendar = &service.context.calendar;
    let (from, to) = (calendar.sim_time(from), calendar.sim_time(to));
    let (flights, end, left_out) = service.past.between(from, to);
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

#[cfg(test)]
mod tests {
    use skyhaul_actors::event::{LegPurpose, Waypoint};
    use skyhaul_engine::geo::Position;
    use skyhaul_engine::units::{Kilograms, Metres, WattHours};

    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    fn started(drone: u32, departs: u64) -> Numbered<Event> {
        let waypoint = |seconds| Waypoint {
            at: Position::new(43.77, 11.25).expect("a place"),
            altitude: Metres::ZERO,
            time: at(seconds),
        };
        let leg = Leg {
            drone: DroneId(drone),
            delivery: None,
            purpose: LegPurpose::Return,
            path: vec![waypoint(departs), waypoint(departs + 300)],
            distance: Metres::ZERO,
            payload: Kilograms::ZERO,
            energy: WattHours::ZERO,
            battery: WattHours::ZERO,
        };
        numbered(departs, Event::LegStarted(Arc::new(leg)))
    }

    fn ended(drone: u32, seconds: u64) -> Numbered<Event> {
        let event = Event::LegEnded {
            drone: DroneId(drone),
            delivery: None,
            at: Position::new(43.77, 11.25).expect("a place"),
            battery: WattHours::ZERO,
        };
        numbered(seconds, event)
    }

    fn numbered(seconds: u64, event: Event) -> Numbered<Event> {
        Numbered {
            number: seconds,
            at: at(seconds),
            event,
        }
    }

    fn drones(past: &Past, from: u64, to: u64) -> Vec<u32> {
        let (found, _, _) = past.between(at(from), at(to));
        found.iter().map(|(leg, _)| leg.drone.0).collect()
    }

    #[test]
    fn a_span_has_what_was_in_the_air_at_some_time_of_it() {
        let past = Past::default();
        past.take(&[
            started(1, 10),
            started(2, 100),
            ended(1, 200),
            started(3, 400),
            ended(3, 450),
        ]);
        assert!(drones(&past, 0, 10).is_empty());
        assert_eq!(drones(&past, 0, 150), [1, 2]);
        assert_eq!(drones(&past, 200, 400), [2], "the second still flies");
        assert_eq!(drones(&past, 440, 500), [2, 3]);
        assert_eq!(past.since(at(999)), at(10));
    }

    #[test]
    fn what_is_over_for_a_day_is_forgotten_and_said_so() {
        let past = Past::default();
        past.take(&[started(1, 10), ended(1, 20), started(2, 30), ended(2, 40)]);
        past.take(&[started(3, 24 * 3_600 + 30)]);
        assert_eq!(drones(&past, 0, 100), [2]);
        assert_eq!(past.since(at(0)), at(20));
        let unkept = past.unkept();
        assert_eq!((unkept.let_go, unkept.since), (vec![20], Some(at(20))));
        past.take(&[]);
        let unkept = past.unkept();
        assert_eq!(
            (unkept.let_go, unkept.since),
            (vec![], None),
            "the store was told"
        );
    }

    #[test]
    fn an_answer_ends_where_there_are_too_many() {
        let most = u32::try_from(ANSWERED_MAX).expect("some thousands");
        let past = Past::default();
        let many: Vec<_> = (0..most + 10)
            .map(|drone| started(drone, u64::from(drone)))
            .collect();
        past.take(&many);
        let (found, to, left_out) = past.between(at(0), at(9_000));
        assert_eq!(
            (found.len(), to, left_out),
            (ANSWERED_MAX, at(u64::from(most)), 0)
        );
        let at_once: Vec<_> = (0..most + 10).map(|drone| started(drone, 5)).collect();
        let past = Past::default();
        past.take(&at_once);
        let (found, to, left_out) = past.between(at(6), at(9));
        assert_eq!((found.len(), to, left_out), (ANSWERED_MAX, at(9), 10));
    }
}
