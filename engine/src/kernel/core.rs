//! What the handlers of all actors share: the queue, time, numbering, staged output.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actor::System;
use super::address::RawAddr;
use super::entry::Entry;
use super::queue::Queue;
use super::slab::SlotPool;
use super::supervision::FaultState;
use crate::ports::Numbered;
use crate::time::SimTime;

/// Parked messages kept for inspection. Beyond it the oldest go; [`Counters::given_up`] and [`Counters::skipped`] count all.
pub(super) const PARKED_MAX: usize = 1_024;

/// Everything of the kernel but the actors themselves.
pub struct Core<S: System> {
    pub(super) shared: Arc<S::Shared>,
    pub(super) now: SimTime,
    pub(super) queue: Queue<S::Message>,
    pub(super) pools: Vec<SlotPool>,
    pub(super) staged: Staged<S>,
    pub(super) out: Vec<Numbered<S::Event>>,
    pub(super) next_event: u64,
    pub(super) digest: u64,
    pub(super) counters: Counters,
    pub(super) parked: Vec<Parked<S::Message>>,
    pub(super) faults: Option<FaultState>,
}

/// What a handler has done so far; takes effect when it succeeds.
pub(super) struct Staged<S: System> {
    /// Messages sent; they lie in the queue already, but are not due yet.
    pub(super) sends: Vec<Entry>,
    pub(super) events: Vec<S::Event>,
    /// Slots taken, in order.
    pub(super) taken: Vec<RawAddr>,
    /// The actors for them.
    pub(super) spawns: Vec<(RawAddr, S::Spawned)>,
    pub(super) stop: bool,
}

impl<S: System> Default for Staged<S> {
    fn default() -> Self {
        Self {
            sends: Vec::new(),
            events: Vec::new(),
            taken: Vec::new(),
            spawns: Vec::new(),
            stop: false,
        }
    }
}

/// A message that its actor failed on too often.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parked<M> {
    /// When it was given up.
    pub at: SimTime,
    /// Whom it was for.
    pub to: RawAddr,
    /// The message.
    pub message: M,
    /// What failed.
    pub cause: String,
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

impl<S: System> Core<S> {
    pub(super) fn new(shared: Arc<S::Shared>) -> Self {
        Self {
            shared,
            now: SimTime::ZERO,
            queue: Queue::default(),
            pools: vec![SlotPool::default(); S::KINDS.len()],
            staged: Staged::default(),
            out: Vec::new(),
            next_event: 0,
            digest: 0xCBF2_9CE4_8422_2325,
            counters: Counters::default(),
            parked: Vec::new(),
            faults: None,
        }
    }

    /// Gives the event the next number.
    pub(super) fn emit(&mut self, event: S::Event) {
        self.out.push(Numbered {
            number: self.next_event,
            at: self.now,
            event,
        });
        self.next_event += 1;
    }

    /// The next message due until `horizon`; time moves to it.
    pub(super) fn next(&mut self, horizon: SimTime) -> Option<(Entry, S::Message)> {
        self.queue.pop(&mut self.now, horizon)
    }

    /// Lets the staged messages and events out; spawned actors and a stop are left to the engine.
    #[inline]
    pub(super) fn commit_outputs(&mut self) {
        for entry in &self.staged.sends {
            if entry.time == self.now.micros() {
                self.queue.push_now(*entry);
            } else {
                self.queue.push_later(*entry);
            }
        }
        self.staged.sends.clear();
        if self.staged.events.is_empty() {
            return;
        }
        for event in self.staged.events.drain(..) {
            self.out.push(Numbered {
                number: self.next_event,
                at: self.now,
                event,
            });
            self.next_event += 1;
        }
    }

    /// Drops all that is staged, as if the handler had never run.
    pub(super) fn discard_staged(&mut self) {
        for entry in self.staged.sends.drain(..).rev() {
            self.queue.release(entry);
        }
        self.staged.events.clear();
        self.staged.spawns.clear();
        for addr in self.staged.taken.drain(..).rev() {
            self.pools[usize::from(addr.kind)].undo_take(addr.index);
        }
        self.staged.stop = false;
    }

    /// Takes the message into the running digest of all that was handled, in order.
    pub(super) fn note(&mut self, entry: &Entry) {
        self.digest = (self.digest ^ entry.hash())
            .wrapping_mul(0x0000_0100_0000_01B3)
            .rotate_left(23);
        self.counters.handled += 1;
    }

    /// Keeps a message for inspection.
    pub(super) fn park(&mut self, parked: Parked<S::Message>) {
        if self.parked.len() == PARKED_MAX {
            self.parked.remove(0);
        }
        self.parked.push(parked);
    }
}
