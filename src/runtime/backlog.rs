//! Events on their way to a projector: bounded, so that a slow store slows the engine and does not fill memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Condvar, Mutex};
use skyhaul_actors::event::Event;
use skyhaul_engine::ports::Numbered;
use tokio::sync::Notify;

/// How many events may wait. Beyond it the host waits for the projector, and virtual time falls behind, which `/metrics` shows.
pub const EVENTS_MAX: usize = 200_000;

/// A batch of events, shared by all who fold it.
pub type Batch = Arc<Vec<Numbered<Event>>>;

/// Batches that wait for a projector, oldest first.
pub struct Backlog {
    /// Tells the projector that a batch waits.
    pub waits: Arc<Notify>,
    state: Mutex<State>,
    room: Condvar,
    flushed: AtomicU64,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Batch>,
    events: usize,
}

impl Backlog {
    /// An empty backlog of a projector that has made all events before `flushed` durable.
    #[must_use]
    pub fn new(flushed: u64) -> Self {
        Self {
            waits: Arc::default(),
            state: Mutex::default(),
            room: Condvar::new(),
            flushed: AtomicU64::new(flushed),
        }
    }

    /// The number of the first event that is not durable in the projector's store.
    pub fn flushed(&self) -> u64 {
        self.flushed.load(Ordering::Acquire)
    }

    /// All events before `next_event` are durable in the projector's store.
    pub fn flushed_to(&self, next_event: u64) {
        self.flushed.fetch_max(next_event, Ordering::AcqRel);
    }

    /// Adds a batch; waits while there is no room.
    pub fn push(&self, batch: Batch) {
        let mut state = self.state.lock();
        while state.events >= EVENTS_MAX {
            self.room.wait(&mut state);
        }
        state.events += batch.len();
        state.batches.push_back(batch);
        self.waits.notify_one();
    }

    /// The oldest batch, which stays until [`Backlog::pop`].
    pub fn front(&self) -> Option<Batch> {
        self.state.lock().batches.front().cloned()
    }

    /// Takes the oldest batch out.
    pub fn pop(&self) {
        let mut state = self.state.lock();
        if let Some(batch) = state.batches.pop_front() {
            state.events -= batch.len();
            self.room.notify_all();
        }
    }

    /// How many events wait.
    pub fn events(&self) -> usize {
        self.state.lock().events
    }
}
