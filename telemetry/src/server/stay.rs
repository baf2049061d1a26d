//! A client's stay: what it may look at, and whether it still may.

use crate::door::{Pass, Sight};

/// Ticks between two looks at whether a client may still be here: two seconds.
const LOOK_TICKS: u64 = 20;

/// What let a client in, and when it was looked at last.
pub(super) struct Stay {
    pass: Pass,
    looked_at_tick: u64,
}

impl Stay {
    /// A stay that begins.
    pub(super) const fn new(pass: Pass, tick: u64) -> Self {
        Self {
            pass,
            looked_at_tick: tick,
        }
    }

    /// What the client may look at.
    pub(super) const fn sight(&self) -> &Sight {
        &self.pass.sight
    }

    /// The tick at which that is looked at next.
    pub(super) const fn next_look(&self) -> u64 {
        match &self.pass.lease {
            Some(_) => self.looked_at_tick + LOOK_TICKS,
            None => u64::MAX,
        }
    }

    /// Whether it may go on; looked at every two seconds.
    pub(super) fn goes_on(&mut self, tick: u64) -> bool {
        match &self.pass.lease {
            Some(lease) if tick >= self.looked_at_tick + LOOK_TICKS => {
                self.looked_at_tick = tick;
                lease.holds()
            }
            _ => true,
        }
    }
}
