//! The sorting wheel: what is due later, sorted only when its turn is near.
//!
//! Eight levels of 256 slots, one level a byte of the time. An entry lies at the level of the highest byte in which its time
//! differs from `base`, in the slot of that byte: so the first occupied slot of the lowest occupied level comes first. When
//! its turn comes, a slot small enough is sorted into one contiguous run, a larger one is spread a level down. What arrives
//! within the part of time that the run covers goes to a small heap beside it.
//!
//! No tuning, no floats: the order depends on the entries alone. An entry is moved two or three times in its life, always
//! from one contiguous piece of memory to another, where a heap of a million touches twenty lines for each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use self::slots::{First, Slots};
use super::entry::Entry;

mod slots;

/// Entries in a slot that are sorted at once: their run is half of a small second-level cache. More are spread first.
const SORT_MAX: usize = 8_192;

/// Entries up to which a plain sort beats counting first.
const PLAIN_SORT_MAX: usize = 64;

/// How many entries ahead of the next one are worth fetching.
const AHEAD: usize = 8;

/// Entries in order of time, then of their own key.
#[derive(Default)]
pub(super) struct Wheel {
    /// The time from which levels are counted; no entry in a slot is earlier.
    base: u64,
    /// All times before this one belong to the run or to `late`.
    covered: u64,
    /// Sorted; the next is at `at`.
    run: Vec<Entry>,
    at: usize,
    /// How far into the run it has been told what comes.
    told: usize,
    /// What came when the run already covered its time.
    late: BinaryHeap<Reverse<Entry>>,
    slots: Slots,
}

impl Wheel {
    /// Takes in an entry.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) {
        if entry.time < self.covered {
            self.late.push(Reverse(entry));
        } else {
            self.slots.push(self.base, entry);
        }
    }

    /// The first entry, taken out, unless it is due after `horizon`.
    #[inline]
    pub(super) fn pop_until(&mut self, horizon: u64) -> Option<Entry> {
        if !self.late.is_empty() {
            return self.pop_beside_late(horizon);
        }
        if self.at == self.run.len() && !self.refill() {
            return None;
        }
        let next = self.run[self.at];
        if next.time > horizon {
            return None;
        }
        self.at += 1;
        Some(next)
    }

    fn pop_beside_late(&mut self, horizon: u64) -> Option<Entry> {
        let Reverse(late) = *self.late.peek()?;
        match self.run.get(self.at) {
            Some(next) if *next < late => {
                let next = *next;
                (next.time <= horizon).then(|| {
                    self.at += 1;
                    next
                })
            }
            _ => (late.time <= horizon).then(|| {
                self.late.pop();
                late
            }),
        }
    }

    /// When the first entry is due. Looks through a whole slot where no run is at hand.
    pub(super) fn next_time(&self) -> Option<u64> {
        let next = self.run.get(self.at).map(|entry| entry.time);
        let late = self.late.peek().map(|Reverse(entry)| entry.time);
        next.into_iter().chain(late).min().or_else(|| {
            let first = self.slots.first(self.base)?;
            self.slots.entries_of(first).map(|entry| entry.time).min()
        })
    }

    /// No later than the first entry is due, and cheap to know.
    pub(super) fn next_time_bound(&self) -> Option<u64> {
        let next = self.run.get(self.at).map(|entry| entry.time);
        let late = self.late.peek().map(|Reverse(entry)| entry.time);
        next.into_iter()
            .chain(late)
            .min()
            .or_else(|| self.slots.first(self.base).map(|first| first.start))
    }

    /// The entries that have come within sight since this was asked last: of a fresh run several, then one for each taken.
    #[inline]
    pub(super) fn come_in_sight(&mut self) -> &[Entry] {
        let to = (self.at + AHEAD).min(self.run.len());
        let from = self.told.clamp(self.at, to);
        self.told = to;
        &self.run[from..to]
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entry> {
        let late = self.late.iter().map(|Reverse(entry)| *entry);
        self.run[self.at..]
            .iter()
            .copied()
            .chain(late)
            .chain(self.slots.entries().copied())
    }

    /// Sorts the first occupied slot into the run; false where there is none.
    fn refill(&mut self) -> bool {
        self.run.clear();
        (self.at, self.told) = (0, 0);
        while let Some(first) = self.slots.first(self.base) {
            self.base = first.start;
            if first.level == 0 || first.count <= SORT_MAX {
                self.covered = first.start.saturating_add(1 << (8 * first.level));
                self.sort(first);
                return true;
            }
            self.covered = first.start;
            self.slots.spread(first);
        }
        false
    }

    /// Moves a slot into the run, in order: counted by the next byte of the time, then each part sorted.
    fn sort(&mut self, slot: First) {
        if slot.count <= PLAIN_SORT_MAX || slot.level == 0 {
            self.slots
                .drain(slot, |entries| self.run.extend_from_slice(entries));
            self.run.sort_unstable();
            return;
        }
        let part = |entry: &Entry| usize::from(entry.time_byte(slot.level - 1));
        let mut places = [0_usize; 256];
        self.slots
            .entries_of(slot)
            .for_each(|entry| places[part(entry)] += 1);
        let mut start = 0;
        for place in &mut places {
            start += std::mem::replace(place, start);
        }
        self.run.resize(slot.count, Entry::default());
        self.slots.drain(slot, |entries| {
            for entry in entries {
                let place = &mut places[part(entry)];
                self.run[*place] = *entry;
                *place += 1;
            }
        });
        let mut start = 0;
        for end in places {
            self.run[start..end].sort_unstable();
            start = end;
        }
    }
}

#[cfg(test)]
mod tests;
