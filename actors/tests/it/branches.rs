//! A recorded world that goes on by another plan.

use std::sync::Arc;

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{Demand, Environment, FleetSpec, Weather, Zone, ZoneShape};
use skyhaul_actors::event::{Event, LegPurpose};
use skyhaul_actors::ids::{AircraftId, DeliveryId, DepotId};
use skyhaul_actors::world::World;
use skyhaul_actors::world::branch::BranchError;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, environment, light, place, trace};
use crate::invariants::broken;

/// Goes on from here by a plan that `change` makes of the present one.
fn branch(city: &mut City, change: impl FnOnce(&mut Environment)) -> Result<(), BranchError> {
    let recorded = Arc::clone(city.world.environment());
    let mut wanted = (*recorded).clone();
    change(&mut wanted);
    let bytes = city.world.save().expect("saved between two runs");
    city.world = World::branch(&recorded, &bytes, &wanted)?;
    Ok(())
}

fn crowded() -> City {
    let mut planned = environment(1);
    planned.carriers.clear();
    planned.demand = Some(trace(40, 30));
    let mut city = City::new(planned);
    city.run_s(900);
    city
}

fn completed(city: &City) -> usize {
    city.count(|event| matches!(event, Event::DeliveryCompleted { .. }))
}

fn assert_lawful(city: &City) {
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_branch_without_a_change_is_the_same_run() {
    let (mut straight, mut branched) = (crowded(), crowded());
    branch(&mut branched, |_| {}).expect("nothing was changed");
    straight.run_s(7_200);
    branched.run_s(7_200);
    assert_eq!(straight.world.digest(), branched.world.digest());
    assert_eq!(straight.events, branched.events);
}

#[test]
fn drones_that_join_take_what_waits() {
    let (mut straight, mut branched) = (crowded(), crowded());
    branch(&mut branched, |wanted| wanted.fleets[0].count = 6).expect("more drones may join");
    straight.run_s(1_200);
    branched.run_s(1_200);
    assert_eq!(
        branched.count(|event| matches!(event, Event::DroneCommissioned { .. })),
        6
    );
    assert!(
        completed(&branched) > 2 * completed(&straight),
        "{} with six drones, {} with one",
        completed(&branched),
        completed(&straight)
    );
    assert_lawful(&branched);
}

#[test]
fn drones_of_a_new_type_join_as_a_fleet_of_their_own() {
    let mut city = City::new(environment(1));
    city.run_s(900);
    branch(&mut city, |wanted| {
        wanted.aircraft.insert(0, light());
        wanted.aircraft[0].name = "strong".to_owned();
        wanted.aircraft[0].payload_max = Kilograms::new(8.0);
        wanted.fleets[0].aircraft = AircraftId(1);
        wanted.fleets.insert(
            0,
            FleetSpec {
                depot: DepotId(0),
                aircraft: AircraftId(0),
                count: 2,
            },
        );
    })
    .expect("another type may join");
    let heavy = city.request(1, place(300.0, 0.0), place(0.0, 600.0), 6.0);
    city.run_s(3_600);
    assert!(city.story(heavy).contains(&"assigned"), "{:?}", city.story(heavy));
    assert_lawful(&city);
}

#[test]
fn what_must_stay_is_refused_by_name() {
    let refused = |change: fn(&mut Environment)| branch(&mut crowded(), change).expect_err("refused");
    assert_eq!(refused(|wanted| wanted.seed += 1), BranchError::SeedChanged);
    assert_eq!(
        refused(|wanted| wanted.area.radius_m += 1.0),
        BranchError::AreaChanged
    );
    assert_eq!(
        refused(|wanted| wanted.depots[0].pads += 1),
        BranchError::DepotsChanged("middle".to_owned())
    );
    assert_eq!(
        refused(|wanted| wanted.aircraft[0].cruise_mps += 1.0),
        BranchError::AircraftChanged("light".to_owned())
    );
    let taken = refused(|wanted| wanted.fleets[0].count = 0);
    assert_eq!(
        taken.to_string(),
        "`middle` has 1 drones of type `light`, the branch wants 0: a branch takes no drones away; it may have others beside them"
    );
}

#[test]
fn a_state_of_another_layout_is_refused_and_says_so() {
    let city = crowded();
    let mut bytes = city.world.save().expect("saved between two runs");
    bytes[0] ^= 0x40;
    let refused = World::load(Arc::clone(city.world.environment()), &bytes).map(drop);
    let said = refused.expect_err("refused").to_string();
    assert!(said.contains("layout"), "{said}");
}

#[test]
fn a_flight_under_way_goes_by_the_wind_and_the_zones_it_took_off_in() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(0.0, 0.0), place(0.0, 4_000.0), 1.0);
    city.run_s(100);
    branch(&mut city, |wanted| {
        wanted.weather = Weather::windy(9.0, 0.0).into();
        wanted.zones.push(Zone {
            name: "field".to_owned(),
            shape: ZoneShape::Circle {
                centre: place(0.0, 2_000.0),
                radius_m: 500.0,
            },
            from: None,
            until: None,
            announced: None,
            floor_m: 0.0,
            ceiling_m: None,
        });
    })
    .expect("wind and zones may change");
    city.run_s(3_600);
    assert_eq!(city.story(id).last(), Some(&"completed"));
    let home = city.events.iter().find_map(|event| match &event.event {
        Event::LegStarted(leg) if leg.purpose == LegPurpose::Return => Some(leg),
        _ => None,
    });
    assert!(home.expect("it came home").path.len() > 4, "round the new zone");
    assert_lawful(&city);
}

#[test]
fn a_drone_that_is_called_back_after_the_wind_changed_is_where_its_leg_said() {
    let mut city = City::new(environment(1));
    let id = city.request(1, place(0.0, 4_000.0), place(500.0, 4_000.0), 1.0);
    city.run_s(60);
    branch(&mut city, |wanted| {
        wanted.weather = Weather::windy(9.0, 0.0).into();
    })
    .expect("the wind may change");
    city.run_s(20);
    city.ask(Command::CancelDelivery { delivery: id });
    city.run_s(3_600);
    assert_lawful(&city);
}

#[test]
fn a_zone_that_is_lifted_lets_flights_through_from_then_on() {
    let mut planned = environment(1);
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
    let during = city.request(1, place(0.0, 0.0), place(0.0, 1_500.0), 1.0);
    city.run_s(600);
    branch(&mut city, |wanted| wanted.zones.clear()).expect("zones may be lifted");
    let after = city.request(2, place(0.0, 0.0), place(0.0, 1_500.0), 1.0);
    city.run_s(1_200);
    assert!(city.story(during).contains(&"carrier booked"));
    assert_eq!(
        city.story(after),
        ["requested", "assigned", "picked up", "dropped off", "completed"]
    );
    assert_lawful(&city);
}

#[test]
fn carriers_that_are_switched_off_finish_what_they_have_and_take_nothing_more() {
    let mut city = City::new(environment(1));
    let before = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 10.0);
    city.run_s(60);
    branch(&mut city, |wanted| wanted.carriers.clear()).expect("carriers may be switched off");
    let after = city.request(2, place(1_000.0, 0.0), place(0.0, 2_000.0), 10.0);
    city.run_s(24 * 3_600);
    assert_eq!(city.story(before).last(), Some(&"completed"));
    assert_eq!(city.story(after), ["requested", "refused", "cancelled"]);
}

#[test]
fn the_demand_of_the_new_plan_takes_over_from_the_old_one() {
    let mut city = crowded();
    let asked = |city: &City| {
        let mut ids: Vec<DeliveryId> = city
            .events
            .iter()
            .filter_map(|event| match &event.event {
                Event::DeliveryRequested { request, .. } => Some(request.delivery),
                _ => None,
            })
            .collect();
        ids.dedup();
        ids.len()
    };
    let before = asked(&city);
    assert_eq!(before, 30);
    branch(&mut city, |wanted| wanted.demand = None).expect("the demand may end");
    city.run_s(1_800);
    assert_eq!(asked(&city), before);
    let late = SimDuration::from_secs(60);
    let now = city.world.now();
    branch(&mut city, |wanted| {
        let Demand::Trace(mut requests) = trace(100, 60) else {
            panic!("a trace is a trace")
        };
        requests.truncate(50);
        assert!(requests[44].at <= now && requests[45].at > now, "{now}");
        requests[49].at = SimTime::ZERO + late + now.since(SimTime::ZERO);
        requests.sort_by_key(|request| request.at);
        wanted.demand = Some(Demand::Trace(requests));
    })
    .expect("the demand may begin again");
    city.run_s(3_600);
    assert_eq!(
        asked(&city),
        before + 5,
        "only what the new trace asks for after the branch"
    );
}
