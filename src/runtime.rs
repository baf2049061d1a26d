//! The living world: sequencer, engine host, projectors and telemetry hub as supervised actix actors, and what they share.
//!
//! ```text
//! submit ─► Inbox ─► Sequencer ──stamp, append, flush──► answers ─► Handover ─► Host ──events──► tracks, Backlog… ─► Projector…
//! ```

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use skyhaul_actors::command::Command;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::ports::{Journal, Numbered, RecordNumber, SnapshotStore};
use skyhaul_engine::time::SimTime;
use tokio::sync::{Notify, mpsc, watch};

use crate::clock::LiveClock;
use crate::decisions::Decisions;
use crate::exit::Failure;
use crate::observe::Metrics;
use crate::pacing::PacingHistory;
use crate::record::Reached;

pub mod backlog;
mod cadence;
pub mod complaint;
pub mod deaths;
pub mod handlers;
pub mod host;
pub mod hub;
pub mod inbox;
pub mod lag;
pub mod notifier;
pub mod pacer;
mod priority;
pub mod projector;
pub mod recovery;
pub mod retention;
pub mod running;
pub mod sequencer;
pub mod shown;
pub mod supervisor;
pub mod world;

use self::backlog::Backlog;
use self::deaths::Deaths;
use self::inbox::Inbox;
use self::lag::LagWatch;
use self::pacer::Controls;
use self::retention::Retention;
use self::shown::Shown;
use self::supervisor::Fatal;

/// What the parts of the living world share.
pub struct Shared {
    /// The journal; whoever holds it may append or read.
    pub journal: Mutex<Box<dyn Journal>>,
    /// The snapshots.
    pub snapshots: Mutex<Box<dyn SnapshotStore>>,
    /// Virtual time.
    pub clock: Arc<LiveClock>,
    /// Commands that wait to be stamped.
    pub inbox: Inbox,
    /// What operators ask, until the sequencer does it.
    pub controls: Controls,
    /// What they did.
    pub pacing: Mutex<PacingHistory>,
    /// What is shown of the engine; whoever waits for it to get somewhere subscribes.
    pub engine: watch::Sender<Shown>,
    /// Whether the engine is behind its clock.
    pub lag: Mutex<LagWatch>,
    /// Tells the sequencer that commands or controls wait.
    pub commands_wait: Arc<Notify>,
    /// Who waits for a decision.
    pub decisions: Decisions,
    /// From the sequencer to the host.
    pub handover: Handover,
    /// At which commands the engine died.
    pub deaths: Deaths,
    /// Tells the host that something was handed over.
    pub advance_waits: Arc<Notify>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Told when the program cannot go on.
    pub fatal: mpsc::UnboundedSender<Fatal>,
    /// The builds that wrote the journal before this program started, each from the record on that says so.
    pub builds: Vec<(RecordNumber, String)>,
    /// This build's name.
    pub build: String,
    /// How far back the recorded run reaches.
    pub retention: Retention,
    /// Held by the projector that flushes.
    pub flush_turn: Arc<Mutex<()>>,
    /// From the host to the projectors; set once, when the services that submit commands through here have said what they fold.
    backlogs: OnceLock<Vec<Arc<Backlog>>>,
    /// Whether the host runs. While it does not, nothing is stamped.
    host_is_up: Arc<AtomicBool>,
    /// The number of the first event that nobody has seen.
    published: AtomicU64,
    /// Up to where events may leave, in virtual microseconds.
    sealed: AtomicU64,
    /// What the engine had come to after its last run.
    reached: Mutex<Option<Reached>>,
    /// This build's name, until the journal says that it goes on.
    unsaid_build: Mutex<Option<String>>,
    /// The record from which on the journal says again what follows from all before.
    restated: AtomicU64,
}

/// What a living world is put together from.
pub struct SharedParts {
    /// The journal.
    pub journal: Box<dyn Journal>,
    /// The snapshots.
    pub snapshots: Box<dyn SnapshotStore>,
    /// Virtual time.
    pub clock: Arc<LiveClock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Told when the program cannot go on.
    pub fatal: mpsc::UnboundedSender<Fatal>,
    /// At which commands the engine died.
    pub deaths: Deaths,
    /// The journal's last seal.
    pub sealed: SimTime,
    /// The builds that wrote the journal, each from the record on that says so.
    pub builds: Vec<(RecordNumber, String)>,
    /// This build's name.
    pub build: String,
    /// How far back the recorded run reaches.
    pub retention: Retention,
    /// How far the world has to be run to be where it was.
    pub reached: SimTime,
    /// What operators did to its pace.
    pub pacing: PacingHistory,
}

/// Commands and a horizon on their way to the host.
#[derive(Default)]
pub struct Handover(Mutex<Advance>);

/// How far the host is to run, and what takes effect on the way.
#[derive(Default)]
pub struct Advance {
    /// Commands with their stamps, in order.
    pub commands: Vec<(CommandId, SimTime, Command)>,
    /// Up to and including.
    pub horizon: SimTime,
    /// The first journal record that was not handed over.
    pub next_record: RecordNumber,
}

impl Handover {
    /// Adds commands and moves the horizon.
    pub fn put(
        &self,
        commands: impl IntoIterator<Item = (CommandId, SimTime, Command)>,
        horizon: SimTime,
        next_record: RecordNumber,
    ) {
        let mut advance = self.0.lock();
        advance.commands.extend(commands);
        advance.horizon = advance.horizon.max(horizon);
        advance.next_record = advance.next_record.max(next_record);
    }

    /// Takes everything that was put; horizon and record stay known.
    pub fn take(&self) -> Advance {
        let mut advance = self.0.lock();
        Advance {
            commands: std::mem::take(&mut advance.commands),
            ..*advance
        }
    }

    /// How far the host is to run.
    pub fn horizon(&self) -> SimTime {
        self.0.lock().horizon
    }

    /// The first journal record that was not handed over.
    pub fn next_record(&self) -> RecordNumber {
        self.0.lock().next_record
    }

    /// How many commands wait for the host.
    pub fn waiting(&self) -> usize {
        self.0.lock().commands.len()
    }
}

impl Shared {
    /// What a world shares before its host has come up. All of the journal counts as handed over: the host reads it by itself.
    #[must_use]
    pub fn new(parts: SharedParts) -> Self {
        let is_new = parts.builds.last().is_none_or(|(_, last)| *last != parts.build);
        let handover = Handover::default();
        handover.put([], parts.reached, parts.journal.next_number());
        Self {
            journal: Mutex::new(parts.journal),
            snapshots: Mutex::new(parts.snapshots),
            clock: parts.clock,
            inbox: Inbox::default(),
            controls: Controls::default(),
            pacing: Mutex::new(parts.pacing),
            engine: watch::Sender::default(),
            lag: Mutex::default(),
            commands_wait: Arc::default(),
            decisions: Decisions::default(),
            flush_turn: Arc::default(),
            handover,
            deaths: parts.deaths,
            advance_waits: Arc::default(),
            backlogs: OnceLock::new(),
            metrics: parts.metrics,
            fatal: parts.fatal,
            host_is_up: Arc::default(),
            published: AtomicU64::new(0),
            sealed: AtomicU64::new(parts.sealed.micros()),
            reached: Mutex::new(None),
            unsaid_build: Mutex::new(is_new.then(|| parts.build.clone())),
            restated: AtomicU64::new(0),
            builds: parts.builds,
            build: parts.build,
            retention: parts.retention,
        }
    }

    /// Whether the host runs.
    #[must_use]
    pub fn host_is_up(&self) -> bool {
        self.host_is_up.load(Ordering::Acquire)
    }

    fn set_host_is_up(&self, is_up: bool) {
        self.host_is_up.store(is_up, Ordering::Release);
    }

    /// Up to where events may leave.
    #[must_use]
    pub fn sealed(&self) -> SimTime {
        SimTime::from_micros(self.sealed.load(Ordering::Acquire))
    }

    fn set_sealed(&self, until: SimTime) {
        self.sealed.fetch_max(until.micros(), Ordering::AcqRel);
    }

    /// Takes back seals that reach beyond `until`, up to where nothing has left yet.
    fn unseal(&self, until: SimTime) {
        self.sealed.store(until.micros(), Ordering::Release);
    }

    /// The number of the first event that some store has not made durable.
    #[must_use]
    pub fn flushed_by_all(&self) -> u64 {
        self.backlogs()
            .iter()
            .map(|backlog| backlog.flushed())
            .min()
            .unwrap_or(u64::MAX)
    }

    /// From the host to the projectors.
    #[must_use]
    pub fn backlogs(&self) -> &[Arc<Backlog>] {
        self.backlogs.get().map_or(&[], Vec::as_slice)
    }

    /// Says who folds events; to be said once, before the host starts.
    ///
    /// # Panics
    /// The second time.
    pub fn set_backlogs(&self, backlogs: Vec<Arc<Backlog>>) {
        assert!(
            self.backlogs.set(backlogs).is_ok(),
            "who folds events is said once"
        );
    }

    /// The number of the first event that somebody has still to see: a snapshot no newer than that loses nobody anything.
    fn seen_by_all(&self) -> u64 {
        match self.published.load(Ordering::Acquire) {
            0 => self.flushed_by_all(),
            published => published,
        }
    }

    /// What the engine had come to after its last run, to be written down beside the next seal.
    fn reached(&self) -> Option<Reached> {
        *self.reached.lock()
    }

    fn set_reached(&self, reached: Reached) {
        *self.reached.lock() = Some(reached);
    }

    fn unsaid_build(&self) -> Option<String> {
        self.unsaid_build.lock().clone()
    }

    fn build_is_said(&self) {
        self.unsaid_build.lock().take();
    }

    /// The record from which on the journal says again what follows from all before; 0: it has not yet.
    fn restated(&self) -> RecordNumber {
        RecordNumber(self.restated.load(Ordering::Acquire))
    }

    fn restated_from(&self, number: RecordNumber) {
        self.restated.store(number.0, Ordering::Release);
    }

    /// Says that the program cannot go on.
    pub fn give_up(&self, part: &'static str, failure: Failure) {
        let Failure { exit, reason } = failure;
        // Nobody listens only when the program ends anyway.
        let _ = self.fatal.send(Fatal { part, reason, exit });
    }

    /// Lets go of events that have been seen already, and counts the others as seen.
    fn unseen(&self, mut events: Vec<Numbered<Event>>) -> Vec<Numbered<Event>> {
        let Some(last) = events.last() else { return events };
        let published = self.published.fetch_max(last.number + 1, Ordering::AcqRel);
        events.retain(|event| event.number >= published);
        events
    }
}

#[cfg(test)]
mod tests;
