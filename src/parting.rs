//! Parting: where a replay comes to something else than what was recorded.

use std::fmt;

use skyhaul_engine::ports::RecordNumber;

use crate::record::Reached;
use crate::runtime::world::LiveWorld;

/// A point of the record that a replay is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// The journal record that says it.
    pub record: RecordNumber,
    /// What it says.
    pub reached: Reached,
    /// The build that wrote it, where the journal says which.
    pub build: Option<String>,
}

/// The first milestone at which a replay parts from what was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The last one at which they agreed, or where the replay began.
    pub good: Milestone,
    /// The first at which they do not.
    pub bad: Milestone,
    /// What the replay came to there.
    pub replayed: Reached,
}

/// Where a world stands.
#[must_use]
pub fn stands(world: &dyn LiveWorld) -> Reached {
    Reached {
        at: world.now(),
        next_event: world.next_event(),
        digest: world.digest(),
    }
}

impl Parting {
    /// Whether another build than `this` wrote what is not repeated.
    #[must_use]
    pub fn is_of_another_build(&self, this: &str) -> bool {
        self.bad.build.as_deref() != Some(this)
    }
}

impl fmt::Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (recorded, replayed) = (&self.bad.reached, &self.replayed);
        write!(
            f,
            "they part between {} s (journal record {}) and {} s (record {}): recorded are digest {:016x} and {} events, replayed {:016x} and {}",
            self.good.reached.at,
            self.good.record.0,
            recorded.at,
            self.bad.record.0,
            recorded.digest,
            recorded.next_event,
            replayed.digest,
            replayed.next_event
        )
    }
}
