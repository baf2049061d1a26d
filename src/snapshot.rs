//! Snapshots on disk: one file each, whole or not there at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use skyhaul_engine::ports::{KeptSnapshot, SnapshotMark, SnapshotStore, SnapshotStoreError};

use crate::data_dir::SYNC_STEP_BYTES;

/// Begins every snapshot file.
const MAGIC: &[u8; 8] = b"SKYSNAP2";

/// The most that a mark takes.
const MARK_BYTES_MAX: usize = u8::MAX as usize;

/// Bytes beside mark and state: what a file begins with, the mark's length, and both checksums.
const FRAME_BYTES: usize = MAGIC.len() + 1 + 4 + 4;

/// A folder of snapshots. A file is `SKYSNAP2`, the length of the mark (1 byte), the mark (postcard), its CRC-32C (4 bytes, little-endian), the
/// CRC-32C of the state, and the state, so that what is kept can be listed without reading states. It is written aside, flushed and renamed.
#[derive(Debug)]
pub struct FileSnapshotStore {
    folder: PathBuf,
}

impl FileSnapshotStore {
    /// Opens the store in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for path in paths(folder, "making")? {
            fs::remove_file(path)?;
        }
        let store = Self::open_to_read(folder);
        for path in paths(folder, "snap")? {
            if read_mark(&path)?.is_none() {
                let path = path.display();
                tracing::warn!(%path, "this is no snapshot that this build reads; it is left alone");
            }
        }
        Ok(store)
    }

    /// Opens the store in `folder` without changing anything; a folder that is not there holds no snapshots.
    #[must_use]
    pub fn open_to_read(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    fn path(&self, mark: SnapshotMark) -> PathBuf {
        self.folder.join(format!("{:020}.snap", mark.next_event))
    }
}

impl SnapshotStore for FileSnapshotStore {
    fn save(&mut self, mark: SnapshotMark, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        let path = self.path(mark);
        let aside = path.with_extension("making");
        let mut file = File::create(&aside)?;
        file.write_all(&encode_head(mark)?)?;
        file.write_all(&crc32c::crc32c(bytes).to_le_bytes())?;
        for step in bytes.chunks(SYNC_STEP_BYTES) {
            file.write_all(step)?;
            file.sync_data()?;
        }
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    fn kept(&self) -> Result<Vec<KeptSnapshot>, SnapshotStoreError> {
        let mut kept = Vec::new();
        for path in paths(&self.folder, "snap")? {
            if let Some(mark) = read_mark(&path)? {
                let bytes = fs::metadata(&path)?.len();
                kept.push(KeptSnapshot { mark, bytes });
            }
        }
        kept.sort_by_key(|kept| kept.mark.next_event);
        Ok(kept)
    }

    fn load(&self, mark: SnapshotMark) -> Result<Vec<u8>, SnapshotStoreError> {
        let path = self.path(mark);
        let corrupt = || SnapshotStoreError::Corrupt(path.display().to_string());
        let bytes = fs::read(&path)?;
        let (found, rest) = decode_head(&bytes).ok_or_else(corrupt)?;
        let (checksum, state) = rest.split_first_chunk::<4>().ok_or_else(corrupt)?;
        if found != mark || crc32c::crc32c(state) != u32::from_le_bytes(*checksum) {
            return Err(corrupt());
        }
        Ok(state.to_vec())
    }

    fn remove(&mut self, mark: SnapshotMark) -> Result<(), SnapshotStoreError> {
        match fs::remove_file(self.path(mark)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The folder's files with this ending, by name.
fn paths(folder: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    paths.sort();
    Ok(paths)
}

/// The mark of a snapshot file; `None` where it is none that this build reads.
fn read_mark(path: &Path) -> io::Result<Option<SnapshotMark>> {
    let mut head = Vec::new();
    let head_bytes = (FRAME_BYTES + MARK_BYTES_MAX) as u64;
    File::open(path)?.take(head_bytes).read_to_end(&mut head)?;
    Ok(decode_head(&head).map(|(mark, _)| mark))
}

fn encode_head(mark: SnapshotMark) -> Result<Vec<u8>, SnapshotStoreError> {
    let encoded = postcard::to_stdvec(&mark).map_err(|error| io::Error::other(error.to_string()))?;
    let length = u8::try_from(encoded.len()).map_err(io::Error::other)?;
    let checksum = crc32c::crc32c(&encoded).to_le_bytes();
    Ok([MAGIC.as_slice(), &[length], &encoded, &checksum].concat())
}

/// The mark, and what follows it.
fn decode_head(bytes: &[u8]) -> Option<(SnapshotMark, &[u8])> {
    let (length, rest) = bytes.strip_prefix(MAGIC)?.split_first()?;
    let (mark, rest) = rest.split_at_checked(usize::from(*length))?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    if crc32c::crc32c(mark) != u32::from_le_bytes(*checksum) {
        return None;
    }
    Some((postcard::from_bytes(mark).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::ports::{RecordNumber, suite};
    use skyhaul_engine::time::SimTime;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn passes_the_suite_of_its_port() {
        let folder = TempDir::new().expect("a temporary folder");
        suite::snapshot_store(&mut FileSnapshotStore::open(folder.path()).expect("opens"));
    }

    const MARK: SnapshotMark = SnapshotMark {
        next_record: RecordNumber(3),
        next_event: 4,
        at: SimTime::from_micros(5),
        taken_unix_micros: 6,
    };

    /// A store with one snapshot that is damaged at this byte.
    fn damaged(byte: usize) -> (TempDir, FileSnapshotStore) {
        let folder = TempDir::new().expect("a temporary folder");
        let mut store = FileSnapshotStore::open(folder.path()).expect("opens");
        store.save(MARK, &[1; 1_000]).expect("saves");
        let path = store.path(MARK);
        let mut bytes = fs::read(&path).expect("reads");
        bytes[byte] ^= 1;
        fs::write(&path, bytes).expect("writes");
        (folder, store)
    }

    #[test]
    fn a_damaged_state_is_not_loaded() {
        let (_folder, store) = damaged(500);
        assert_eq!(store.kept().expect("reads the folder")[0].mark, MARK);
        assert!(matches!(store.load(MARK), Err(SnapshotStoreError::Corrupt(_))));
    }

    #[test]
    fn a_file_whose_mark_is_damaged_is_not_listed_and_stays() {
        for byte in [0, MAGIC.len(), MAGIC.len() + 2] {
            let (folder, store) = damaged(byte);
            assert_eq!(store.kept().expect("reads the folder"), []);
            FileSnapshotStore::open(folder.path()).expect("opens again");
            assert!(store.path(MARK).exists());
        }
    }
}
