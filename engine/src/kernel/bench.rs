//! The kernel's queue on its own, for the comparison of queues in `benches`; no part of what this crate promises.

use super::address::{RawAddr, RegionId};
use super::entry::Entry;
use super::parcel::Parcel;
use super::wheel::Wheel;
use crate::time::SimTime;

/// What keeps later messages in order, as it is inside an engine.
#[derive(Default)]
pub struct Later(Wheel);

impl Later {
    /// Takes in an entry that is due no sooner than the last one taken out. Numbers are unique.
    #[inline]
    pub fn push(&mut self, time: u64, number: u64) {
        let to = RawAddr::new(0, RegionId(0), 0, 0);
        let entry = Entry::new(SimTime::from_micros(time), 0, number, to, Parcel::default());
        self.0.push(entry);
    }

    /// The earliest entry's time and number, taken out.
    #[inline]
    pub fn pop(&mut self) -> Option<(u64, u64)> {
        let entry = self.0.pop_until(u64::MAX)?;
        Some((entry.time, entry.sequence()))
    }
}
