//! Projector: folds events into one service's store, batch after batch, and makes them durable every few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext as _, Context, StreamHandler};
use parking_lot::Mutex;
use skyhaul_engine::time::SimDuration;
use skyhaul_web::ports::Projection;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::complaint::Complaint;
use super::priority;
use super::supervisor::{APART, Pulse, Wake, wakes};

/// How often the store is flushed, from one beginning to the next; it may wait a second for its turn. What is not flushed comes again from the
/// journal after a crash, from a snapshot before it: with three seconds that took some starts a second or two longer. Rows that change a few times
/// meanwhile are written once.
const FLUSH_EVERY: Duration = Duration::from_secs(2);

/// How long a flush rests between two portions of its work: about as long as a portion takes, so that it holds up nobody for longer.
const BREATH: Duration = Duration::from_micros(500);

/// Events that wait at which a flush rests no more: less than a second's at ten thousand deliveries a second.
const BEHIND: usize = 60_000;

/// How often a step of what is too old is let go of: some eighty deliveries, so that thirty million may go in a day.
const FORGET_EVERY: Duration = Duration::from_millis(250);

/// How often a projector looks for work nobody told it of; also how soon a store that failed is tried again.
const TICK: Duration = Duration::from_millis(250);

/// What a projector is made with, again after each failure.
#[derive(Clone)]
pub struct ProjectorParts {
    /// What is folded. Its rows and its place in the events live in the store, so it may be taken up by another projector at any time.
    pub projection: Arc<Mutex<Box<dyn Projection>>>,
    /// Held by the one projector that flushes. All at once would take the processors from those who answer requests, and wait for one disk.
    pub flush_turn: Arc<Mutex<()>>,
    /// Whether the world is up, so that there are requests to answer.
    pub host_is_up: Arc<AtomicBool>,
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
    gives_way: bool,
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
            gives_way: false,
            complaint: Complaint::default(),
            _pulse: pulse,
        }
    }

    fn turn(&mut self, is_last: bool) {
        let parts = self.parts.clone();
        if !self.gives_way && parts.host_is_up.load(Ordering::Relaxed) {
            self.gives_way = true;
            priority::give_way();
        }
        let mut projection = parts.projection.lock();
        while let Some(batch) = parts.backlog.front() {
            if let Err(error) = projection.apply(&batch) {
                self.failed(&error);
                return;
            }
            parts.backlog.pop();
            self.is_dirty = true;
            if self.is_flush_due() {
                self.flush_in_turn(&mut **projection);
            }
        }
        if !is_last && self.forgot_at.elapsed() >= FORGET_EVERY {
            self.forgot_at = Instant::now();
            match projection.forget(parts.history) {
                Ok(is_changed) => self.is_dirty |= is_changed,
                Err(error) => self.failed(&error),
            }
        }
        if is_last {
            let _turn = parts.flush_turn.lock();
            self.flush(&mut **projection, &mut || ());
        } else if self.is_flush_due() {
            self.flush_in_turn(&mut **projection);
        }
    }

    /// Flushes, unless another projector does: then it is tried again at the next wake.
    fn flush_in_turn(&mut self, projection: &mut dyn Projection) {
        let parts = self.parts.clone();
        if let Some(_turn) = parts.flush_turn.try_lock() {
            self.flush(projection, &mut || {
                if parts.backlog.events() < BEHIND {
                    std::thread::sleep(BREATH);
                }
            });
        }
    }

    fn is_flush_due(&self) -> bool {
        self.is_dirty && self.flushed_at.elapsed() >= FLUSH_EVERY
    }

    fn flush(&mut self, projection: &mut dyn Projection, breathe: &mut dyn FnMut()) {
        let begun = Instant::now();
        match projection.flush(breathe) {
            Ok(()) => {
                self.is_dirty = false;
                self.flushed_at = begun;
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

#[cfg(test)]
mod tests {
    use skyhaul_actors::event::Event;
    use skyhaul_engine::ports::Numbered;
    use skyhaul_web::ports::StoreError;

    use super::*;

    /// A projection that counts its flushes.
    #[derive(Default)]
    struct Counted(Arc<Mutex<u32>>);

    impl Projection for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        fn next_event(&self) -> u64 {
            0
        }

        fn apply(&mut self, _: &[Numbered<Event>]) -> Result<(), StoreError> {
            Ok(())
        }

        fn forget(&mut self, _: SimDuration) -> Result<bool, StoreError> {
            Ok(false)
        }

        fn flush(&mut self, breathe: &mut dyn FnMut()) -> Result<(), StoreError> {
            breathe();
            *self.0.lock() += 1;
            Ok(())
        }
    }

    #[test]
    fn one_projector_flushes_at_a_time_and_the_others_go_on() {
        let flushes = Arc::new(Mutex::new(0));
        let flush_turn = Arc::new(Mutex::new(()));
        let parts = ProjectorParts {
            projection: Arc::new(Mutex::new(Box::new(Counted(Arc::clone(&flushes))))),
            flush_turn: Arc::clone(&flush_turn),
            host_is_up: Arc::default(),
            backlog: Arc::new(Backlog::new(0)),
            history: SimDuration::from_mins(1),
            stop: CancellationToken::new(),
            failures: prometheus::IntCounter::new("failures", "counted").expect("a name"),
        };
        let mut projector = Projector::new(parts.clone(), Pulse::unheard());
        projector.flushed_at = Instant::now()
            .checked_sub(FLUSH_EVERY)
            .expect("the machine runs for some seconds");
        let other = flush_turn.lock();
        parts.backlog.push(Arc::default());
        projector.turn(false);
        assert!(parts.backlog.front().is_none(), "events are taken meanwhile");
        assert_eq!(*flushes.lock(), 0);
        drop(other);
        projector.turn(false);
        assert_eq!(*flushes.lock(), 1);
        projector.turn(true);
        assert_eq!(*flushes.lock(), 2, "the last one is not put off");
    }
}
