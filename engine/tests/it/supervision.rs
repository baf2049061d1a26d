//! Failures are contained, made good, and leave no trace.

use std::sync::atomic::Ordering;

use skyhaul_engine::kernel::{Engine, RegionId};

use crate::parlour::{GuestMessage, HOST, Heard, HostMessage, Parlour, guest, micros, parlour};

fn heard(engine: &mut Engine<Parlour>, until: u64) -> Vec<Heard> {
    let mut events = Vec::new();
    engine.run_until(micros(until), &mut events).expect("goes on");
    events.into_iter().map(|event| event.event).collect()
}

fn fail(engine: &Engine<Parlour>, times: u32) {
    engine.shared().failures.store(times, Ordering::Relaxed);
}

fn restarted(kind: &str) -> Heard {
    Heard::Restarted {
        kind: kind.to_owned(),
    }
}

#[test]
fn a_handler_that_fails_leaves_no_trace_and_gets_its_message_again() {
    let mut engine = parlour(1);
    fail(&engine, 2);
    engine.inject(micros(1), 0, guest(0), GuestMessage::Stumble { word: 7 });
    let word = Heard::Word { guest: 0, word: 7 };
    assert_eq!(
        heard(&mut engine, 2),
        [restarted("Guest"), restarted("Guest"), word]
    );
    assert_eq!(engine.get(guest(0)).map(|guest| guest.said), Some(1));
    assert_eq!(
        engine.actors(RegionId(0)).guests.len(),
        2,
        "one friend came, not three"
    );
    assert!(
        engine.get(guest(1)).is_some(),
        "in the slot he would have had without failures"
    );
    assert_eq!((engine.counters().restarts, engine.counters().given_up), (2, 0));
}

#[test]
fn an_actor_that_fails_too_often_is_stopped_its_message_parked_and_its_dependants_told() {
    let mut engine = parlour(1);
    fail(&engine, 3);
    engine.inject(micros(1), 0, guest(0), GuestMessage::Stumble { word: 7 });
    engine.inject(micros(2), 1, guest(0), GuestMessage::Leave);
    let given_up = Heard::GivenUp {
        kind: "Guest".to_owned(),
    };
    let expected = [
        restarted("Guest"),
        restarted("Guest"),
        given_up,
        Heard::Left { guest: 0 },
    ];
    assert_eq!(heard(&mut engine, 3), expected);
    assert!(engine.get(guest(0)).is_none());
    assert_eq!(
        (engine.counters().given_up, engine.counters().undeliverable),
        (1, 1)
    );
    let parked = engine.parked()[0];
    assert_eq!(
        (parked.at, parked.to, parked.cause.as_str()),
        (micros(1), guest(0).into(), "stumbled")
    );
}

#[test]
fn restarts_long_ago_no_longer_count() {
    let mut engine = parlour(1);
    for round in 0..5_u64 {
        let at = micros(1 + round * 2_000_000);
        engine.inject(at, round, guest(0), GuestMessage::Stumble { word: round });
        fail(&engine, 2);
        heard(&mut engine, at.micros());
    }
    assert_eq!((engine.counters().restarts, engine.counters().given_up), (10, 0));
}

#[test]
fn an_actor_that_may_not_be_given_up_passes_over_a_message_it_cannot_handle() {
    let mut engine = parlour(0);
    fail(&engine, 4);
    for order in 0..3 {
        engine.inject(micros(1 + order), order, HOST, HostMessage::NoteCarefully);
    }
    let noted = |lines| Heard::Noted {
        lines,
        newcomer: None,
    };
    let mut expected = vec![restarted("Host"); 3];
    expected.extend([noted(u64::MAX), noted(1), noted(2)]);
    assert_eq!(heard(&mut engine, 9), expected);
    assert_eq!((engine.counters().skipped, engine.counters().given_up), (1, 0));
    assert_eq!(engine.parked().len(), 1);
}

#[test]
fn an_actor_rebuilt_from_its_log_is_what_it_was() {
    let mut engine = parlour(0);
    for order in 0..10_000 {
        let brings = order % 1_000 == 0;
        engine.inject(micros(1 + order), order, HOST, HostMessage::Note { brings });
    }
    engine.inject(micros(10_001), 10_001, HOST, HostMessage::NoteCarefully);
    heard(&mut engine, 10_000);
    let before = engine.get(HOST).expect("lives").clone();
    fail(&engine, 2);
    heard(&mut engine, 10_001);
    let after = engine.get(HOST).expect("lives");
    assert_eq!(
        (after.lines, &after.newcomers),
        (before.lines + 1, &before.newcomers)
    );
    assert_eq!(engine.actors(RegionId(0)).guests.len(), 10, "nobody came twice");
    // What was written since it was rebuilt is not lost by the next failure either.
    for order in 10_002..10_012 {
        let brings = order == 10_005;
        engine.inject(micros(1 + order), order, HOST, HostMessage::Note { brings });
    }
    engine.inject(micros(10_020), 10_020, HOST, HostMessage::NoteCarefully);
    heard(&mut engine, 10_019);
    fail(&engine, 1);
    heard(&mut engine, 10_020);
    let again = engine.get(HOST).expect("lives");
    assert_eq!((again.lines, again.newcomers.len()), (before.lines + 12, 11));
}

#[test]
fn an_address_reserved_for_nobody_is_a_failure() {
    let mut engine = parlour(1);
    engine.inject(micros(1), 0, guest(0), GuestMessage::Forget);
    heard(&mut engine, 1);
    assert_eq!(engine.counters().given_up, 1);
    assert!(engine.parked()[0].cause.contains("reserved"));
}

#[test]
fn parked_messages_are_bounded_and_the_oldest_go_first() {
    let mut engine = parlour(2_000);
    for number in 0..2_000_u32 {
        fail(&engine, 3);
        let at = micros(u64::from(number) + 1);
        engine.inject(
            at,
            u64::from(number),
            guest(number),
            GuestMessage::Stumble { word: 1 },
        );
        heard(&mut engine, at.micros());
    }
    assert_eq!(engine.counters().given_up, 2_000);
    assert_eq!(engine.parked().len(), 1_024);
    assert_eq!(engine.parked()[0].at, micros(2_000 - 1_024 + 1));
}
