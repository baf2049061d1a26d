//! What a subscription is about.

use std::sync::Arc;

use crate::following::Following;
use crate::server::picture::{Counts, Glance};
use crate::server::request::Topic;
use crate::server::scope::{Mode, Scope};

/// What it is about, and how much of that its client has.
pub(super) enum Subject {
    Fleet {
        scope: Scope,
        mode: Mode,
        /// `None`: a snapshot is next.
        seen: Option<Glance>,
        /// What the client would have seen, had it not been too slow.
        skipped: Option<Glance>,
        /// Whether a frame is due even where nothing changed: the client asked, for this or for another part, and was not answered yet.
        is_asked: bool,
        /// Where there are too many drones to tell each: how many there are.
        counted: Option<Counts>,
    },
    Delivery {
        following: Following,
        /// Since when it is waited for.
        since_tick: u64,
    },
    Stats {
        seen: Option<Arc<str>>,
        skipped: Option<Arc<str>>,
    },
}

impl Subject {
    /// Of a topic, nothing of which was sent yet.
    pub(super) fn of(topic: Topic, tick: u64) -> Self {
        match topic {
            Topic::Fleet(scope, mode) => Self::Fleet {
                scope,
                mode,
                seen: None,
                skipped: None,
                is_asked: true,
                counted: None,
            },
            Topic::Delivery(delivery) => Self::Delivery {
                following: Following::new(delivery),
                since_tick: tick,
            },
            Topic::Stats => Self::Stats {
                seen: None,
                skipped: None,
            },
        }
    }

    /// Reads what telling it will read, so that it is in the cache by then.
    pub(super) fn look_over(&self) -> u64 {
        let Self::Fleet {
            scope,
            seen,
            skipped,
            is_asked,
            counted,
            ..
        } = self
        else {
            return 0;
        };
        let is_map = matches!(scope, Scope::Within(_));
        let flags = [is_map, *is_asked, skipped.is_some(), counted.is_some()];
        let seen = seen.as_ref().map_or(0, |glance| glance.moment().tick);
        flags.iter().fold(seen, |read, flag| read ^ u64::from(*flag))
    }
}
