//! Missions: whether a drone can fetch a parcel, bring it and come home, and when it would.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::energy::{Phase, SECONDS_PER_HOUR, power_w};
use crate::environment::{AircraftSpec, Area, Weather};
use crate::event::AssignmentRefusal;
use crate::flight::{Conditions, Departure, NOTHING_TO_FLY_M, estimate_flight};

/// From landing at the pickup to take-off with the parcel.
pub const LOADING: SimDuration = SimDuration::from_secs(30);

/// From landing at the drop-off to take-off without the parcel.
pub const UNLOADING: SimDuration = SimDuration::from_secs(20);

/// A drone whose battery holds at least this share of its capacity is ready; missions are assessed with no more than that.
pub const READY_SHARE: f64 = 0.98;

/// The least energy of a mission is taken this much smaller, so that rounding never makes it more than the mission's own.
const FLOOR_SHARE: f64 = 0.999;

/// No mission takes longer: batteries hold for less. The least energy of a mission is taken in the kindest weather within that time.
const MISSION_MAX: SimDuration = SimDuration::from_mins(6 * 60);

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
        && let Some(reason) = aircraft.grounded_by(conditions.weather.at(starting.time))
    {
        return Err(reason.into());
    }
    let spare = starting.battery - aircraft.reserve_energy();
    let kindest = conditions
        .weather
        .kindest(starting.time, starting.time + MISSION_MAX);
    if energy_floor(aircraft, errand, starting, &kindest) > spare {
        let closed = conditions.airspace.closed_at(starting.time);
        let is_closed = |place| conditions.airspace.covers(place, &closed);
        return Err(if is_closed(errand.pickup) || is_closed(errand.dropoff) {
            AssignmentRefusal::NoFlyZone
        } else {
            AssignmentRefusal::OutOfRange
        });
    }
    let fly = |payload, from, time, to| {
        estimate_flight(
            aircraft,
            payload,
            Departure {
                at: from,
                altitude_m: if time == starting.time {
                    starting.altitude_m
                } else {
                    0.0
                },
                time,
            },
            to,
            conditions,
        )
    };
    let (arrives_at, out) = fly(Kilograms::ZERO, starting.at, starting.time, errand.pickup)?;
    let picked_up_at = arrives_at + LOADING;
    let (arrives_at, over) = fly(errand.weight, errand.pickup, picked_up_at, errand.dropoff)?;
    let dropped_off_at = arrives_at + UNLOADING;
    let (home_at, back) = fly(Kilograms::ZERO, errand.dropoff, dropped_off_at, starting.home)?;
    let energy = out + over + back;
    if energy > spare {
        return Err(AssignmentRefusal::OutOfRange);
    }
    Ok(MissionEstimate {
        picked_up_at,
        dropped_off_at,
        home_at,
        energy,
    })
}

/// What the errand takes at the least: straight lines, and the wind from behind on each.
fn energy_floor(
    aircraft: &AircraftSpec,
    errand: &Errand,
    starting: Starting,
    weather: &Weather,
) -> WattHours {
    let leg_ws = |payload, from: Position, altitude_m: f64, to: Position| {
        let distance_m = from.distance_m(to);
        if distance_m < NOTHING_TO_FLY_M {
            return 0.0;
        }
        let power = |phase| power_w(aircraft, phase, payload, weather.rho);
        power(Phase::TakeOff) * (aircraft.altitude_m - altitude_m).max(0.0) / aircraft.climb_mps
            + power(Phase::Cruise) * distance_m / (aircraft.cruise_mps + weather.wind_mps)
            + power(Phase::Landing) * aircraft.altitude_m / aircraft.descent_mps
    };
    let total_ws = leg_ws(Kilograms::ZERO, starting.at, starting.altitude_m, errand.pickup)
        + leg_ws(errand.weight, errand.pickup, 0.0, errand.dropoff)
        + leg_ws(Kilograms::ZERO, errand.dropoff, 0.0, starting.home);
    WattHours::new(total_ws / SECONDS_PER_HOUR * FLOOR_SHARE)
}
