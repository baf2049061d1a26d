//! Who watches hears of the end, once, with the reason.

use skyhaul_engine::kernel::{EndReason, Engine};

use crate::village::{Heard, LOOKAHEAD, NeighbourMessage, Village, at, neighbour, village};

fn mourned(engine: &mut Engine<Village>, until: u64) -> Vec<(u64, u32, EndReason)> {
    let mut events = Vec::new();
    engine.run_until(at(until), &mut events).expect("goes on");
    let mourned = events.into_iter().filter_map(|event| match event.event {
        Heard::Mourned { house, reason } => Some((event.at.micros(), house, reason)),
        _ => None,
    });
    mourned.collect()
}

fn watch(house: u32) -> NeighbourMessage {
    NeighbourMessage::Watch {
        whom: neighbour(0, house),
    }
}

#[test]
fn a_watcher_hears_that_another_stopped_at_the_instant_it_did() {
    let mut engine = village(1, 3);
    engine.inject(at(1), 0, neighbour(0, 0), watch(2));
    engine.inject(at(2), 1, neighbour(0, 0), watch(2));
    engine.inject(at(5), 2, neighbour(0, 2), NeighbourMessage::Move);
    assert_eq!(mourned(&mut engine, 9), [(5, 2, EndReason::Stopped)]);
}

#[test]
fn a_watcher_hears_why_another_was_given_up() {
    let mut engine = village(1, 3);
    engine.inject(at(1), 0, neighbour(0, 0), watch(1));
    engine.inject(at(3), 1, neighbour(0, 1), NeighbourMessage::Sicken);
    let cause = "ill".to_owned();
    assert_eq!(mourned(&mut engine, 9), [(3, 1, EndReason::GivenUp { cause })]);
    assert_eq!(engine.parked()[0].view, "0 letters");
}

#[test]
fn a_watch_on_one_who_is_gone_already_is_answered_at_once() {
    let mut engine = village(1, 2);
    engine.inject(at(1), 0, neighbour(0, 1), NeighbourMessage::Move);
    engine.inject(at(4), 1, neighbour(0, 0), watch(1));
    assert_eq!(mourned(&mut engine, 9), [(4, 1, EndReason::Unknown)]);
}

#[test]
fn a_watch_taken_back_is_silent() {
    let mut engine = village(1, 2);
    engine.inject(at(1), 0, neighbour(0, 0), watch(1));
    let whom = neighbour(0, 1);
    engine.inject(at(2), 1, neighbour(0, 0), NeighbourMessage::Unwatch { whom });
    engine.inject(at(3), 2, neighbour(0, 1), NeighbourMessage::Move);
    assert_eq!(mourned(&mut engine, 9), []);
}

#[test]
fn a_watch_reaches_across_regions_also_through_a_snapshot() {
    let mut engine = village(2, 1);
    engine.inject(at(1), 0, neighbour(1, 0), watch(0));
    assert_eq!(mourned(&mut engine, 20), []);
    let saved = engine.save().expect("saved while the watch is on its way");
    let mut engine = Engine::load(std::sync::Arc::clone(engine.shared()), &saved).expect("loads");
    engine.inject(at(500), 1, neighbour(0, 0), NeighbourMessage::Move);
    let told_at = 500 + LOOKAHEAD.micros();
    assert_eq!(mourned(&mut engine, 900), [(told_at, 0, EndReason::Stopped)]);
}
