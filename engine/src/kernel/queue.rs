//! The queue: what is due now, by causal depth, and what is due later.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::address::RawAddr;
use crate::time::SimTime;

/// A message on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Envelope<M> {
    pub(super) source: u64,
    pub(super) sequence: u64,
    pub(super) to: RawAddr,
    pub(super) message: M,
}

/// A later message's place in the total order, and where its envelope lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    time: SimTime,
    source: u64,
    sequence: u64,
    envelope: u32,
}

/// All messages on their way.
pub(super) struct Queue<M> {
    later: BinaryHeap<Reverse<Key>>,
    envelopes: Vec<Option<Envelope<M>>>,
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
            later: BinaryHeap::new(),
            envelopes: Vec::new(),
            free: Vec::new(),
            ready: Vec::new(),
            deeper: Vec::new(),
            depth: 0,
        }
    }
}

impl<M: Clone> Queue<M> {
    /// Queues a message that is due at a later instant.
    pub(super) fn push_later(&mut self, time: SimTime, envelope: Envelope<M>) {
        let (source, sequence) = (envelope.source, envelope.sequence);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.envelopes.push(None);
            u32::try_from(self.envelopes.len() - 1).expect("fewer than 2³² messages on their way")
        });
        self.envelopes[slot as usize] = Some(envelope);
        self.later.push(Reverse(Key {
            time,
            source,
            sequence,
            envelope: slot,
        }));
    }

    /// Queues a message that is due at this instant.
    pub(super) fn push_now(&mut self, envelope: Envelope<M>) {
        self.deeper.push(envelope);
    }

    /// The next message of this instant.
    pub(super) fn pop_now(&mut self) -> Option<Envelope<M>> {
        if self.ready.is_empty() && !self.deeper.is_empty() {
            self.depth += 1;
            std::mem::swap(&mut self.ready, &mut self.deeper);
            self.ready
                .sort_unstable_by_key(|e| Reverse((e.source, e.sequence)));
        }
        self.ready.pop()
    }

    /// How deep the present instant's chain of causes is.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// When the next later message is due.
    pub(super) fn next_time(&self) -> Option<SimTime> {
        self.later.peek().map(|Reverse(key)| key.time)
    }

    /// Makes everything that is due at `time`, the next time, ready.
    pub(super) fn advance_to(&mut self, time: SimTime) {
        self.depth = 0;
        while let Some(Reverse(key)) = self.later.peek().copied().filter(|Reverse(key)| key.time == time) {
            self.later.pop();
            self.free.push(key.envelope);
            self.ready.extend(self.envelopes[key.envelope as usize].take());
        }
        self.ready.reverse();
    }

    /// Messages on their way.
    pub(super) fn len(&self) -> usize {
        self.later.len() + self.ready.len() + self.deeper.len()
    }

    /// All later messages in order. Between two instants these are all there are.
    pub(super) fn snapshot(&self) -> Vec<(SimTime, Envelope<M>)> {
        let mut keys: Vec<Key> = self.later.iter().map(|Reverse(key)| *key).collect();
        keys.sort_unstable();
        keys.iter()
            .filter_map(|key| Some((key.time, self.envelopes[key.envelope as usize].clone()?)))
            .collect()
    }
}
