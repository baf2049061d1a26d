//! Windows: regions run beside each other as long as none can hear from another, then exchange messages.
//!
//! Let the earliest message anywhere be due at `t`. What it causes in another region is due no sooner than `t` plus the lookahead; so up to
//! just before that instant every region may run on its own, in any order and on any thread (conservative synchronisation; Chandy and Misra
//! 1979, with the global window of Nicol 1993). Windows in which nothing is due are never opened, and regions in which nothing is due in a window are
//! passed over.
//!
//! Nothing depends on the threads: within a region messages have their one order, whenever they came in, and a window's end depends on what is
//! due alone.

use std::sync::PoisonError;

use self::barrier::Barrier;
use super::actor::System;
use super::diagnosis::Halt;
use super::letters::Letters;
use super::region::Region;
use super::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use super::sync::{Mutex, MutexGuard};
use crate::time::{SimDuration, SimTime};

mod barrier;
#[cfg(all(test, loom))]
mod model;

/// Events held for each thread before they leave: so few that they are still in its cache then.
const EVENTS_MAX: usize = 1 << 11;

/// Windows after which a run pauses to look whether threads are worth while.
const WINDOWS_MAX: usize = 64;

/// Messages a window must hold on average for that: with fewer, threads wait for each other longer than they work.
const MESSAGES_DENSE: u64 = 256;

/// Nothing is due.
const NEVER: u64 = u64::MAX;

/// Rounds that are told apart: one under way, one being prepared, one made ready for that, one that a slow thread may still look at.
const ROUNDS: usize = 4;

/// What the threads tell each other about a round.
struct Round {
    /// No later than the earliest message is due, known when the round begins.
    next_due: AtomicU64,
    /// For each thread, how many of its own regions were claimed.
    claimed: Vec<AtomicUsize>,
    /// Events that waited to leave when it ended.
    events: AtomicUsize,
    /// Whether a region halted in it.
    halted: AtomicBool,
}

impl Round {
    fn new(threads: usize) -> Self {
        Self {
            next_due: AtomicU64::new(NEVER),
            claimed: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
            events: AtomicUsize::new(0),
            halted: AtomicBool::new(false),
        }
    }

    /// Something is due by then. Looked at first, since most regions say nothing new.
    fn is_due_by(&self, due: u64) {
        if due < self.next_due.load(Ordering::Relaxed) {
            self.next_due.fetch_min(due, Ordering::Relaxed);
        }
    }

    fn clear(&self) {
        self.next_due.store(NEVER, Ordering::Relaxed);
        for claimed in &self.claimed {
            claimed.store(0, Ordering::Relaxed);
        }
        self.events.store(0, Ordering::Relaxed);
        self.halted.store(false, Ordering::Relaxed);
    }
}

/// What arrives at a region, in no order.
struct Inbox<M> {
    letters: Mutex<Letters<M>>,
    /// Whether there are any. Written in one round and read in the next.
    holds_any: AtomicBool,
}

/// Each region's: those that are emptied in even rounds and filled in odd ones, then the others.
type Inboxes<M> = [Vec<Inbox<M>>; 2];

impl<M> Inbox<M> {
    fn new() -> Self {
        Self {
            letters: Mutex::new(Letters::default()),
            holds_any: AtomicBool::new(false),
        }
    }

    fn holds_any(&self) -> bool {
        self.holds_any.load(Ordering::Relaxed)
    }

    fn append(&self, letters: &mut Letters<M>) {
        lock(&self.letters).append(letters);
        self.holds_any.store(true, Ordering::Relaxed);
    }
}

/// What is known of a region without asking it. Written by who runs it in a round, read by who comes to it in the next.
struct Outlook {
    /// No later than the first message in its queue is due.
    next_due: AtomicU64,
    /// Events that wait to leave it.
    events: AtomicUsize,
}

impl Outlook {
    fn of<S: System>(region: &Region<S>) -> Self {
        Self {
            next_due: AtomicU64::new(next_due(region)),
            events: AtomicUsize::new(region.core.out.len()),
        }
    }

    fn look<S: System>(&self, region: &Region<S>) {
        self.next_due.store(next_due(region), Ordering::Relaxed);
        self.events.store(region.core.out.len(), Ordering::Relaxed);
    }
}

/// A run of several regions.
struct Windows<'a, S: System> {
    regions: Vec<Mutex<&'a mut Region<S>>>,
    outlooks: Vec<Outlook>,
    inboxes: Inboxes<S::Message>,
    rounds: [Round; ROUNDS],
    barrier: Barrier,
    /// How many regions a thread owns.
    share: usize,
    /// Events that may wait to leave before the run pauses.
    events_max: usize,
    lookahead: u64,
    horizon: u64,
    /// Windows that were opened.
    opened: AtomicUsize,
    halt: Mutex<Option<Halt>>,
}

/// Who runs the regions.
pub(super) struct Crew<M> {
    /// So many threads at most.
    pub(super) threads: usize,
    /// Whether the last windows held enough for more than one.
    is_dense: bool,
    /// Kept from run to run for the room they have.
    inboxes: Inboxes<M>,
}

impl<M> Crew<M> {
    /// Of one thread.
    pub(super) fn new() -> Self {
        Self {
            threads: 1,
            is_dense: true,
            inboxes: [Vec::new(), Vec::new()],
        }
    }
}

/// Runs all regions up to and including `horizon`, or for some windows, or until many events wait to leave; says whether all is done.
///
/// # Errors
/// The earliest [`Halt`].
pub(super) fn run<S: System>(
    regions: &mut [Region<S>],
    lookahead: SimDuration,
    crew: &mut Crew<S::Message>,
    horizon: SimTime,
) -> Result<bool, Halt> {
    let threads = if crew.is_dense {
        crew.threads.min(regions.len())
    } else {
        1
    };
    let handled = |regions: &[Region<S>]| {
        regions
            .iter()
            .map(|region| region.core.counters.handled)
            .sum::<u64>()
    };
    let before = handled(regions);
    let inboxes = std::mem::take(&mut crew.inboxes);
    let windows = Windows::new(regions.iter_mut(), inboxes, lookahead, threads, horizon);
    windows.begin();
    let is_done = windows.run_on(threads);
    windows.hand_over_the_rest();
    let opened = windows.opened.load(Ordering::Relaxed) as u64;
    let halt = windows.halt.into_inner().unwrap_or_else(PoisonError::into_inner);
    crew.inboxes = windows.inboxes;
    crew.is_dense = handled(regions) - before >= MESSAGES_DENSE * opened;
    halt.map_or(Ok(is_done), Err)
}

impl<'a, S: System> Windows<'a, S> {
    fn new(
        regions: impl Iterator<Item = &'a mut Region<S>>,
        mut inboxes: Inboxes<S::Message>,
        lookahead: SimDuration,
        threads: usize,
        horizon: SimTime,
    ) -> Self {
        let regions: Vec<_> = regions.map(Mutex::new).collect();
        for inboxes in &mut inboxes {
            inboxes.resize_with(regions.len(), Inbox::new);
        }
        Self {
            outlooks: regions.iter().map(|region| Outlook::of(*lock(region))).collect(),
            inboxes,
            rounds: [(); ROUNDS].map(|()| Round::new(threads)),
            barrier: Barrier::new(threads),
            share: regions.len().div_ceil(threads),
            events_max: EVENTS_MAX * threads,
            lookahead: lookahead.micros(),
            horizon: horizon.micros(),
            opened: AtomicUsize::new(0),
            halt: Mutex::new(None),
            regions,
        }
    }

    /// Finds out when the first round's window begins.
    fn begin(&self) {
        for outlook in &self.outlooks {
            self.rounds[0].is_due_by(outlook.next_due.load(Ordering::Relaxed));
        }
    }

    /// Runs windows on so many threads, of which the caller's is one; says whether all is done.
    #[expect(clippy::disallowed_methods, reason = "this is where a run's threads are")]
    fn run_on(&self, threads: usize) -> bool {
        std::thread::scope(|scope| {
            for thread in 1..threads {
                scope.spawn(move || self.work(thread));
            }
            self.work(0)
        })
    }

    /// What one thread does: window after window, until nothing is due or the run pauses. All threads decide alike.
    fn work(&self, thread: usize) -> bool {
        let guard = self.barrier.guard();
        let mut number = 0;
        let is_done = loop {
            let (round, next) = (&self.rounds[number % ROUNDS], &self.rounds[(number + 1) % ROUNDS]);
            let due = round.next_due.load(Ordering::Relaxed);
            if due == NEVER || due > self.horizon {
                break true;
            }
            let end = due.saturating_add(self.lookahead - 1).min(self.horizon);
            if thread == 0 {
                self.rounds[(number + 2) % ROUNDS].clear();
            }
            while let Some(region) = self.claim(round, thread) {
                self.run_region(region, SimTime::from_micros(end), number, (round, next));
            }
            self.barrier.wait();
            number += 1;
            let is_full = round.events.load(Ordering::Relaxed) >= self.events_max;
            if round.halted.load(Ordering::Relaxed) || is_full || number == WINDOWS_MAX {
                break false;
            }
        };
        if thread == 0 {
            self.opened.store(number, Ordering::Relaxed);
        }
        guard.leave();
        is_done
    }

    /// The next region for this thread to run: one of its own, so that it stays in its cache, else one that another has not come to.
    fn claim(&self, round: &Round, thread: usize) -> Option<usize> {
        let threads = round.claimed.len();
        (0..threads).find_map(|offset| {
            let owner = (thread + offset) % threads;
            let first = owner * self.share;
            let end = (first + self.share).min(self.regions.len());
            let claimed = &round.claimed[owner];
            // Looked at first, so that the counter is not written to again and again once all is claimed.
            if first + claimed.load(Ordering::Relaxed) >= end {
                return None;
            }
            let region = first + claimed.fetch_add(1, Ordering::Relaxed);
            (region < end).then_some(region)
        })
    }

    /// Runs a region up to the window's end, unless nothing is due in it until then.
    fn run_region(&self, number: usize, end: SimTime, round_number: usize, (round, next): (&Round, &Round)) {
        let (outlook, inbox) = (&self.outlooks[number], &self.inboxes[round_number % 2][number]);
        if outlook.next_due.load(Ordering::Relaxed) <= end.micros() || inbox.holds_any() {
            let mut region = lock(&self.regions[number]);
            take_in(&mut region, inbox);
            if let Err(halt) = region.run_until(end, usize::MAX) {
                round.halted.store(true, Ordering::Relaxed);
                self.note(halt);
            }
            self.send_out(&mut region, round_number, next);
            outlook.look(&region);
        }
        next.is_due_by(outlook.next_due.load(Ordering::Relaxed));
        let events = outlook.events.load(Ordering::Relaxed);
        if events > 0 {
            round.events.fetch_add(events, Ordering::Relaxed);
        }
    }

    /// Keeps the earliest halt.
    #[cold]
    fn note(&self, halt: Halt) {
        let mut first = lock(&self.halt);
        let is_first = |known: &Halt| (known.at(), known.to_string()) > (halt.at(), halt.to_string());
        if first.as_ref().is_none_or(is_first) {
            *first = Some(halt);
        }
    }

    /// Hands what a region sent to others to those, for the next round.
    fn send_out(&self, region: &mut Region<S>, round_number: usize, next: &Round) {
        let earliest_out = std::mem::replace(&mut region.core.earliest_out, NEVER);
        if earliest_out == NEVER {
            return;
        }
        let inboxes = &self.inboxes[(round_number + 1) % 2];
        for (outbox, inbox) in region.core.outboxes.iter_mut().zip(inboxes) {
            if !outbox.is_empty() {
                inbox.append(outbox);
            }
        }
        next.is_due_by(earliest_out);
    }

    /// Queues what was under way when the run paused.
    fn hand_over_the_rest(&self) {
        for inboxes in &self.inboxes {
            for (region, inbox) in self.regions.iter().zip(inboxes) {
                take_in(&mut lock(region), inbox);
            }
        }
    }
}

/// Queues what arrived.
fn take_in<S: System>(region: &mut Region<S>, inbox: &Inbox<S::Message>) {
    if !inbox.holds_any() {
        return;
    }
    let core = &mut region.core;
    lock(&inbox.letters).arrive(core.now, &mut core.queue);
    inbox.holds_any.store(false, Ordering::Relaxed);
    core.queue.settle();
}

fn next_due<S: System>(region: &Region<S>) -> u64 {
    region.core.queue.next_time_bound().map_or(NEVER, SimTime::micros)
}

/// A lock that no handler's panic can poison: those are contained. Where the kernel itself fails, the run ends anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
