//! What the handlers of a region's actors share: the queue, time, staged output, and what is recorded of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actor::System;
use super::address::{RawAddr, RegionId};
use super::diagnosis::{Counters, DeadLetter, FlightRecorder, Halt, HandlerTimes};
use super::entry::{Entry, NOTICE};
use super::parcel::Parcel;
use super::queue::Queue;
use super::slab::SlotPool;
use super::supervision::{FaultState, Restarts};
use super::watch::{EndReason, Notice, Watches};
use crate::time::{SimDuration, SimTime};

/// Parked messages kept for inspection. Beyond it the oldest go; [`Counters::given_up`] and [`Counters::skipped`] count all.
pub(super) const PARKED_MAX: usize = 1_024;

/// Messages to actors that were gone, kept for inspection. Beyond it the oldest go; [`Counters::undeliverable`] counts all.
const DEAD_LETTERS_MAX: usize = 256;

/// Everything of a region but the actors themselves.
pub struct Core<S: System> {
    pub(super) shared: Arc<S::Shared>,
    pub(super) region: RegionId,
    /// The least delay of a message to another region.
    pub(super) lookahead: SimDuration,
    pub(super) now: SimTime,
    pub(super) queue: Queue<S::Message>,
    pub(super) pools: Vec<SlotPool>,
    /// Messages sent in this region so far: a sender's own are numbered in order by it.
    pub(super) sequence: u64,
    pub(super) staged: Staged<S>,
    /// Events on their way out.
    pub(super) out: Vec<(SimTime, S::Event)>,
    /// Messages for other regions, by region.
    pub(super) outboxes: Vec<Vec<Envelope<S::Message>>>,
    pub(super) digest: u64,
    pub(super) counters: Counters,
    pub(super) recorder: FlightRecorder,
    pub(super) times: HandlerTimes,
    pub(super) restarts: BTreeMap<RawAddr, Restarts>,
    pub(super) watches: Watches,
    pub(super) parked: VecDeque<Parked<S::Message>>,
    pub(super) dead_letters: VecDeque<DeadLetter>,
    pub(super) faults: Option<FaultState>,
    /// Whom the present message is for, and its place in the order.
    pub(super) present: (RawAddr, Entry),
    /// Whether a handler is at work: then a panic is its own.
    pub(super) is_handling: bool,
    /// Set by an actor without which going on makes no sense.
    pub(super) escalated: Option<Halt>,
}

/// What a handler has done so far; takes effect when it succeeds.
pub(super) struct Staged<S: System> {
    /// Messages sent within the region; their parcels are packed already.
    pub(super) sends: Vec<Entry>,
    /// What goes to other regions, and what the kernel itself is asked for.
    pub(super) apart: Vec<(RegionId, Envelope<S::Message>)>,
    pub(super) events: Vec<S::Event>,
    /// Slots taken, in order.
    pub(super) taken: Vec<RawAddr>,
    /// The actors for them.
    pub(super) spawns: Vec<(RawAddr, S::Spawned)>,
    pub(super) stop: Option<EndReason>,
}

impl<S: System> Default for Staged<S> {
    fn default() -> Self {
        Self {
            sends: Vec::new(),
            apart: Vec::new(),
            events: Vec::new(),
            taken: Vec::new(),
            spawns: Vec::new(),
            stop: None,
        }
    }
}

/// A message outside any queue: its entry's parcel is still to be packed.
pub(super) struct Envelope<M> {
    pub(super) entry: Entry,
    pub(super) content: Content<M>,
}

/// What an envelope holds.
pub(super) enum Content<M> {
    /// A message of an actor.
    Message(M),
    /// A word of the kernel.
    Notice(Notice),
}

/// A message that its actor failed on too often.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parked<M> {
    /// When it was given up.
    pub at: SimTime,
    /// Whom it was for.
    pub to: RawAddr,
    /// The message; `None` where the actor failed on the end of one it watched.
    pub message: Option<M>,
    /// What failed.
    pub cause: String,
    /// The actor's last recorded state, as it shows itself.
    pub view: String,
}

impl<S: System> Core<S> {
    pub(super) fn new(
        shared: Arc<S::Shared>,
        region: RegionId,
        regions: usize,
        lookahead: SimDuration,
    ) -> Self {
        Self {
            shared,
            region,
            lookahead,
            now: SimTime::ZERO,
            queue: Queue::default(),
            pools: vec![SlotPool::default(); S::KINDS.len()],
            sequence: 0,
            staged: Staged::default(),
            out: Vec::new(),
            outboxes: std::iter::repeat_with(Vec::new).take(regions).collect(),
            digest: 0xCBF2_9CE4_8422_2325,
            counters: Counters::default(),
            recorder: FlightRecorder::default(),
            times: HandlerTimes::new(S::KINDS.len()),
            restarts: BTreeMap::new(),
            watches: Watches::default(),
            parked: VecDeque::new(),
            dead_letters: VecDeque::new(),
            faults: None,
            present: (nobody(), Entry::default()),
            is_handling: false,
            escalated: None,
        }
    }

    /// Lets an event out.
    pub(super) fn emit(&mut self, event: S::Event) {
        self.out.push((self.now, event));
    }

    /// The number of the next message.
    #[inline]
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Lets the staged messages and events out; spawned actors and a stop are left to the region.
    #[inline]
    pub(super) fn commit_outputs(&mut self) {
        for entry in self.staged.sends.drain(..) {
            self.queue.push(self.now, entry);
        }
        if !self.staged.apart.is_empty() {
            for (region, envelope) in std::mem::take(&mut self.staged.apart) {
                self.post(region, envelope);
            }
        }
        if !self.staged.events.is_empty() {
            let now = self.now;
            self.out
                .extend(self.staged.events.drain(..).map(|event| (now, event)));
        }
    }

    /// Sends an envelope on its way: into the queue, or towards another region.
    pub(super) fn post(&mut self, region: RegionId, envelope: Envelope<S::Message>) {
        if region == self.region {
            self.queue.admit(self.now, envelope);
        } else if let Some(outbox) = self.outboxes.get_mut(usize::from(region.0)) {
            outbox.push(envelope);
        } else {
            self.counters.undeliverable += 1;
        }
    }

    /// An envelope with a word of the kernel, from `source`.
    pub(super) fn notice(&mut self, source: RawAddr, notice: Notice) -> (RegionId, Envelope<S::Message>) {
        let goes_to = notice.goes_to();
        let to = RawAddr {
            kind: NOTICE,
            ..goes_to
        };
        let time = self.due(self.now, goes_to.region);
        let sequence = self.next_sequence();
        let entry = Entry::new(time, source.source(), sequence, to, Parcel::default());
        let content = Content::Notice(notice);
        (goes_to.region, Envelope { entry, content })
    }

    /// When a message for `region` that should be handled at `time` is handled: never in the past, and elsewhere no sooner than the lookahead.
    #[inline]
    pub(super) fn due(&self, time: SimTime, region: RegionId) -> SimTime {
        if region == self.region {
            time.max(self.now)
        } else {
            time.max(self.now + self.lookahead)
        }
    }

    /// Drops all that is staged, as if the handler had never run.
    pub(super) fn discard_staged(&mut self) {
        for entry in self.staged.sends.drain(..).rev() {
            self.queue.drop_entry(entry);
        }
        self.staged.apart.clear();
        self.staged.events.clear();
        self.staged.spawns.clear();
        for addr in self.staged.taken.drain(..).rev() {
            self.pools[usize::from(addr.kind)].undo_take(addr.index);
        }
        self.staged.stop = None;
    }

    /// Takes the message into the running digest of all that was handled, in order, and into the flight recorder.
    #[inline]
    pub(super) fn note(&mut self, entry: &Entry) {
        self.digest = (self.digest ^ entry.hash())
            .wrapping_mul(0x0000_0100_0000_01B3)
            .rotate_left(23);
        self.counters.handled += 1;
        self.recorder.note(entry);
    }

    /// Notes that the present message's receiver is gone.
    #[cold]
    pub(super) fn bury(&mut self, to: RawAddr) {
        self.counters.undeliverable += 1;
        if self.dead_letters.len() == DEAD_LETTERS_MAX {
            self.dead_letters.pop_front();
        }
        self.dead_letters.push_back(DeadLetter {
            at: self.now,
            to: to.shown(S::KINDS),
            from: self.present.1.sender_shown(S::KINDS),
        });
    }

    /// Keeps a message for inspection.
    pub(super) fn park(&mut self, parked: Parked<S::Message>) {
        if self.parked.len() == PARKED_MAX {
            self.parked.pop_front();
        }
        self.parked.push_back(parked);
    }
}

const fn nobody() -> RawAddr {
    RawAddr {
        kind: NOTICE,
        region: RegionId(0),
        index: 0,
        generation: 0,
    }
}
