//! Equal inputs give equal runs, however they are cut, saved and loaded.

use std::sync::Arc;

use proptest::prelude::*;
use skyhaul_engine::kernel::{Engine, FaultPlan, SnapshotError};
use skyhaul_engine::ports::Numbered;

use crate::parlour::{GuestMessage, Heard, Mood, Parlour, guest, micros, parlour};

const END: u64 = 200;

type Run = (Vec<Numbered<Heard>>, u64);

/// Guests who talk at random, while handlers fail at random.
fn busy(seed: u64, panics: f64) -> Engine<Parlour> {
    let mut engine = parlour(5);
    engine.inject_faults(FaultPlan {
        seed,
        panic_per_message: panics,
    });
    for order in 0..6 {
        let chatter = GuestMessage::Chatter { left: 9, guests: 5 };
        let at = micros(1 + (seed + order * 7) % 40);
        engine.inject(at, order, guest(u32::try_from(order % 5).expect("few")), chatter);
    }
    engine
}

fn whole(seed: u64, panics: f64) -> Run {
    let mut engine = busy(seed, panics);
    let mut events = Vec::new();
    engine.run_until(micros(END), &mut events).expect("goes on");
    (events, engine.digest())
}

fn reloaded(engine: &Engine<Parlour>) -> Engine<Parlour> {
    let saved = engine.save().expect("saved between two runs");
    Engine::load(Arc::new(Mood::default()), &saved).expect("loads what was saved")
}

proptest! {
    #[test]
    fn a_run_does_not_depend_on_where_it_is_cut(
        seed in 0..10_000_u64,
        panics in 0.0..0.3_f64,
        mut cuts in prop::collection::vec(0..END, 0..12),
    ) {
        let mut engine = busy(seed, panics);
        let mut events = Vec::new();
        cuts.sort_unstable();
        for cut in cuts {
            engine.run_until(micros(cut), &mut events).expect("goes on");
            prop_assert_eq!(engine.now(), micros(cut));
        }
        engine.run_until(micros(END), &mut events).expect("goes on");
        prop_assert_eq!((events, engine.digest()), whole(seed, panics));
    }

    #[test]
    fn a_run_goes_on_exactly_wherever_it_is_saved_and_loaded(
        seed in 0..10_000_u64,
        panics in 0.0..0.3_f64,
        mut cuts in prop::collection::vec(0..END, 1..5),
    ) {
        let mut engine = busy(seed, panics);
        let mut events = Vec::new();
        cuts.sort_unstable();
        for cut in cuts {
            engine.run_until(micros(cut), &mut events).expect("goes on");
            let (counters, queued) = (engine.counters(), engine.queued());
            engine = reloaded(&engine);
            prop_assert_eq!((engine.counters(), engine.queued()), (counters, queued));
        }
        engine.run_until(micros(END), &mut events).expect("goes on");
        prop_assert_eq!((events, engine.digest()), whole(seed, panics));
    }

    #[test]
    fn events_are_numbered_without_a_gap_and_never_go_back_in_time(seed in 0..10_000_u64) {
        let (events, _) = whole(seed, 0.1);
        prop_assert!(events.len() > 5);
        for (number, event) in (0..).zip(&events) {
            prop_assert_eq!(event.number, number);
        }
        prop_assert!(events.is_sorted_by_key(|event| event.at));
    }
}

#[test]
fn another_seed_gives_another_run() {
    assert_ne!(whole(1, 0.1).1, whole(2, 0.1).1);
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let engine = busy(1, 0.0);
    let saved = engine.save().expect("saved");
    for cut in 0..saved.len() {
        let loaded = Engine::<Parlour>::load(Arc::new(Mood::default()), &saved[..cut]);
        assert!(
            matches!(loaded, Err(SnapshotError::Unreadable(_))),
            "cut at {cut}"
        );
    }
    let mut other = saved.clone();
    other[0] = 99;
    let loaded = Engine::<Parlour>::load(Arc::new(Mood::default()), &other);
    assert_eq!(loaded.err(), Some(SnapshotError::Format { found: 99 }));
}
