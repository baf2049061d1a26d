//! A log that can be changed line by line and sealed again.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::town::{eventful_town, lines, run, verdict};

/// A log that may be changed line by line.
#[derive(Clone)]
pub(super) struct Log(pub(super) Vec<Value>);

impl Log {
    /// The log of an eventful day; nothing is wrong with it.
    pub(super) fn good() -> Self {
        static GOOD: OnceLock<Log> = OnceLock::new();
        GOOD.get_or_init(|| Self(lines(&run(eventful_town(7), 8).out)))
            .clone()
    }

    /// The first line of a type for which something holds.
    pub(super) fn find(&self, kind: &str, holds: impl Fn(&Value) -> bool) -> usize {
        self.find_from(0, kind, holds)
    }

    /// The same, from a line on.
    pub(super) fn find_from(&self, start: usize, kind: &str, holds: impl Fn(&Value) -> bool) -> usize {
        let found = self.0[start..]
            .iter()
            .position(|line| line["type"] == kind && holds(line));
        start + found.unwrap_or_else(|| panic!("no such {kind} in the log"))
    }

    /// The line of a type that next is about the same drone.
    pub(super) fn next_of_drone(&self, after: usize, kind: &str) -> usize {
        let drone = self.0[after]["drone"].clone();
        self.find_from(after + 1, kind, |line| line["drone"] == drone)
    }

    /// A leg from take-off to landing, of a purpose: its first and its last line.
    pub(super) fn whole_leg(&self, purpose: &str) -> (usize, usize) {
        let mut start = 0;
        loop {
            start = self.find_from(start, "LegStarted", |line| line["purpose"] == purpose);
            let end = self.next_of_drone(start, "LegEnded");
            if self.0[end]["t"] == self.0[start]["arrives_t"] {
                return (start, end);
            }
            start += 1;
        }
    }

    pub(super) fn set(&mut self, line: usize, field: &str, value: Value) {
        assert!(!self.0[line][field].is_null(), "no {field} in {}", self.0[line]);
        self.0[line][field] = value;
    }

    pub(super) fn add(&mut self, line: usize, field: &str, by: f64) {
        let changed = number(&self.0[line][field]) + by;
        self.set(line, field, json!(changed));
    }

    /// Sets a field of every line of a type.
    pub(super) fn set_all(&mut self, kind: &str, field: &str, value: &Value) {
        for line in 0..self.0.len() {
            if self.0[line]["type"] == kind {
                self.set(line, field, value.clone());
            }
        }
    }

    /// Puts a line in, at the time of the one that stands there.
    pub(super) fn insert(&mut self, at: usize, mut line: Value) {
        line["t"] = self.0[at]["t"].clone();
        self.0.insert(at, line);
    }

    /// Numbers the lines anew and sets the digest right, as a forger would.
    pub(super) fn sealed(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (seq, line) in self.0.iter_mut().enumerate() {
            line["seq"] = json!(seq);
            if line["type"] == "RunEnded" {
                line["digest"] = json!(digest(&bytes));
            }
            bytes.extend(format!("{line}\n").into_bytes());
        }
        bytes
    }

    /// The invariants that checkers say the log breaks.
    pub(super) fn objections(self) -> Vec<&'static str> {
        objections(&self.sealed())
    }
}

pub(super) fn objections(log: &[u8]) -> Vec<&'static str> {
    let broken: BTreeSet<_> = verdict(log)
        .violations
        .into_iter()
        .map(|violation| violation.invariant)
        .collect();
    broken.into_iter().collect()
}

pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}
