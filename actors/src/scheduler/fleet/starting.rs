//! How a drone starts, and what it would come to if it were given an errand then.

use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::WattHours;

use crate::environment::{AircraftSpec, Sabotage};
use crate::event::AssignmentRefusal;
use crate::flight::Conditions;
use crate::ids::{AircraftId, DepotId};
use crate::mission::{Errand, MissionEstimate, READY_SHARE, Starting, assess};
use crate::tree::Surroundings;

/// Whether, and when, a drone of this type that stands ready at the depot would do the errand, leaving at `leaves_at`, by
/// the zones that are known at `now`.
pub(in crate::scheduler) fn assess_from(
    (depot, aircraft): (DepotId, AircraftId),
    errand: &Errand,
    surroundings: &Surroundings,
    leaves_at: SimTime,
    now: SimTime,
) -> Result<MissionEstimate, AssignmentRefusal> {
    let starting = ready_start(depot, aircraft, leaves_at, surroundings);
    assess_start(aircraft, starting, errand, surroundings, now)
}

/// How a drone starts that stands ready at the depot.
pub(in crate::scheduler) fn ready_start(
    depot: DepotId,
    aircraft: AircraftId,
    leaves_at: SimTime,
    surroundings: &Surroundings,
) -> Starting {
    let environment = &*surroundings.environment;
    let home = environment.depot(depot).at;
    Starting {
        at: home,
        altitude_m: 0.0,
        home,
        battery: WattHours::new(environment.aircraft(aircraft).battery_capacity.get() * READY_SHARE),
        time: leaves_at,
    }
}

/// Whether, and when, a drone of this type that starts so would do the errand, by the zones that are known at `now`: it may start later, and those
/// that are told of until then are nobody's to plan by.
pub(in crate::scheduler) fn assess_start(
    aircraft: AircraftId,
    starting: Starting,
    errand: &Errand,
    surroundings: &Surroundings,
    now: SimTime,
) -> Result<MissionEstimate, AssignmentRefusal> {
    let environment = &*surroundings.environment;
    let aircraft = environment.aircraft(aircraft);
    let conditions = Conditions {
        airspace: surroundings.airspace.known_at(now),
        weather: &environment.weather,
    };
    if environment.faults.sabotage == Some(Sabotage::IgnoresPayload) {
        let stronger = AircraftSpec {
            payload_max: errand.weight.max(aircraft.payload_max),
            ..aircraft.clone()
        };
        return assess(&stronger, errand, starting, &environment.area, conditions);
    }
    assess(aircraft, errand, starting, &environment.area, conditions)
}

/// A bound on the pickup that costs no planning: the straight line at the greatest ground speed.
pub(in crate::scheduler) fn no_sooner_than(
    depot: DepotId,
    aircraft: AircraftId,
    errand: &Errand,
    surroundings: &Surroundings,
    leaves_at: SimTime,
) -> SimTime {
    let starting = ready_start(depot, aircraft, leaves_at, surroundings);
    bound_from(aircraft, starting, errand, surroundings)
}

/// The same for a drone that starts so.
pub(in crate::scheduler) fn bound_from(
    aircraft: AircraftId,
    starting: Starting,
    errand: &Errand,
    surroundings: &Surroundings,
) -> SimTime {
    let environment = &*surroundings.environment;
    let aircraft = environment.aircraft(aircraft);
    let weather = environment
        .weather
        .at_level(aircraft.altitude_m)
        .at(starting.time);
    let speed = aircraft.cruise_mps + weather.wind_mps;
    let distance = starting.at.distance_m(errand.pickup);
    starting.time + SimDuration::from_seconds_f64(distance / speed)
}
