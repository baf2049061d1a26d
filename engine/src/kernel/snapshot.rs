//! Snapshots: the whole state to bytes and back, such that a run goes on exactly.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::actor::System;
use super::address::{RawAddr, RegionId};
use super::core::{Content, Parked};
use super::diagnosis::{Counters, DeadLetter};
use super::engine::{Engine, Regions};
use super::entry::Entry;
use super::parcel::Parcel;
use super::region::Region;
use super::slab::SlotPool;
use super::supervision::{FaultState, Restarts};
use super::watch::{Notice, Watches};
use crate::time::{SimDuration, SimTime};

/// The form of the bytes. Another number is another form.
const FORMAT: u16 = 4;

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
}

/// Everything but the regions.
#[derive(Serialize, Deserialize)]
struct EngineImage {
    now: SimTime,
    next_event: u64,
    regions: u16,
    lookahead: SimDuration,
}

/// Everything of a region but its actors.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct RegionImage<S: System> {
    sequence: u64,
    digest: u64,
    counters: Counters,
    pools: Vec<SlotPool>,
    queue: Vec<Waiting<S::Message>>,
    restarts: BTreeMap<RawAddr, Restarts>,
    watches: Watches,
    parked: VecDeque<Parked<S::Message>>,
    dead_letters: VecDeque<DeadLetter>,
    faults: Option<FaultState>,
}

/// A message on its way.
#[derive(Serialize, Deserialize)]
struct Waiting<M> {
    time: SimTime,
    source: u64,
    sequence: u64,
    kind: u8,
    index: u32,
    generation: u32,
    content: Brought<M>,
}

/// What is on its way.
#[derive(Serialize, Deserialize)]
enum Brought<M> {
    Message(M),
    Notice(Notice),
}

impl<S: System> Engine<S> {
    /// The whole state as bytes. To be taken between two windows.
    ///
    /// # Errors
    /// [`SnapshotError::Unreadable`] where an actor cannot be encoded.
    pub fn save(&self) -> Result<Vec<u8>, SnapshotError> {
        let image = EngineImage {
            now: self.now,
            next_event: self.next_event,
            regions: self.cut.count,
            lookahead: self.cut.lookahead,
        };
        let mut bytes = postcard::to_stdvec(&(FORMAT, image)).map_err(unreadable)?;
        for region in &self.regions {
            let parts = (region_image(region), &region.actors);
            bytes = postcard::to_extend(&parts, bytes).map_err(unreadable)?;
        }
        Ok(bytes)
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
        let (image, mut rest): (EngineImage, _) = postcard::take_from_bytes(rest).map_err(unreadable)?;
        let cut = Regions {
            count: image.regions,
            lookahead: image.lookahead,
        };
        if !cut.is_possible() {
            return Err(SnapshotError::Unreadable("it has no regions".to_owned()));
        }
        let mut engine = Self::with_regions(shared, cut);
        engine.now = image.now;
        engine.next_event = image.next_event;
        for region in &mut engine.regions {
            let ((image, actors), after): ((RegionImage<S>, S::Actors), _) =
                postcard::take_from_bytes(rest).map_err(unreadable)?;
            rest = after;
            region.house_all(actors);
            restore(region, image, engine.now);
        }
        if rest.is_empty() {
            Ok(engine)
        } else {
            Err(SnapshotError::Unreadable("it is too long".to_owned()))
        }
    }
}

fn region_image<S: System>(region: &Region<S>) -> RegionImage<S> {
    let core = &region.core;
    let id = core.region;
    let waiting = |entry: Entry| {
        let to = entry.to(id);
        Waiting {
            time: SimTime::from_micros(entry.time),
            source: entry.source(),
            sequence: entry.sequence(),
            kind: to.kind(),
            index: to.index(),
            generation: to.generation(),
            content: match core.queue.copy(&entry) {
                Content::Message(message) => Brought::Message(message),
                Content::Notice(notice) => Brought::Notice(notice),
            },
        }
    };
    RegionImage {
        sequence: core.sequence,
        digest: core.digest,
        counters: core.counters,
        pools: core.pools.clone(),
        queue: core.queue.in_order().into_iter().map(waiting).collect(),
        restarts: core.restarts.clone(),
        watches: core.watches.clone(),
        parked: core.parked.clone(),
        dead_letters: core.dead_letters.clone(),
        faults: core.faults.clone(),
    }
}

fn restore<S: System>(region: &mut Region<S>, image: RegionImage<S>, now: SimTime) {
    let core = &mut region.core;
    let id: RegionId = core.region;
    core.now = now;
    core.sequence = image.sequence;
    core.digest = image.digest;
    core.counters = image.counters;
    core.pools = image.pools;
    core.restarts = image.restarts;
    core.watches = image.watches;
    core.parked = image.parked;
    core.dead_letters = image.dead_letters;
    core.faults = image.faults;
    for waiting in image.queue {
        let to = RawAddr::new(waiting.kind, id, waiting.index, waiting.generation);
        let entry = Entry::new(
            waiting.time,
            waiting.source,
            waiting.sequence,
            to,
            Parcel::default(),
        );
        let content = match waiting.content {
            Brought::Message(message) => Content::Message(message),
            Brought::Notice(notice) => Content::Notice(notice),
        };
        core.queue.admit(now, entry, Some(content));
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function value in map_err"
)]
fn unreadable(error: postcard::Error) -> SnapshotError {
    SnapshotError::Unreadable(error.to_string())
}
