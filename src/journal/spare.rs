//! The segment that comes next, made while the one before it is filled: a flush waits for a rename instead of sixteen megabytes of zeros.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::segment::{HEADER_BYTES, MAGIC, SEGMENT_BYTES};
use crate::data_dir::SYNC_STEP_BYTES;

/// How long the disk is left to others between two steps. All of them take half a second; a segment is filled in nine at 10,000 requests a second.
const PAUSE: Duration = Duration::from_millis(25);

/// Nobody waits for it.
const AT_EASE: u8 = 0;
/// A flush waits for it.
const IN_HASTE: u8 = 1;
/// Nobody wants it any more.
const UNWANTED: u8 = 2;

/// A file of zeros behind a segment's head, whole or still being made. Dropped before it is taken, it is deleted.
#[derive(Debug)]
pub(super) struct Spare {
    path: PathBuf,
    pace: Arc<AtomicU8>,
    /// `None` once it was taken.
    making: Option<JoinHandle<io::Result<()>>>,
}

impl Spare {
    /// Begins to make one in `folder`, on a thread of its own.
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        let path = folder.join("next.making");
        let pace = Arc::new(AtomicU8::new(AT_EASE));
        let work = {
            let (path, pace) = (path.clone(), Arc::clone(&pace));
            move || {
                fill(&path, |file| file.sync_data().and_then(|()| rest(&pace))).inspect_err(|_| {
                    // What is not whole would only take room, as on a disk that is full.
                    let _ = fs::remove_file(&path);
                })
            }
        };
        let making = Some(thread::Builder::new().name("journal".to_owned()).spawn(work)?);
        Ok(Self { path, pace, making })
    }

    /// Waits until it is whole and gives its file, which is the caller's from here on.
    pub(super) fn take(mut self) -> io::Result<PathBuf> {
        self.end(IN_HASTE).unwrap_or(Ok(()))?;
        Ok(self.path.clone())
    }

    /// Ends the making at this pace; `None` where it has ended before.
    fn end(&mut self, pace: u8) -> Option<io::Result<()>> {
        let making = self.making.take()?;
        self.pace.store(pace, Ordering::Relaxed);
        making.thread().unpark();
        let made = making.join();
        Some(made.unwrap_or_else(|_| Err(io::Error::other("making a segment panicked"))))
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        if let Some(Ok(())) = self.end(UNWANTED) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Leaves the disk to others, unless somebody waits; an error where nobody wants the file any more.
fn rest(pace: &AtomicU8) -> io::Result<()> {
    if pace.load(Ordering::Relaxed) == AT_EASE {
        thread::park_timeout(PAUSE);
    }
    match pace.load(Ordering::Relaxed) {
        UNWANTED => Err(io::ErrorKind::Interrupted.into()),
        _ => Ok(()),
    }
}

/// Writes a head and zeros, durably; `between` has its turn after each step.
pub(super) fn fill(path: &Path, mut between: impl FnMut(&File) -> io::Result<()>) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(MAGIC)?;
    let zeros = vec![0; SYNC_STEP_BYTES];
    let mut left = SEGMENT_BYTES - HEADER_BYTES;
    while left > 0 {
        let step = left.min(zeros.len() as u64);
        file.write_all(&zeros[..usize::try_from(step).expect("at most a megabyte")])?;
        left -= step;
        between(&file)?;
    }
    file.sync_all()
}
