//! EN-4: the same world gives the same events, also when it was saved and loaded on the way.

use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, trace};
use crate::mishaps::mishaps;

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

/// Puts a world that was saved and loaded in the place of the one that was.
fn reload(city: &mut City) {
    let planned = Arc::clone(city.world.environment());
    let saved = city.world.save().expect("saved between two runs");
    city.world = World::load(planned, &saved).expect("loads what was saved");
}

#[test]
fn a_world_saved_at_its_founding_says_what_it_holds_once_it_runs() {
    let environment = Arc::new(busy(1));
    let saved = World::found(&environment).save().expect("saved before it ran");
    let mut world = World::load(Arc::clone(&environment), &saved).expect("loads what was saved");
    let mut events = Vec::new();
    world.run_until(END, &mut events).expect("the world goes on");
    assert_eq!((events, world.digest()), run(&environment));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_world_that_was_saved_and_loaded_goes_on_exactly(
        mishaps in mishaps(),
        mut cuts in prop::collection::vec(0..3 * 3_600 * 1_000_000_u64, 1..5),
    ) {
        let expected = mishaps.run();
        let mut city = City::new(mishaps.environment());
        mishaps.change_minds(&mut city, reload);
        cuts.sort_unstable();
        for cut in cuts.into_iter().map(SimTime::from_micros).chain([expected.world.now()]) {
            city.world.run_until(cut.max(city.world.now()), &mut city.events).expect("the world goes on");
            reload(&mut city);
        }
        prop_assert_eq!(city.world.digest(), expected.world.digest());
        prop_assert_eq!(city.world.counters(), expected.world.counters());
        prop_assert_eq!(city.events, expected.events);
    }

    #[test]
    fn a_world_does_not_depend_on_where_its_run_is_cut(mishaps in mishaps(), window_s in 1..2_000_u64) {
        let expected = mishaps.run();
        let mut city = City::new(mishaps.environment());
        mishaps.change_minds(&mut city, |_| {});
        while city.world.now() < expected.world.now() {
            let next = (city.world.now() + SimDuration::from_secs(window_s)).min(expected.world.now());
            city.world.run_until(next, &mut city.events).expect("the world goes on");
        }
        prop_assert_eq!(city.world.digest(), expected.world.digest());
        prop_assert_eq!(city.events, expected.events);
    }
}
