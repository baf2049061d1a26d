//! What the handlers of a region's actors share: the queue, time, staged output, and what is recorded of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actor::System;
use super::address::{RawAddr, RegionId};
use super::diagnosis::{Counters, DeadLetter, FlightRecorder, Halt, HandlerTimes};
use super::entry::{Entry, NOTICE};
use super::letters::Letters;
use super::memory::Lie;
use super::parcel::Parcel;
use super::queue::Queue;
use super::slab::SlotPool;
use super::supervision::{Failed, Failure, FaultState, Restarts};
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
    /// Where the actors of each type lie.
    pub(super) lies: Vec<Lie>,
    /// Messages sent in this region so far: a sender's own are numbered in order by it.
    pub(super) sequence: u64,
    pub(super) staged: Staged<S>,
    /// Events on their way out.
    pub(super) out: Vec<(SimTime, S::Event)>,
    /// What goes to other regions, by region.
    pub(super) outboxes: Vec<Letters<S::Message>>,
    /// No later than the earliest of that is due.
    pub(super) earliest_out: u64,
    pub(super) digest: u64,
    pub(super) counters: Counters,
    pub(super) recorder: FlightRecorder,
    pub(super) times: HandlerTimes,
    pub(super) restarts: BTreeMap<RawAddr, Restarts>,
    pub(super) watches: Watches,
    pub(super) parked: VecDeque<Parked<S::Message>>,
    pub(super) dead_letters: VecDeque<DeadLetter>,
    pub(super) faults: Option<FaultState>,
    /// Whose handler is at work.
    pub(super) me: RawAddr,
    /// Whether a handler is at work: then a panic is its own.
    pub(super) is_handling: bool,
    /// Why the present message's handler failed, until that is made good.
    pub(super) failure: Option<Failure>,
    /// Set by an actor without which going on makes no sense.
    pub(super) escalated: Option<Halt>,
}

/// What a handler has done so far that takes effect when it succeeds. Its messages and events are under way already, and are called back where
/// it fails.
pub(super) struct Staged<S: System> {
    /// Whether there is any of what follows, but for the last.
    pub(super) is_touched: bool,
    /// Events that waited to leave before the handler began.
    pub(super) events_before: usize,
    /// Slots taken, in order.
    pub(super) taken: Vec<RawAddr>,
    /// The actors for them.
    pub(super) spawns: Vec<(RawAddr, S::Spawned)>,
    pub(super) stop: Option<EndReason>,
    /// The last number given to a message before the handler began.
    pub(super) sequence_before: u64,
}

impl<S: System> Default for Staged<S> {
    fn default() -> Self {
        Self {
            is_touched: false,
            events_before: 0,
            taken: Vec::new(),
            spawns: Vec::new(),
            stop: None,
            sequence_before: 0,
        }
    }
}

/// What an entry brings.
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
    /// The name of that actor, where it has one.
    pub name: Option<String>,
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
            lies: vec![Lie::default(); S::KINDS.len()],
            sequence: 0,
            staged: Staged::default(),
            out: Vec::new(),
            outboxes: std::iter::repeat_with(Letters::default).take(regions).collect(),
            earliest_out: u64::MAX,
            digest: 0xCBF2_9CE4_8422_2325,
            counters: Counters::default(),
            recorder: FlightRecorder::default(),
            times: HandlerTimes::new(S::KINDS.len()),
            restarts: BTreeMap::new(),
            watches: Watches::default(),
            parked: VecDeque::new(),
            dead_letters: VecDeque::new(),
            faults: None,
            me: RawAddr::new(NOTICE, region, 0, 0),
            is_handling: false,
            failure: None,
            escalated: None,
        }
    }

    /// Has the actor fetched that the entry so many behind the next one is for.
    #[inline]
    pub(super) fn prefetch_ahead(&self, by: usize) {
        if let Some(soon) = self.queue.in_sight(by) {
            self.prefetch(soon.kind(), soon.index());
        }
    }

    /// Has an actor of this region fetched.
    #[inline]
    fn prefetch(&self, kind: u8, index: u32) {
        if let Some(lie) = self.lies.get(usize::from(kind)) {
            lie.prefetch(index);
        }
    }

    /// Queues a message in this region. Of one that is due at this instant the actor is fetched at once.
    #[inline]
    pub(super) fn enqueue(&mut self, entry: Entry) {
        if entry.time > self.now.micros() {
            self.queue.push_later(entry);
        } else {
            self.prefetch(entry.kind(), entry.index());
            self.queue.push_now(entry);
        }
    }

    /// Lets an event out, to be called back where the present handler fails.
    #[inline]
    pub(super) fn emit(&mut self, event: S::Event) {
        self.out.push((self.now, event));
    }

    /// Lets an event of the kernel's own out, for good.
    pub(super) fn emit_for_good(&mut self, event: S::Event) {
        self.emit(event);
        self.staged.events_before = self.out.len();
    }

    /// The number of the next message.
    #[inline]
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// A handler begins.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.staged.sequence_before = self.sequence;
        self.staged.events_before = self.out.len();
    }

    /// Sends a message to another region.
    #[inline]
    pub(super) fn send_away(&mut self, region: RegionId, entry: Entry, message: S::Message) {
        if let Some(outbox) = self.outbox(region, entry.time) {
            outbox.send(entry, message);
        }
    }

    /// Sends a word of the kernel from `source`.
    pub(super) fn send_notice(&mut self, source: RawAddr, notice: Notice) {
        let goes_to = notice.goes_to();
        let to = RawAddr::new(NOTICE, goes_to.region(), goes_to.index(), goes_to.generation());
        let time = self.due(self.now, goes_to.region());
        let sequence = self.next_sequence();
        let entry = Entry::new(time, source.source(), sequence, to, Parcel::default());
        let region = goes_to.region();
        if region == self.region {
            self.queue.admit(self.now, entry, Some(Content::Notice(notice)));
        } else if let Some(outbox) = self.outbox(region, entry.time) {
            outbox.send_notice(entry, notice);
        }
    }

    /// Where a letter for a region goes that is due at `time`; `None`, and counted, where there is no such region.
    #[inline]
    fn outbox(&mut self, region: RegionId, time: u64) -> Option<&mut Letters<S::Message>> {
        let outbox = self.outboxes.get_mut(usize::from(region.0));
        if outbox.is_some() {
            self.earliest_out = self.earliest_out.min(time);
        } else {
            self.counters.undeliverable += 1;
        }
        outbox
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

    /// Keeps why the present message's handler failed.
    #[cold]
    pub(super) fn fail(&mut self, failure: Failure) -> Result<(), Failed> {
        self.failure = Some(failure);
        Err(Failed)
    }

    /// Drops all that the handler at `source` did, as if it had never run.
    pub(super) fn discard_staged(&mut self, source: RawAddr) {
        let before = self.staged.sequence_before;
        let mut here: BTreeSet<u64> = (before + 1..=self.sequence).collect();
        for outbox in &mut self.outboxes {
            while let Some(sequence) = outbox.take_back(before) {
                here.remove(&sequence);
            }
        }
        for sequence in here {
            self.queue.call_back(source.source(), sequence);
        }
        self.out.truncate(self.staged.events_before);
        self.staged.spawns.clear();
        for addr in self.staged.taken.drain(..).rev() {
            self.pools[usize::from(addr.kind())].undo_take(addr.index());
        }
        self.staged.stop = None;
        self.staged.is_touched = false;
    }

    /// Takes the message into the running digest of all that was handled, in order, and into the flight recorder.
    #[inline]
    pub(super) fn note(&mut self, entry: &Entry) {
        self.digest = (self.digest ^ entry.hash())
            .wrapping_mul(0x0000_0100_0000_01B3)
            .rotate_left(23);
        self.counters.handled += 1;
        self.recorder.note(*entry);
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
            from: self.recorder.present().sender_shown(S::KINDS),
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
