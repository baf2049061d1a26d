//! Snapshots: the whole state to bytes and back, such that a run goes on exactly.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::actor::System;
use super::address::RawAddr;
use super::core::{Core, Counters, Parked};
use super::engine::Engine;
use super::entry::Entry;
use super::slab::SlotPool;
use super::supervision::FaultState;
use crate::time::SimTime;

/// The form of the bytes. Another number is another form.
const FORMAT: u16 = 2;

/// Why a snapshot could not be taken or read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Written by a build with another form.
    #[error("the snapshot has form {found}, this build reads form {FORMAT}")]
    Format {
        /// Its form.
        found: u16,
    },
    /// The bytes are no snapshot of this system.
    #[error("the snapshot cannot be read: {0}")]
    Unreadable(String),
    /// Events have not left yet.
    #[error("a snapshot is taken between two windows, when all events have left")]
    EventsPending,
}

/// Everything but the actors.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct CoreImage<S: System> {
    now: SimTime,
    next_event: u64,
    digest: u64,
    counters: Counters,
    pools: Vec<SlotPool>,
    queue: Vec<Waiting<S::Message>>,
    parked: Vec<Parked<S::Message>>,
    faults: Option<FaultState>,
}

/// A message on its way.
#[derive(Serialize, Deserialize)]
struct Waiting<M> {
    time: SimTime,
    source: u64,
    sequence: u64,
    to: RawAddr,
    message: M,
}

impl<S: System> Engine<S> {
    /// The whole state as bytes. To be taken between two windows.
    ///
    /// # Errors
    /// [`SnapshotError::EventsPending`] where events wait to leave, [`SnapshotError::Unreadable`] where an actor cannot be encoded.
    pub fn save(&self) -> Result<Vec<u8>, SnapshotError> {
        if !self.core.out.is_empty() {
            return Err(SnapshotError::EventsPending);
        }
        let image = CoreImage::<S> {
            now: self.core.now,
            next_event: self.core.next_event,
            digest: self.core.digest,
            counters: self.core.counters,
            pools: self.core.pools.clone(),
            queue: self.core.queue.in_order().map(waiting).collect(),
            parked: self.core.parked.clone(),
            faults: self.core.faults.clone(),
        };
        postcard::to_stdvec(&(FORMAT, image, &self.actors)).map_err(unreadable)
    }

    /// The engine whose state `bytes` hold.
    ///
    /// # Errors
    /// [`SnapshotError::Format`] where another build wrote them, [`SnapshotError::Unreadable`] where they are damaged.
    pub fn load(shared: Arc<S::Shared>, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let (format, rest): (u16, _) = postcard::take_from_bytes(bytes).map_err(unreadable)?;
        if format != FORMAT {
            return Err(SnapshotError::Format { found: format });
        }
        let (image, actors): (CoreImage<S>, S::Actors) = postcard::from_bytes(rest).map_err(unreadable)?;
        let mut core = Core::new(shared);
        core.now = image.now;
        core.next_event = image.next_event;
        core.digest = image.digest;
        core.counters = image.counters;
        core.pools = image.pools;
        core.parked = image.parked;
        core.faults = image.faults;
        for waiting in image.queue {
            let Waiting {
                time,
                source,
                sequence,
                to,
                message,
            } = waiting;
            let place = core.queue.hold(message);
            core.queue
                .push_later(Entry::new(time, source, sequence, to, place));
        }
        Ok(Self { core, actors })
    }
}

fn waiting<M: Clone>((entry, message): (Entry, &M)) -> Waiting<M> {
    Waiting {
        time: SimTime::from_micros(entry.time),
        source: entry.source(),
        sequence: entry.sequence(),
        to: entry.to(),
        message: message.clone(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function value in map_err"
)]
fn unreadable(error: postcard::Error) -> SnapshotError {
    SnapshotError::Unreadable(error.to_string())
}
