//! Counting a world, and the mistakes that can be put into its dispatch.

use skyhaul_actors::census::Census;
use skyhaul_actors::environment::{Sabotage, Zone, ZoneShape};
use skyhaul_actors::event::{AssignmentRefusal, Event};

use crate::city::{City, environment, place, trace};

#[test]
fn a_world_that_came_to_rest_has_what_it_was_founded_with() {
    let mut planned = environment(3);
    planned.demand = Some(trace(30, 60));
    let at_rest = Census::at_rest(&planned, 0);
    let mut city = City::new(planned);
    assert_eq!(city.world.census(), at_rest);
    city.run_s(1_200);
    let busy = city.world.census();
    assert!(busy.drones_at_rest < 3 && busy.open > 0 && busy.deliveries == busy.open);
    city.run_s(24 * 3_600);
    assert_eq!(city.world.census(), at_rest);
}

#[test]
fn panics_can_be_switched_off_while_a_world_runs() {
    let mut planned = environment(3);
    planned.faults.actor_panic_per_message = 0.1;
    planned.demand = Some(trace(60, 30));
    let mut city = City::new(planned);
    city.run_s(900);
    let restarts = city.world.counters().restarts;
    assert!(restarts > 0);
    city.world.set_panics(0.0);
    city.run_s(24 * 3_600);
    assert_eq!(city.world.counters().restarts, restarts);
}

/// The city in which the drones make a mistake, after a day.
fn sabotaged(sabotage: Sabotage) -> City {
    let mut planned = environment(1);
    planned.faults.sabotage = Some(sabotage);
    planned.demand = Some(trace(5, 30));
    planned.zones = vec![Zone {
        name: "round the place".to_owned(),
        shape: ZoneShape::Circle {
            centre: place(3_000.0, 0.0),
            radius_m: 300.0,
        },
        from: None,
        until: None,
        announced: None,
        floor_m: 0.0,
        ceiling_m: None,
    }];
    let mut city = City::new(planned);
    city.request(1, place(500.0, 0.0), place(3_000.0, 0.0), 1.0);
    city.request(2, place(500.0, 0.0), place(0.0, 1_000.0), 10.0);
    city.run_s(24 * 3_600);
    city
}

fn refusals(city: &City, why: AssignmentRefusal) -> usize {
    let is_one =
        |event: &Event| matches!(event, Event::DroneAssignmentRefused { reason, .. } if *reason == why);
    city.events.iter().filter(|event| is_one(&event.event)).count()
}

#[test]
fn a_mistake_put_into_dispatch_shows() {
    let zones = sabotaged(Sabotage::IgnoresZones);
    let payload = sabotaged(Sabotage::IgnoresPayload);
    let waiting = sabotaged(Sabotage::ForgetsWaiting);
    assert_eq!(refusals(&zones, AssignmentRefusal::NoFlyZone), 0);
    assert_eq!(refusals(&payload, AssignmentRefusal::TooHeavy), 0);
    assert_eq!(refusals(&waiting, AssignmentRefusal::NoFlyZone), 1);
    assert_eq!(refusals(&waiting, AssignmentRefusal::TooHeavy), 1);
    assert!(waiting.world.census().open > 0);
    let twice = sabotaged(Sabotage::GivesTwice);
    assert!(twice.count(|event| matches!(event, Event::DroneReleased { .. })) > 0);
    assert!(
        refusals(&twice, AssignmentRefusal::GivenBackTooOften) > 0,
        "what is offered again and again comes to an end"
    );
}
