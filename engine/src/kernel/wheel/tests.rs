use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::kernel::parcel::Parcel;
use crate::kernel::{RawAddr, RegionId};
use crate::time::SimTime;

fn entry(time: u64, sequence: u64) -> Entry {
    let to = RawAddr::new(0, RegionId(0), 0, 0);
    Entry::new(
        SimTime::from_micros(time),
        sequence % 5,
        sequence,
        to,
        Parcel::default(),
    )
}

/// What is done to a wheel: push at a delay of so many bits after the last time taken, or take what is due within it.
#[derive(Clone, Debug)]
enum Step {
    Push { bits: u32, delay: u64 },
    Take { count: usize },
    TakeUntil { bits: u32, delay: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let delay = || (0..50_u32, any::<u64>());
    let step = prop_oneof![
        6 => delay().prop_map(|(bits, delay)| Step::Push { bits, delay }),
        2 => (1..20_usize).prop_map(|count| Step::Take { count }),
        1 => delay().prop_map(|(bits, delay)| Step::TakeUntil { bits, delay }),
    ];
    proptest::collection::vec(step, 1..400)
}

fn within(bits: u32, delay: u64) -> u64 {
    delay & ((1 << bits) - 1)
}

proptest! {
    #[test]
    fn gives_what_an_ordered_set_gives(steps in steps()) {
        let (mut wheel, mut model) = (Wheel::default(), BTreeSet::new());
        let mut now = 0;
        for (sequence, step) in (0..).zip(steps) {
            let (count, horizon) = match step {
                Step::Push { bits, delay } => {
                    let entry = entry(now + within(bits, delay), sequence);
                    wheel.push(entry);
                    model.insert(entry);
                    (0, now)
                }
                Step::Take { count } => (count, u64::MAX),
                Step::TakeUntil { bits, delay } => (usize::MAX, now + within(bits, delay)),
            };
            for _ in 0..count {
                let expected = model.first().copied().filter(|first| first.time <= horizon);
                prop_assert_eq!(wheel.pop_until(horizon).copied(), expected);
                let Some(expected) = expected else { break };
                model.remove(&expected);
                now = expected.time;
            }
            prop_assert_eq!(wheel.next_time(), model.first().map(|entry| entry.time));
        }
        prop_assert_eq!(wheel.iter().collect::<BTreeSet<_>>(), model);
    }
}

#[test]
fn sorts_what_is_too_much_for_one_run() {
    let mut wheel = Wheel::default();
    let count = 3 * SORT_MAX as u64;
    for sequence in 0..count {
        wheel.push(entry(1_000_000 + sequence * 7_919 % 100_000, sequence));
    }
    let taken: Vec<Entry> = std::iter::from_fn(|| wheel.pop_until(u64::MAX).copied()).collect();
    assert_eq!(taken.len() as u64, count);
    assert!(taken.is_sorted());
}

#[test]
fn sorts_any_number_at_one_instant() {
    let mut wheel = Wheel::default();
    (0..2 * SORT_MAX as u64)
        .rev()
        .for_each(|sequence| wheel.push(entry(1 << 40, sequence)));
    let taken: Vec<Entry> = std::iter::from_fn(|| wheel.pop_until(1 << 40).copied()).collect();
    assert_eq!(taken.len(), 2 * SORT_MAX);
    assert!(taken.is_sorted());
}

#[test]
fn holds_the_last_instant_there_is() {
    let mut wheel = Wheel::default();
    wheel.push(entry(u64::MAX - 1, 1));
    wheel.push(entry(3, 2));
    assert_eq!(wheel.pop_until(u64::MAX - 2), Some(&entry(3, 2)));
    assert_eq!(wheel.pop_until(u64::MAX - 2), None);
    assert_eq!(wheel.pop_until(u64::MAX), Some(&entry(u64::MAX - 1, 1)));
}

#[test]
fn shows_each_entry_of_a_run_but_its_first_once_before_its_turn() {
    let mut wheel = Wheel::default();
    (0..20).for_each(|sequence| wheel.push(entry(256 + sequence, sequence)));
    // So that the twenty are few enough of all to be sorted at once.
    (20..200).for_each(|sequence| wheel.push(entry(1 << 40, sequence)));
    let mut shown: Vec<u64> = Vec::new();
    while wheel.pop_until(1 << 30).is_some() {
        let first = if std::mem::take(&mut wheel.is_fresh) {
            0
        } else {
            AHEAD
        };
        let came = (first..=AHEAD).filter_map(|by| wheel.ahead(by));
        shown.extend(came.map(|entry| entry.time));
    }
    assert_eq!(shown, (257..276).collect::<Vec<_>>());
}

#[test]
fn a_run_is_long_enough_to_look_ahead_in_and_a_small_part_of_all() {
    let mut wheel = Wheel::default();
    // Two milliseconds apart, a few in each slot of the third level, all of them in one of the fourth.
    (0..1_000).for_each(|sequence| wheel.push(entry((1 << 21) + sequence * 2_000, sequence)));
    for left in (0..1_000).rev() {
        assert!(wheel.pop_until(u64::MAX).is_some());
        let is_last = wheel.slots.len() == 0;
        assert!(
            is_last || (AHEAD..1_000 / SHARE_MAX).contains(&wheel.run.len()),
            "{left}"
        );
    }
}

#[test]
fn counts_its_entries_wherever_they_are() {
    let mut wheel = Wheel::default();
    for sequence in 0..1_000 {
        wheel.push(entry(sequence * 997, sequence));
        assert_eq!(wheel.len() as u64, sequence + 1);
        assert!(wheel.len_bound() >= wheel.len());
    }
    for left in (0..1_000).rev() {
        let taken = wheel.pop_until(u64::MAX).map(|entry| entry.time);
        if left % 100 == 50 {
            wheel.push(entry(taken.expect("not empty") + 1, 2_000 + left));
            wheel.pop_until(u64::MAX);
        }
        assert_eq!(wheel.len() as u64, left);
        assert!(wheel.len_bound() >= wheel.len());
    }
}
