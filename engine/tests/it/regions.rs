//! Regions run beside each other, on any number of threads, and nothing shows it.

use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_engine::kernel::{Engine, FaultPlan, RegionId, Regions};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimDuration;

use crate::village::{Heard, LOOKAHEAD, NeighbourMessage, Plan, Village, at, neighbour, village};

const END: u64 = 2_000;

type Run = (Vec<Numbered<Heard>>, u64);

/// Letters under way everywhere, while handlers fail at random.
fn busy(regions: u16, seed: u64, panics: f64) -> Engine<Village> {
    let mut engine = village(regions, 3);
    engine.inject_faults(FaultPlan {
        seed,
        panic_per_message: panics,
    });
    for order in 0..8 {
        let region = u16::try_from(order % u64::from(regions)).expect("few");
        let when = at(1 + (seed + order * 13) % 90);
        engine.inject(
            when,
            order,
            neighbour(region, 1),
            NeighbourMessage::Letter { left: 9 },
        );
    }
    engine
}

fn run(mut engine: Engine<Village>, threads: usize, cuts: &[u64]) -> Run {
    engine.set_threads(threads);
    let mut events = Vec::new();
    for cut in cuts.iter().copied().chain([END]) {
        engine.run_until(at(cut), &mut events).expect("goes on");
        assert_eq!(engine.now(), at(cut));
    }
    (events, engine.digest())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_run_depends_neither_on_threads_nor_on_cuts(
        regions in 1..9_u16,
        seed in 0..10_000_u64,
        panics in 0.0..0.2_f64,
        mut cuts in prop::collection::vec(0..END, 0..12),
    ) {
        cuts.sort_unstable();
        let whole = run(busy(regions, seed, panics), 1, &[]);
        prop_assert!(whole.0.len() >= 8);
        prop_assert!(whole.0.is_sorted_by_key(|event| (event.at, event.number)));
        for threads in [1, 2, 3, 8] {
            prop_assert_eq!(&run(busy(regions, seed, panics), threads, &cuts), &whole);
        }
    }

    #[test]
    fn several_regions_go_on_exactly_wherever_they_are_saved_and_loaded(
        regions in 2..6_u16,
        seed in 0..10_000_u64,
        mut cuts in prop::collection::vec(0..END, 1..5),
    ) {
        cuts.sort_unstable();
        let mut engine = busy(regions, seed, 0.1);
        let mut events = Vec::new();
        for cut in cuts {
            engine.run_until(at(cut), &mut events).expect("goes on");
            let saved = engine.save().expect("saved between two runs");
            let (counters, queued) = (engine.counters(), engine.queued());
            let plan = Arc::new(Plan { regions, houses: 3 });
            engine = Engine::load(plan, &saved).expect("loads what was saved");
            prop_assert_eq!((engine.counters(), engine.queued()), (counters, queued));
            engine.set_threads(2);
        }
        engine.run_until(at(END), &mut events).expect("goes on");
        prop_assert_eq!((events, engine.digest()), run(busy(regions, seed, 0.1), 1, &[]));
    }
}

#[test]
fn a_message_to_another_region_takes_the_lookahead_at_least() {
    const APART: u64 = 1_000;
    let mut engine = village(2, 1);
    for order in 0..40 {
        let letter = NeighbourMessage::Letter { left: 1 };
        engine.inject(at(APART * (1 + order)), order, neighbour(0, 0), letter);
    }
    let mut events = Vec::new();
    engine.run_until(at(50 * APART), &mut events).expect("goes on");
    let delays = |wanted: u16| {
        let answers = events.iter().filter(
            move |event| matches!(event.event, Heard::Read { region, left: 0, .. } if region == wanted),
        );
        answers.map(|event| event.at.micros() % APART).min()
    };
    assert_eq!(delays(1), Some(LOOKAHEAD.micros()));
    assert!(
        delays(0) < Some(LOOKAHEAD.micros()),
        "within a region any delay goes"
    );
}

#[test]
fn an_address_is_of_its_region() {
    let engine = village(3, 2);
    assert!(engine.get(neighbour(2, 1)).is_some());
    assert!(engine.get(neighbour(2, 2)).is_none());
    assert!(engine.get(neighbour(3, 0)).is_none(), "there is no such region");
    let slab = &engine.actors(RegionId(1)).neighbours;
    assert_eq!((slab.len(), slab.get(neighbour(2, 1)).is_some()), (2, false));
    assert_eq!(format!("{:?}", neighbour(2, 1)), "2/1#0");
}

#[test]
fn a_letter_to_no_region_is_counted_as_undeliverable() {
    let mut engine = village(2, 1);
    let nowhere = neighbour(9, 0);
    engine.inject(
        at(1),
        0,
        neighbour(1, 0),
        NeighbourMessage::Watch { whom: nowhere },
    );
    engine.run_until(at(9), &mut Vec::new()).expect("goes on");
    assert_eq!(engine.counters().undeliverable, 1);
}

#[test]
fn a_world_without_regions_or_with_no_lookahead_is_none() {
    let cut = |count, micros| Regions {
        count,
        lookahead: SimDuration::from_micros(micros),
    };
    assert!(cut(1, 1).is_possible() && cut(1_024, 1).is_possible());
    assert!(!cut(0, 1).is_possible() && !cut(1_025, 1).is_possible() && !cut(2, 0).is_possible());
}
