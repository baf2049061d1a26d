//! Limits of what may be on its way in a region: past one the run halts, with the name of whoever has most to do with it.

use super::actor::System;
use super::address::RawAddr;
use super::core::Core;
use super::diagnosis::Halt;
use super::entry::Entry;

/// How deep the causes at one instant may go. A longer chain is a loop that time never leaves.
const DEPTH_MAX: u32 = 10_000;

/// Messages that may be on their way in one region, unless said otherwise: two gigabytes of entries. A simulation that needs more is most
/// likely one that sends more than it handles.
const QUEUE_MAX: usize = 1 << 26;

/// Messages that may be on their way to one actor, unless said otherwise: a sixteenth of the queue. An actor with more gets more than it
/// can ever handle, while the others still have room.
const MAILBOX_MAX: usize = 1 << 22;

/// How many times the messages on their way are handled before the mailboxes are counted once more: counting costs as much as handling a few
/// of them, so that it stays a small part of all.
const HANDLED_PER_COUNT: u64 = 4;

/// What may be on its way at most.
pub(super) struct Limits {
    pub(super) queue_max: usize,
    pub(super) mailbox_max: usize,
    /// How many messages are to be handled before mailboxes are counted next.
    next_count: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_max: QUEUE_MAX,
            mailbox_max: MAILBOX_MAX,
            next_count: 0,
        }
    }
}

impl Limits {
    /// Why the run must not go on with `entry`, the message to be handled next. Mailboxes are looked at only where one may be too full, since no more
    /// can wait for one actor than for all.
    #[cold]
    pub(super) fn exceeded<S: System>(&mut self, core: &Core<S>, entry: &Entry) -> Option<Halt> {
        let (at, queue) = (core.now, &core.queue);
        let shown = |actor: RawAddr| actor.shown(S::KINDS);
        if queue.depth() > DEPTH_MAX {
            return Some(Halt::RunawayInstant {
                at,
                depth: queue.depth(),
                actor: shown(entry.to(core.region)),
            });
        }
        if queue.len_bound() <= self.queue_max.min(self.mailbox_max) {
            return None;
        }
        let queued = queue.len();
        let is_full = queued > self.queue_max;
        if !is_full && (queued <= self.mailbox_max || core.counters.handled < self.next_count) {
            return None;
        }
        self.next_count = core.counters.handled + HANDLED_PER_COUNT * queued as u64;
        let fullest = queue.fullest(core.region);
        let (actor, waiting) =
            fullest.map_or_else(Default::default, |(actor, waiting)| (shown(actor), waiting));
        if waiting > self.mailbox_max {
            Some(Halt::MailboxFull { at, actor, waiting })
        } else {
            is_full.then_some(Halt::QueueFull {
                at,
                queued,
                actor,
                waiting,
            })
        }
    }
}
