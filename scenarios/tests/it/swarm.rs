//! The swarm: what seeds draw holds every invariant, what is broken on purpose is found, and what is found is made small.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::environment::Sabotage;
use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_scenarios::swarm::{Breach, Case, Tally, shrink};

/// A scheduler that makes a mistake is found within so many seeds.
const SEEDS_TO_FIND: u64 = 100;

fn sabotaged(seed: u64, sabotage: Sabotage) -> Case {
    Case {
        sabotage: Some(sabotage),
        ..Case::of_seed(seed)
    }
}

/// The first case in which the mistake is found.
fn found(sabotage: Sabotage) -> (Case, Breach) {
    (0..SEEDS_TO_FIND)
        .map(|seed| sabotaged(seed, sabotage))
        .find_map(|case| case.run().err().map(|breach| (case, breach)))
        .expect("the mistake is found")
}

#[test]
fn every_seed_draws_a_scenario_and_seeds_differ() {
    let drawn: BTreeSet<String> = (0..200)
        .chain([u64::MAX, u64::MAX / 2])
        .map(|seed| {
            let bundle = Case::of_seed(seed).bundle();
            if let Err(error) = Scenario::parse(&bundle) {
                panic!("seed {seed}: {error}\n{}", bundle.text);
            }
            bundle.text
        })
        .collect();
    assert_eq!(drawn.len(), 202);
}

#[test]
fn no_invariant_breaks_in_the_first_seeds() {
    let mut total = Tally::default();
    for seed in 0..60 {
        let case = Case::of_seed(seed);
        match case.run() {
            Ok(tally) => total += tally,
            Err(breach) => panic!("{breach}\n{}", case.command()),
        }
    }
    assert!(total.deliveries > 500 && total.commands > 200, "{total:?}");
    assert!(total.reloads > 60 && total.restarts > 60, "{total:?}");
    assert!(total.drones_failed > 5, "{total:?}");
}

#[test]
fn a_case_runs_the_same_every_time() {
    let case = Case::of_seed(3);
    assert_eq!(case.run(), case.run());
}

#[test]
fn a_drone_that_is_given_two_deliveries_is_found() {
    let (_, breach) = found(Sabotage::GivesTwice);
    assert!(["DR-1", "EN-5"].contains(&breach.invariant), "{breach}");
}

#[test]
fn a_waiting_request_that_is_forgotten_is_found() {
    assert_eq!(found(Sabotage::ForgetsWaiting).1.invariant, "SG-2");
}

#[test]
fn a_zone_that_is_ignored_is_found() {
    assert_eq!(found(Sabotage::IgnoresZones).1.invariant, "AS-1");
}

#[test]
fn a_parcel_that_is_too_heavy_is_found() {
    assert_eq!(found(Sabotage::IgnoresPayload).1.invariant, "DR-6");
}

#[test]
fn a_case_that_breaks_is_made_small_and_its_command_repeats_it() {
    let (case, breach) = found(Sabotage::ForgetsWaiting);
    let (small, again) = shrink(&case, &breach, &|| true);
    assert_eq!(again.invariant, breach.invariant);
    assert!(
        small.bundle().text.len() <= case.bundle().text.len() && small != case,
        "{}",
        small.command()
    );
    let command = small.command();
    let (_, text) = command.split_once("--reduce ").expect("it was reduced");
    let repeated = Case {
        reduction: text.parse().expect("a reduction"),
        ..case
    };
    assert_eq!(repeated.run(), Err(again));
}

#[test]
fn shrinking_stops_when_it_is_told_to() {
    let (case, breach) = found(Sabotage::ForgetsWaiting);
    assert_eq!(shrink(&case, &breach, &|| false), (case.clone(), breach.clone()));
}

/// Florence for its whole duration, then without new requests until all of them must have ended.
#[test]
fn with_one_message_in_a_thousand_failing_every_delivery_of_florence_ends() {
    let scenario = Scenario::parse(&ScenarioBundle::florence()).expect("Florence is well-formed");
    let mut planned = scenario.environment(BuildOptions::default());
    planned.faults.actor_panic_per_message = 0.001;
    let mut ends = Ends::default();
    let mut world = World::found(&Arc::new(planned.clone()));
    let until = SimTime::ZERO + scenario.duration();
    world.run_until(until, &mut ends).expect("the world goes on");
    planned.demand = None;
    let saved = world.save().expect("saved between two runs");
    let mut world = World::load(Arc::new(planned), &saved).expect("loads what was saved");
    let later = until + SimDuration::from_mins(24 * 60);
    world.run_until(later, &mut ends).expect("the world goes on");
    assert!(world.counters().restarts > 50, "{:?}", world.counters());
    assert!(ends.requested > 500 && ends.requested == ends.ended, "{ends:?}");
    assert_eq!(world.census().open, 0);
}

/// Counts what was requested and what ended.
#[derive(Debug, Default)]
struct Ends {
    requested: u64,
    ended: u64,
}

impl EventSink<Event> for Ends {
    fn accept(&mut self, event: Numbered<Event>) {
        match event.event {
            Event::DeliveryRequested { .. } => self.requested += 1,
            Event::DeliveryCompleted { .. } | Event::DeliveryCancelled { .. } => self.ended += 1,
            _ => {}
        }
    }
}

/// Each line of the file: a seed, perhaps a reduction, and after `#` which invariant broke, and where it was mended.
#[test]
fn every_seed_that_ever_failed_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("swarm/failed_seeds.txt");
    let text = fs::read_to_string(path).expect("the list can be read");
    for line in text.lines() {
        let said = line.split('#').next().unwrap_or_default();
        let mut words = said.split_whitespace();
        let Some(seed) = words.next() else { continue };
        let case = Case {
            reduction: words
                .next()
                .map_or_else(Default::default, |text| text.parse().expect("a reduction")),
            ..Case::of_seed(seed.parse().expect("a seed"))
        };
        if let Err(breach) = case.run() {
            panic!("{breach}\n{}", case.command());
        }
    }
}
