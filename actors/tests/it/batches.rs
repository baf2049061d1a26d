//! Requests that are matched in batches.

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{DispatchPolicy, Environment};
use skyhaul_actors::event::{AssignmentRefusal, Event, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place, request, trace};

const INTERVAL_S: u64 = 10;

fn batches(drones: u32) -> Environment {
    let mut environment = environment(drones);
    environment.dispatch.policy = DispatchPolicy::Batch;
    environment.dispatch.interval = SimDuration::from_secs(INTERVAL_S);
    environment
}

/// When the delivery got its drone.
fn assigned_at(city: &City, wanted: DeliveryId) -> Option<SimTime> {
    city.events.iter().find_map(|event| match event.event {
        Event::DroneAssigned { delivery, .. } if delivery == wanted => Some(event.at),
        _ => None,
    })
}

#[test]
fn a_request_waits_for_the_next_batch_and_is_then_flown() {
    let mut city = City::new(batches(1));
    let id = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(
        city.story(id),
        [
            "requested",
            "queued",
            "assigned",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
    let in_a_batch = SimTime::from_micros(INTERVAL_S * 1_000_000 + 1);
    assert_eq!(assigned_at(&city, id), Some(in_a_batch));
    assert_eq!(city.world.counters().undeliverable, 0);
}

#[test]
fn a_drone_on_its_way_home_is_given_the_next_request_in_the_air() {
    let mut city = City::new(batches(1));
    let first = city.request(1, place(100.0, 0.0), place(0.0, 4_000.0), 1.0);
    let is_home_bound = |city: &City| {
        let returns =
            |event: &Event| matches!(event, Event::LegStarted(leg) if leg.purpose == LegPurpose::Return);
        city.events.iter().any(|event| returns(&event.event))
    };
    while !is_home_bound(&city) {
        city.run_s(10);
    }
    let second = city.request(2, place(0.0, 2_000.0), place(0.0, 3_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(city.story(first).last(), Some(&"completed"));
    assert_eq!(city.story(second).last(), Some(&"completed"));
    let charges = city.count(|event| matches!(event, Event::ChargeEnded { .. }));
    assert_eq!(charges, 1, "it was not home between the two");
    let purposes: Vec<LegPurpose> = city
        .events
        .iter()
        .filter_map(|event| match &event.event {
            Event::LegStarted(leg) => Some(leg.purpose),
            _ => None,
        })
        .collect();
    let round = [LegPurpose::Pickup, LegPurpose::Dropoff, LegPurpose::Return];
    assert_eq!(purposes, [round, round].concat());
}

#[test]
fn a_request_that_would_wait_longer_than_a_carrier_costs_goes_to_the_carrier_at_once() {
    let mut environment = batches(1);
    environment.dispatch.wait_max = SimDuration::from_mins(24 * 60);
    let mut city = City::new(environment);
    for id in 1..=30 {
        city.request(id, place(1_000.0, 0.0), place(0.0, 5_000.0), 1.0);
    }
    city.run_s(60);
    let cheaper = |event: &Event| {
        matches!(
            event,
            Event::CarrierBooked {
                reason: AssignmentRefusal::CarrierCheaper,
                ..
            }
        )
    };
    let booked = city.count(cheaper);
    assert!((10..30).contains(&booked), "{booked} of 30");
}

#[test]
fn without_a_carrier_all_wait_and_all_are_flown() {
    let mut environment = batches(2);
    environment.carriers.clear();
    environment.dispatch.wait_max = SimDuration::from_mins(24 * 60);
    let mut city = City::new(environment);
    for id in 1..=20 {
        city.request(id, place(1_000.0, 0.0), place(0.0, 3_000.0), 1.0);
    }
    city.run_s(4 * 3_600);
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        20
    );
}

#[test]
fn a_request_whose_deadline_is_near_goes_before_those_that_have_time() {
    let mut environment = batches(1);
    environment.carriers.clear();
    let mut city = City::new(environment);
    for id in 1..=5 {
        city.request(id, place(1_000.0, 0.0), place(0.0, 3_000.0), 1.0);
    }
    let urgent = request(6, place(1_000.0, 0.0), place(0.0, 3_000.0), 1.0);
    let urgent = skyhaul_actors::command::DeliveryRequest {
        deadline: Some(SimTime::from_micros(300_000_000)),
        ..urgent
    };
    let id = urgent.delivery;
    city.ask(Command::RequestDelivery(urgent));
    city.run_s(60);
    let first = city.events.iter().find_map(|event| match event.event {
        Event::DroneAssigned { delivery, .. } => Some(delivery),
        _ => None,
    });
    assert_eq!(first, Some(id));
}

#[test]
fn an_adaptive_policy_gives_at_once_while_drones_are_plenty_and_batches_when_they_are_not() {
    let mut environment = batches(8);
    environment.dispatch.policy = DispatchPolicy::Adaptive;
    environment.demand = Some(trace(60, 5));
    let mut city = City::new(environment);
    city.run_s(7_200);
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        60
    );
    let first = assigned_at(&city, first_requested(&city));
    assert_eq!(first, Some(SimTime::from_micros(5_000_000)));
    assert!(city.count(|event| matches!(event, Event::DeliveryQueued { .. })) > 10);
}

#[test]
fn a_drone_that_a_cancellation_frees_takes_over_from_one_that_is_further_from_its_pickup() {
    let mut city = City::new(batches(2));
    let first = city.request(1, place(4_000.0, 0.0), place(4_000.0, 1_000.0), 1.0);
    city.run_s(100);
    let second = city.request(2, place(6_000.0, 0.0), place(6_000.0, 1_000.0), 1.0);
    city.run_s(15);
    assert_eq!(city.story(second), ["requested", "queued", "assigned"]);
    city.ask(Command::CancelDelivery { delivery: first });
    city.run_s(3_600);
    let released: Vec<_> = city
        .events
        .iter()
        .filter_map(|event| match event.event {
            Event::DroneReleased { delivery, reason, .. } => Some((delivery, reason)),
            _ => None,
        })
        .collect();
    assert_eq!(
        released,
        [
            (first, ReleaseReason::Cancelled),
            (second, ReleaseReason::Reassigned)
        ]
    );
    let story = city.story(second);
    assert_eq!(
        story[2..],
        [
            "assigned",
            "released",
            "assigned",
            "picked up",
            "dropped off",
            "completed"
        ]
    );
}

fn first_requested(city: &City) -> DeliveryId {
    let requested = city.events.iter().find_map(|event| match &event.event {
        Event::DeliveryRequested { request, .. } => Some(request.delivery),
        _ => None,
    });
    requested.expect("some are")
}

#[test]
fn a_world_goes_on_after_a_snapshot_between_batches_as_if_there_had_been_none() {
    let run = |cuts: u64| {
        let mut environment = batches(3);
        environment.demand = Some(trace(40, 7));
        let environment = std::sync::Arc::new(environment);
        let mut world = skyhaul_actors::world::World::found(&environment);
        let mut events = Vec::new();
        for cut in 1..=cuts {
            let until = SimTime::from_micros(3_600_000_000 / cuts * cut);
            world.run_until(until, &mut events).expect("the world goes on");
            let bytes = world.save().expect("a state");
            world = skyhaul_actors::world::World::load(std::sync::Arc::clone(&environment), &bytes)
                .expect("the same");
        }
        world.digest()
    };
    assert_eq!(run(1), run(400));
}
