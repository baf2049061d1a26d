//! A region: its actors, and what moves them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::actor::{AtLimit, System};
use super::address::{RawAddr, RegionId};
use super::core::Core;
use super::diagnosis::Halt;
use super::entry::{Entry, NOTICE};
use super::limits::Limits;
use super::memory::Lie;
use super::supervision::{Failed, Failure, Work};
use super::watch::{EndReason, Ended, Notice};
use super::wheel::AHEAD;
use crate::time::{SimDuration, SimTime};

/// A part of the world that runs on its own.
pub(super) struct Region<S: System> {
    pub(super) core: Core<S>,
    pub(super) actors: S::Actors,
    pub(super) limits: Limits,
}

/// Why a run paused.
enum Pause {
    /// Nothing more is due.
    Done,
    /// So many events wait to leave as were allowed.
    Full,
    /// The present message's handler failed without a panic.
    Failed,
    /// Going on makes no sense.
    Halted(Halt),
}

impl<S: System> Region<S> {
    /// An empty region of a world that has so many.
    pub(super) fn new(shared: Arc<S::Shared>, id: RegionId, regions: usize, lookahead: SimDuration) -> Self {
        let mut actors = S::Actors::default();
        S::settle_in(&mut actors, id);
        Self {
            core: Core::new(shared, id, regions, lookahead),
            actors,
            limits: Limits::default(),
        }
    }

    /// Lets an actor from outside live here.
    pub(super) fn house(&mut self, addr: RawAddr, spawned: S::Spawned) {
        house::<S>(&mut self.actors, &mut self.core.lies, addr, spawned);
    }

    /// Lets these be its actors.
    pub(super) fn house_all(&mut self, actors: S::Actors) {
        self.actors = actors;
        for (kind, lie) in (0..).zip(&mut self.core.lies) {
            *lie = S::lie(&self.actors, kind);
        }
    }

    /// Handles everything due up to and including `horizon`, or until `events_max` events wait to leave; says whether all is done.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) fn run_until(&mut self, horizon: SimTime, events_max: usize) -> Result<bool, Halt> {
        loop {
            // Round many messages, not each: what unwinds is the present one's handler.
            let ran = catch_unwind(AssertUnwindSafe(|| self.run(horizon, events_max)));
            match ran {
                Ok(Pause::Done) => return Ok(true),
                Ok(Pause::Full) => return Ok(false),
                Ok(Pause::Halted(halt)) => return Err(halt),
                Ok(Pause::Failed) => self.contain(),
                Err(payload) if self.core.is_handling => {
                    self.core.failure = Some(Failure::Panicked(payload));
                    self.contain();
                }
                Err(payload) => resume_unwind(payload),
            }
            if let Some(halt) = self.core.escalated.take() {
                return Err(halt);
            }
        }
    }

    fn run(&mut self, horizon: SimTime, events_max: usize) -> Pause {
        while self.core.out.len() < events_max {
            let core = &mut self.core;
            let Some(entry) = core.queue.pop(&mut core.now, horizon) else {
                return Pause::Done;
            };
            let entry = *entry;
            if core.queue.was_called_back(&entry) {
                continue;
            }
            let is_fresh = core.queue.is_fresh();
            if is_fresh {
                (0..AHEAD).for_each(|by| core.prefetch_ahead(by));
            }
            // Looked at now and then, not at each message.
            if (is_fresh | core.queue.is_deeper())
                && let Some(halt) = self.limits.exceeded(core, &entry)
            {
                return Pause::Halted(halt);
            }
            core.prefetch_ahead(AHEAD);
            core.note(&entry);
            let to = entry.to(core.region);
            core.me = to;
            if to.kind() == NOTICE {
                self.take_notice(&entry);
            } else {
                let message = core.queue.unpack(&entry);
                let begun = core.times.begin();
                core.is_handling = true;
                let handled = S::dispatch(&mut self.actors, core, to, message);
                core.is_handling = false;
                if let Some(begun) = begun {
                    core.times.end(to.kind(), begun);
                }
                if handled.is_err() {
                    return Pause::Failed;
                }
            }
            self.settle(to);
        }
        Pause::Full
    }

    /// Makes good that the present message's handler failed: tries again as often as the actor's policy allows, then gives it up.
    #[cold]
    fn contain(&mut self) {
        let Self { core, actors, .. } = self;
        let to = core.me;
        core.is_handling = false;
        while let Some(failure) = core.failure.take()
            && let Some(work) = S::contain(actors, core, to, &failure)
        {
            let again = catch_unwind(AssertUnwindSafe(|| match work {
                Work::Message(message) => S::dispatch(actors, core, to, message),
                Work::Ended(ended) => S::tell(actors, core, to, ended),
            }));
            if let Err(payload) = again {
                core.failure = Some(Failure::Panicked(payload));
            }
        }
        if S::POLICIES[usize::from(to.kind())].at_limit == AtLimit::SkipMessage {
            core.restarts.remove(&to);
        }
        self.settle(to);
    }

    /// Does what the kernel is asked for.
    #[cold]
    fn take_notice(&mut self, entry: &Entry) {
        match self.core.queue.unpack_notice(entry) {
            Notice::Watch { watched, watcher } if S::lives(&self.actors, watched) => {
                self.core.watches.add(watched, watcher);
            }
            Notice::Watch { watched, watcher } => {
                self.tell_end(watched, watcher, EndReason::Unknown);
            }
            Notice::Unwatch { watched, watcher } => self.core.watches.remove(watched, watcher),
            Notice::Ended { to, ended } => {
                self.core.me = to;
                self.core.is_handling = true;
                let told = S::tell(&mut self.actors, &mut self.core, to, ended);
                self.core.is_handling = false;
                match told {
                    Ok(()) => self.settle(to),
                    Err(Failed) => self.contain(),
                }
            }
        }
    }

    fn tell_end(&mut self, who: RawAddr, to: RawAddr, reason: EndReason) {
        let ended = Ended { who, reason };
        self.core.send_notice(who, Notice::Ended { to, ended });
    }

    /// Lets spawned actors live and a stopped one go.
    #[inline]
    fn settle(&mut self, handled: RawAddr) {
        if self.core.staged.is_touched {
            self.let_live_and_go(handled);
        }
    }

    #[inline(never)]
    fn let_live_and_go(&mut self, handled: RawAddr) {
        self.core.staged.is_touched = false;
        self.core.staged.taken.clear();
        for (addr, spawned) in self.core.staged.spawns.drain(..) {
            house::<S>(&mut self.actors, &mut self.core.lies, addr, spawned);
        }
        if let Some(reason) = self.core.staged.stop.take() {
            self.let_go(handled, &reason);
        }
    }

    fn let_go(&mut self, gone: RawAddr, reason: &EndReason) {
        S::remove(&mut self.actors, gone);
        self.core.lies[usize::from(gone.kind())] = S::lie(&self.actors, gone.kind());
        self.core.pools[usize::from(gone.kind())].give_back(gone.index());
        self.core.restarts.remove(&gone);
        for watcher in self.core.watches.take(gone) {
            self.tell_end(gone, watcher, reason.clone());
        }
    }
}

/// Puts an actor into its slab, which may lie elsewhere afterwards.
fn house<S: System>(actors: &mut S::Actors, lies: &mut [Lie], addr: RawAddr, spawned: S::Spawned) {
    S::insert(actors, addr, spawned);
    lies[usize::from(addr.kind())] = S::lie(actors, addr.kind());
}
