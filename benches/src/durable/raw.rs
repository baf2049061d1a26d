//! The best a group commit can do on this disk: writers that wait, one thread that appends what all of them brought and flushes once.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::{Load, Outcome};

/// Bytes of a record: a delivery request in the journal, about.
const RECORD_BYTES: usize = 300;

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

/// Appends records from as many threads as `load` has connections, each waiting for its record to be durable.
///
/// # Errors
/// What the file system says.
pub fn run(folder: &Path, load: Load) -> io::Result<Outcome> {
    let mut file = File::create(folder.join("raw-group-commit"))?;
    file.write_all(&vec![0; PREALLOCATED_BYTES])?;
    file.sync_all()?;
    let turnstile = Turnstile::default();
    lock(&turnstile).writers_left = load.connections;
    let started = Instant::now();
    let mut outcome = Outcome::default();
    thread::scope(|scope| {
        let committer = scope.spawn(|| commit(&mut file, &turnstile));
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
fn commit(file: &mut File, turnstile: &Turnstile) -> io::Result<()> {
    let mut written = 0;
    io::Seek::rewind(file)?;
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
        let flushed = append(file, &mut written, records);
        lock(turnstile).done += 1;
        turnstile.flushed.notify_all();
        flushed?;
    }
}

fn append(file: &mut File, written: &mut usize, records: usize) -> io::Result<()> {
    let bytes = vec![0x5A; records * RECORD_BYTES];
    if *written + bytes.len() > PREALLOCATED_BYTES {
        io::Seek::rewind(file)?;
        *written = 0;
    }
    file.write_all(&bytes)?;
    *written += bytes.len();
    file.sync_data()
}
