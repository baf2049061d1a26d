//! Watching: an actor hears, once and with the reason, that another one is gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::actor::Member;
use super::address::{Addr, RawAddr};

/// The end of an actor, as those hear of it who watch it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Who is gone.
    pub who: RawAddr,
    /// Why.
    pub reason: EndReason,
}

impl Ended {
    /// Whether it is this one who is gone.
    #[must_use]
    pub fn is<A: Member>(&self, addr: Addr<A>) -> bool {
        self.who == addr.into()
    }
}

/// Why an actor is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    /// It stopped by itself.
    Stopped,
    /// It failed too often.
    GivenUp {
        /// What failed last.
        cause: String,
    },
    /// It was gone already when the watch began.
    Unknown,
}

/// What the kernel carries besides messages; it has its place in the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Notice {
    /// `watcher` wants to hear of the end of `watched`.
    Watch { watched: RawAddr, watcher: RawAddr },
    /// It does no more.
    Unwatch { watched: RawAddr, watcher: RawAddr },
    /// `to` hears of an end.
    Ended { to: RawAddr, ended: Ended },
}

impl Notice {
    /// Whose region takes it.
    pub(super) fn goes_to(&self) -> RawAddr {
        match self {
            Self::Watch { watched, .. } | Self::Unwatch { watched, .. } => *watched,
            Self::Ended { to, .. } => *to,
        }
    }
}

/// Who watches whom, in the region of those who are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Watches(BTreeMap<RawAddr, Vec<RawAddr>>);

impl Watches {
    /// Adds a watcher; one that watches already stays one.
    pub(super) fn add(&mut self, watched: RawAddr, watcher: RawAddr) {
        let watchers = self.0.entry(watched).or_default();
        if !watchers.contains(&watcher) {
            watchers.push(watcher);
        }
    }

    /// Takes a watcher away.
    pub(super) fn remove(&mut self, watched: RawAddr, watcher: RawAddr) {
        if let Some(watchers) = self.0.get_mut(&watched) {
            watchers.retain(|known| *known != watcher);
            if watchers.is_empty() {
                self.0.remove(&watched);
            }
        }
    }

    /// Those who watched an actor that is gone, in the order in which they began.
    pub(super) fn take(&mut self, gone: RawAddr) -> Vec<RawAddr> {
        if self.0.is_empty() {
            return Vec::new();
        }
        self.0.remove(&gone).unwrap_or_default()
    }
}
