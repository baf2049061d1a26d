//! A service's store, read row by row. What was written last stays in memory for a while, since most rows are written a few times within
//! seconds: the store is given each of them once.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::gathered::Gathered;
use super::key::Key;
use super::rows::{Batch, Rows, decode, encode};
use crate::ports::changes::Changes;
use crate::ports::{KeyValueStore, StoreError};

/// Rows that are gathered before they are given to the store: some 80 MB, and what a store takes in under a second; as many that it was given
/// last stay to be read. At as many they are given to it even if nobody asks for a flush; where it fails then, no more events are taken, and
/// wait. It is more than eight thousand deliveries a second change between two flushes: a row that is given too early is given again.
const GATHERED_MAX: usize = 192 * 1024;

/// Changes for which a batch leaves its room to the next one: several times those of a few milliseconds at ten thousand deliveries a second. To go
/// through a room that one large batch has left would take each small one longer.
const SPARE_MAX: usize = 8 * 1024;

/// Bytes of rows that are encoded in one go: some tenths of a millisecond.
const PORTION_BYTES: usize = 64 * 1024;

/// A service's store.
#[derive(Clone)]
pub(crate) struct Table {
    name: &'static str,
    kept: Arc<Kept>,
}

struct Kept {
    store: Arc<dyn KeyValueStore>,
    gathered: RwLock<Gathered>,
    /// The room of the last batch, for the next one.
    spare: Mutex<Batch>,
    /// Held by who gives rows to the store: how many bytes a row had the last time, since the next ones have about as many.
    giving: Mutex<usize>,
}

impl Table {
    /// The store of the service `name`. There is one table of a store, and clones of it.
    pub(crate) fn new(name: &'static str, store: Arc<dyn KeyValueStore>) -> Self {
        Self::looked_up(name, store, &[])
    }

    /// The same, where rows of these tables are looked up, and hardly ever listed: a listing goes through all that is gathered of them.
    pub(crate) fn looked_up(
        name: &'static str,
        store: Arc<dyn KeyValueStore>,
        looked_up: &'static [u8],
    ) -> Self {
        let kept = Kept {
            store,
            gathered: RwLock::new(Gathered::new(looked_up)),
            spare: Mutex::default(),
            giving: Mutex::default(),
        };
        Self {
            name,
            kept: Arc::new(kept),
        }
    }

    /// The service's name.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// The row under a key.
    pub(crate) fn get<T>(&self, key: &Key) -> Result<Option<T>, StoreError>
    where
        T: DeserializeOwned + Clone + 'static,
    {
        let gathered = self.kept.gathered.read();
        if let Some(entry) = gathered.get(key.bytes()) {
            return entry.row(self.name);
        }
        drop(gathered);
        let found = self.kept.store.get(key.bytes())?;
        found.map(|bytes| decode(self.name, &bytes)).transpose()
    }

    /// Gives the rows of `from..to`, with their keys, to `visit` until it answers `false`; the last first where `newest_first`. Meanwhile nothing
    /// is written, so `visit` must not wait for it.
    pub(crate) fn scan<T>(
        &self,
        (from, to): (&Key, &Key),
        newest_first: bool,
        visit: &mut dyn FnMut(&[u8], T) -> bool,
    ) -> Result<(), StoreError>
    where
        T: DeserializeOwned + Clone + 'static,
    {
        if from >= to {
            return Ok(());
        }
        let gathered = self.kept.gathered.read();
        let mut fresh = gathered.range(from, to, newest_first).peekable();
        let mut state = Ok(true);
        let mut give = |key: &[u8], row: Result<Option<T>, StoreError>| {
            state = row.map(|row| row.is_none_or(|row| visit(key, row)));
            matches!(state, Ok(true))
        };
        self.kept
            .store
            .scan(from.bytes(), to.bytes(), newest_first, &mut |key, bytes| {
                let is_before = |other: &[u8]| if newest_first { other > key } else { other < key };
                while let Some((earlier, entry)) = fresh.next_if(|(other, _)| is_before(other)) {
                    if !give(earlier, entry.row(self.name)) {
                        return false;
                    }
                }
                match fresh.next_if(|(other, _)| *other == key) {
                    Some((_, entry)) => give(key, entry.row(self.name)),
                    None => give(key, decode(self.name, bytes).map(Some)),
                }
            })?;
        while matches!(state, Ok(true)) {
            let Some((key, entry)) = fresh.next() else { break };
            let row = entry.row(self.name);
            state = row.map(|row| row.is_none_or(|row| visit(key, row)));
        }
        state.map(drop)
    }

    /// All rows whose keys begin with `prefix`, in order.
    pub(crate) fn all<T>(&self, prefix: &Key) -> Result<Vec<T>, StoreError>
    where
        T: DeserializeOwned + Clone + 'static,
    {
        let mut rows = Vec::new();
        self.scan((prefix, &prefix.end()), false, &mut |_, row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }

    /// Keeps one row at once, durably. No fold writes a row under this key.
    pub(crate) fn keep<T: Serialize>(&self, key: &Key, row: &T) -> Result<(), StoreError> {
        let mut change = Changes::default();
        change.put(key.bytes(), &encode(self.name, row)?);
        self.kept.store.commit(&change)?;
        self.kept.store.flush()
    }

    /// Removes one row that was kept, at once and durably.
    pub(crate) fn remove(&self, key: &Key) -> Result<(), StoreError> {
        let mut change = Changes::default();
        change.delete(key.bytes());
        self.kept.store.commit(&change)?;
        self.kept.store.flush()
    }

    /// A batch of changes.
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows::new(self, std::mem::take(&mut *self.kept.spare.lock()))
    }

    /// Applies changes, all or none.
    pub(super) fn apply(&self, mut changes: Batch) {
        self.kept.gathered.write().write(&mut changes);
        if changes.capacity() <= SPARE_MAX {
            *self.kept.spare.lock() = changes;
        }
    }

    /// Gives the store what was gathered, where that is as much as memory is meant for; `save` adds before what is to go with it.
    pub(super) fn make_room(&self, save: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let gathered_count = self.kept.gathered.read().len();
        if gathered_count >= GATHERED_MAX {
            save()?;
            self.give(&mut || ())?;
        }
        Ok(())
    }

    /// Makes all that was committed durable.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.flush_gently(&mut || ())
    }

    /// The same; `breathe` is called between portions of the rows.
    pub(super) fn flush_gently(&self, breathe: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.give(breathe)?;
        self.kept.store.flush()
    }

    /// Gives the store all that was gathered, whole batches in one. Who reads goes on meanwhile.
    fn give(&self, breathe: &mut dyn FnMut()) -> Result<(), StoreError> {
        let mut row_bytes = self.kept.giving.lock();
        // What it would not take before, and what was written since.
        for _ in 0..2 {
            let Some(leaving) = self.kept.gathered.write().leave() else {
                break;
            };
            let mut changes = Changes::with_capacity(leaving.len(), leaving.len() * *row_bytes);
            let mut breathed_at = 0;
            for (key, entry) in leaving.sorted() {
                entry.put_into(&mut changes, key, self.name)?;
                if changes.bytes() - breathed_at >= PORTION_BYTES {
                    breathed_at = changes.bytes();
                    breathe();
                }
            }
            self.kept.store.commit(&changes)?;
            *row_bytes = changes.bytes().div_ceil(changes.len().max(1));
            self.kept.gathered.write().left();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
