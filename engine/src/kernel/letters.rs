//! Letters: messages on their way to another region, in the order in which they were sent.

use super::core::Content;
use super::entry::{Entry, NOTICE};
use super::parcel::Hold;
use super::queue::Queue;
use super::watch::Notice;
use crate::time::SimTime;

/// Entries of a cache line's half each, and apart from them, in the same order, what does not fit into their parcels.
pub(super) struct Letters<M> {
    entries: Vec<Entry>,
    messages: Vec<M>,
    notices: Vec<Notice>,
}

impl<M> Default for Letters<M> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            messages: Vec::new(),
            notices: Vec::new(),
        }
    }
}

impl<M> Letters<M> {
    /// Adds a message, which its entry's parcel does not hold yet.
    #[inline]
    pub(super) fn send(&mut self, entry: Entry, message: M) {
        match Hold::pack_inside(message) {
            Ok(parcel) => self.entries.push(entry.with(parcel)),
            Err(message) => {
                self.entries.push(entry);
                self.messages.push(message);
            }
        }
    }

    /// Adds a word of the kernel.
    pub(super) fn send_notice(&mut self, entry: Entry, notice: Notice) {
        self.entries.push(entry);
        self.notices.push(notice);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes all of another's letters in, behind its own.
    pub(super) fn append(&mut self, other: &mut Self) {
        self.entries.append(&mut other.entries);
        self.messages.append(&mut other.messages);
        self.notices.append(&mut other.notices);
    }

    /// Takes back the latest letter where its number is above `sequence`; answers that number.
    pub(super) fn take_back(&mut self, sequence: u64) -> Option<u64> {
        let entry = self.entries.pop_if(|entry| entry.sequence() > sequence)?;
        if entry.kind() == NOTICE {
            self.notices.pop();
        } else if !Hold::<M>::INLINE {
            self.messages.pop();
        }
        Some(entry.sequence())
    }

    /// Queues all letters where they arrived.
    pub(super) fn arrive(&mut self, now: SimTime, queue: &mut Queue<M>) {
        let (mut messages, mut notices) = (self.messages.drain(..), self.notices.drain(..));
        for entry in self.entries.drain(..) {
            let content = if entry.kind() == NOTICE {
                notices.next().map(Content::Notice)
            } else if Hold::<M>::INLINE {
                None
            } else {
                messages.next().map(Content::Message)
            };
            queue.admit(now, entry, content);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::{RawAddr, RegionId};
    use super::super::parcel::Parcel;
    use super::*;

    fn entry(kind: u8, sequence: u64) -> Entry {
        let to = RawAddr::new(kind, RegionId(1), 0, 0);
        Entry::new(SimTime::from_micros(sequence), 0, sequence, to, Parcel::default())
    }

    fn notice(index: u32) -> Notice {
        let (watched, watcher) = (
            RawAddr::new(0, RegionId(1), index, 0),
            RawAddr::new(0, RegionId(0), 0, 0),
        );
        Notice::Watch { watched, watcher }
    }

    #[test]
    fn arrive_each_with_its_own_content_but_for_those_taken_back() {
        let (mut first, mut second) = (Letters::default(), Letters::default());
        first.send(entry(0, 1), "one".to_owned());
        first.send_notice(entry(NOTICE, 2), notice(2));
        second.send(entry(0, 3), "three".to_owned());
        second.send_notice(entry(NOTICE, 4), notice(4));
        second.send(entry(0, 5), "five".to_owned());
        assert_eq!(second.take_back(3), Some(5));
        assert_eq!(second.take_back(3), Some(4));
        assert_eq!(second.take_back(3), None);
        second.send_notice(entry(NOTICE, 6), notice(6));
        first.append(&mut second);
        assert!(second.is_empty() && !first.is_empty());

        let mut queue = Queue::default();
        first.arrive(SimTime::ZERO, &mut queue);
        let mut now = SimTime::ZERO;
        let mut arrived = Vec::new();
        while let Some(entry) = queue.pop(&mut now, SimTime::from_micros(9)) {
            let entry = *entry;
            arrived.push(match queue.copy(&entry) {
                Content::Message(message) => message,
                Content::Notice(notice) => format!("{notice:?}"),
            });
        }
        let expected = [
            "one".to_owned(),
            format!("{:?}", notice(2)),
            "three".to_owned(),
            format!("{:?}", notice(6)),
        ];
        assert_eq!(arrived, expected);
    }
}
