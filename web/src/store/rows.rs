//! Rows: values as postcard behind a version byte, and a batch of changes that reads what it has written.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::table::Table;
use crate::ports::StoreError;

/// The first byte of every value: how it is encoded.
const VERSION: u8 = 3;

/// The failure of a row.
pub(super) fn failed(store: &'static str, reason: impl Into<String>) -> StoreError {
    StoreError {
        store,
        reason: reason.into(),
    }
}

/// A row as it is stored.
pub(super) fn encode<T: Serialize>(store: &'static str, row: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(row, vec![VERSION]).map_err(|error| failed(store, error.to_string()))
}

/// A row that was stored.
pub(super) fn decode<T: DeserializeOwned>(store: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, row)) => postcard::from_bytes(row).map_err(|error| failed(store, error.to_string())),
        _ => Err(failed(store, "a row was written by another build")),
    }
}

/// A row of whatever type, not encoded yet.
pub(super) trait Row: Any + Send + Sync {
    /// It as it is stored.
    fn encoded(&self, store: &'static str) -> Result<Vec<u8>, StoreError>;
}

impl<T: Serialize + Send + Sync + 'static> Row for T {
    fn encoded(&self, store: &'static str) -> Result<Vec<u8>, StoreError> {
        encode(store, self)
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
            None => decode(store, &row.encoded(store)?).map(Some),
        }
    }

    /// What the store is given for it.
    pub(super) fn encoded(&self, store: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Row(row) | Self::New(row) => row.encoded(store).map(Some),
            Self::Gone => Ok(None),
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
    /// No changes yet, and room for some.
    pub(super) fn new(table: &'a Table, room: usize) -> Self {
        Self {
            table,
            changes: Batch::with_capacity_and_hasher(room, RandomState::default()),
        }
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
        self.place(key, row.clone());
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

    fn place<T>(&mut self, key: Key, row: T)
    where
        T: Serialize + Send + Sync + 'static,
    {
        let row: Arc<dyn Row> = Arc::new(row);
        let entry = match self.changes.get(&key) {
            Some(Entry::New(_)) => Entry::New(row),
            _ => Entry::Row(row),
        };
        self.changes.insert(key, entry);
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        if let Some(Entry::New(_)) = self.changes.get(&key) {
            self.changes.remove(&key);
        } else {
            self.changes.insert(key, Entry::Gone);
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
        if let Some(row) = self.own(&key) {
            change(row);
            return Ok(());
        }
        if let Some(mut row) = self.get(&key)? {
            change(&mut row);
            self.place(key, row);
        }
        Ok(())
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
        if let Some(row) = self.own(&key) {
            change(row);
            return Ok(());
        }
        let mut row = self.get(&key)?.unwrap_or_default();
        change(&mut row);
        self.place(key, row);
        Ok(())
    }

    /// A row that this batch has written, to be changed in its place.
    fn own<T: 'static>(&mut self, key: &Key) -> Option<&mut T> {
        match self.changes.get_mut(key)? {
            Entry::Row(row) | Entry::New(row) => {
                let row: &mut dyn Any = Arc::get_mut(row)?;
                row.downcast_mut()
            }
            Entry::Gone => None,
        }
    }

    /// Adds to the number under a key; a number that comes to zero is removed.
    pub(crate) fn add(&mut self, key: Key, amount: i64) -> Result<(), StoreError> {
        let sum = self.get::<i64>(&key)?.unwrap_or(0) + amount;
        if sum == 0 {
            self.delete(key);
        } else {
            self.place(key, sum);
        }
        Ok(())
    }

    /// The store below, without these changes.
    pub(crate) fn table(&self) -> &Table {
        self.table
    }

    /// Applies all.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        self.table.apply(self.changes)
    }
}
