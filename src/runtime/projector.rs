//! Projector: folds events into one service's store, batch after batch, and makes them durable every few seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext as _, Context, StreamHandler};
use parking_lot::Mutex;
use skyhaul_engine::time::SimDuration;
use skyhaul_web::ports::Projection;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::complaint::Complaint;
use super::supervisor::{APART, Pulse, Wake, wakes};

/// How often the store is flushed. What is not flushed comes again from the journal after a crash; rows that change a few times meanwhile are
/// written once.
const FLUSH_EVERY: Duration = Duration::from_secs(3);

/// How often a step of what is too old is let go of: some eighty deliveries, so that thirty million may go in a day.
const FORGET_EVERY: Duration = Duration::from_millis(250);

/// How often a projector looks for work nobody told it of; also how soon a store that failed is tried again.
const TICK: Duration = Duration::from_millis(250);

/// What a projector is made with, again after each failure.
#[derive(Clone)]
pub struct ProjectorParts {
    /// What is folded. Its rows and its place in the events live in the store, so it may be taken up by another projector at any time.
    pub projection: Arc<Mutex<Box<dyn Projection>>>,
    /// Where its events wait.
    pub backlog: Arc<Backlog>,
    /// For how long what hangs on deliveries that have ended is kept, in virtual time.
    pub history: SimDuration,
    /// Stops it.
    pub stop: CancellationToken,
    /// Counts failures of the store.
    pub failures: prometheus::IntCounter,
}

/// Folds events into a store.
pub struct Projector {
    parts: ProjectorParts,
    flushed_at: Instant,
    forgot_at: Instant,
    is_dirty: bool,
    complaint: Complaint,
    _pulse: Pulse,
}

impl Projector {
    /// A projector that goes on where the last one was.
    pub fn new(parts: ProjectorParts, pulse: Pulse) -> Self {
        Self {
            parts,
            flushed_at: Instant::now(),
            forgot_at: Instant::now(),
            is_dirty: true,
            complaint: Complaint::default(),
            _pulse: pulse,
        }
    }

    fn turn(&mut self, is_last: bool) {
        let parts = self.parts.clone();
        let mut projection = parts.projection.lock();
        while let Some(batch) = parts.backlog.front() {
            if let Err(error) = projection.apply(&batch) {
                self.failed(&error);
                return;
            }
            parts.backlog.pop();
            self.is_dirty = true;
            if self.is_flush_due() {
                self.flush(&mut **projection);
            }
        }
        if !is_last && self.forgot_at.elapsed() >= FORGET_EVERY {
            self.forgot_at = Instant::now();
            match projection.forget(parts.history) {
                Ok(is_changed) => self.is_dirty |= is_changed,
                Err(error) => self.failed(&error),
            }
        }
        if is_last || self.is_flush_due() {
            self.flush(&mut **projection);
        }
    }

    fn is_flush_due(&self) -> bool {
        self.is_dirty && self.flushed_at.elapsed() >= FLUSH_EVERY
    }

    fn flush(&mut self, projection: &mut dyn Projection) {
        match projection.flush() {
            Ok(()) => {
                self.is_dirty = false;
                self.flushed_at = Instant::now();
                self.parts.backlog.flushed_to(projection.next_event());
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &skyhaul_web::ports::StoreError) {
        self.parts.failures.inc();
        if let Some(unsaid) = self.complaint.note(Instant::now()) {
            tracing::error!(%error, unsaid, "a store cannot be written; trying again");
        }
    }
}

impl Actor for Projector {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        let notify = Arc::clone(&self.parts.backlog.waits);
        ctx.add_stream(wakes(notify, (APART, TICK), self.parts.stop.clone()));
    }
}

impl StreamHandler<Wake> for Projector {
    fn handle(&mut self, wake: Wake, _: &mut Context<Self>) {
        self.turn(wake.is_last);
    }
}
