//! What goes wrong, and that nothing is lost by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_actors::census::Census;
use skyhaul_actors::command::Command;
use skyhaul_actors::event::{Event, Leg, LegPurpose};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, environment, place, trace};
use crate::invariants::broken;
use crate::mishaps::{REQUESTS, mishaps};

fn ended(city: &City) -> usize {
    city.count(|event| {
        matches!(
            event,
            Event::DeliveryCompleted { .. } | Event::DeliveryCancelled { .. }
        )
    })
}

#[test]
fn a_drone_that_fails_puts_its_parcel_down_and_another_brings_it() {
    let mut planned = environment(6);
    planned.faults.drone_failure_per_flight_hour = 3.0;
    planned.demand = Some(trace(80, 60));
    let mut city = City::new(planned);
    city.run_s(8 * 3_600);
    let failed = city.count(|event| matches!(event, Event::DroneFailed { .. }));
    assert!(failed >= 3, "{failed} drones failed");
    assert_eq!(
        city.count(|event| matches!(event, Event::DroneRecovered { .. })),
        failed
    );
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        80
    );
}

#[test]
fn a_carrier_that_fails_is_tried_again_until_the_attempts_are_used_up() {
    let mut planned = environment(1);
    planned.carriers[0].failure = 1.0;
    let mut city = City::new(planned);
    let id = city.request(1, place(1_000.0, 0.0), place(0.0, 2_000.0), 10.0);
    city.run_s(24 * 3_600);
    let story = city.story(id);
    assert_eq!(story.iter().filter(|word| **word == "carrier failed").count(), 5);
    assert_eq!(story.last(), Some(&"cancelled"));
    assert_eq!(city.world.census().workflows, 0);
}

#[test]
fn panics_in_handlers_cost_nobody_a_parcel() {
    let mut planned = environment(6);
    planned.faults.actor_panic_per_message = 0.02;
    planned.demand = Some(trace(100, 60));
    let mut city = City::new(planned);
    city.run_s(8 * 3_600);
    assert!(city.world.counters().restarts > 20);
    assert_eq!(city.world.counters().given_up, 0);
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        100
    );
}

#[test]
fn a_delivery_whose_workflow_delivery_or_package_is_given_up_still_ends() {
    let mut given_up = 0;
    for seed in 0..40 {
        let mut planned = environment(3);
        planned.seed = seed;
        planned.faults.actor_panic_per_message = 0.35;
        planned.demand = Some(trace(10, 45));
        let mut city = City::new(planned);
        city.run_s(24 * 3_600);
        given_up += city.world.counters().given_up;
        assert_eq!(ended(&city), 10, "seed {seed}");
        assert_eq!(city.world.counters().skipped, 0, "seed {seed}");
    }
    assert!(given_up > 40, "{given_up} actors were given up");
}

#[test]
fn a_fleet_whose_drones_are_all_gone_leaves_everything_to_carriers() {
    let mut planned = environment(1);
    planned.faults.actor_panic_per_message = 0.6;
    planned.demand = Some(trace(40, 60));
    let mut city = City::new(planned);
    city.run_s(24 * 3_600);
    let census = city.world.census();
    assert_eq!(ended(&city), 40);
    assert_eq!((census.drones, census.drones_ready), (0, 0));
}

/// The drone's way home, after it stood at the drop-off with a parcel whose delivery's actor was given up then, or was not.
fn way_home(seed: u64, is_given_up: bool) -> Arc<Leg> {
    let mut planned = environment(1);
    planned.seed = seed;
    let mut city = City::new(planned);
    let dropoff = place(0.0, 2_000.0);
    let id = city.request(1, place(300.0, 0.0), dropoff, 1.0);
    while city.count(|event| matches!(event, Event::LegEnded { .. })) < 2 {
        city.run_s(1);
    }
    if is_given_up {
        // A fifth of what it hears it fails on: of a hundred words more than it may.
        city.world.set_panics(0.2);
        for _ in 0..100 {
            city.ask(Command::CancelDelivery { delivery: id });
        }
        city.run_s(1);
        city.world.set_panics(0.0);
    }
    city.run_s(3_600);
    let end = if is_given_up { "cancelled" } else { "completed" };
    assert!(city.story(id).contains(&end), "seed {seed}: {:?}", city.story(id));
    let home = city.events.iter().find_map(|event| match &event.event {
        Event::LegStarted(leg) if leg.purpose == LegPurpose::Return => Some(Arc::clone(leg)),
        _ => None,
    });
    home.expect("it flies home")
}

#[test]
fn a_parcel_that_nobody_wants_any_more_weighs_on_the_way_home() {
    for seed in 0..8 {
        let (laden, empty) = (way_home(seed, true), way_home(seed, false));
        assert_eq!(
            (laden.payload, empty.payload),
            (Kilograms::new(1.0), Kilograms::new(0.0))
        );
        assert_eq!(
            (laden.path[0].at, laden.distance),
            (empty.path[0].at, empty.distance)
        );
        assert!(laden.energy > empty.energy, "seed {seed}: {laden:?} {empty:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// SG-1: a started saga ends, whatever fails and whoever changes his mind, given that someone can still carry.
    #[test]
    fn every_delivery_ends_exactly_once(mishaps in mishaps()) {
        let city = mishaps.run();
        prop_assert_eq!(broken(&mishaps.environment(), &city.events), Vec::<String>::new());
        let mut ends = BTreeMap::new();
        for event in &city.events {
            match &event.event {
                Event::DeliveryRequested { request, .. } => {
                    prop_assert_eq!(ends.insert(request.delivery, 0), None);
                }
                Event::DeliveryCompleted { delivery, .. } | Event::DeliveryCancelled { delivery, .. } => {
                    *ends.get_mut(delivery).expect("asked for before it ends") += 1;
                }
                _ => {}
            }
        }
        prop_assert_eq!(ends.len(), REQUESTS as usize);
        prop_assert!(ends.values().all(|times| *times == 1));
        let census = city.world.census();
        let gone = mishaps.drones().saturating_sub(census.drones);
        let at_rest = Census::at_rest(&mishaps.environment(), gone);
        let spares = Census { pads_free: census.pads_free, spares: census.spares, ..at_rest };
        prop_assert_eq!(census, spares);
    }
}
