use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::ports::StoreError;
use crate::ports::changes::Changes;
use crate::ports::memory::MemoryStore;

/// A store that counts what it is given, and whose disk may be full.
#[derive(Default)]
struct Watched {
    rows: MemoryStore,
    given: AtomicUsize,
    is_full: AtomicBool,
}

impl KeyValueStore for Watched {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        newest_first: bool,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        self.rows.scan(from, to, newest_first, visit)
    }

    fn commit(&self, changes: &Changes) -> Result<(), StoreError> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(StoreError {
                store: "watched",
                reason: "the disk is full".to_owned(),
            });
        }
        self.given.fetch_add(changes.len(), Ordering::Relaxed);
        self.rows.commit(changes)
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn watched() -> (Arc<Watched>, Table) {
    watched_and_looked_up(&[])
}

fn watched_and_looked_up(looked_up: &'static [u8]) -> (Arc<Watched>, Table) {
    let store = Arc::new(Watched::default());
    let table = Table::looked_up("watched", Arc::clone(&store) as _, looked_up);
    (store, table)
}

/// Ten keys each of three tables, all further ones of a fourth; in the order of their numbers.
fn key(number: u64) -> Key {
    let table = match number / 10 {
        0 => b'q',
        1 => b'r',
        2 => b's',
        _ => b't',
    };
    Key::of(table).number(number)
}

fn put(table: &Table, number: u64, row: u64) {
    let mut rows = table.rows();
    rows.put(key(number), &row).expect("memory works");
    rows.commit();
}

fn scanned(table: &Table, (from, to): (u64, u64), newest_first: bool, most: usize) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    table
        .scan((&key(from), &key(to)), newest_first, &mut |key, row: u64| {
            found.extend(crate::store::last_number(key).map(|number| (number, row)));
            found.len() < most
        })
        .expect("memory works");
    found
}

#[test]
fn a_row_that_is_written_often_is_given_to_the_store_once() {
    let (store, table) = watched();
    for row in 0..10 {
        put(&table, 1, row);
    }
    assert_eq!(store.given.load(Ordering::Relaxed), 0);
    assert_eq!(table.get::<u64>(&key(1)).expect("memory works"), Some(9));
    table.flush().expect("memory works");
    assert_eq!(store.given.load(Ordering::Relaxed), 1);
    let anew = Table::new("watched", store);
    assert_eq!(anew.get::<u64>(&key(1)).expect("memory works"), Some(9));
}

#[test]
fn what_a_full_disk_does_not_take_stays_readable_and_is_given_later() {
    let (store, table) = watched();
    put(&table, 1, 1);
    store.is_full.store(true, Ordering::Relaxed);
    table.flush().expect_err("the disk is full");
    put(&table, 1, 2);
    put(&table, 2, 2);
    assert_eq!(scanned(&table, (0, 9), false, 9), [(1, 2), (2, 2)]);
    table.flush().expect_err("still");
    assert_eq!(scanned(&table, (0, 9), true, 9), [(2, 2), (1, 2)]);
    store.is_full.store(false, Ordering::Relaxed);
    table.flush().expect("there is room again");
    let anew = Table::new("watched", store);
    assert_eq!(scanned(&anew, (0, 9), false, 9), [(1, 2), (2, 2)]);
}

#[test]
fn no_more_is_gathered_than_memory_is_meant_for() {
    let (store, table) = watched();
    let fill = |from: u64| {
        table.make_room(|| Ok(()))?;
        let mut rows = table.rows();
        for number in (from..).take(GATHERED_MAX) {
            rows.put(key(number), &number).expect("memory works");
        }
        rows.commit();
        Ok::<_, StoreError>(())
    };
    fill(0).expect("there is room");
    assert_eq!(store.given.load(Ordering::Relaxed), 0);
    store.is_full.store(true, Ordering::Relaxed);
    fill(GATHERED_MAX as u64).expect_err("memory is full and so is the disk");
    let refused = table.get::<u64>(&key(GATHERED_MAX as u64)).expect("memory works");
    assert_eq!(refused, None, "nothing of the batch is kept");
    store.is_full.store(false, Ordering::Relaxed);
    fill(GATHERED_MAX as u64).expect("there is room again");
    assert_eq!(store.given.load(Ordering::Relaxed), GATHERED_MAX);
}

#[test]
fn a_batch_reads_what_it_has_written_and_what_is_below() {
    let (_, table) = watched();
    put(&table, 1, 10);
    let mut rows = table.rows();
    rows.change(key(1), |row: &mut u64| *row += 1)
        .expect("memory works");
    rows.change(key(1), |row: &mut u64| *row += 1)
        .expect("memory works");
    rows.change(key(2), |_: &mut u64| panic!("there is none"))
        .expect("memory works");
    assert_eq!(rows.get::<u64>(&key(1)).expect("memory works"), Some(12));
    assert_eq!(table.get::<u64>(&key(1)).expect("memory works"), Some(10));
    drop(rows);
    assert_eq!(table.get::<u64>(&key(1)).expect("memory works"), Some(10));
    let mut rows = table.rows();
    rows.add(Key::of(b'n'), 2).expect("memory works");
    rows.add(Key::of(b'n'), -2).expect("memory works");
    rows.commit();
    assert_eq!(table.get::<i64>(&Key::of(b'n')).expect("memory works"), None);
}

#[test]
fn a_new_row_that_goes_before_a_flush_never_comes_to_the_store() {
    for looked_up in [&b""[..], b"q"] {
        let (store, table) = watched_and_looked_up(looked_up);
        let mut rows = table.rows();
        rows.put_new(key(1), 1_u64);
        rows.put_new(key(2), 1_u64);
        rows.put_new(key(3), 1_u64);
        rows.delete(key(1));
        assert_eq!(rows.get::<u64>(&key(1)).expect("memory works"), None);
        rows.commit();
        let mut rows = table.rows();
        rows.change(key(2), |row: &mut u64| *row += 1)
            .expect("memory works");
        rows.change(key(3), |row: &mut u64| *row += 1)
            .expect("memory works");
        rows.commit();
        let mut rows = table.rows();
        rows.delete(key(2));
        rows.commit();
        assert_eq!(scanned(&table, (0, 9), false, 9), [(3, 2)]);
        table.flush().expect("memory works");
        assert_eq!(store.given.load(Ordering::Relaxed), 1);
        let mut rows = table.rows();
        rows.delete(key(3));
        rows.commit();
        table.flush().expect("memory works");
        assert_eq!(scanned(&Table::new("watched", store), (0, 9), false, 9), []);
    }
}

/// Numbers that look random.
fn scramble(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn what_is_gathered_and_what_is_stored_look_like_one_store() {
    // Two of the four tables are looked up, so that listings go through both.
    let (store, table) = watched_and_looked_up(b"sr");
    let (mut model, mut state) = (BTreeMap::new(), 7);
    for _ in 0..5_000 {
        let (number, row) = (scramble(&mut state) % 40, scramble(&mut state));
        let mut rows = table.rows();
        if row % 3 == 0 {
            model.remove(&number);
            rows.delete(key(number));
        } else {
            model.insert(number, row);
            rows.put(key(number), &row).expect("memory works");
        }
        rows.commit();
        match scramble(&mut state) % 8 {
            0 => store.is_full.store(true, Ordering::Relaxed),
            1 => store.is_full.store(false, Ordering::Relaxed),
            // Fails while the disk is full, and leaves rows between memory and store.
            2 => drop(table.flush()),
            _ => {}
        }
        let from = scramble(&mut state) % 40;
        let to = from + scramble(&mut state) % 20;
        let most = usize::try_from(scramble(&mut state) % 10 + 1).expect("small");
        let expected: Vec<_> = model
            .range(from..to)
            .map(|(number, row)| (*number, *row))
            .collect();
        let forwards: Vec<_> = expected.iter().copied().take(most).collect();
        let backwards: Vec<_> = expected.iter().rev().copied().take(most).collect();
        assert_eq!(scanned(&table, (from, to), false, most), forwards);
        assert_eq!(scanned(&table, (from, to), true, most), backwards);
        assert_eq!(
            table.get(&key(from)).expect("memory works"),
            model.get(&from).copied()
        );
    }
}
