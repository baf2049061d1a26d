//! What goes wrong, and that nothing is lost by it.

use proptest::prelude::*;
use skyhaul_actors::event::Event;

use crate::city::{City, environment, place, trace};

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
    assert_eq!(city.world.actors().workflows.len(), 0);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// SG-1: a started saga ends, whatever fails, given that someone can still carry.
    #[test]
    fn every_delivery_ends_exactly_once(
        seed in 0..u64::MAX,
        drones in 1..6_u32,
        failures in 0.0..4.0_f64,
        panics in 0.0..0.3_f64,
        carrier_failure in 0.0..0.5_f64,
    ) {
        let mut planned = environment(drones);
        planned.seed = seed;
        planned.faults.drone_failure_per_flight_hour = failures;
        planned.faults.actor_panic_per_message = panics;
        planned.carriers[0].failure = carrier_failure;
        planned.demand = Some(trace(40, 45));
        let mut city = City::new(planned);
        city.run_s(48 * 3_600);
        prop_assert_eq!(city.count(|event| matches!(event, Event::DeliveryRequested { .. })), 40);
        prop_assert_eq!(ended(&city), 40);
        let actors = city.world.actors();
        prop_assert_eq!((actors.workflows.len(), actors.deliveries.len(), actors.packages.len()), (0, 0, 0));
    }
}
