//! The store in memory: for tests, and for services that keep nothing.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::changes::Changes;
use super::{KeyValueStore, StoreError};

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);

impl KeyValueStore for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().get(key).cloned())
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        newest_first: bool,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let entries = self.0.lock();
        let mut range = entries.range(from.to_vec()..to.to_vec());
        while let Some((key, value)) = if newest_first {
            range.next_back()
        } else {
            range.next()
        } {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, changes: &Changes) -> Result<(), StoreError> {
        let mut entries = self.0.lock();
        for (key, value) in changes.iter() {
            match value {
                Some(value) => entries.insert(key.to_vec(), value.to_vec()),
                None => entries.remove(key),
            };
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::suite;

    #[test]
    fn the_memory_store_passes_the_suite() {
        suite::key_value_store(&MemoryStore::default());
    }
}
