//! The queue: what is due now, by causal depth, and what is due later.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::address::{RawAddr, RegionId};
use super::core::Content;
use super::entry::{Entry, NOTICE};
use super::parcel::{Hold, Parcel};
use super::watch::Notice;
use super::wheel::Wheel;
use crate::time::SimTime;

/// All messages on their way in a region.
pub(super) struct Queue<M> {
    hold: Hold<M>,
    notices: Hold<Notice>,
    /// Due later; those of this instant at depth 0 are taken straight from here.
    later: Wheel,
    /// Due now at the present depth, last first.
    ready: Vec<Entry>,
    /// Due now, one deeper.
    deeper: Vec<Entry>,
    /// The last of those that was popped.
    taken: Entry,
    depth: u32,
    /// Set when the chain of causes at the present instant gets longer.
    is_deeper: bool,
    /// Source and sequence of messages that were called back; they are dropped when their turn comes.
    called_back: BTreeSet<(u64, u64)>,
}

impl<M> Default for Queue<M> {
    fn default() -> Self {
        Self {
            hold: Hold::default(),
            notices: Hold::default(),
            later: Wheel::default(),
            ready: Vec::new(),
            deeper: Vec::new(),
            taken: Entry::default(),
            depth: 0,
            is_deeper: false,
            called_back: BTreeSet::new(),
        }
    }
}

impl<M> Queue<M> {
    /// Keeps a message until its entry, which is to have this parcel, is pushed and popped, or dropped.
    #[inline]
    pub(super) fn pack(&mut self, message: M) -> Parcel {
        self.hold.put(message)
    }

    /// The message of an entry that was popped.
    #[inline]
    pub(super) fn unpack(&mut self, entry: &Entry) -> M {
        self.hold.take(entry.parcel)
    }

    /// The word of the kernel in an entry that was popped.
    pub(super) fn unpack_notice(&mut self, entry: &Entry) -> Notice {
        self.notices.take(entry.parcel)
    }

    /// Takes back a message that was pushed, as if it had never been.
    pub(super) fn call_back(&mut self, source: u64, sequence: u64) {
        self.called_back.insert((source, sequence));
    }

    /// Queues a message that is due later.
    #[inline]
    pub(super) fn push_later(&mut self, entry: Entry) {
        self.later.push(entry);
    }

    /// Queues a message that is due at this instant.
    #[inline]
    pub(super) fn push_now(&mut self, entry: Entry) {
        self.deeper.push(entry);
    }

    /// Queues an entry from elsewhere; `content` is what its parcel is to be made of, where it is not made already.
    #[inline]
    pub(super) fn admit(&mut self, now: SimTime, entry: Entry, content: Option<Content<M>>) {
        let entry = match content {
            None => entry,
            Some(Content::Message(message)) => entry.with(self.hold.put(message)),
            Some(Content::Notice(notice)) => entry.with(self.notices.put(notice)),
        };
        if entry.time > now.micros() {
            self.push_later(entry);
        } else {
            self.push_now(entry);
        }
    }

    /// Many entries came: puts in order what came late, so that none of it costs more than the rest.
    pub(super) fn settle(&mut self) {
        self.later.settle();
    }

    /// The next entry due at `now` or, when there is none left, the first one due until `horizon`; `now` moves to it.
    #[inline]
    pub(super) fn pop(&mut self, now: &mut SimTime, horizon: SimTime) -> Option<&Entry> {
        if !self.is_instant_over() {
            return self.pop_at_this_instant(*now);
        }
        let entry = self.later.pop_until(horizon.micros())?;
        *now = SimTime::from_micros(entry.time);
        self.depth = 0;
        Some(entry)
    }

    /// Whether nothing more is due at the present instant but what waits in the wheel.
    #[inline]
    fn is_instant_over(&self) -> bool {
        self.ready.len() | self.deeper.len() == 0
    }

    /// Whether an entry that was popped had been called back; its message is dropped then.
    #[inline]
    pub(super) fn was_called_back(&mut self, entry: &Entry) -> bool {
        !self.called_back.is_empty() && self.drop_called_back(entry)
    }

    #[cold]
    fn drop_called_back(&mut self, entry: &Entry) -> bool {
        let was = self.called_back.remove(&(entry.source(), entry.sequence()));
        if was && entry.kind() == NOTICE {
            self.notices.drop_parcel(entry.parcel);
        } else if was {
            self.hold.drop_parcel(entry.parcel);
        }
        was
    }

    fn pop_at_this_instant(&mut self, now: SimTime) -> Option<&Entry> {
        if self.ready.is_empty() && self.depth == 0 && self.later.is_due(now.micros()) {
            return self.later.pop_until(now.micros());
        }
        if self.ready.is_empty() {
            self.depth += 1;
            self.is_deeper = true;
            std::mem::swap(&mut self.ready, &mut self.deeper);
            self.ready.sort_unstable_by_key(|entry| Reverse(*entry));
        }
        self.taken = self.ready.pop()?;
        Some(&self.taken)
    }

    /// Whether many entries have come into sight with the one just taken, not one more.
    #[inline]
    pub(super) fn is_fresh(&mut self) -> bool {
        std::mem::take(&mut self.later.is_fresh)
    }

    /// Whether the one just taken is the first of its depth at its instant.
    #[inline]
    pub(super) fn is_deeper(&mut self) -> bool {
        std::mem::take(&mut self.is_deeper)
    }

    /// The entry so many behind the next one, where that is known; its message is fetched meanwhile.
    #[inline]
    pub(super) fn in_sight(&self, by: usize) -> Option<&Entry> {
        let entry = self.later.ahead(by)?;
        if entry.kind() != NOTICE {
            self.hold.prefetch(entry.parcel);
        }
        Some(entry)
    }

    /// How deep the present instant's chain of causes is.
    #[inline]
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// When the next later message is due.
    pub(super) fn next_time(&self) -> Option<SimTime> {
        self.later.next_time().map(SimTime::from_micros)
    }

    /// No later than the next later message is due, and cheap to know.
    pub(super) fn next_time_bound(&self) -> Option<SimTime> {
        self.later.next_time_bound().map(SimTime::from_micros)
    }

    /// Messages on their way.
    pub(super) fn len(&self) -> usize {
        self.later.len() + self.ready.len() + self.deeper.len() - self.called_back.len()
    }

    /// No less than the messages on their way, and cheap to know.
    pub(super) fn len_bound(&self) -> usize {
        self.later.len_bound() + self.ready.len() + self.deeper.len()
    }

    /// All later entries, in order. Between two instants these are all there are.
    pub(super) fn in_order(&self) -> Vec<Entry> {
        let stays = |entry: &Entry| !self.called_back.contains(&(entry.source(), entry.sequence()));
        let mut entries: Vec<Entry> = self.later.iter().filter(stays).collect();
        entries.sort_unstable();
        entries
    }

    /// A copy of what an entry that stays brings.
    pub(super) fn copy(&self, entry: &Entry) -> Content<M>
    where
        M: Clone,
    {
        if entry.kind() == NOTICE {
            Content::Notice(self.notices.copy(&entry.parcel))
        } else {
            Content::Message(self.hold.copy(&entry.parcel))
        }
    }

    /// Who has the fullest mailbox in `region`, and how full it is.
    pub(super) fn fullest(&self, region: RegionId) -> Option<(RawAddr, usize)> {
        let now = self.ready.iter().chain(&self.deeper).copied();
        let all = self.later.iter().chain(now);
        let mut actors: Vec<RawAddr> = all
            .filter(|entry| entry.kind() != NOTICE)
            .map(|entry| entry.to(region))
            .collect();
        actors.sort_unstable();
        actors
            .chunk_by(PartialEq::eq)
            .map(|same| (same[0], same.len()))
            .max_by_key(|(_, count)| *count)
    }
}
