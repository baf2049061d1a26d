//! How drones fly: energy, zones, wind, reserve.

use skyhaul_actors::battery::charged;
use skyhaul_actors::command::Command;
use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{
    AircraftSpec, Demand, EnergyModel, Environment, TraceRequest, Weather, Zone, ZoneShape,
};
use skyhaul_actors::event::{Event, Leg, LegPurpose};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

use crate::city::{City, environment, light, place, trace};
use crate::invariants::broken;

fn legs(city: &City) -> Vec<&Leg> {
    city.events
        .iter()
        .filter_map(|event| match &event.event {
            Event::LegStarted(leg) => Some(&**leg),
            _ => None,
        })
        .collect()
}

/// Rodrigues et al. 2022: 0.0815 MJ/km at the grid, which is 0.0670 at the battery (charger 0.88, grid loss 6.5 %).
#[test]
fn the_m100_takes_the_energy_that_was_published() {
    let mut planned = environment(1);
    planned.weather = Weather {
        rho: 1.2,
        ..Weather::STANDARD
    }
    .into();
    planned.aircraft = vec![AircraftSpec {
        energy_model: EnergyModel::Rodrigues2022,
        airframe: Kilograms::new(3.08),
        battery: Kilograms::new(0.635),
        battery_capacity: WattHours::new(129.96),
        payload_max: Kilograms::new(0.5),
        cruise_mps: 12.0,
        climb_mps: 2.5,
        descent_mps: 2.0,
        altitude_m: 100.0,
        ..light()
    }];
    let home = planned.depots[0].at;
    planned.demand = Some(Demand::Trace(vec![TraceRequest {
        at: SimTime::from_micros(1_000_000),
        pickup: home,
        dropoff: place(2_000.0, 0.0),
        weight: Kilograms::new(0.5),
        expedited: false,
        deadline: None,
    }]));
    let mut city = City::new(planned);
    city.run_s(3_600);
    let legs = legs(&city);
    let wh: f64 = legs.iter().map(|leg| leg.energy.get()).sum();
    let km: f64 = legs.iter().map(|leg| leg.distance.get()).sum::<f64>() / 1_000.0;
    let mj_per_km = wh * 3_600.0 / 1e6 / km;
    assert_eq!(legs.len(), 2);
    assert!((mj_per_km / 0.0670 - 1.0).abs() < 0.01, "{mj_per_km} MJ/km");
}

#[test]
fn a_published_range_is_reached_and_not_exceeded() {
    let aircraft = light();
    let EnergyModel::Range(Range { range_m }) = aircraft.energy_model else {
        panic!("the light drone has a published range")
    };
    let spent = |reach_m: f64| {
        let mut city = City::new(environment(1));
        let id = city.request(1, place(0.0, 0.0), place(reach_m, 0.0), 1.0);
        city.run_s(7_200);
        city.story(id).contains(&"assigned")
    };
    assert!(spent(0.85 * range_m / 2.0), "climb and descent cost their share");
    assert!(!spent(1.02 * range_m / 2.0));
}

#[test]
fn no_flight_crosses_a_zone_and_parcels_into_one_go_by_carrier() {
    let mut planned = environment(3);
    planned.zones = vec![Zone {
        name: "field".to_owned(),
        shape: ZoneShape::Circle {
            centre: place(0.0, 1_500.0),
            radius_m: 800.0,
        },
        from: None,
        until: None,
        announced: None,
        floor_m: 0.0,
        ceiling_m: None,
    }];
    let mut city = City::new(planned);
    let over = city.request(1, place(100.0, 200.0), place(0.0, 3_000.0), 1.0);
    let into = city.request(2, place(100.0, 200.0), place(0.0, 1_500.0), 1.0);
    city.run_s(7_200);
    assert_eq!(city.story(over).last(), Some(&"completed"));
    assert!(city.story(into).contains(&"carrier booked"));
    let dropoff = legs(&city)
        .into_iter()
        .find(|leg| leg.purpose == LegPurpose::Dropoff)
        .expect("one flew");
    assert!(dropoff.path.len() > 4, "the way leads round");
    for pair in dropoff.path.windows(2) {
        for step in 0..=200 {
            let at = pair[0].at.towards(pair[1].at, f64::from(step) / 200.0);
            assert!(at.distance_m(place(0.0, 1_500.0)) > 800.0);
        }
    }
}

#[test]
fn a_zone_counts_from_when_it_is_in_force_until_it_ends() {
    let mut planned = environment(1);
    let hour = SimDuration::from_mins(60);
    planned.zones = vec![Zone {
        name: "parade".to_owned(),
        shape: ZoneShape::Polygon(vec![
            place(-500.0, 500.0),
            place(500.0, 500.0),
            place(500.0, 1_500.0),
            place(-500.0, 1_500.0),
        ]),
        from: None,
        until: Some(SimTime::ZERO + hour),
        announced: None,
        floor_m: 0.0,
        ceiling_m: None,
    }];
    let mut city = City::new(planned);
    let during = city.request(1, place(0.0, 0.0), place(0.0, 1_000.0), 1.0);
    city.run_s(3_700);
    let after = city.request(2, place(0.0, 0.0), place(0.0, 1_000.0), 1.0);
    city.run_s(3_600);
    assert!(city.story(during).contains(&"carrier booked"));
    assert!(city.story(after).contains(&"assigned"));
}

/// A field on the way from the middle to the north, closed from `from_s` on.
fn closing_field(from_s: u64) -> Environment {
    let mut planned = environment(1);
    planned.zones = vec![Zone {
        name: "field".to_owned(),
        shape: ZoneShape::Circle {
            centre: place(0.0, 2_000.0),
            radius_m: 300.0,
        },
        from: Some(SimTime::ZERO + SimDuration::from_secs(from_s)),
        until: None,
        announced: None,
        floor_m: 0.0,
        ceiling_m: None,
    }];
    planned
}

#[test]
fn a_flight_keeps_out_of_a_zone_that_comes_into_force_while_it_is_in_the_air() {
    for (from_s, turns) in [(1, true), (100, true), (140, false), (250, false), (4_000, false)] {
        let mut city = City::new(closing_field(from_s));
        let id = city.request(1, place(0.0, 0.0), place(0.0, 4_000.0), 1.0);
        city.run_s(3_600);
        assert_eq!(
            city.story(id).last(),
            Some(&"completed"),
            "closed from {from_s} s"
        );
        let legs = legs(&city);
        let dropoff = legs.iter().find(|leg| leg.purpose == LegPurpose::Dropoff);
        let path = &dropoff.expect("it flew").path;
        // It takes off at 30 s, passes the field's far rim at 134 s and lands at 217 s.
        assert_eq!(path.len() > 4, turns, "closed from {from_s} s: {path:?}");
        let home = legs
            .iter()
            .find(|leg| leg.purpose == LegPurpose::Return)
            .expect("it came home");
        assert_eq!(home.path.len() > 4, from_s <= 250, "closed from {from_s} s");
    }
}

#[test]
fn a_drone_called_back_over_ground_about_to_be_closed_leaves_it_and_comes_home() {
    // At 104 s it is 15 m from the field's far rim; the way back would take it through the field after 105 s.
    let mut city = City::new(closing_field(105));
    let id = city.request(1, place(0.0, 4_000.0), place(500.0, 4_000.0), 1.0);
    city.run_s(104);
    city.ask(Command::CancelDelivery { delivery: id });
    city.run_s(3_600);
    assert_eq!(city.story(id), ["requested", "assigned", "cancelled", "released"]);
    assert_eq!(city.count(|event| matches!(event, Event::DroneFailed { .. })), 0);
    let legs = legs(&city);
    let purposes: Vec<LegPurpose> = legs.iter().map(|leg| leg.purpose).collect();
    assert_eq!(purposes, [LegPurpose::Pickup, LegPurpose::Return]);
    assert_eq!(
        legs[1].departs(),
        SimTime::ZERO + SimDuration::from_micros(104_000_001)
    );
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
    assert_eq!(
        city.count(|event| matches!(event, Event::ChargeEnded { .. })),
        1,
        "it is ready again"
    );
}

#[test]
fn a_drone_that_is_called_back_while_home_is_closed_hovers_until_it_opens() {
    let mut planned = environment(1);
    planned.zones = vec![Zone {
        name: "over the depot".to_owned(),
        shape: ZoneShape::Circle {
            centre: place(0.0, 0.0),
            radius_m: 200.0,
        },
        from: Some(SimTime::ZERO + SimDuration::from_secs(30)),
        until: Some(SimTime::ZERO + SimDuration::from_secs(300)),
        announced: None,
        floor_m: 0.0,
        ceiling_m: None,
    }];
    let mut city = City::new(planned.clone());
    let delivery = city.request(1, place(3_000.0, 0.0), place(0.0, 3_000.0), 1.0);
    city.run_s(60);
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(6 * 3_600);
    let home = legs(&city).pop().expect("it came home");
    assert_eq!(home.purpose, LegPurpose::Return);
    assert_eq!(home.path[1].time, SimTime::ZERO + SimDuration::from_secs(300));
    assert_eq!(city.count(|event| matches!(event, Event::DroneFailed { .. })), 0);
    assert_eq!(broken(&planned, &city.events), Vec::<String>::new());
}

#[test]
fn a_place_that_will_be_closed_when_the_drone_stands_there_is_left_to_carriers() {
    let mut city = City::new(closing_field(60));
    let id = city.request(1, place(0.0, 2_000.0), place(0.0, 4_000.0), 1.0);
    city.run_s(3_600);
    assert!(city.story(id).contains(&"carrier booked"));
    assert!(legs(&city).is_empty());
}

#[test]
fn drones_stay_on_the_ground_where_the_wind_is_too_strong() {
    let mut planned = environment(1);
    planned.weather = Weather::windy(13.0, 0.0).into();
    let mut city = City::new(planned);
    let id = city.request(1, place(0.0, 0.0), place(0.0, 1_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(
        city.count(|event| matches!(event, Event::FleetGrounded { .. })),
        1
    );
    assert!(city.story(id).contains(&"carrier booked"));
    assert_eq!(legs(&city).len(), 0);
}

#[test]
fn batteries_add_up_from_leg_to_leg_and_never_fall_below_the_reserve() {
    let mut planned = environment(4);
    planned.weather = Weather::windy(6.0, 0.0).into();
    planned.demand = Some(trace(60, 40));
    let mut city = City::new(planned);
    city.run_s(4 * 3_600);
    let (capacity, reserve) = (light().battery_capacity, light().reserve_energy());
    let mut batteries = [capacity; 4];
    for event in &city.events {
        match &event.event {
            Event::LegStarted(leg) => {
                assert_eq!(leg.battery, batteries[leg.drone.0 as usize]);
                batteries[leg.drone.0 as usize] -= leg.energy;
            }
            Event::LegEnded { drone, battery, .. } => {
                assert_eq!(*battery, batteries[drone.0 as usize]);
                assert!(*battery >= reserve);
            }
            Event::ChargeEnded { drone, battery, .. } => {
                assert_eq!(*battery, charged(&light()));
                batteries[drone.0 as usize] = *battery;
            }
            _ => {}
        }
    }
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        60
    );
}
