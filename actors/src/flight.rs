//! Flight: the closed formula of a leg — where, when, at what cost — from take-off to landing.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use crate::airspace::Airspace;
use crate::energy::{Phase, SECONDS_PER_HOUR, power_w};
use crate::environment::{AircraftSpec, Weather, WeatherSeries};
use crate::event::{AssignmentRefusal, Waypoint};
use crate::wind::ground_speed;

/// Nearer than this nothing is flown.
pub const NOTHING_TO_FLY_M: f64 = 1.0;

/// Where a flight begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Departure {
    /// Over the ground.
    pub at: Position,
    /// How high; zero where it stands.
    pub altitude_m: f64,
    /// When.
    pub time: SimTime,
}

/// A flight as planned.
#[derive(Clone, Debug, PartialEq)]
pub struct FlightPlan {
    /// Where it is when.
    pub path: Vec<Waypoint>,
    /// Length over the ground.
    pub distance: Metres,
    /// Energy the whole of it takes.
    pub energy: WattHours,
    /// Energy taken up to each waypoint.
    spent: Vec<WattHours>,
}

impl FlightPlan {
    /// A stay at one place: nothing is flown.
    #[must_use]
    pub fn nothing(departure: Departure) -> Self {
        let here = Waypoint {
            at: departure.at,
            altitude: Metres::ZERO,
            time: departure.time,
        };
        Self {
            path: vec![here],
            distance: Metres::ZERO,
            energy: WattHours::ZERO,
            spent: vec![WattHours::ZERO],
        }
    }

    /// Whether there is nothing to fly.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.path.len() < 2
    }

    /// When it ends.
    ///
    /// # Panics
    /// Never: a plan has a waypoint.
    #[must_use]
    pub fn arrives(&self) -> SimTime {
        self.path.last().expect("a plan has a waypoint").time
    }

    /// How long it takes.
    #[must_use]
    pub fn duration(&self) -> SimDuration {
        self.arrives().since(self.path[0].time)
    }

    /// Where it is at `time`, between its ends, and what it has taken until then.
    #[must_use]
    pub fn at(&self, time: SimTime) -> (Departure, WattHours) {
        let next = self.path.partition_point(|waypoint| waypoint.time <= time).max(1);
        let from = self.path[next - 1];
        let (to, spent_to) = match self.path.get(next) {
            Some(to) => (*to, self.spent[next]),
            None => (from, self.spent[next - 1]),
        };
        let share = from.share_of_way(to, time);
        let between = |a: f64, b: f64| a + (b - a) * share;
        let departure = Departure {
            at: from.at.towards(to.at, share),
            altitude_m: between(from.altitude.get(), to.altitude.get()),
            time,
        };
        let spent = between(self.spent[next - 1].get(), spent_to.get());
        (departure, WattHours::new(spent))
    }
}

/// What a flight is planned in.
#[derive(Clone, Copy)]
pub struct Conditions<'a> {
    /// The zones.
    pub airspace: &'a Airspace,
    /// Wind and air over time; a flight goes by what holds when it begins.
    pub weather: &'a WeatherSeries,
}

/// Plans a flight: climb, cruise round the zones, descent; through wind, with a payload.
///
/// # Errors
/// [`AssignmentRefusal::NoFlyZone`] where an end lies in a zone in force or no way leads round, [`AssignmentRefusal::Wind`] or
/// `Weather` where it is none to take off in, or the wind is stronger than the aircraft. A zone counts for the whole flight where it is in force at its beginning, or would be flown through after
/// it has come into force.
pub fn plan_flight(
    aircraft: &AircraftSpec,
    payload: Kilograms,
    departure: Departure,
    to: Position,
    conditions: Conditions<'_>,
) -> Result<FlightPlan, AssignmentRefusal> {
    if departure.altitude_m == 0.0 && departure.at.distance_m(to) < NOTHING_TO_FLY_M {
        return Ok(FlightPlan::nothing(departure));
    }
    let weather = conditions.weather.at(departure.time);
    check_take_off(aircraft, departure, weather)?;
    let airspace = conditions.airspace;
    let mut closed = airspace.closed_at(departure.time);
    loop {
        let route = airspace.route(departure.at, to, &closed);
        let route = route.ok_or(AssignmentRefusal::NoFlyZone)?;
        let mut trip = Trip::new(aircraft, payload, weather, departure);
        trip.record(route.len() + ENDS);
        trip.fly(&route).ok_or(AssignmentRefusal::Wind)?;
        let closing = airspace.closing(&trip.path, &closed);
        if closing.is_empty() {
            return Ok(trip.into_plan());
        }
        closed.extend(closing);
    }
}

/// When a flight ends, and the energy it takes: what [`plan_flight`] says, without its path where nobody needs that.
///
/// # Errors
/// As [`plan_flight`].
pub fn estimate_flight(
    aircraft: &AircraftSpec,
    payload: Kilograms,
    departure: Departure,
    to: Position,
    conditions: Conditions<'_>,
) -> Result<(SimTime, WattHours), AssignmentRefusal> {
    if departure.altitude_m == 0.0 && departure.at.distance_m(to) < NOTHING_TO_FLY_M {
        return Ok((departure.time, WattHours::ZERO));
    }
    if !conditions.airspace.is_the_same_always() {
        let plan = plan_flight(aircraft, payload, departure, to, conditions)?;
        return Ok((plan.arrives(), plan.energy));
    }
    let weather = conditions.weather.at(departure.time);
    check_take_off(aircraft, departure, weather)?;
    let closed = conditions.airspace.closed_at(departure.time);
    let route = conditions.airspace.route(departure.at, to, &closed);
    let route = route.ok_or(AssignmentRefusal::NoFlyZone)?;
    let mut trip = Trip::new(aircraft, payload, weather, departure);
    trip.fly(&route).ok_or(AssignmentRefusal::Wind)?;
    Ok((trip.time(), trip.energy()))
}

/// Whether the weather lets it take off. What flies already flies on: its limits are those of taking off, and the wind's own are felt anyway.
fn check_take_off(
    aircraft: &AircraftSpec,
    departure: Departure,
    weather: &Weather,
) -> Result<(), AssignmentRefusal> {
    match aircraft.grounded_by(weather) {
        Some(reason) if departure.altitude_m == 0.0 => Err(reason.into()),
        _ => Ok(()),
    }
}

/// Waypoints beside those over the route: the ground at both ends.
const ENDS: usize = 2;

/// A flight while it is being planned.
struct Trip<'a> {
    aircraft: &'a AircraftSpec,
    payload: Kilograms,
    weather: &'a Weather,
    departure: Departure,
    /// Empty where nobody wants it.
    path: Vec<Waypoint>,
    spent: Vec<WattHours>,
    elapsed_s: f64,
    distance_m: f64,
    energy_ws: f64,
}

impl<'a> Trip<'a> {
    fn new(
        aircraft: &'a AircraftSpec,
        payload: Kilograms,
        weather: &'a Weather,
        departure: Departure,
    ) -> Self {
        Self {
            aircraft,
            payload,
            weather,
            departure,
            path: Vec::new(),
            spent: Vec::new(),
            elapsed_s: 0.0,
            distance_m: 0.0,
            energy_ws: 0.0,
        }
    }

    /// Writes down the path, of about so many waypoints.
    fn record(&mut self, waypoints: usize) {
        self.path.reserve(waypoints);
        self.path.push(Waypoint {
            at: self.departure.at,
            altitude: Metres::new(self.departure.altitude_m),
            time: self.departure.time,
        });
        self.spent.reserve(waypoints);
        self.spent.push(WattHours::ZERO);
    }

    /// When it is where it is.
    fn time(&self) -> SimTime {
        self.departure.time + SimDuration::from_seconds_f64(self.elapsed_s)
    }

    /// What it has taken.
    fn energy(&self) -> WattHours {
        WattHours::new(self.energy_ws / SECONDS_PER_HOUR)
    }

    /// Climbs, cruises along the route and lands at its end; `None` where the wind does not let it.
    fn fly(&mut self, route: &[Position]) -> Option<()> {
        self.climb();
        for pair in route.windows(2) {
            self.cruise(pair[0], pair[1])?;
        }
        self.land(*route.last()?);
        Some(())
    }

    fn spend(&mut self, phase: Phase, seconds: f64) {
        self.elapsed_s += seconds;
        self.energy_ws += seconds * power_w(self.aircraft, phase, self.payload, self.weather.rho);
    }

    fn reach(&mut self, at: Position, altitude_m: f64) {
        if self.path.is_empty() {
            return;
        }
        self.path.push(Waypoint {
            at,
            altitude: Metres::new(altitude_m),
            time: self.time(),
        });
        self.spent.push(self.energy());
    }

    fn climb(&mut self) {
        let height_m = (self.aircraft.altitude_m - self.departure.altitude_m).max(0.0);
        if height_m > 0.0 {
            self.spend(Phase::TakeOff, height_m / self.aircraft.climb_mps);
            self.reach(self.departure.at, self.aircraft.altitude_m);
        }
    }

    fn cruise(&mut self, from: Position, to: Position) -> Option<()> {
        let distance_m = from.distance_m(to);
        if distance_m > 0.0 {
            let speed = ground_speed(self.aircraft.cruise_mps, from.direction(to), self.weather)?;
            self.distance_m += distance_m;
            self.spend(Phase::Cruise, distance_m / speed);
            self.reach(to, self.aircraft.altitude_m);
        }
        Some(())
    }

    fn land(&mut self, at: Position) {
        self.spend(
            Phase::Landing,
            self.aircraft.altitude_m / self.aircraft.descent_mps,
        );
        self.reach(at, 0.0);
    }

    fn into_plan(self) -> FlightPlan {
        FlightPlan {
            distance: Metres::new(self.distance_m),
            energy: self.energy(),
            path: self.path,
            spent: self.spent,
        }
    }
}
