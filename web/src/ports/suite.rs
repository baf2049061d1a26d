//! What every adapter of a port must do, as a suite to run over it.

use super::KeyValueStore;
use super::changes::Changes;

/// Tries a store that is empty.
///
/// # Panics
/// Where the store breaks a promise of [`KeyValueStore`].
pub fn key_value_store(store: &dyn KeyValueStore) {
    gives_back_what_was_committed(store);
    scans_in_order_of_key(store);
    scans_backwards(store);
    stops_when_told(store);
    takes_the_last_of_two_changes(store);
    deletes(store);
    finds_nothing_in_an_empty_range(store);
}

/// Tries a store that is empty and outlives its process: `open` opens the same store anew, the last one having been dropped.
///
/// # Panics
/// Where the store breaks a promise of [`KeyValueStore`].
pub fn reopened_key_value_store<S: KeyValueStore>(open: &mut dyn FnMut() -> S) {
    let store = open();
    key_value_store(&store);
    let before = keys(&store, b"", &[0xFF], false);
    store.flush().expect("the device works");
    drop(store);
    assert_eq!(keys(&open(), b"", &[0xFF], false), before);
}

fn put(store: &dyn KeyValueStore, key: &[u8], value: &[u8]) {
    let mut change = Changes::default();
    change.put(key, value);
    store.commit(&change).expect("the device works");
}

fn get(store: &dyn KeyValueStore, key: &[u8]) -> Option<Vec<u8>> {
    store.get(key).expect("the device works")
}

fn keys(store: &dyn KeyValueStore, from: &[u8], to: &[u8], newest_first: bool) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    store
        .scan(from, to, newest_first, &mut |key, _| {
            keys.push(key.to_vec());
            true
        })
        .expect("the device works");
    keys
}

fn gives_back_what_was_committed(store: &dyn KeyValueStore) {
    assert_eq!(get(store, b"b1"), None, "the suite begins with an empty store");
    let mut changes = Changes::default();
    for key in [b"b1", b"a1", b"b2", b"c1"] {
        changes.put(key, &[b"of ", key.as_slice()].concat());
    }
    store.commit(&changes).expect("the device works");
    assert_eq!(get(store, b"b2").as_deref(), Some(b"of b2".as_slice()));
    put(store, b"empty", b"");
    assert_eq!(
        get(store, b"empty").as_deref(),
        Some(b"".as_slice()),
        "an empty value is a value"
    );
}

fn scans_in_order_of_key(store: &dyn KeyValueStore) {
    assert_eq!(keys(store, b"b", b"c", false), [b"b1", b"b2"]);
    assert_eq!(
        keys(store, b"a1", b"c1", false),
        [b"a1", b"b1", b"b2"],
        "`to` is exclusive"
    );
}

fn scans_backwards(store: &dyn KeyValueStore) {
    assert_eq!(keys(store, b"a", b"d", true), [b"c1", b"b2", b"b1", b"a1"]);
}

fn stops_when_told(store: &dyn KeyValueStore) {
    let mut seen = 0;
    store
        .scan(b"a", b"d", false, &mut |key, value| {
            assert_eq!((key, value), (b"a1".as_slice(), b"of a1".as_slice()));
            seen += 1;
            false
        })
        .expect("the device works");
    assert_eq!(seen, 1);
}

fn takes_the_last_of_two_changes(store: &dyn KeyValueStore) {
    let mut changes = Changes::default();
    changes.put(b"d1", b"first");
    changes.put(b"d1", b"second");
    store.commit(&changes).expect("the device works");
    assert_eq!(get(store, b"d1").as_deref(), Some(b"second".as_slice()));
}

fn deletes(store: &dyn KeyValueStore) {
    let mut changes = Changes::default();
    changes.delete(b"a1");
    changes.delete(b"never there");
    store.commit(&changes).expect("the device works");
    assert_eq!(get(store, b"a1"), None);
    assert_eq!(keys(store, b"a", b"b", false), Vec::<Vec<u8>>::new());
}

fn finds_nothing_in_an_empty_range(store: &dyn KeyValueStore) {
    assert_eq!(keys(store, b"b", b"b", false), Vec::<Vec<u8>>::new());
    assert_eq!(keys(store, b"x", b"y", true), Vec::<Vec<u8>>::new());
}
