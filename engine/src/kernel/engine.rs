//! The engine: a system's actors and what moves them.

use std::sync::Arc;

use thiserror::Error;

use super::actor::{Member, System};
use super::address::{Addr, RawAddr};
use super::core::{Core, Counters, Parked};
use super::entry::{Entry, OUTSIDE, SEQUENCE_END};
use super::supervision::FaultPlan;
use crate::ports::EventSink;
use crate::time::SimTime;

/// How deep the causes at one instant may go. A longer chain is a loop that time never leaves.
const DEPTH_MAX: u32 = 10_000;

/// Why a run stopped before its horizon.
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
}

/// A system of actors in virtual time: an ordinary value, of which a process may hold many.
pub struct Engine<S: System> {
    pub(super) core: Core<S>,
    pub(super) actors: S::Actors,
}

impl<S: System> Engine<S> {
    /// An empty world at time zero.
    #[must_use]
    pub fn new(shared: Arc<S::Shared>) -> Self {
        Self {
            core: Core::new(shared),
            actors: S::Actors::default(),
        }
    }

    /// Puts failures into handlers from now on.
    pub fn inject_faults(&mut self, plan: FaultPlan) {
        self.core.faults = Some(plan.into());
    }

    /// Brings an actor to life from outside, before the run or between two windows.
    pub fn spawn<A: Member<System = S>>(&mut self, actor: A) -> Addr<A> {
        let (index, generation) = self.core.pools[usize::from(A::KIND)].take();
        let addr = Addr::new(index, generation);
        S::insert(&mut self.actors, addr.into(), actor.into_spawned());
        addr
    }

    /// Emits an event from outside; it leaves with the next run.
    pub fn emit(&mut self, event: S::Event) {
        self.core.emit(event);
    }

    /// Sends a message from outside, to be handled at `at`, which must lie after the present. Messages from outside at one instant are
    /// handled in order of `order`, which must be unique.
    ///
    /// # Panics
    /// Where `order` is 2⁴⁸ or more.
    pub fn inject<A: Member<System = S>>(
        &mut self,
        at: SimTime,
        order: u64,
        to: Addr<A>,
        message: A::Message,
    ) {
        assert!(order < SEQUENCE_END, "commands are fewer than 2⁴⁸");
        let place = self.core.queue.hold(A::wrap(message));
        let entry = Entry::new(at, OUTSIDE, order, to.into(), place);
        self.core.queue.push_later(entry);
    }

    /// Handles everything due up to and including `horizon`, and gives all events to `sink`, in order.
    ///
    /// # Errors
    /// [`Halt`], where going on makes no sense; the events so far were given.
    pub fn run_until(&mut self, horizon: SimTime, sink: &mut dyn EventSink<S::Event>) -> Result<(), Halt> {
        self.flush_events(sink);
        while let Some((entry, message)) = self.core.next(horizon) {
            let to = entry.to();
            if self.core.queue.depth() > DEPTH_MAX {
                return Err(self.runaway(to));
            }
            for soon in self.core.queue.come_in_sight() {
                S::prefetch(&self.actors, soon);
            }
            self.core.note(&entry);
            S::dispatch(&mut self.actors, &mut self.core, to, message);
            self.settle(to);
            if !self.core.out.is_empty() {
                self.flush_events(sink);
            }
        }
        self.core.now = self.core.now.max(horizon);
        Ok(())
    }

    #[cold]
    fn runaway(&self, to: RawAddr) -> Halt {
        Halt::RunawayInstant {
            at: self.core.now,
            depth: self.core.queue.depth(),
            actor: format!("{}-{}", S::KINDS[usize::from(to.kind)], to.index),
        }
    }

    /// Lets spawned actors live and a stopped one go.
    fn settle(&mut self, handled: RawAddr) {
        if !self.core.staged.taken.is_empty() {
            self.core.staged.taken.clear();
            for (addr, spawned) in self.core.staged.spawns.drain(..) {
                S::insert(&mut self.actors, addr, spawned);
            }
        }
        if std::mem::take(&mut self.core.staged.stop) {
            S::remove(&mut self.actors, handled);
            self.core.pools[usize::from(handled.kind)].give_back(handled.index);
        }
    }

    fn flush_events(&mut self, sink: &mut dyn EventSink<S::Event>) {
        self.core.out.drain(..).for_each(|event| sink.accept(event));
    }

    /// Virtual time: the last horizon run to.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.core.now
    }

    /// When the next message is due.
    #[must_use]
    pub fn next_due(&self) -> Option<SimTime> {
        self.core.queue.next_time()
    }

    /// The number the next event will get.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.core.next_event
    }

    /// Messages on their way.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.core.queue.len()
    }

    /// A running digest of every message handled, in order: equal runs have equal digests.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.core.digest
    }

    /// What the kernel has counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.core.counters
    }

    /// Messages their actors failed on too often, oldest first.
    #[must_use]
    pub fn parked(&self) -> &[Parked<S::Message>] {
        &self.core.parked
    }

    /// The slabs, to look at.
    #[must_use]
    pub fn actors(&self) -> &S::Actors {
        &self.actors
    }

    /// What all actors may read.
    #[must_use]
    pub fn shared(&self) -> &Arc<S::Shared> {
        &self.core.shared
    }

    /// The actor at `addr`, unless it is gone.
    #[must_use]
    pub fn get<A: Member<System = S>>(&self, addr: Addr<A>) -> Option<&A> {
        A::slab(&self.actors).get(addr)
    }
}
