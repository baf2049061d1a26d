//! What a carrier may come to, where a request goes to it because that costs less than waiting.

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::SimTime;

use crate::carrier::Offer;
use crate::scheduler::enquiry::Wish;

/// A request, and the cost that a carrier must stay below: what waiting for a drone comes to, as dispatch weighs it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostLimit {
    /// What is wanted.
    pub wish: Wish,
    /// The cost, in milliseconds of an ordinary request's waiting.
    pub cost: i64,
}

impl CostLimit {
    /// Whether an offer that is made at `now` is within it.
    #[must_use]
    pub fn allows(&self, offer: &Offer, now: SimTime) -> bool {
        self.wish.cost_of(offer, now) < self.cost
    }
}
