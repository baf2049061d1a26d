//! A barrier for threads that meet every few microseconds: they spin, and give way to others when it takes longer.

use super::super::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use super::super::sync::{spin_loop, yield_now};

/// Turns of the loop before a waiting thread gives way: about ten microseconds, longer than most windows.
const SPINS: u32 = 2_000;

/// Where all threads of a run meet.
pub(super) struct Barrier {
    threads: usize,
    arrived: AtomicUsize,
    /// How often all have met.
    meetings: AtomicUsize,
    /// Set when one will never come.
    is_broken: AtomicBool,
}

impl Barrier {
    pub(super) fn new(threads: usize) -> Self {
        Self {
            threads,
            arrived: AtomicUsize::new(0),
            meetings: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
        }
    }

    /// Waits for all. What each wrote before, all see after.
    ///
    /// # Panics
    /// Where one of the others panicked.
    pub(super) fn wait(&self) {
        let meetings = self.meetings.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.meetings.store(meetings.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.meetings.load(Ordering::Acquire) == meetings {
            assert!(
                !self.is_broken.load(Ordering::Relaxed),
                "another thread of the run panicked"
            );
            spins += 1;
            if spins < SPINS {
                spin_loop();
            } else {
                yield_now();
            }
        }
    }

    /// Tells the others, should the thread that holds it panic.
    pub(super) fn guard(&self) -> Guard<'_> {
        Guard(Some(self))
    }
}

/// Breaks its barrier when it is dropped without having left.
pub(super) struct Guard<'a>(Option<&'a Barrier>);

impl Guard<'_> {
    /// Leaves in order.
    pub(super) fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(barrier) = self.0 {
            barrier.is_broken.store(true, Ordering::Relaxed);
        }
    }
}
