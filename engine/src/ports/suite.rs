//! What every adapter of a port must do, as a suite to run over it.

use super::{Journal, JournalError, JournalRecord, RecordNumber, SnapshotMark, SnapshotStore};
use crate::time::SimTime;

/// Tries a journal that is empty. `reopen` gives the same journal as a new process finds it after the last flush.
///
/// # Panics
/// Where the journal breaks a promise of [`Journal`].
pub fn journal<J: Journal + Clone>(journal: &mut J, reopen: &mut dyn FnMut(J) -> J) {
    numbers_records_without_a_gap(journal);
    shows_nothing_that_was_not_flushed(journal);
    *journal = reopen(journal.clone());
    gives_back_what_was_flushed(journal);
    stops_when_told(journal);
    keeps_record_zero_when_others_are_released(journal);
}

/// Tries a journal whose adapter cannot be cloned: `open` opens the same journal anew, the last one having been dropped.
///
/// # Panics
/// Where the journal breaks a promise of [`Journal`].
pub fn reopened_journal<J: Journal>(open: &mut dyn FnMut() -> J) {
    let mut first = open();
    numbers_records_without_a_gap(&mut first);
    shows_nothing_that_was_not_flushed(&mut first);
    drop(first);
    let mut second = open();
    gives_back_what_was_flushed(&second);
    stops_when_told(&second);
    keeps_record_zero_when_others_are_released(&mut second);
    drop(second);
    assert!(all(&open()).iter().any(|record| record.number == RecordNumber(0)));
}

fn stamp(number: u64) -> SimTime {
    SimTime::from_micros(number * 10)
}

fn all(journal: &dyn Journal) -> Vec<JournalRecord> {
    let mut records = Vec::new();
    journal
        .read(RecordNumber(0), &mut |record| {
            records.push(record);
            true
        })
        .expect("the journal can be read");
    records
}

fn numbers_records_without_a_gap(journal: &mut dyn Journal) {
    assert_eq!(
        journal.next_number(),
        RecordNumber(0),
        "the suite begins with an empty journal"
    );
    for number in 0..10 {
        let payload = vec![7; usize::try_from(number * 100).expect("small")];
        let given = journal.append(stamp(number), &payload).expect("there is room");
        assert_eq!(given, RecordNumber(number));
    }
    journal.flush().expect("the device works");
    assert_eq!(journal.next_number(), RecordNumber(10));
}

fn shows_nothing_that_was_not_flushed(journal: &mut dyn Journal) {
    assert_eq!(all(journal).len(), 10);
    journal.append(stamp(10), b"late").expect("there is room");
    assert_eq!(all(journal).len(), 10);
    journal.flush().expect("the device works");
    assert_eq!(all(journal).len(), 11);
}

fn gives_back_what_was_flushed(journal: &dyn Journal) {
    let records = all(journal);
    assert_eq!(records.len(), 11);
    for (number, record) in (0..).zip(&records) {
        assert_eq!(
            (record.number, record.stamp),
            (RecordNumber(number), stamp(number))
        );
    }
    assert_eq!(records[10].payload, b"late");
    assert_eq!(records[9].payload.len(), 900);
}

fn stops_when_told(journal: &dyn Journal) {
    let mut seen = 0;
    journal
        .read(RecordNumber(3), &mut |record| {
            assert_eq!(record.number, RecordNumber(3));
            seen += 1;
            false
        })
        .expect("the journal can be read");
    assert_eq!(seen, 1);
}

fn keeps_record_zero_when_others_are_released(journal: &mut dyn Journal) {
    let whole = journal.bytes();
    assert!(journal.bytes_from(RecordNumber(5)) <= whole);
    journal.release_before(RecordNumber(5)).expect("the device works");
    assert!(journal.bytes() <= whole, "nothing grew by letting go");
    let numbers: Vec<u64> = all(journal).iter().map(|record| record.number.0).collect();
    assert_eq!(numbers.first(), Some(&0));
    assert_eq!(numbers.last(), Some(&10));
    match journal.read(RecordNumber(2), &mut |_| true) {
        Ok(()) | Err(JournalError::Gone(RecordNumber(2))) => {}
        Err(other) => panic!("reading a released record: {other}"),
    }
}

/// Tries a store of snapshots that is empty.
///
/// # Panics
/// Where the store breaks a promise of [`SnapshotStore`].
pub fn snapshot_store(store: &mut dyn SnapshotStore) {
    let mark = |n: u64| SnapshotMark {
        next_record: RecordNumber(n),
        next_event: n * 10,
        at: stamp(n),
        taken_unix_micros: i64::try_from(n).expect("small"),
    };
    let marks = |store: &dyn SnapshotStore| -> Vec<SnapshotMark> {
        let kept = store.kept().expect("the device works");
        assert!(kept.iter().all(|kept| kept.bytes > 0));
        kept.into_iter().map(|kept| kept.mark).collect()
    };
    assert_eq!(marks(store), []);
    for n in [1, 2, 3] {
        store
            .save(mark(n), &[u8::try_from(n).expect("small"); 100])
            .expect("the device works");
    }
    assert_eq!(marks(store), [mark(1), mark(2), mark(3)]);
    assert_eq!(store.load(mark(2)).expect("it was kept"), [2; 100]);
    store.save(mark(3), b"anew").expect("the device works");
    assert_eq!(store.load(mark(3)).expect("it was kept"), b"anew");
    store.remove(mark(1)).expect("the device works");
    store.remove(mark(1)).expect("what is gone may be removed again");
    assert_eq!(marks(store), [mark(2), mark(3)]);
    assert!(store.load(mark(1)).is_err(), "a removed snapshot is gone");
}
