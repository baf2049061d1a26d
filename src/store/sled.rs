//! Stores on sled: one database a service, one committer each.

use std::fs::File;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use skyhaul_web::ports::changes::Changes;
use skyhaul_web::ports::{KeyValueStore, StoreError};

use super::failed;

/// Page cache of a store. sled holds several times this in memory; 16 MiB keeps five stores below half a gigabyte.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// A store on sled 0.34.
///
/// sled's own `flush` uses `sync_file_range`, which survives the process but not the machine, so the data file is synchronised
/// besides; its background flusher is off, and flushes never run at the same time, because two of them may wait for each other for ever.
#[derive(Debug)]
pub struct SledStore {
    name: &'static str,
    tree: ::sled::Db,
    data: PathBuf,
    flushing: Mutex<()>,
}

impl SledStore {
    /// Opens the store of a service in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be used or the database is damaged.
    pub fn open(name: &'static str, folder: &Path) -> Result<Self, StoreError> {
        let tree = ::sled::Config::new()
            .path(folder)
            .flush_every_ms(None)
            .cache_capacity(CACHE_BYTES)
            .open()
            .map_err(|error| failed(name, &error))?;
        Ok(Self {
            name,
            tree,
            data: folder.join("db"),
            flushing: Mutex::new(()),
        })
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> StoreError {
        failed(self.name, error)
    }
}

impl KeyValueStore for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.tree.get(key).map_err(|error| self.failed(&error))?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        newest_first: bool,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let mut range = self
            .tree
            .range::<&[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        while let Some(entry) = if newest_first {
            range.next_back()
        } else {
            range.next()
        } {
            let (key, value) = entry.map_err(|error| self.failed(&error))?;
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, changes: &Changes) -> Result<(), StoreError> {
        let mut batch = ::sled::Batch::default();
        for (key, value) in changes.iter() {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.tree.apply_batch(batch).map_err(|error| self.failed(&error))
    }

    fn flush(&self) -> Result<(), StoreError> {
        let _alone = self.flushing.lock();
        self.tree.flush().map_err(|error| self.failed(&error))?;
        File::open(&self.data)
            .and_then(|file| file.sync_data())
            .map_err(|error| self.failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_web::ports::suite;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn passes_the_suite_of_its_port() {
        let folder = TempDir::new().expect("a temporary folder");
        suite::reopened_key_value_store(&mut || SledStore::open("tried", folder.path()).expect("opens"));
    }
}
