//! The queue: what is due now, by causal depth, and what is due later.

use std::cmp::Reverse;

use super::address::RawAddr;
use super::entry::Entry;
use super::prefetch::prefetch;
use super::wheel::Wheel;
use crate::time::SimTime;

/// All messages on their way.
pub(super) struct Queue<M> {
    /// The messages; entries say where.
    messages: Vec<Option<M>>,
    free: Vec<u32>,
    /// Due later; those of this instant at depth 0 are taken straight from here.
    later: Wheel,
    /// Due now at the present depth, last first.
    ready: Vec<Entry>,
    /// Due now, one deeper.
    deeper: Vec<Entry>,
    depth: u32,
}

impl<M> Default for Queue<M> {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            free: Vec::new(),
            later: Wheel::default(),
            ready: Vec::new(),
            deeper: Vec::new(),
            depth: 0,
        }
    }
}

impl<M> Queue<M> {
    /// Keeps a message until its entry, which is to have this place, is pushed and popped, or released.
    pub(super) fn hold(&mut self, message: M) -> u32 {
        if let Some(place) = self.free.pop() {
            self.messages[place as usize] = Some(message);
            return place;
        }
        self.messages.push(Some(message));
        u32::try_from(self.messages.len() - 1).expect("fewer than 2³² messages on their way")
    }

    /// Drops the message of an entry that was not pushed.
    pub(super) fn release(&mut self, entry: Entry) {
        self.messages[entry.message as usize] = None;
        self.free.push(entry.message);
    }

    /// Queues a message that is due at a later instant.
    pub(super) fn push_later(&mut self, entry: Entry) {
        self.later.push(entry);
    }

    /// Queues a message that is due at this instant.
    pub(super) fn push_now(&mut self, entry: Entry) {
        self.deeper.push(entry);
    }

    /// The next message due at `now` or, when there is none left, the first one due until `horizon`; `now` moves to it.
    pub(super) fn pop(&mut self, now: &mut SimTime, horizon: SimTime) -> Option<(Entry, M)> {
        let entry = self.pop_entry(now, horizon)?;
        self.free.push(entry.message);
        let message = self.messages[entry.message as usize].take()?;
        Some((entry, message))
    }

    fn pop_entry(&mut self, now: &mut SimTime, horizon: SimTime) -> Option<Entry> {
        if let Some(entry) = self.ready.pop() {
            return Some(entry);
        }
        if self.deeper.is_empty() {
            let entry = self.later.pop_until(horizon.micros())?;
            *now = SimTime::from_micros(entry.time);
            self.depth = 0;
            return Some(entry);
        }
        if self.depth == 0
            && let Some(entry) = self.later.pop_until(now.micros())
        {
            return Some(entry);
        }
        self.depth += 1;
        std::mem::swap(&mut self.ready, &mut self.deeper);
        self.ready.sort_unstable_by_key(|entry| Reverse(*entry));
        self.ready.pop()
    }

    /// Whom messages are for that will be handled soon; each is told once. Their messages are fetched meanwhile.
    pub(super) fn come_in_sight(&mut self) -> impl Iterator<Item = RawAddr> {
        self.later.come_in_sight().iter().map(|entry| {
            prefetch(&self.messages[entry.message as usize]);
            entry.to()
        })
    }

    /// How deep the present instant's chain of causes is.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// When the next later message is due.
    pub(super) fn next_time(&self) -> Option<SimTime> {
        self.later.next_time().map(SimTime::from_micros)
    }

    /// Messages on their way.
    pub(super) fn len(&self) -> usize {
        self.messages.len() - self.free.len()
    }

    /// All later messages in order. Between two instants these are all there are.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (Entry, &M)> {
        let mut entries: Vec<Entry> = self.later.iter().collect();
        entries.sort_unstable();
        let message = |entry: &Entry| self.messages[entry.message as usize].as_ref();
        entries
            .into_iter()
            .filter_map(move |entry| Some((entry, message(&entry)?)))
    }
}
