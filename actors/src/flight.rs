//! Flight: the closed formula of a leg — where, when, at what cost — from take-off to landing.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, Metres, WattHours};

use crate::airspace::{Sky, Way};
use crate::energy::{SECONDS_PER_HOUR, powers};
use crate::environment::{AircraftSpec, Arrival, Weather, WeatherAloft};
use crate::event::{AssignmentRefusal, Waypoint};
use crate::wind::Drift;

use self::trip::Trip;

mod trip;

/// To no more than this nothing is flown.
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

impl From<Waypoint> for Departure {
    fn from(waypoint: Waypoint) -> Self {
        Self {
            at: waypoint.at,
            altitude_m: waypoint.altitude.get(),
            time: waypoint.time,
        }
    }
}

impl From<Departure> for Waypoint {
    fn from(departure: Departure) -> Self {
        Self {
            at: departure.at,
            altitude: Metres::new(departure.altitude_m),
            time: departure.time,
        }
    }
}

/// What a flight begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Manoeuvre {
    /// Nothing: it sets off.
    #[default]
    Direct,
    /// Hovers where it is, until then.
    Hold {
        /// Until when.
        until: SimTime,
    },
    /// Leaves a zone that is about to come into force, straight.
    Leave {
        /// Where it is outside.
        by: Position,
    },
}

/// A flight as planned.
#[derive(Clone, Debug, PartialEq)]
pub struct FlightPlan {
    /// Where it is when.
    pub path: Vec<Waypoint>,
    /// Length over the ground.
    pub distance: Metres,
    /// Energy the whole of it takes; also what hangs on the winch takes afterwards, where it does not land.
    pub energy: WattHours,
    /// Energy taken up to each waypoint.
    spent: Vec<WattHours>,
}

impl FlightPlan {
    /// A stay at one place: nothing is flown.
    #[must_use]
    pub fn nothing(departure: Departure) -> Self {
        let here = departure.into();
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

    /// What is left of it at `now`.
    #[must_use]
    pub fn rest(&self, now: SimTime) -> Vec<Waypoint> {
        let (here, _) = self.at(now);
        let here = Waypoint {
            at: here.at,
            altitude: Metres::new(here.altitude_m),
            time: now,
        };
        let ahead = self.path.iter().filter(|waypoint| waypoint.time > now);
        std::iter::once(here).chain(ahead.copied()).collect()
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
        let Some(to) = self.path.get(next).copied() else {
            return (from.into(), self.energy);
        };
        let share = from.share_of_way(to, time);
        let between = |a: f64, b: f64| a + (b - a) * share;
        let departure = Departure {
            at: from.at.towards(to.at, share),
            altitude_m: between(from.altitude.get(), to.altitude.get()),
            time,
        };
        let spent = between(self.spent[next - 1].get(), self.spent[next].get());
        (departure, WattHours::new(spent))
    }
}

/// What a flight is planned in.
#[derive(Clone, Copy)]
pub struct Conditions<'a> {
    /// The zones, as far as they are known.
    pub airspace: Sky<'a>,
    /// Wind and air over time; a flight goes by what holds when it begins.
    pub weather: &'a WeatherAloft,
}

impl<'a> Conditions<'a> {
    /// The weather where the aircraft flies.
    pub(crate) fn weather_of(self, aircraft: &AircraftSpec, time: SimTime) -> &'a Weather {
        self.weather.at_level(aircraft.altitude_m).at(time)
    }
}

/// Plans a flight with a payload: all phases of the aircraft, round the zones, through wind.
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
    arrival: Arrival,
    conditions: Conditions<'_>,
) -> Result<FlightPlan, AssignmentRefusal> {
    if departure.altitude_m == 0.0 && departure.at.is_within(to, NOTHING_TO_FLY_M) {
        return Ok(FlightPlan::nothing(departure));
    }
    let weather = conditions.weather_of(aircraft, departure.time);
    check_take_off(aircraft, departure, weather)?;
    fly_round(
        || Trip::new(aircraft, payload, weather, departure),
        (departure, to, arrival),
        conditions.airspace.at_level(aircraft.altitude_m),
        Manoeuvre::Direct,
    )
}

/// Plans a flight that is in the air and begins with a manoeuvre.
///
/// # Errors
/// As [`plan_flight`]; also where it cannot leave a zone before that comes into force.
pub fn plan_manoeuvre(
    aircraft: &AircraftSpec,
    payload: Kilograms,
    departure: Departure,
    (to, arrival): (Position, Arrival),
    conditions: Conditions<'_>,
    manoeuvre: Manoeuvre,
) -> Result<FlightPlan, AssignmentRefusal> {
    if manoeuvre == Manoeuvre::Direct {
        return plan_flight(aircraft, payload, departure, to, arrival, conditions);
    }
    let weather = conditions.weather_of(aircraft, departure.time);
    let sky = conditions.airspace.at_level(aircraft.altitude_m);
    let plan = fly_round(
        || Trip::new(aircraft, payload, weather, departure),
        (departure, to, arrival),
        sky,
        manoeuvre,
    )?;
    if sky.is_barred(&plan.path) {
        return Err(AssignmentRefusal::NoFlyZone);
    }
    Ok(plan)
}

/// Plans a flight round the zones of its level, by trips that `begin` begins.
fn fly_round<'a>(
    begin: impl Fn() -> Trip<'a>,
    (departure, to, arrival): (Departure, Position, Arrival),
    sky: Sky<'_>,
    manoeuvre: Manoeuvre,
) -> Result<FlightPlan, AssignmentRefusal> {
    let (from, sets_off_at) = match manoeuvre {
        Manoeuvre::Direct => (departure.at, departure.time),
        Manoeuvre::Hold { until } => (departure.at, until),
        Manoeuvre::Leave { by } => (by, departure.time),
    };
    let mut closed = sky.closed_at(sets_off_at);
    loop {
        let route = sky.route((from, departure.altitude_m), to, &closed);
        let mut route = route.ok_or(AssignmentRefusal::NoFlyZone)?;
        if from != departure.at {
            route = Way::Round(
                std::iter::once(departure.at)
                    .chain(route.iter().copied())
                    .collect(),
            );
        }
        let mut trip = begin();
        trip.record(route.len() - 1);
        trip.hold(sets_off_at);
        trip.fly(&route, arrival).ok_or(AssignmentRefusal::Wind)?;
        let closing = sky.closing(trip.path(), &closed);
        if closing.is_empty() {
            return Ok(trip.into_plan());
        }
        closed.extend(closing);
    }
}

/// Where and when a flight ends, and the energy it takes: what [`plan_flight`] says, without its path where nobody needs that.
///
/// # Errors
/// As [`plan_flight`].
pub fn estimate_flight(
    aircraft: &AircraftSpec,
    payload: Kilograms,
    departure: Departure,
    to: Position,
    arrival: Arrival,
    conditions: Conditions<'_>,
) -> Result<(Departure, WattHours), AssignmentRefusal> {
    if departure.altitude_m == 0.0 && departure.at.is_within(to, NOTHING_TO_FLY_M) {
        return Ok((departure, WattHours::ZERO));
    }
    let weather = conditions.weather_of(aircraft, departure.time);
    check_take_off(aircraft, departure, weather)?;
    let sky = conditions.airspace.at_level(aircraft.altitude_m);
    let closed = sky.closed_at(departure.time);
    let route = sky.route((departure.at, departure.altitude_m), to, &closed);
    let route = route.ok_or(AssignmentRefusal::NoFlyZone)?;
    let mut trip = Trip::new(aircraft, payload, weather, departure);
    trip.fly(&route, arrival).ok_or(AssignmentRefusal::Wind)?;
    let arrived = trip.here(to, arrival);
    if sky.is_changing((departure.time, arrived.time), &closed) {
        let plan = plan_flight(aircraft, payload, departure, to, arrival, conditions)?;
        return Ok(plan.at(plan.arrives()));
    }
    Ok((arrived, trip.energy()))
}

/// What the wind makes a flight along a path take more than still air of the same density would: cruise power, for as much longer as the ground
/// takes at the speed that the wind leaves. Less than nothing where it blows from behind. The second or so by which wind changes how long
/// a change of speed takes is left out.
#[must_use]
pub fn energy_of_wind(
    aircraft: &AircraftSpec,
    payload: Kilograms,
    path: &[Waypoint],
    weather: &Weather,
) -> WattHours {
    let (drift, airspeed_mps) = (Drift::of(weather), aircraft.cruise_mps);
    let longer_s = |pair: &[Waypoint]| {
        let distance_m = pair[0].at.distance_m(pair[1].at);
        let speed = drift.ground_speed(airspeed_mps, pair[0].at.direction(pair[1].at));
        let speed = speed.map(|speed| speed.min(aircraft.ground_speed_max_mps()));
        speed.map_or(0.0, |speed| distance_m / speed - distance_m / airspeed_mps)
    };
    let longer_s: f64 = path.windows(2).map(longer_s).sum();
    WattHours::new(powers(aircraft, payload, weather.rho).cruise * longer_s / SECONDS_PER_HOUR)
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
