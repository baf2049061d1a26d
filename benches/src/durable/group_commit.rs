//! Group commit without anything before it: writers that wait, one thread that appends what all of them brought and flushes once. On a bare file it is
//! the best that a disk can do; on the service's journal it is what the service could do if HTTP cost nothing.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use skyhaul::journal::FileJournal;
use skyhaul_engine::ports::Journal as _;
use skyhaul_engine::time::SimTime;

use super::{Load, Outcome};

/// Bytes of a record: a delivery request in the journal, about.
const RECORD_BYTES: usize = 300;

/// What makes records durable together.
pub trait GroupCommit: Send {
    /// Appends so many records and flushes them.
    ///
    /// # Errors
    /// What the file system says.
    fn commit(&mut self, records: usize) -> io::Result<()>;
}

/// A file with room taken ahead, written over from the beginning when it is full.
#[derive(Debug)]
pub struct RawFile {
    file: File,
    written: usize,
}

impl RawFile {
    /// Makes one in `folder`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let mut file = File::create(folder.join("raw-group-commit"))?;
        file.write_all(&vec![0; PREALLOCATED_BYTES])?;
        file.sync_all()?;
        io::Seek::rewind(&mut file)?;
        Ok(Self { file, written: 0 })
    }
}

impl GroupCommit for RawFile {
    fn commit(&mut self, records: usize) -> io::Result<()> {
        let bytes = vec![0x5A; records * RECORD_BYTES];
        if self.written + bytes.len() > PREALLOCATED_BYTES {
            io::Seek::rewind(&mut self.file)?;
            self.written = 0;
        }
        self.file.write_all(&bytes)?;
        self.written += bytes.len();
        self.file.sync_data()
    }
}

impl GroupCommit for FileJournal {
    fn commit(&mut self, records: usize) -> io::Result<()> {
        for _ in 0..records {
            self.append(SimTime::ZERO, &[0x5A; RECORD_BYTES])
                .map_err(io::Error::other)?;
        }
        self.flush().map_err(io::Error::other)
    }
}

/// Bytes written ahead, so that the size of the file does not change with each flush.
const PREALLOCATED_BYTES: usize = 64 << 20;

/// Writers waiting for one flush, and which flushes are done.
#[derive(Default)]
struct Turnstile {
    state: Mutex<Flushes>,
    brought: Condvar,
    flushed: Condvar,
}

#[derive(Default)]
struct Flushes {
    /// Records that wait for the next flush.
    waiting: usize,
    /// Flushes begun; a record brought now is in the one after.
    begun: u64,
    /// Flushes done.
    done: u64,
    writers_left: usize,
}

/// Appends records to `log` from as many threads as `load` has connections, each waiting for its record to be durable.
///
/// # Errors
/// What the file system says.
pub fn run(log: &mut dyn GroupCommit, load: Load) -> io::Result<Outcome> {
    let turnstile = Turnstile::default();
    lock(&turnstile).writers_left = load.connections;
    let started = Instant::now();
    let mut outcome = Outcome::default();
    thread::scope(|scope| {
        let committer = scope.spawn(|| commit(log, &turnstile));
        let writers: Vec<_> = (0..load.connections)
            .map(|_| scope.spawn(|| write(&turnstile, load, started)))
            .collect();
        for writer in writers {
            outcome.take_in(writer.join().expect("a writer only waits"));
        }
        committer.join().expect("the committer answers its errors")
    })?;
    outcome.wall_s = started.elapsed().as_secs_f64();
    Ok(outcome)
}

fn lock(turnstile: &Turnstile) -> std::sync::MutexGuard<'_, Flushes> {
    turnstile.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Brings records, one after the other is durable.
fn write(turnstile: &Turnstile, load: Load, started: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    while started.elapsed() < load.lasting {
        let sent = Instant::now();
        let mut state = lock(turnstile);
        state.waiting += 1;
        let mine = state.begun + 1;
        turnstile.brought.notify_one();
        while state.done < mine {
            state = turnstile
                .flushed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        outcome.latencies_s.push(sent.elapsed().as_secs_f64());
    }
    lock(turnstile).writers_left -= 1;
    turnstile.brought.notify_one();
    outcome
}

/// Appends and flushes what waits, until all writers have left.
fn commit(log: &mut dyn GroupCommit, turnstile: &Turnstile) -> io::Result<()> {
    loop {
        let mut state = lock(turnstile);
        while state.waiting == 0 {
            if state.writers_left == 0 {
                return Ok(());
            }
            state = turnstile
                .brought
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let records = std::mem::take(&mut state.waiting);
        state.begun += 1;
        drop(state);
        let flushed = log.commit(records);
        lock(turnstile).done += 1;
        turnstile.flushed.notify_all();
        flushed?;
    }
}
