//! The library's days of weather and rush do what their headers say.

use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::environment::DispatchPolicy;
use skyhaul_actors::event::{Event, Transport};
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

/// A day of the library, with another policy where one is given, to its end.
fn run(name: &str, policy: Option<DispatchPolicy>) -> Vec<Numbered<Event>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("library").join(name);
    let bundle = ScenarioBundle::read(&file).expect("it can be read");
    let scenario = Scenario::parse(&bundle).expect("it is right");
    let mut environment = scenario.environment(BuildOptions::default());
    environment.dispatch.policy = policy.unwrap_or(environment.dispatch.policy);
    let mut world = World::found(&Arc::new(environment));
    let mut events = Vec::new();
    world
        .run_until(SimTime::ZERO + scenario.duration(), &mut events)
        .expect("the world goes on");
    events
}

/// Hours since the start.
fn hour(at: SimTime) -> u64 {
    at.micros() / SimDuration::from_mins(60).micros()
}

fn brought_by_drones(events: &[Numbered<Event>]) -> usize {
    let by_drone = events.iter().filter(|event| {
        matches!(
            event.event,
            Event::DeliveryCompleted {
                by: Transport::Drone(_),
                ..
            }
        )
    });
    by_drone.count()
}

#[test]
fn the_gale_grounds_every_depot_from_noon_to_five_and_nobody_takes_off_in_between() {
    let events = run("storm-front.toml", None);
    let (mut grounded, mut released) = (Vec::new(), Vec::new());
    let mut flights = [0_u32; 13];
    for Numbered { at, event, .. } in &events {
        match event {
            Event::FleetGrounded { .. } => grounded.push(hour(*at)),
            Event::FleetReleased { .. } => released.push(hour(*at)),
            Event::LegStarted(_) => flights[usize::try_from(hour(*at)).expect("a small number")] += 1,
            _ => {}
        }
    }
    assert_eq!((grounded, released), (vec![5; 3], vec![10; 3]));
    for (hour, flights) in flights.iter().enumerate() {
        if (5..10).contains(&hour) {
            assert_eq!(*flights, 0, "hour {hour}");
        } else {
            assert!(*flights > 200, "{flights} flights in hour {hour}");
        }
    }
}

#[test]
fn in_the_rush_hour_batches_bring_a_sixth_more_than_the_nearest_drone_at_once() {
    let brought = |policy| brought_by_drones(&run("rush-hour.toml", Some(policy)));
    let nearest = brought(DispatchPolicy::Nearest);
    for policy in [DispatchPolicy::Batch, DispatchPolicy::Adaptive] {
        let found = brought(policy);
        assert!(found * 6 > nearest * 7, "{policy:?}: {found}, nearest: {nearest}");
    }
}
