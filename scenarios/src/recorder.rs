//! The recorder: everything that follows from a world's events while it runs — log, summary, checks — in one sink.

use std::io::{self, Write};
use std::sync::Arc;

use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::SimTime;

use crate::check::{Checkers, Violation};
use crate::log::EventLog;
use crate::summary::{DeliveryCounts, Summary, SummaryFold};

/// Writes the log of a world, and reads each line again with the checkers.
pub struct Recorder<W: Write> {
    environment: Arc<Environment>,
    log: EventLog<W>,
    fold: SummaryFold,
    checkers: Checkers,
}

/// What was recorded.
#[derive(Debug)]
pub struct Recorded<W> {
    /// Where the log was written.
    pub out: W,
    /// The figures; `wall_s` is for the caller to set.
    pub summary: Summary,
    /// The checkers' first objections.
    pub violations: Vec<Violation>,
}

impl<W: Write> Recorder<W> {
    /// A recorder of this world that writes the log to `out`.
    #[must_use]
    pub fn new(environment: Arc<Environment>, out: W) -> Self {
        Self {
            log: EventLog::new(Arc::clone(&environment), out),
            fold: SummaryFold::new(&environment),
            environment,
            checkers: Checkers::new(),
        }
    }

    /// Lines of the log so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.log.events()
    }

    /// Deliveries so far.
    #[must_use]
    pub fn deliveries(&self) -> DeliveryCounts {
        self.fold.deliveries()
    }

    /// Whether the log can no longer be written; [`Self::finish`] says why.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.log.failure().is_some()
    }

    /// Ends the log of a world that came to `at` with this digest.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn finish(self, state_digest: u64, at: SimTime) -> io::Result<Recorded<W>> {
        let mut checkers = self.checkers;
        let (out, end) = self.log.finish(state_digest, at, |line| checkers.apply(line))?;
        let verdict = checkers.finish();
        let figures = self.fold.finish(at);
        let summary = Summary {
            events: end.events,
            digest: Some(end.digest),
            invariant_violations: verdict.count,
            ..Summary::new(&self.environment, figures, at.as_seconds_f64(), state_digest)
        };
        Ok(Recorded {
            out,
            summary,
            violations: verdict.violations,
        })
    }
}

impl<W: Write> EventSink<Event> for Recorder<W> {
    fn accept(&mut self, event: Numbered<Event>) {
        self.fold.apply(&event);
        if let Some(line) = self.log.write(&event) {
            self.checkers.apply(line);
        }
    }
}
