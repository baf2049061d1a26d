//! Which missions are accepted.

use proptest::prelude::*;
use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::environment::{AircraftSpec, Arrival, FlightPhases, Weather, Zone, ZoneShape};
use skyhaul_actors::event::AssignmentRefusal;
use skyhaul_actors::flight::{Conditions, Departure, estimate_flight, plan_flight};
use skyhaul_actors::mission::{Errand, LOADING, Starting, UNLOADING, assess};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{environment, light, place};

fn spot() -> impl Strategy<Value = (f64, f64)> {
    (-6_000.0..6_000.0_f64, -6_000.0..6_000.0_f64)
}

/// What flights may have beside climb, cruise and descent.
pub(crate) fn phases() -> impl Strategy<Value = FlightPhases> {
    let acceleration = proptest::option::of(0.5..6.0_f64);
    let winch = proptest::option::of(5.0..50.0_f64);
    (acceleration, 0..12_u64, 0..40_u64, winch).prop_map(|(acceleration_mps2, transition, hover, winch_m)| {
        FlightPhases {
            acceleration_mps2,
            transition: SimDuration::from_secs(transition),
            hover: SimDuration::from_secs(hover),
            winch_m,
        }
    })
}

proptest! {
    /// The bound by which hopeless missions are turned down early turns down none that could be flown.
    #[test]
    fn a_mission_is_accepted_exactly_where_its_three_flights_leave_the_reserve(
        pickup in spot(),
        dropoff in spot(),
        weight_g in 50..2_000_i64,
        wind_mps in 0.0..11.0_f64,
        wind_from_deg in 0.0..360.0_f64,
        phases in phases(),
    ) {
        let mut planned = environment(1);
        planned.weather = Weather::windy(wind_mps, wind_from_deg).into();
        let airspace = Airspace::new(&planned);
        let conditions = Conditions { airspace: airspace.known_at(SimTime::ZERO), weather: &planned.weather };
        let (aircraft, home) = (AircraftSpec { phases, ..light() }, place(0.0, 0.0));
        let errand = Errand {
            pickup: place(pickup.0, pickup.1),
            dropoff: place(dropoff.0, dropoff.1),
            weight: Kilograms::from_milli(weight_g),
        };
        let starting = Starting { at: home, altitude_m: 0.0, home, battery: aircraft.battery_capacity, time: SimTime::ZERO };
        let fly = |payload, (at, altitude_m, time), to, arrival| {
            plan_flight(&aircraft, payload, Departure { at, altitude_m, time }, to, arrival, conditions).expect("open sky")
        };
        let height_m = aircraft.height_at(Arrival::Dropoff).get();
        let out = fly(Kilograms::ZERO, (home, 0.0, SimTime::ZERO), errand.pickup, Arrival::Pickup);
        let over = fly(errand.weight, (errand.pickup, height_m, out.arrives() + LOADING), errand.dropoff, Arrival::Dropoff);
        let back = fly(Kilograms::ZERO, (errand.dropoff, height_m, over.arrives() + UNLOADING), home, Arrival::Landing);
        let energy = out.energy + over.energy + back.energy;
        let fits = aircraft.battery_capacity - energy >= aircraft.reserve_energy();
        match assess(&aircraft, &errand, starting, &planned.area, conditions) {
            Ok(estimate) => {
                prop_assert!(fits);
                prop_assert_eq!((estimate.energy, estimate.home_at), (energy, back.arrives()));
            }
            Err(reason) => prop_assert!(!fits && reason == AssignmentRefusal::OutOfRange),
        }
    }
}

proptest! {
    /// Estimates look at no waypoint in between, unless a zone comes into force on the way.
    #[test]
    fn an_estimate_says_what_the_plan_says_also_where_zones_come_and_go(
        zones in prop::collection::vec((spot(), 100.0..900.0_f64, 0..900_u64, 0..900_u64), 1..6),
        from in spot(),
        to in spot(),
        departs_s in 0..900_u64,
    ) {
        let mut planned = environment(1);
        let second = |second: u64| SimTime::from_micros(second * 1_000_000);
        planned.zones = zones.into_iter().map(|((x, y), radius_m, from_s, lasts_s)| Zone {
            from: Some(second(from_s)),
            until: Some(second(from_s + lasts_s)),
            ..Zone::permanent(String::new(), ZoneShape::Circle { centre: place(x, y), radius_m })
        }).collect();
        let airspace = Airspace::new(&planned);
        let conditions = Conditions { airspace: airspace.known_at(SimTime::ZERO), weather: &planned.weather };
        let departure = Departure { at: place(from.0, from.1), altitude_m: 0.0, time: second(departs_s) };
        let to = place(to.0, to.1);
        let plan = plan_flight(&light(), Kilograms::ZERO, departure, to, Arrival::Landing, conditions);
        let estimate = estimate_flight(&light(), Kilograms::ZERO, departure, to, Arrival::Landing, conditions);
        prop_assert_eq!(estimate, plan.map(|plan| plan.at(plan.arrives())));
    }
}
