//! Missions: whether a drone can fetch a parcel, bring it and come home, and when it would.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::energy::{Powers, SECONDS_PER_HOUR, powers};
use crate::environment::{AircraftSpec, Area, Arrival, EnergyModel, WeatherSeries};
use crate::event::AssignmentRefusal;
use crate::flight::{Conditions, Departure, NOTHING_TO_FLY_M, estimate_flight};

/// From arriving at the pickup to leaving it with the parcel.
pub const LOADING: SimDuration = SimDuration::from_secs(30);

/// From arriving at the drop-off to leaving it without the parcel.
pub const UNLOADING: SimDuration = SimDuration::from_secs(20);

/// How long a drone stays where a flight ends before it leaves again.
#[must_use]
pub const fn handling(arrival: Arrival) -> SimDuration {
    match arrival {
        Arrival::Pickup => LOADING,
        Arrival::Dropoff => UNLOADING,
        Arrival::Landing => SimDuration::ZERO,
    }
}

/// A drone whose battery holds at least this share of its capacity is ready; missions are assessed with no more than that.
pub const READY_SHARE: f64 = 0.98;

/// The least energy of a mission is taken this much smaller, so that rounding never makes it more than the mission's own.
const FLOOR_SHARE: f64 = 0.999;

/// No mission takes longer: batteries hold for less. The least energy of a mission is taken in the kindest weather within that time.
const MISSION_MAX: SimDuration = SimDuration::from_mins(6 * 60);

/// A change of a time smaller than this is none to whoever waits.
const NEWS_MIN: SimDuration = SimDuration::from_secs(5);

/// Nor is one smaller than this part of what is left.
const NEWS_MIN_PART: u64 = 20;

/// Whether a time that is expected at `now` is so far from the one that was told that it matters to whoever waits: over five seconds and over 5 % of
/// what is left.
#[must_use]
pub fn is_news(told: SimTime, expected: SimTime, now: SimTime) -> bool {
    let change = told.max(expected).since(told.min(expected));
    change > NEWS_MIN && change.micros() > expected.since(now).micros() / NEWS_MIN_PART
}

/// What is to be carried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Errand {
    /// Where the parcel is.
    pub pickup: Position,
    /// Where it goes.
    pub dropoff: Position,
    /// Its mass.
    pub weight: Kilograms,
}

/// When a mission would do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissionEstimate {
    /// The parcel is in the drone.
    pub picked_up_at: SimTime,
    /// The parcel is out of the drone.
    pub dropped_off_at: SimTime,
    /// The drone is home.
    pub home_at: SimTime,
    /// Energy of all legs.
    pub energy: WattHours,
}

/// Where a drone would start from and end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Starting {
    /// Where it stands, or flies.
    pub at: Position,
    /// How high it flies; zero where it stands.
    pub altitude_m: f64,
    /// Where it goes home to.
    pub home: Position,
    /// Energy in its battery.
    pub battery: WattHours,
    /// When it takes off.
    pub time: SimTime,
}

/// Whether the aircraft can do the errand and be home above its reserve, and when it would; each leg in the weather of its take-off.
///
/// # Errors
/// Why it cannot: [`AssignmentRefusal::TooHeavy`], `OutsideArea`, `Wind`, `Weather`, `NoFlyZone`, `OutOfRange`, in this order; where the straight lines
/// are out of range already, no way round zones is sought.
pub fn assess(
    aircraft: &AircraftSpec,
    errand: &Errand,
    starting: Starting,
    area: &Area,
    conditions: Conditions<'_>,
) -> Result<MissionEstimate, AssignmentRefusal> {
    if errand.weight > aircraft.payload_max {
        return Err(AssignmentRefusal::TooHeavy);
    }
    if !area.contains(errand.pickup) || !area.contains(errand.dropoff) {
        return Err(AssignmentRefusal::OutsideArea);
    }
    if starting.altitude_m == 0.0
        && let Some(reason) = aircraft.grounded_by(conditions.weather_of(aircraft, starting.time))
    {
        return Err(reason.into());
    }
    let spare = starting.battery - aircraft.reserve_energy();
    let series = conditions.weather.at_level(aircraft.altitude_m);
    let floor = |distance_m| energy_floor(aircraft, errand, starting, series, distance_m);
    if floor(Position::distance_at_most_m) > spare && floor(Position::distance_m) > spare {
        let sky = conditions.airspace.at_level(aircraft.altitude_m);
        let closed = sky.closed_at(starting.time);
        let is_closed = |place| sky.covers(place, &closed);
        return Err(if is_closed(errand.pickup) || is_closed(errand.dropoff) {
            AssignmentRefusal::NoFlyZone
        } else {
            AssignmentRefusal::OutOfRange
        });
    }
    let fly = |payload, from, to, arrival| estimate_flight(aircraft, payload, from, to, arrival, conditions);
    let leaving = |arrived: Departure, arrival| {
        let time = arrived.time + handling(arrival);
        // What hangs in the air flies on in any weather; nobody plans that.
        match aircraft.grounded_by(conditions.weather_of(aircraft, time)) {
            Some(reason) if arrived.altitude_m > 0.0 => Err(AssignmentRefusal::from(reason)),
            _ => Ok(Departure { time, ..arrived }),
        }
    };
    let takes_off = Departure {
        at: starting.at,
        altitude_m: starting.altitude_m,
        time: starting.time,
    };
    let (arrived, out) = fly(Kilograms::ZERO, takes_off, errand.pickup, Arrival::Pickup)?;
    let loaded = leaving(arrived, Arrival::Pickup)?;
    let (arrived, over) = fly(errand.weight, loaded, errand.dropoff, Arrival::Dropoff)?;
    let unloaded = leaving(arrived, Arrival::Dropoff)?;
    let (home, back) = fly(Kilograms::ZERO, unloaded, starting.home, Arrival::Landing)?;
    let energy = out + over + back;
    if energy > spare {
        return Err(AssignmentRefusal::OutOfRange);
    }
    Ok(MissionEstimate {
        picked_up_at: loaded.time,
        dropped_off_at: unloaded.time,
        home_at: home.time,
        energy,
    })
}

/// What the errand takes at the least: straight lines, as long as `distance_m` says, the wind from behind on each, and nothing hovered. Dense air lifts better but also drags
/// more: where it changes, no least is known of an aircraft that feels both.
fn energy_floor(
    aircraft: &AircraftSpec,
    errand: &Errand,
    starting: Starting,
    series: &WeatherSeries,
    distance_m: fn(Position, Position) -> f64,
) -> WattHours {
    if matches!(aircraft.energy_model, EnergyModel::Momentum(_)) && series.period().is_some() {
        return WattHours::ZERO;
    }
    let weather = series.kindest(starting.time, starting.time + MISSION_MAX);
    let empty = powers(aircraft, Kilograms::ZERO, weather.rho);
    let loaded = powers(aircraft, errand.weight, weather.rho);
    let handover_m = aircraft.height_at(Arrival::Dropoff).get();
    let leg_ws = |draws: &Powers, (from, from_m): (Position, f64), (to, to_m): (Position, f64)| {
        let distance_m = distance_m(from, to);
        if distance_m <= NOTHING_TO_FLY_M {
            return 0.0;
        }
        draws.take_off * (aircraft.altitude_m - from_m).max(0.0) / aircraft.climb_mps
            + draws.cruise * distance_m / (aircraft.cruise_mps + weather.wind_mps)
            + draws.landing * (aircraft.altitude_m - to_m) / aircraft.descent_mps
    };
    let start = (starting.at, starting.altitude_m);
    let pickup = (errand.pickup, handover_m);
    let dropoff = (errand.dropoff, handover_m);
    let total_ws = leg_ws(&empty, start, pickup)
        + leg_ws(&loaded, pickup, dropoff)
        + leg_ws(&empty, dropoff, (starting.home, 0.0));
    WattHours::new(total_ws / SECONDS_PER_HOUR * FLOOR_SHARE)
}
