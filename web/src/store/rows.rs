//! Rows: values as postcard behind a version byte, and a batch of changes that reads what it has written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use crate::ports::{Change, KeyValueStore, StoreError};

/// The first byte of every value: how it is encoded.
const VERSION: u8 = 2;

fn failed(store: &'static str, reason: impl Into<String>) -> StoreError {
    StoreError {
        store,
        reason: reason.into(),
    }
}

fn encode<T: Serialize>(store: &'static str, row: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(row, vec![VERSION]).map_err(|error| failed(store, error.to_string()))
}

fn decode<T: DeserializeOwned>(store: &'static str, bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, row)) => postcard::from_bytes(row).map_err(|error| failed(store, error.to_string())),
        _ => Err(failed(store, "a row was written by another build")),
    }
}

/// A service's store, read row by row.
#[derive(Clone)]
pub(crate) struct Table {
    name: &'static str,
    store: Arc<dyn KeyValueStore>,
}

impl Table {
    /// The store of the service `name`.
    pub(crate) fn new(name: &'static str, store: Arc<dyn KeyValueStore>) -> Self {
        Self { name, store }
    }

    /// The row under a key.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        let found = self.store.get(key.bytes())?;
        found.map(|bytes| decode(self.name, &bytes)).transpose()
    }

    /// Gives the rows of `from..to`, with their keys, to `visit` until it answers `false`; the last first where `newest_first`.
    pub(crate) fn scan<T: DeserializeOwned>(
        &self,
        (from, to): (&Key, &Key),
        newest_first: bool,
        visit: &mut dyn FnMut(&[u8], T) -> bool,
    ) -> Result<(), StoreError> {
        let mut failure = None;
        self.store.scan(
            from.bytes(),
            to.bytes(),
            newest_first,
            &mut |key, bytes| match decode(self.name, bytes) {
                Ok(row) => visit(key, row),
                Err(error) => {
                    failure = Some(error);
                    false
                }
            },
        )?;
        failure.map_or(Ok(()), Err)
    }

    /// All rows whose keys begin with `prefix`, in order.
    pub(crate) fn all<T: DeserializeOwned>(&self, prefix: &Key) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.scan((prefix, &prefix.end()), false, &mut |_, row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }

    /// Keeps one row at once, durably.
    pub(crate) fn keep<T: Serialize>(&self, key: Key, row: &T) -> Result<(), StoreError> {
        let change = (key.into_bytes(), Some(encode(self.name, row)?));
        self.store.commit(vec![change])?;
        self.store.flush()
    }

    /// Removes one row at once, durably.
    pub(crate) fn remove(&self, key: Key) -> Result<(), StoreError> {
        self.store.commit(vec![(key.into_bytes(), None)])?;
        self.store.flush()
    }

    /// A batch of changes.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            table: self,
            changes: BTreeMap::new(),
        }
    }

    /// Makes all that was committed durable.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.store.flush()
    }
}

/// Changes that are applied together; reads see them already.
pub(crate) struct Rows<'a> {
    table: &'a Table,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Rows<'_> {
    /// The row under a key.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        match self.changes.get(key.bytes()) {
            Some(Some(bytes)) => decode(self.table.name, bytes).map(Some),
            Some(None) => Ok(None),
            None => self.table.get(key),
        }
    }

    /// Writes a row.
    pub(crate) fn put<T: Serialize>(&mut self, key: Key, row: &T) -> Result<(), StoreError> {
        let bytes = encode(self.table.name, row)?;
        self.changes.insert(key.into_bytes(), Some(bytes));
        Ok(())
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        self.changes.insert(key.into_bytes(), None);
    }

    /// Changes the row under a key, where there is one.
    pub(crate) fn change<T>(&mut self, key: Key, change: impl FnOnce(&mut T)) -> Result<(), StoreError>
    where
        T: Serialize + DeserializeOwned,
    {
        if let Some(mut row) = self.get(&key)? {
            change(&mut row);
            self.put(key, &row)?;
        }
        Ok(())
    }

    /// Adds to the number under a key; a number that comes to zero is removed.
    pub(crate) fn add(&mut self, key: Key, amount: i64) -> Result<(), StoreError> {
        let sum = self.get::<i64>(&key)?.unwrap_or(0) + amount;
        if sum == 0 {
            self.delete(key);
            return Ok(());
        }
        self.put(key, &sum)
    }

    /// The store below, without these changes.
    pub(crate) fn table(&self) -> &Table {
        self.table
    }

    /// Applies all.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        let changes: Vec<Change> = self.changes.into_iter().collect();
        self.table.store.commit(changes)
    }
}
