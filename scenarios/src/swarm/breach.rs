//! What comes of a case: a tally of what happened, or the invariant that broke.

use std::fmt;
use std::ops::AddAssign;

/// An invariant that a case broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Its name, such as `DR-1`.
    pub invariant: &'static str,
    /// What is wrong.
    pub text: String,
}

impl Breach {
    pub(super) fn new(invariant: &'static str, text: impl fmt::Display) -> Self {
        Self {
            invariant,
            text: text.to_string(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.text)
    }
}

/// What happened in a case, or in many.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Tally {
    /// Deliveries that were requested.
    pub deliveries: u64,
    /// Lines of the event log.
    pub events: u64,
    /// Commands from outside.
    pub commands: u64,
    /// How often a world was saved and loaded.
    pub reloads: u64,
    /// Actors that were rebuilt.
    pub restarts: u64,
    /// Drones that failed.
    pub drones_failed: u64,
    /// Virtual time, seconds.
    pub virtual_s: f64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.events += other.events;
        self.commands += other.commands;
        self.reloads += other.reloads;
        self.restarts += other.restarts;
        self.drones_failed += other.drones_failed;
        self.virtual_s += other.virtual_s;
    }
}
