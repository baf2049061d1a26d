//! Who looked at what, and when.

use skyhaul_engine::time::SimTime;

use crate::server::scope::Scope;

/// A tick, with the time and the next event by then.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Moment {
    pub(super) next_event: u64,
    pub(super) now: SimTime,
    pub(in crate::server) tick: u64,
}

/// What someone looked at last, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Glance {
    pub(super) scope: Scope,
    pub(super) at: Moment,
}

impl Glance {
    pub(in crate::server) const fn new(scope: Scope, at: Moment) -> Self {
        Self { scope, at }
    }

    pub(in crate::server) const fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(in crate::server) const fn moment(&self) -> &Moment {
        &self.at
    }
}
