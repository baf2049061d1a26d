//! Diagnosis: named errors instead of hangs, and what is recorded all the time so that they can say something.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::{RawAddr, RegionId};
use super::entry::{Entry, OUTSIDE};
use crate::time::SimTime;

/// Messages the flight recorder keeps: what led to a failure, in 4 KiB, which stay in the first-level cache.
const RECORDED: usize = 128;

/// Of how many messages one has its handler timed.
const TIMED_EVERY: u32 = 64;

/// Why a run stopped before its horizon. The engine is not to be run on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Halt {
    /// Actors wrote to each other at one instant without end.
    #[error("runaway instant at {at} s: {depth} messages deep without time moving; the last went to {actor}")]
    RunawayInstant {
        /// The instant.
        at: SimTime,
        /// How deep.
        depth: u32,
        /// Whom the last message was for.
        actor: String,
    },
    /// More messages are on their way than may be.
    #[error(
        "queue full at {at} s: {queued} messages on their way in one region; {waiting} of them for {actor}"
    )]
    QueueFull {
        /// When.
        at: SimTime,
        /// How many.
        queued: usize,
        /// Who has the fullest mailbox.
        actor: String,
        /// How many wait for it.
        waiting: usize,
    },
    /// More messages are on their way to one actor than may be.
    #[error("mailbox full at {at} s: {waiting} messages on their way to {actor}")]
    MailboxFull {
        /// When.
        at: SimTime,
        /// Whose.
        actor: String,
        /// How many wait for it.
        waiting: usize,
    },
    /// An actor failed too often without which going on makes no sense.
    #[error("{actor} failed too often at {at} s and escalates: {cause}")]
    Escalated {
        /// When.
        at: SimTime,
        /// Who.
        actor: String,
        /// What failed.
        cause: String,
    },
}

impl Halt {
    /// When it came to this.
    #[must_use]
    pub const fn at(&self) -> SimTime {
        match self {
            Self::RunawayInstant { at, .. }
            | Self::QueueFull { at, .. }
            | Self::MailboxFull { at, .. }
            | Self::Escalated { at, .. } => *at,
        }
    }
}

/// What the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Messages handled.
    pub handled: u64,
    /// Messages to actors that were gone.
    pub undeliverable: u64,
    /// Actors rebuilt after a failure.
    pub restarts: u64,
    /// Actors given up.
    pub given_up: u64,
    /// Messages skipped by actors that may not be given up.
    pub skipped: u64,
}

impl Counters {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            handled: self.handled + other.handled,
            undeliverable: self.undeliverable + other.undeliverable,
            restarts: self.restarts + other.restarts,
            given_up: self.given_up + other.given_up,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// A message to an actor that was gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When it was to be handled.
    pub at: SimTime,
    /// Who was gone.
    pub to: String,
    /// Who wrote.
    pub from: String,
}

/// A message that was handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When.
    pub at: SimTime,
    /// Who wrote.
    pub from: String,
    /// For whom.
    pub to: String,
}

/// The last messages handled in a region, always on.
pub(super) struct FlightRecorder {
    entries: Box<[Entry; RECORDED]>,
    count: usize,
}

impl Default for FlightRecorder {
    fn default() -> Self {
        Self {
            entries: Box::new([Entry::default(); RECORDED]),
            count: 0,
        }
    }
}

impl FlightRecorder {
    #[inline]
    pub(super) fn note(&mut self, entry: Entry) {
        self.count = self.count.wrapping_add(1);
        self.entries[self.count % RECORDED] = entry;
    }

    /// The present message.
    pub(super) fn present(&self) -> &Entry {
        &self.entries[self.count % RECORDED]
    }

    /// What was recorded, the latest last.
    pub(super) fn latest(&self, kinds: &[&str], region: RegionId) -> Vec<Recorded> {
        let kept = self.count.min(RECORDED);
        (self.count - kept..self.count)
            .map(|number| {
                let entry = self.entries[(number + 1) % RECORDED];
                Recorded {
                    at: SimTime::from_micros(entry.time),
                    from: entry.sender_shown(kinds),
                    to: entry.to(region).shown(kinds),
                }
            })
            .collect()
    }
}

impl Entry {
    /// The sender as a person reads it.
    pub(super) fn sender_shown(self, kinds: &[&str]) -> String {
        let source = self.source();
        if source == OUTSIDE {
            return "outside".to_owned();
        }
        RawAddr::of_source(source).shown(kinds)
    }
}

/// Reads a monotonic clock, in nanoseconds; passed in by whoever may read one.
pub type Stopwatch = fn() -> u64;

/// How long the handlers of one type of actor took. One message in 64 is timed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandlerTime {
    /// Messages timed.
    pub timed: u64,
    /// Nanoseconds they took together.
    pub nanos: u64,
    /// How many took less than 2ⁿ ns, and at least half of that, by n.
    pub by_log2_nanos: [u64; 32],
}

impl HandlerTime {
    fn add(&mut self, nanos: u64) {
        self.timed += 1;
        self.nanos += nanos;
        let log2 = (u64::BITS - nanos.leading_zeros()) as usize;
        self.by_log2_nanos[log2.min(self.by_log2_nanos.len() - 1)] += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.timed += other.timed;
        self.nanos += other.nanos;
        for (sum, more) in self.by_log2_nanos.iter_mut().zip(other.by_log2_nanos) {
            *sum += more;
        }
    }
}

/// Handler times by type. They are of this process: no part of the state, nor of any result.
pub(super) struct HandlerTimes {
    pub(super) by_kind: Vec<HandlerTime>,
    pub(super) stopwatch: Option<Stopwatch>,
    until_next: u32,
}

impl HandlerTimes {
    pub(super) fn new(kinds: usize) -> Self {
        Self {
            by_kind: vec![HandlerTime::default(); kinds],
            stopwatch: None,
            until_next: u32::MAX,
        }
    }

    /// Starts to measure.
    pub(super) fn measure(&mut self, stopwatch: Stopwatch) {
        self.stopwatch = Some(stopwatch);
        self.until_next = TIMED_EVERY;
    }

    /// Begins to time the next handler, where it is its turn.
    #[inline]
    pub(super) fn begin(&mut self) -> Option<u64> {
        self.until_next -= 1;
        if self.until_next > 0 {
            return None;
        }
        self.until_next = TIMED_EVERY;
        self.stopwatch.map(|now| now())
    }

    /// The handler of an actor of type `kind`, begun at `begun`, has returned.
    #[cold]
    pub(super) fn end(&mut self, kind: u8, begun: u64) {
        if let (Some(now), Some(time)) = (self.stopwatch, self.by_kind.get_mut(usize::from(kind))) {
            time.add(now().saturating_sub(begun));
        }
    }
}
