//! When a client is told what time it is.

use crate::server::picture::Picture;

/// Ticks between two `clock` frames: ten seconds.
const CLOCK_TICKS: u64 = 100;

/// The same where the world runs as fast as it can, and no speed says where the clock is.
const CLOCK_TICKS_UNPACED: u64 = 10;

/// What a client was told of the clock last.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct ClockTold {
    tick: u64,
    /// How often the clock had changed by then.
    changes: u64,
}

impl ClockTold {
    /// All there is to tell now.
    pub(in crate::server) const fn now(picture: &Picture) -> Self {
        Self {
            tick: picture.tick(),
            changes: picture.clock_changes(),
        }
    }

    /// Before this tick there is nothing to tell, unless the clock changes.
    pub(in crate::server) const fn due(&self, picture: &Picture) -> u64 {
        self.tick + period(picture)
    }

    /// Whether it is to be told at this tick, and is told then; where there is something to write anyway, up to a tenth early, which saves a write.
    pub(in crate::server) const fn is_due(&mut self, picture: &Picture, is_writing: bool) -> bool {
        let early = if is_writing { period(picture) / 10 } else { 0 };
        let is_due = picture.tick() + early >= self.due(picture) || picture.clock_changes() != self.changes;
        if is_due {
            *self = Self::now(picture);
        }
        is_due
    }
}

/// Ticks between two `clock` frames.
const fn period(picture: &Picture) -> u64 {
    if picture.speed().is_finite() {
        CLOCK_TICKS
    } else {
        CLOCK_TICKS_UNPACED
    }
}
