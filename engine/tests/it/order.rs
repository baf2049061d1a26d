//! One total order: time, causal depth, source, sequence.

use skyhaul_engine::kernel::{Engine, Halt};

use crate::parlour::{GuestMessage, Heard, Parlour, guest, micros, parlour};

fn words(engine: &mut Engine<Parlour>, until: u64) -> Vec<u64> {
    let mut events = Vec::new();
    engine.run_until(micros(until), &mut events).expect("goes on");
    events
        .into_iter()
        .filter_map(|event| match event.event {
            Heard::Word { word, .. } => Some(word),
            _ => None,
        })
        .collect()
}

fn say(word: u64) -> GuestMessage {
    GuestMessage::Say { word, then: vec![] }
}

#[test]
fn messages_are_handled_by_time_then_depth_then_source_then_sequence() {
    let mut engine = parlour(3);
    let then = |words: [u64; 2], to| words.map(|word| (0, to, word)).to_vec();
    // Given in the wrong order: what counts is the order number, and later who sent.
    engine.inject(
        micros(10),
        3,
        guest(2),
        GuestMessage::Say {
            word: 3,
            then: then([8, 9], guest(0)),
        },
    );
    engine.inject(
        micros(10),
        1,
        guest(1),
        GuestMessage::Say {
            word: 1,
            then: then([6, 7], guest(0)),
        },
    );
    engine.inject(
        micros(10),
        2,
        guest(0),
        GuestMessage::Say {
            word: 2,
            then: then([4, 5], guest(2)),
        },
    );
    engine.inject(micros(11), 0, guest(0), say(10));
    engine.inject(micros(9), 9, guest(0), say(0));
    assert_eq!(words(&mut engine, 20), (0..=10).collect::<Vec<_>>());
}

#[test]
fn a_message_that_was_due_later_goes_before_what_is_sent_at_its_instant() {
    let mut engine = parlour(2);
    engine.inject(
        micros(1),
        0,
        guest(1),
        GuestMessage::Say {
            word: 1,
            then: vec![(4, guest(1), 3)],
        },
    );
    engine.inject(
        micros(5),
        1,
        guest(0),
        GuestMessage::Say {
            word: 4,
            then: vec![(0, guest(0), 5)],
        },
    );
    engine.inject(
        micros(2),
        2,
        guest(0),
        GuestMessage::Say {
            word: 2,
            then: vec![],
        },
    );
    assert_eq!(words(&mut engine, 9), [1, 2, 3, 4, 5]);
}

#[test]
fn an_instant_without_end_is_a_named_error_and_not_a_hang() {
    let mut engine = parlour(2);
    engine.inject(micros(7), 0, guest(1), GuestMessage::Echo);
    let halt = engine.run_until(micros(10), &mut Vec::new()).expect_err("stops");
    let Halt::RunawayInstant { at, actor, .. } = &halt else {
        panic!("{halt}");
    };
    assert_eq!((*at, actor.as_str()), (micros(7), "Guest-1"));
    assert!(halt.to_string().contains("Guest-1"), "{halt}");
}

#[test]
fn a_message_to_one_who_left_is_counted_and_never_reaches_the_next_in_his_place() {
    let mut engine = parlour(1);
    engine.inject(micros(1), 0, guest(0), GuestMessage::Leave);
    engine.inject(micros(2), 1, guest(0), say(1));
    assert_eq!(words(&mut engine, 1), [0_u64; 0]);
    let next = engine.spawn(crate::parlour::Guest::new(9));
    assert_eq!(next.index(), guest(0).index());
    engine.inject(micros(3), 2, next, say(2));
    assert_eq!(words(&mut engine, 5), [2]);
    assert_eq!(engine.counters().undeliverable, 1);
    assert!(engine.get(guest(0)).is_none());
    assert_eq!(engine.get(next).map(|guest| guest.said), Some(1));
}
