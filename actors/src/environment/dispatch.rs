//! Dispatch: how requests get drones.

use skyhaul_engine::time::SimDuration;

use crate::mission::UNLOADING;

/// The longest that word from one region to another may take: an answer to a drone that unloads is back before it has unloaded, so that no
/// flight waits for word.
pub const REGION_DELAY_MAX: SimDuration = SimDuration::from_micros(UNLOADING.micros() / 2);

/// How drones are assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The policy.
    pub policy: DispatchPolicy,
    /// From one batch to the next; the shortest, where it varies with the load.
    pub interval: SimDuration,
    /// How often ready drones move to depots where more are wanted, of their region or another; `None`: never.
    pub rebalance: Option<SimDuration>,
    /// How long a request waits for an able drone before it goes to a carrier.
    pub wait_max: SimDuration,
    /// How long word takes from one region to another: above zero, at most [`REGION_DELAY_MAX`].
    pub region_delay: SimDuration,
    /// How long a parcel that arrived waits for what its receiver must give, before its delivery is completed without.
    pub confirmation_wait: SimDuration,
}

/// The policies that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchPolicy {
    /// The able drone that reaches the pickup first, at once.
    Nearest,
    /// Optimal matching of all that wait, every interval, each against the price of a carrier.
    Batch,
    /// The first while ready drones are plenty, the second under pressure.
    Adaptive,
}

impl DispatchPolicy {
    /// Whether it has a use for drones that are not ready yet.
    #[must_use]
    pub const fn looks_ahead(self) -> bool {
        match self {
            Self::Nearest => false,
            Self::Batch | Self::Adaptive => true,
        }
    }
}
