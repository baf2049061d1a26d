//! Snapshots on disk: one file each, whole or not there at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use skyhaul_engine::ports::{SnapshotMark, SnapshotStore, SnapshotStoreError};

/// Begins every snapshot file.
const MAGIC: &[u8; 8] = b"SKYSNAP1";

/// A folder of snapshots. A file is `SKYSNAP1`, the CRC-32C of the rest (4 bytes, little-endian), the length of the mark (1 byte), the mark
/// (postcard), and the bytes. It is written aside, flushed and renamed.
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
        Ok(Self {
            folder: folder.to_path_buf(),
        })
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
        let mut rest = encode_mark(mark)?;
        rest.extend_from_slice(bytes);
        let mut file = File::create(&aside)?;
        file.write_all(MAGIC)?;
        file.write_all(&crc32c::crc32c(&rest).to_le_bytes())?;
        file.write_all(&rest)?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    fn marks(&self) -> Result<Vec<SnapshotMark>, SnapshotStoreError> {
        let mut marks = Vec::new();
        for path in paths(&self.folder, "snap")? {
            let bytes = fs::read(&path)?;
            if let Ok((mark, _)) = decode(&bytes, &path) {
                marks.push(mark);
            }
        }
        marks.sort_by_key(|mark| mark.next_event);
        Ok(marks)
    }

    fn load(&self, mark: SnapshotMark) -> Result<Vec<u8>, SnapshotStoreError> {
        let path = self.path(mark);
        let bytes = fs::read(&path)?;
        Ok(decode(&bytes, &path)?.1.to_vec())
    }

    fn prune(&mut self, keep: usize) -> Result<(), SnapshotStoreError> {
        let paths = paths(&self.folder, "snap")?;
        for path in &paths[..paths.len().saturating_sub(keep)] {
            fs::remove_file(path)?;
        }
        Ok(())
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

fn encode_mark(mark: SnapshotMark) -> Result<Vec<u8>, SnapshotStoreError> {
    let encoded = postcard::to_stdvec(&mark).map_err(|error| io::Error::other(error.to_string()))?;
    let length = u8::try_from(encoded.len()).map_err(io::Error::other)?;
    Ok([&[length], encoded.as_slice()].concat())
}

fn decode<'a>(bytes: &'a [u8], path: &Path) -> Result<(SnapshotMark, &'a [u8]), SnapshotStoreError> {
    let corrupt = || SnapshotStoreError::Corrupt(path.display().to_string());
    let rest = bytes
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.split_first_chunk::<4>())
        .filter(|(checksum, rest)| crc32c::crc32c(rest) == u32::from_le_bytes(**checksum))
        .map(|(_, rest)| rest)
        .ok_or_else(corrupt)?;
    let (length, rest) = rest.split_first().ok_or_else(corrupt)?;
    let (mark, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(corrupt)?;
    Ok((postcard::from_bytes(mark).map_err(|_| corrupt())?, rest))
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

    #[test]
    fn a_damaged_snapshot_is_not_offered_and_not_loaded() {
        let folder = TempDir::new().expect("a temporary folder");
        let mut store = FileSnapshotStore::open(folder.path()).expect("opens");
        let mark = SnapshotMark {
            next_record: RecordNumber(3),
            next_event: 4,
            at: SimTime::from_micros(5),
        };
        store.save(mark, &[1; 1_000]).expect("saves");
        let path = store.path(mark);
        let mut bytes = fs::read(&path).expect("reads");
        bytes[500] ^= 1;
        fs::write(&path, bytes).expect("writes");
        assert_eq!(store.marks().expect("reads the folder"), []);
        assert!(matches!(store.load(mark), Err(SnapshotStoreError::Corrupt(_))));
    }
}
