//! What goes wrong has a name and a culprit.

use skyhaul_engine::kernel::{Addr, Halt, RegionId};

use crate::village::{Mayor, MayorMessage, NeighbourMessage, at, neighbour, village};

#[test]
fn an_actor_without_whom_nothing_goes_on_halts_the_run() {
    let mut engine = village(3, 1);
    engine.set_threads(2);
    engine.inject(at(7), 0, Addr::<Mayor>::first_tenant(0), MayorMessage::Resign);
    engine.inject(at(7), 1, neighbour(2, 0), NeighbourMessage::Letter { left: 0 });
    let mut events = Vec::new();
    let halt = engine.run_until(at(99), &mut events).expect_err("stops");
    assert_eq!(
        halt.to_string(),
        "Mayor-0 failed too often at 0.000007 s and escalates: resigned"
    );
    assert!(events.len() >= 2, "the events so far were given: {events:?}");
}

#[test]
fn a_queue_past_its_limit_names_the_fullest_mailbox() {
    let mut engine = village(1, 3);
    engine.limit_queue(40);
    for order in 0..50 {
        let house = u32::from(order % 5 > 0);
        let letter = NeighbourMessage::Letter { left: 0 };
        engine.inject(at(10 + order), order, neighbour(0, house), letter);
    }
    let halt = engine.run_until(at(99), &mut Vec::new()).expect_err("stops");
    let Halt::QueueFull {
        queued,
        actor,
        waiting,
        ..
    } = &halt
    else {
        panic!("{halt}");
    };
    assert_eq!((*queued, actor.as_str(), *waiting), (49, "Neighbour-1", 40));
}

#[test]
fn a_mailbox_past_its_limit_halts_the_run_while_others_have_room() {
    let mut engine = village(1, 3);
    engine.limit_mailboxes(40);
    for order in 0..50 {
        let letter = NeighbourMessage::Letter { left: 0 };
        engine.inject(at(10 + order), order, neighbour(0, 1), letter);
    }
    let halt = engine.run_until(at(99), &mut Vec::new()).expect_err("stops");
    assert_eq!(
        halt.to_string(),
        "mailbox full at 0.000010 s: 49 messages on their way to Neighbour-1"
    );
}

#[test]
fn many_messages_for_many_actors_fill_no_mailbox() {
    let mut engine = village(1, 3);
    engine.limit_mailboxes(40);
    for order in 0..90 {
        let letter = NeighbourMessage::Letter { left: 0 };
        let house = u32::try_from(order % 3).expect("below three");
        engine.inject(at(10 + order), order, neighbour(0, house), letter);
    }
    engine.run_until(at(999), &mut Vec::new()).expect("goes on");
}

#[test]
fn a_message_to_one_who_is_gone_is_kept_with_who_wrote_it() {
    let mut engine = village(1, 2);
    engine.inject(at(1), 0, neighbour(0, 1), NeighbourMessage::Move);
    engine.inject(at(2), 1, neighbour(0, 1), NeighbourMessage::Letter { left: 0 });
    engine.run_until(at(9), &mut Vec::new()).expect("goes on");
    let letter = engine.dead_letters()[0].clone();
    assert_eq!(
        (letter.at, letter.to.as_str(), letter.from.as_str()),
        (at(2), "Neighbour-1", "outside")
    );
}

#[test]
fn the_flight_recorder_keeps_the_latest_messages() {
    let mut engine = village(2, 1);
    for order in 0..300 {
        let letter = NeighbourMessage::Letter { left: 0 };
        engine.inject(at(1 + order), order, neighbour(1, 0), letter);
    }
    engine.run_until(at(999), &mut Vec::new()).expect("goes on");
    assert!(engine.flight_record(RegionId(0)).is_empty());
    let record = engine.flight_record(RegionId(1));
    let latest = record.last().expect("kept");
    assert_eq!(
        (latest.at, latest.to.as_str(), latest.from.as_str()),
        (at(300), "Neighbour-1/0", "outside")
    );
    assert_eq!(
        record.first().map(|first| first.at),
        Some(at(301 - record.len() as u64))
    );
}

#[test]
fn handlers_are_timed_where_a_clock_is_given() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NOW: AtomicU64 = AtomicU64::new(0);
    let mut engine = village(2, 1);
    engine.measure_handlers(|| NOW.fetch_add(1_000, Ordering::Relaxed));
    for order in 0..640 {
        let letter = NeighbourMessage::Letter { left: 0 };
        engine.inject(at(1 + order), order, neighbour(1, 0), letter);
    }
    engine.run_until(at(999), &mut Vec::new()).expect("goes on");
    let times = engine.handler_times();
    let (kind, time) = times[0];
    assert_eq!((kind, time.timed, time.nanos), ("Neighbour", 10, 10_000));
    assert_eq!((time.by_log2_nanos[10], times[1].1.timed), (10, 0));
}
