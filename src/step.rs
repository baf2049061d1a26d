//! Steps of a start: each is said when it is done, with how long it took, so that whoever waits sees for what.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// How long a step may go on without a word.
const QUIET_MAX: Duration = Duration::from_secs(2);

/// A step that has begun.
#[derive(Debug)]
pub struct Step {
    name: &'static str,
    begun: Instant,
    said: Instant,
}

impl Step {
    /// Begins a step.
    #[must_use]
    pub fn begin(name: &'static str) -> Self {
        let now = Instant::now();
        Self {
            name,
            begun: now,
            said: now,
        }
    }

    /// Says how far it is, where nothing was said for a while.
    pub fn goes_on(&mut self, far: impl Display) {
        if self.said.elapsed() >= QUIET_MAX {
            self.said = Instant::now();
            tracing::info!(step = self.name, so_far_ms = millis(self.begun), "{far}");
        }
    }

    /// Says that it is done, and what came of it.
    pub fn done(self, outcome: impl Display) {
        tracing::info!(step = self.name, took_ms = millis(self.begun), "{outcome}");
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
