//! The queue: what is due now, by causal depth, and what is due later.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::address::RawAddr;
use super::entry::Entry;
use super::prefetch::prefetch;
use super::wheel::Wheel;
use crate::time::SimTime;

/// A message on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Envelope<M> {
    pub(super) source: u64,
    pub(super) sequence: u64,
    pub(super) to: RawAddr,
    pub(super) message: M,
}

/// All messages on their way.
pub(super) struct Queue<M> {
    /// Later messages, each with its place in `messages`; those of this instant at depth 0 are taken straight from here.
    later: Wheel,
    messages: Vec<Option<M>>,
    free: Vec<u32>,
    /// Due now at the present depth, last first.
    ready: Vec<Envelope<M>>,
    /// Due now, one deeper.
    deeper: Vec<Envelope<M>>,
    depth: u32,
}

impl<M> Default for Queue<M> {
    fn default() -> Self {
        Self {
            later: Wheel::default(),
            messages: Vec::new(),
            free: Vec::new(),
            ready: Vec::new(),
            deeper: Vec::new(),
            depth: 0,
        }
    }
}

impl<M> Queue<M> {
    /// Queues a message that is due at a later instant.
    pub(super) fn push_later(&mut self, time: SimTime, envelope: Envelope<M>) {
        let Envelope {
            source,
            sequence,
            to,
            message,
        } = envelope;
        let place = if let Some(place) = self.free.pop() {
            self.messages[place as usize] = Some(message);
            place
        } else {
            self.messages.push(Some(message));
            u32::try_from(self.messages.len() - 1).expect("fewer than 2³² messages on their way")
        };
        self.later.push(Entry::new(time, source, sequence, to, place));
    }

    /// Queues a message that is due at this instant.
    pub(super) fn push_now(&mut self, envelope: Envelope<M>) {
        self.deeper.push(envelope);
    }

    /// The next message due at `now` or, when there is none left, the first one due until `horizon`; `now` moves to it.
    pub(super) fn pop(&mut self, now: &mut SimTime, horizon: SimTime) -> Option<Envelope<M>> {
        if let Some(envelope) = self.ready.pop() {
            return Some(envelope);
        }
        if self.deeper.is_empty() {
            return self.pop_later(now, horizon);
        }
        if self.depth == 0
            && let Some(envelope) = self.pop_later(now, *now)
        {
            return Some(envelope);
        }
        self.depth += 1;
        std::mem::swap(&mut self.ready, &mut self.deeper);
        self.ready
            .sort_unstable_by_key(|e| Reverse((e.source, e.sequence)));
        self.ready.pop()
    }

    fn pop_later(&mut self, now: &mut SimTime, horizon: SimTime) -> Option<Envelope<M>> {
        let entry = self.later.pop_until(horizon.micros())?;
        *now = SimTime::from_micros(entry.time);
        self.depth = 0;
        self.free.push(entry.message);
        let message = self.messages[entry.message as usize].take()?;
        Some(Envelope {
            source: entry.source(),
            sequence: entry.sequence(),
            to: entry.to(),
            message,
        })
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
        self.later.len() + self.ready.len() + self.deeper.len()
    }

    /// All later messages in order. Between two instants these are all there are.
    pub(super) fn snapshot(&self) -> Vec<(SimTime, Envelope<M>)>
    where
        M: Clone,
    {
        let mut entries: Vec<Entry> = self.later.iter().collect();
        entries.sort_unstable();
        let envelope = |entry: &Entry| {
            Some(Envelope {
                source: entry.source(),
                sequence: entry.sequence(),
                to: entry.to(),
                message: self.messages[entry.message as usize].clone()?,
            })
        };
        entries
            .iter()
            .filter_map(|entry| Some((SimTime::from_micros(entry.time), envelope(entry)?)))
            .collect()
    }
}
