//! Rows: values as postcard behind a version byte, and a batch of changes that reads what it has written.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::table::Table;
use crate::ports::StoreError;
use crate::ports::changes::Changes;

/// The first byte of every value: how it is encoded.
const VERSION: u8 = 7;

/// The failure of a row.
pub(super) fn failed(store: &'static str, reason: impl Into<String>) -> StoreError {
    StoreError {
        store,
        reason: reason.into(),
    }
}

/// A row as it is stored.
pub(super) fn encode<T: Serialize>(store: &'static str, row: &T) -> Result<Vec<u8>, StoreError> {
    encode_behind(store, row, Vec::new())
}

/// A row as it is stored, behind other bytes.
fn encode_behind<T: Serialize>(
    store: &'static str,
    row: &T,
    mut bytes: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    bytes.push(VERSION);
    postcard::to_extend(row, bytes).map_err(|error| failed(store, error.to_string()))
}

/// A row that was stored.
pub(super) fn decode<T: DeserializeOwned>(store: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, row)) => postcard::from_bytes(row).map_err(|error| failed(store, error.to_string())),
        _ => Err(failed(
            store,
            "a row was written by another build: go on with that one, or begin a new data folder",
        )),
    }
}

/// A row of whatever type, not encoded yet.
pub(super) trait Row: Any + Send + Sync {
    /// It as it is stored, behind other bytes.
    fn encoded_behind(&self, store: &'static str, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError>;
}

impl<T: Serialize + Send + Sync + 'static> Row for T {
    fn encoded_behind(&self, store: &'static str, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        encode_behind(store, self, bytes)
    }
}

/// What a key is changed to.
#[derive(Clone)]
pub(super) enum Entry {
    /// This row.
    Row(Arc<dyn Row>),
    /// This row, which the store never had.
    New(Arc<dyn Row>),
    /// Nothing: it is deleted.
    Gone,
}

impl Entry {
    /// The row, where there is one.
    pub(super) fn row<T>(&self, store: &'static str) -> Result<Option<T>, StoreError>
    where
        T: DeserializeOwned + Clone + 'static,
    {
        let (Self::Row(row) | Self::New(row)) = self else {
            return Ok(None);
        };
        let any: &dyn Any = &**row;
        match any.downcast_ref::<T>() {
            Some(row) => Ok(Some(row.clone())),
            None => decode(store, &row.encoded_behind(store, Vec::new())?).map(Some),
        }
    }

    /// Whether the store never had it.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }

    /// The row, to be changed in its place, where nobody else has it.
    fn own<T: 'static>(&mut self) -> Option<&mut T> {
        let (Self::Row(row) | Self::New(row)) = self else {
            return None;
        };
        let row: &mut dyn Any = Arc::get_mut(row)?;
        row.downcast_mut()
    }

    /// Whether it goes without a trace with a change that comes after it.
    pub(super) const fn goes_with(&self, change: &Self) -> bool {
        matches!((self, change), (Self::New(_), Self::Gone))
    }

    /// A change that comes after it.
    pub(super) fn take(&mut self, change: Self) {
        match change {
            Self::Row(row) => self.replace(row),
            other => *self = other,
        }
    }

    /// Another row takes its place.
    fn replace(&mut self, row: Arc<dyn Row>) {
        *self = if self.is_new() {
            Self::New(row)
        } else {
            Self::Row(row)
        };
    }

    /// Adds what the store is given for it.
    pub(super) fn put_into(
        &self,
        changes: &mut Changes,
        key: &Key,
        store: &'static str,
    ) -> Result<(), StoreError> {
        match self {
            Self::Row(row) | Self::New(row) => {
                changes.write(key.bytes(), |bytes| row.encoded_behind(store, bytes))
            }
            Self::Gone => {
                changes.delete(key.bytes());
                Ok(())
            }
        }
    }
}

/// Changes of one batch, in no order.
pub(super) type Batch = HashMap<Key, Entry, RandomState>;

/// Changes that are applied together; reads see them already.
pub(crate) struct Rows<'a> {
    table: &'a Table,
    changes: Batch,
}

impl<'a> Rows<'a> {
    /// No changes yet, in the room that an earlier batch has left.
    pub(super) const fn new(table: &'a Table, room: Batch) -> Self {
        Self { table, changes: room }
    }

    /// The row under a key.
    pub(crate) fn get<T>(&self, key: &Key) -> Result<Option<T>, StoreError>
    where
        T: DeserializeOwned + Clone + 'static,
    {
        match self.changes.get(key) {
            Some(entry) => entry.row(self.table.name()),
            None => self.table.get(key),
        }
    }

    /// Writes a row.
    pub(crate) fn put<T>(&mut self, key: Key, row: &T) -> Result<(), StoreError>
    where
        T: Serialize + Clone + Send + Sync + 'static,
    {
        let row = Arc::new(row.clone());
        match self.changes.entry(key) {
            Occupied(mut entry) => entry.get_mut().replace(row),
            Vacant(entry) => drop(entry.insert(Entry::Row(row))),
        }
        Ok(())
    }

    /// Writes a row under a key that no row was ever under, such as the number of the event that is folded. Where it is removed again before the store
    /// has it, the store never hears of it.
    pub(crate) fn put_new<T>(&mut self, key: Key, row: T)
    where
        T: Serialize + Send + Sync + 'static,
    {
        self.changes.insert(key, Entry::New(Arc::new(row)));
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        match self.changes.entry(key) {
            Occupied(entry) if entry.get().is_new() => drop(entry.remove()),
            Occupied(mut entry) => *entry.get_mut() = Entry::Gone,
            Vacant(entry) => drop(entry.insert(Entry::Gone)),
        }
    }

    /// Removes all rows below whose keys begin with `prefix`.
    pub(crate) fn delete_all(&mut self, prefix: &Key) -> Result<(), StoreError> {
        let table = self.table;
        // A row is read as nothing at all: its key is what is wanted.
        table.scan((prefix, &prefix.end()), false, &mut |key, ()| {
            self.changes.insert(Key::from_bytes(key), Entry::Gone);
            true
        })
    }

    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Changes the row under a key, where there is one.
    pub(crate) fn change<T>(&mut self, key: Key, change: impl FnOnce(&mut T)) -> Result<(), StoreError>
    where
        T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.alter(key, || None, change)
    }

    /// Changes the row under a key, or a new one where there is none.
    pub(crate) fn change_or_default<T>(
        &mut self,
        key: Key,
        change: impl FnOnce(&mut T),
    ) -> Result<(), StoreError>
    where
        T: Serialize + DeserializeOwned + Clone + Default + Send + Sync + 'static,
    {
        self.alter(key, || Some(T::default()), change)
    }

    /// Changes the row under a key: in its place where this batch has written it. `absent` is what there is where there is none.
    fn alter<T>(
        &mut self,
        key: Key,
        absent: impl FnOnce() -> Option<T>,
        change: impl FnOnce(&mut T),
    ) -> Result<(), StoreError>
    where
        T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let store = self.table.name();
        match self.changes.entry(key) {
            Occupied(mut entry) => {
                if let Some(row) = entry.get_mut().own() {
                    change(row);
                } else if let Some(mut row) = entry.get().row(store)?.or_else(absent) {
                    change(&mut row);
                    entry.get_mut().replace(Arc::new(row));
                }
            }
            Vacant(entry) => {
                if let Some(mut row) = self.table.get(entry.key())?.or_else(absent) {
                    change(&mut row);
                    entry.insert(Entry::Row(Arc::new(row)));
                }
            }
        }
        Ok(())
    }

    /// Adds to the number under a key; a number that comes to zero is removed.
    pub(crate) fn add(&mut self, key: Key, amount: i64) -> Result<(), StoreError> {
        let mut is_zero = false;
        self.change_or_default(key.clone(), |sum: &mut i64| {
            *sum += amount;
            is_zero = *sum == 0;
        })?;
        if is_zero {
            self.delete(key);
        }
        Ok(())
    }

    /// The store below, without these changes.
    pub(crate) fn table(&self) -> &Table {
        self.table
    }

    /// Applies all.
    pub(crate) fn commit(self) {
        self.table.apply(self.changes);
    }
}
