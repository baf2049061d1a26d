//! Stores on fjall: one database with a keyspace a service, so that one log is synchronised for all.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::fjall::compaction::Leveled;
use ::fjall::config::CompressionPolicy;
use ::fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};
use parking_lot::RwLock;
use skyhaul_web::ports::changes::Changes;
use skyhaul_web::ports::{KeyValueStore, StoreError};

use super::failed;

/// Cache of what is read from files, for all stores together. Who has just written reads from memory anyway.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// Rows of a keyspace that are gathered in memory before they become a file. At most four more wait to be written; then commits wait too.
const MEMTABLE_BYTES: u64 = 32 * 1024 * 1024;

/// Logs that are kept for rows that no file has, besides the one that is written: the least that fjall takes. A restart reads both again: 58 MB of
/// them took some 1.5 s of processor time.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file of merged rows. Each is synced at once, and until it is, the journal's flush beside it waits: with 64 MB, 30 ms and more.
const FILE_BYTES: u64 = 8 * 1024 * 1024;

/// How much more the second level holds than the first, which is as large as four files; and each further one.
const LEVEL_RATIOS: [f32; 2] = [40.0, 10.0];

/// Threads that write and merge files. A second one would spin while the first merges (fjall 3.1).
const WORKERS: usize = 1;

/// The stores of all services.
pub struct FjallStores(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    services: Vec<&'static str>,
    /// `None` where it could not be opened again after a failure. Whoever works with it has it for as long as that takes.
    open: RwLock<Option<Arc<Open>>>,
}

struct Open {
    database: Database,
    keyspaces: BTreeMap<&'static str, Keyspace>,
}

impl Open {
    fn at(folder: &Path, services: &[&'static str]) -> ::fjall::Result<Self> {
        let database = Database::builder(folder)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(LOG_BYTES_MAX)
            .worker_threads(WORKERS)
            .open()?;
        let mut keyspaces = BTreeMap::new();
        for name in services {
            let merging = Leveled::default()
                .with_table_target_size(FILE_BYTES)
                .with_level_ratio_policy(LEVEL_RATIOS.to_vec());
            let options = || {
                KeyspaceCreateOptions::default()
                    .max_memtable_size(MEMTABLE_BYTES)
                    .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
                    .compaction_strategy(Arc::new(merging))
            };
            keyspaces.insert(*name, database.keyspace(name, options)?);
        }
        Ok(Self { database, keyspaces })
    }
}

impl FjallStores {
    /// Opens the stores of `services` in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be used or the database is damaged.
    pub fn open(folder: &Path, services: &[&'static str]) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| failed("all", &error))?;
        let open = Open::at(folder, services).map_err(|error| failed("all", &error))?;
        Ok(Self(Arc::new(Shared {
            folder: folder.to_path_buf(),
            services: services.to_vec(),
            open: RwLock::new(Some(Arc::new(open))),
        })))
    }

    /// The store of one of the services.
    #[must_use]
    pub fn store(&self, name: &'static str) -> FjallStore {
        FjallStore {
            name,
            shared: Arc::clone(&self.0),
        }
    }
}

/// The store of a service.
pub struct FjallStore {
    name: &'static str,
    shared: Arc<Shared>,
}

impl FjallStore {
    /// Does something with the keyspace. A database that gave up after a failure, as of a full disk, is opened anew, from what its log has:
    /// all that was committed. Whoever is told of the failure tries again.
    fn with<T>(
        &self,
        work: impl FnOnce(&Database, &Keyspace) -> ::fjall::Result<T>,
    ) -> Result<T, StoreError> {
        let open = self.shared.open.read().clone();
        if let Some(open) = open {
            match work(&open.database, &open.keyspaces[self.name]) {
                Err(::fjall::Error::Poisoned) => {}
                done => return done.map_err(|error| failed(self.name, &error)),
            }
        }
        self.reopen()?;
        Err(failed(
            self.name,
            &"the database failed before and was opened anew; what was asked was not done",
        ))
    }

    /// Opens the database anew. That fails while somebody still works with the old one; whoever comes next tries again.
    fn reopen(&self) -> Result<(), StoreError> {
        let mut open = self.shared.open.write();
        let is_good = |open: &Arc<Open>| open.database.persist(PersistMode::Buffer).is_ok();
        if open.as_ref().is_some_and(is_good) {
            // Somebody else has opened it meanwhile.
            return Ok(());
        }
        *open = None;
        let opened = Open::at(&self.shared.folder, &self.shared.services);
        *open = Some(Arc::new(opened.map_err(|error| failed(self.name, &error))?));
        tracing::info!(store = self.name, "the stores' database is open again");
        Ok(())
    }
}

impl KeyValueStore for FjallStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|_, rows| Ok(rows.get(key)?.map(|value| value.to_vec())))
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
        self.with(|_, rows| {
            let mut range = rows.range::<&[u8], _>((Bound::Included(from), Bound::Excluded(to)));
            while let Some(entry) = if newest_first {
                range.next_back()
            } else {
                range.next()
            } {
                let (key, value) = entry.into_inner()?;
                if !visit(&key, &value) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn commit(&self, changes: &Changes) -> Result<(), StoreError> {
        self.with(|database, rows| {
            let mut batch = OwnedWriteBatch::with_capacity(database.clone(), changes.len());
            for (key, value) in changes.iter() {
                match value {
                    Some(value) => batch.insert(rows, key, value),
                    None => batch.remove(rows, key),
                }
            }
            batch.commit()
        })
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.with(|database, _| database.persist(PersistMode::SyncAll))
    }
}

#[cfg(test)]
mod tests;
