//! EN-4: the same world gives the same events, also when it was saved and loaded on the way.

use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use crate::city::{environment, trace};

const END: SimTime = SimTime::from_micros(2 * 3_600 * 1_000_000);

fn busy(seed: u64) -> Arc<Environment> {
    let mut planned = environment(4);
    planned.seed = seed;
    planned.faults.drone_failure_per_flight_hour = 1.0;
    planned.faults.actor_panic_per_message = 0.005;
    planned.demand = Some(trace(80, 45));
    Arc::new(planned)
}

fn run(environment: &Arc<Environment>) -> (Vec<Numbered<Event>>, u64) {
    let mut world = World::found(environment);
    let mut events = Vec::new();
    world.run_until(END, &mut events).expect("the world goes on");
    (events, world.digest())
}

#[test]
fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let (first, second, other) = (run(&busy(1)), run(&busy(1)), run(&busy(2)));
    assert_eq!(first, second);
    assert_ne!(first.1, other.1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_world_that_was_saved_and_loaded_goes_on_exactly(seed in 0..1_000_u64, cut in 0..2 * 3_600 * 1_000_000_u64) {
        let planned = busy(seed);
        let (expected, digest) = run(&planned);
        let mut world = World::found(&planned);
        let mut events = Vec::new();
        world.run_until(SimTime::from_micros(cut), &mut events).expect("the world goes on");
        let saved = world.save().expect("saved between two runs");
        let mut world = World::load(planned, &saved).expect("loads what was saved");
        world.run_until(END, &mut events).expect("the world goes on");
        prop_assert_eq!(world.digest(), digest);
        prop_assert_eq!(events, expected);
    }
}
