//! The sorting wheel: what is due later, sorted only when its turn is near.
//!
//! Levels of 256 slots, one level for each eight bits of the time, but fewer for the first. An entry lies at the level of the highest bits in which its time
//! differs from `base`, in the slot of those bits: so the first occupied slot of the lowest occupied level comes first. When
//! its turn comes, a slot small enough is sorted into one contiguous run, a larger one is spread a level down. What arrives
//! within the part of time that the run covers goes to a small heap beside it: so a slot with a great part of all there is, which most new ones would
//! come late for, is spread as well.
//!
//! No tuning, no floats: the order depends on the entries alone. An entry is moved two or three times in its life, always
//! from one contiguous piece of memory to another, where a heap of a million touches twenty lines for each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use self::slots::{First, Slots, span_bits};
use super::entry::Entry;

mod slots;

/// Entries in a slot that are sorted at once: their run is half of a second-level cache. More are spread first.
const SORT_MAX: usize = 32_768;

/// The part of all entries, one in so many, that is sorted at once at most.
const SHARE_MAX: usize = 8;

/// Entries up to which a plain sort beats counting first.
const PLAIN_SORT_MAX: usize = 8;

/// Entries that may wait beside the run, and entries of a slot that are sorted whatever the horizon: few cost little in any order.
const LATE_MAX: usize = 16;

/// Bits by which a slot is dealt out at most: the counts of 2¹³ parts fill a first-level cache.
const PARTS_BITS_MAX: usize = 13;

/// Moves an entry may take to its place, on average, before sorting by moves is given up.
const MOVES_MAX: usize = 8;

/// How many entries ahead of the next one are worth fetching.
pub(super) const AHEAD: usize = 8;

/// Entries in order of time, then of their own key.
pub(super) struct Wheel {
    /// The time from which levels are counted; no entry in a slot is earlier.
    base: u64,
    /// All times before this one belong to the run or to `late`.
    covered: u64,
    /// Sorted; the next is at `at`.
    run: Vec<Entry>,
    at: usize,
    /// Set when a run begins.
    pub(super) is_fresh: bool,
    /// What came when the run already covered its time.
    late: BinaryHeap<Reverse<Entry>>,
    /// What came so since the last one was taken, and belongs there.
    newly_late: Vec<Entry>,
    /// The last one that was taken from there.
    taken: Entry,
    /// When the first of those is due; `u64::MAX` where there is none.
    first_late: u64,
    slots: Slots,
    /// What is taken from a slot of which only a part is sorted, and what stays there, while that is done.
    due: Vec<Entry>,
    apart: Vec<Entry>,
    /// Where the next entry of each part of a slot goes while it is dealt out.
    places: Vec<u32>,
}

impl Default for Wheel {
    fn default() -> Self {
        Self {
            base: 0,
            covered: 0,
            run: Vec::new(),
            at: 0,
            is_fresh: false,
            late: BinaryHeap::new(),
            newly_late: Vec::new(),
            taken: Entry::default(),
            first_late: u64::MAX,
            slots: Slots::default(),
            due: Vec::new(),
            apart: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl Wheel {
    /// Takes in an entry.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) {
        // Written where it stays, word by word as it was made: a copy by wider words would wait for those.
        *self.place(entry.time) = entry;
    }

    /// Where an entry goes that is due at `time`.
    #[inline(never)]
    fn place(&mut self, time: u64) -> &mut Entry {
        if time >= self.covered {
            return self.slots.place(self.base, time);
        }
        self.first_late = self.first_late.min(time);
        self.newly_late.push_mut(Entry::default())
    }

    /// The first entry, taken out, unless it is due after `horizon`.
    #[inline]
    pub(super) fn pop_until(&mut self, horizon: u64) -> Option<&Entry> {
        match self.run.get(self.at) {
            Some(next) if next.time < self.first_late && next.time <= horizon => self.at += 1,
            Some(next) if next.time < self.first_late => return None,
            _ => return self.pop_slowly(horizon),
        }
        self.run.get(self.at - 1)
    }

    /// Whether something is due until `horizon`. Looks through a slot only where that may be so.
    pub(super) fn is_due(&self, horizon: u64) -> bool {
        let is_within = |time: u64| time <= horizon;
        self.next_time_bound().is_some_and(is_within) && self.next_time().is_some_and(is_within)
    }

    /// The same where something came late, or the run is at its end.
    #[inline(never)]
    fn pop_slowly(&mut self, horizon: u64) -> Option<&Entry> {
        self.late.extend(self.newly_late.drain(..).map(Reverse));
        if self.at == self.run.len() && self.late.is_empty() && !self.refill(horizon) {
            return None;
        }
        let next = self.run.get(self.at).copied();
        let late = self.late.peek().map(|Reverse(late)| *late);
        let first = next.into_iter().chain(late).min()?;
        if first.time > horizon {
            return None;
        }
        if next == Some(first) {
            self.at += 1;
            return self.run.get(self.at - 1);
        }
        self.late.pop();
        self.first_late = self.late.peek().map_or(u64::MAX, |Reverse(late)| late.time);
        self.taken = first;
        Some(&self.taken)
    }

    /// Puts what came late into the run, where it is much.
    pub(super) fn settle(&mut self) {
        if self.late.len() + self.newly_late.len() <= LATE_MAX {
            return;
        }
        self.run.drain(..self.at);
        self.run.append(&mut self.newly_late);
        self.run.extend(self.late.drain().map(|Reverse(entry)| entry));
        // The stable sort finds the part that is in order already.
        self.run.sort();
        (self.at, self.is_fresh) = (0, true);
        self.first_late = u64::MAX;
    }

    /// When the first entry is due. Looks through a whole slot where no run is at hand.
    pub(super) fn next_time(&self) -> Option<u64> {
        let next = self.run.get(self.at).map(|entry| entry.time);
        let late = (self.first_late < u64::MAX).then_some(self.first_late);
        next.into_iter().chain(late).min().or_else(|| {
            let first = self.slots.first(self.base)?;
            let entries = self.slots.pieces_of(first).flatten();
            entries.map(|entry| entry.time).min()
        })
    }

    /// No later than the first entry is due, and cheap to know.
    pub(super) fn next_time_bound(&self) -> Option<u64> {
        let next = self.run.get(self.at).map(|entry| entry.time);
        let late = (self.first_late < u64::MAX).then_some(self.first_late);
        next.into_iter().chain(late).min().or_else(|| {
            let first = self.slots.first(self.base)?;
            Some(first.start.max(self.covered))
        })
    }

    /// The entry so many behind the next one in the run: of a fresh run one looks at all up to [`AHEAD`], then at that one.
    #[inline]
    pub(super) fn ahead(&self, by: usize) -> Option<&Entry> {
        self.run.get(self.at + by)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.out_of_slots() + self.slots.len()
    }

    /// No less than there are entries, and cheap to know.
    pub(super) fn len_bound(&self) -> usize {
        self.out_of_slots() + self.slots.len_bound()
    }

    fn out_of_slots(&self) -> usize {
        self.run.len() - self.at + self.late.len() + self.newly_late.len()
    }

    /// All entries, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entry> {
        let late = self.late.iter().map(|Reverse(entry)| *entry);
        self.run[self.at..]
            .iter()
            .chain(&self.newly_late)
            .copied()
            .chain(late)
            .chain(self.slots.entries().copied())
    }

    /// Sorts the first occupied slot into the run, or what is due in it until `horizon`; false where nothing is.
    fn refill(&mut self, horizon: u64) -> bool {
        self.at = self.run.len();
        while let Some(first) = self.slots.first(self.base) {
            let start = first.start.max(self.covered);
            if start > horizon {
                return false;
            }
            let span = 1_u64 << span_bits(first.level);
            let end = first.start.saturating_add(span);
            let is_small = first.level == 0 || first.count <= LATE_MAX;
            let is_fit = first.count <= SORT_MAX.min(self.slots.len_bound() / SHARE_MAX);
            if is_small || (end <= horizon && is_fit) {
                (self.base, self.covered) = (first.start, end);
                self.sort(first);
                self.lengthen(horizon);
                (self.at, self.is_fresh) = (0, true);
                return true;
            }
            if end > horizon && first.count <= SORT_MAX && span / 4 <= horizon - start {
                if self.sort_until(first, horizon) {
                    return true;
                }
            } else {
                (self.base, self.covered) = (first.start, start);
                self.slots.spread(first);
            }
        }
        false
    }

    /// Adds the next few slots with few entries to a run that is too short to look ahead in.
    fn lengthen(&mut self, horizon: u64) {
        while self.run.len() < AHEAD
            && let Some(next) = self.slots.first(self.base)
            && next.start <= horizon
            && next.count <= LATE_MAX
        {
            let end = next.start.saturating_add(1 << span_bits(next.level));
            (self.base, self.covered) = (next.start, end);
            let before = self.run.len();
            self.slots
                .drain(next, |entries| self.run.extend_from_slice(entries));
            self.run[before..].sort_unstable();
        }
    }

    /// Sorts what is due in a slot until `horizon` into the run, so that what comes for later does not come late; false where that is nothing.
    fn sort_until(&mut self, slot: First, horizon: u64) -> bool {
        let Self {
            slots, due, apart, ..
        } = self;
        due.clear();
        slots.drain(slot, |entries| {
            for entry in entries {
                let to = if entry.time <= horizon {
                    &mut *due
                } else {
                    &mut *apart
                };
                to.push(*entry);
            }
        });
        for entry in apart.drain(..) {
            *slots.place(self.base, entry.time) = entry;
        }
        let pieces = std::iter::once(due.as_slice());
        deal(&mut self.run, &mut self.places, slot.level, due.len(), pieces);
        self.covered = horizon.saturating_add(1);
        (self.at, self.is_fresh) = (0, true);
        !self.run.is_empty()
    }

    /// Moves a slot into the run, in order.
    fn sort(&mut self, slot: First) {
        let pieces = self.slots.pieces_of(slot);
        deal(&mut self.run, &mut self.places, slot.level, slot.count, pieces);
        self.slots.drain(slot, |_| {});
    }
}

/// Puts the entries of a slot into `run`, in order: dealt out by the next bits of the time, so finely that hardly two come together, then put right
/// between neighbours.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the number of a part is below their count"
)]
fn deal<'a>(
    run: &mut Vec<Entry>,
    places: &mut Vec<u32>,
    level: usize,
    count: usize,
    pieces: impl Iterator<Item = &'a [Entry]> + Clone,
) {
    if count <= PLAIN_SORT_MAX || level == 0 {
        run.clear();
        pieces.for_each(|piece| run.extend_from_slice(piece));
        run.sort_unstable();
        return;
    }
    let slot_bits = span_bits(level);
    let bits = (count.ilog2() as usize + 1).min(slot_bits).min(PARTS_BITS_MAX);
    let (shift, mask) = (slot_bits - bits, (1 << bits) - 1);
    let part = |entry: &Entry| (entry.time >> shift) as usize & mask;
    places.clear();
    places.resize(mask + 1, 0);
    let places = places.as_mut_slice();
    for piece in pieces.clone() {
        for entry in piece {
            places[part(entry)] += 1;
        }
    }
    let mut start = 0;
    for place in places.iter_mut() {
        start += std::mem::replace(place, start);
    }
    run.resize(count, Entry::default());
    let sorted = run.as_mut_slice();
    for piece in pieces {
        for entry in piece {
            let place = &mut places[part(entry)];
            sorted[*place as usize] = *entry;
            *place += 1;
        }
    }
    put_neighbours_right(sorted);
}

/// Sorts what is almost sorted: many at one instant, which are many neighbours, by the library's way.
fn put_neighbours_right(run: &mut [Entry]) {
    let mut moves = 0;
    let mut latest = run.first().map_or(0, |entry| entry.time);
    for at in 1..run.len() {
        let time = run[at].time;
        if time > latest {
            latest = time;
        } else if run[at] < run[at - 1] {
            let entry = run[at];
            let mut place = at;
            while place > 0 && entry < run[place - 1] {
                run[place] = run[place - 1];
                place -= 1;
            }
            run[place] = entry;
            moves += at - place;
            if moves > MOVES_MAX * run.len() {
                run.sort_unstable();
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
