//! The folder that holds a world's data, and the lock that keeps a second process out.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::exit::Failure;

/// Of large files so much is written and synced at once: little enough that a flush of the journal beside it is held up for a millisecond or two.
pub(crate) const SYNC_STEP_BYTES: usize = 1024 * 1024;

/// A data folder that is ours until this value is dropped.
#[derive(Debug)]
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Why a data folder cannot be used.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// Another process has it.
    #[error("{}: another skyhaul already uses this data folder; stop it, or choose another with --data", .0.display())]
    InUse(PathBuf),
    /// There is none to read.
    #[error("{}: this is no data folder of skyhaul: {}", .0.display(), .1)]
    NotThere(PathBuf, io::Error),
    /// It cannot be made or written.
    #[error("{}: the data folder cannot be used: {}; let it be written to, or choose another with --data", .0.display(), .1)]
    Unusable(PathBuf, io::Error),
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        match error {
            DataDirError::InUse(_) => Self::try_again(error),
            DataDirError::Unusable(..) | DataDirError::NotThere(..) => Self::usage(error),
        }
    }
}

impl DataDir {
    /// Takes the folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn lock(root: &Path) -> Result<Self, DataDirError> {
        let unusable = |error| DataDirError::Unusable(root.to_path_buf(), error);
        fs::create_dir_all(root).map_err(unusable)?;
        let lock = File::create(root.join("LOCK")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                root: root.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(root.to_path_buf())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// Takes a folder that is there, to read it only: others may read it meanwhile, a service may not take it.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn lock_to_read(root: &Path) -> Result<Self, DataDirError> {
        let lock = File::open(root.join("LOCK"))
            .map_err(|error| DataDirError::NotThere(root.to_path_buf(), error))?;
        match lock.try_lock_shared() {
            Ok(()) => Ok(Self {
                root: root.to_path_buf(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(root.to_path_buf())),
            Err(TryLockError::Error(error)) => Err(DataDirError::Unusable(root.to_path_buf(), error)),
        }
    }

    /// Where the journal lies.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Where the snapshots lie.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Where it is written which commands are being run.
    #[must_use]
    pub fn running(&self) -> PathBuf {
        self.root.join("running")
    }

    /// Where the secret lies that calls of webhooks are signed with, unless another is configured.
    #[must_use]
    pub fn webhook_secret(&self) -> PathBuf {
        self.root.join("webhook-secret")
    }

    /// Where the secret lies that links to deliveries are signed with. Without it, all links end.
    #[must_use]
    pub fn tracking_secret(&self) -> PathBuf {
        self.root.join("tracking-secret")
    }

    /// Where the certificate lies that the service makes itself for development.
    #[must_use]
    pub fn development_certificate(&self) -> PathBuf {
        self.root.join("tls")
    }

    /// Where the services' stores lie.
    #[must_use]
    pub fn stores(&self) -> PathBuf {
        self.root.join("stores")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_used_by_one_at_a_time() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let first = DataDir::lock(folder.path()).expect("free");
        assert!(matches!(
            DataDir::lock(folder.path()),
            Err(DataDirError::InUse(_))
        ));
        drop(first);
        DataDir::lock(folder.path()).expect("free again");
    }

    #[test]
    fn a_folder_is_read_by_many_while_nobody_uses_it() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        assert!(matches!(
            DataDir::lock_to_read(folder.path()),
            Err(DataDirError::NotThere(..))
        ));
        let used = DataDir::lock(folder.path()).expect("free");
        assert!(matches!(
            DataDir::lock_to_read(folder.path()),
            Err(DataDirError::InUse(_))
        ));
        drop(used);
        let _first = DataDir::lock_to_read(folder.path()).expect("free to read");
        let _second = DataDir::lock_to_read(folder.path()).expect("free to read");
        assert!(matches!(
            DataDir::lock(folder.path()),
            Err(DataDirError::InUse(_))
        ));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let refused = DataDir::lock(&file.path().join("below")).expect_err("a file is no folder");
        assert!(refused.to_string().contains("cannot be used"), "{refused}");
    }
}
