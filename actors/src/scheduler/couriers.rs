//! Couriers: when each carrier's next one is free, as far as its office has said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::SimTime;

use super::enquiry::Wish;
use crate::carrier::{Offer, best_offer};
use crate::environment::Environment;
use crate::ids::CarrierId;

/// When the couriers of a region's offices are free. A carrier that is not named has one at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Couriers {
    free_at: BTreeMap<CarrierId, SimTime>,
}

impl Couriers {
    /// Notes when a carrier has a courier for one parcel more.
    pub fn note(&mut self, carrier: CarrierId, free_at: SimTime) {
        self.free_at.insert(carrier, free_at);
    }

    /// The cheapest offer that carriers are to be expected to make for what is fetched from `at` on.
    #[must_use]
    pub fn best_offer(&self, wish: &Wish, at: SimTime, environment: &Environment) -> Option<Offer> {
        let free_at = |carrier| self.free_at.get(&carrier).map_or(at, |free_at| at.max(*free_at));
        best_offer(environment, &wish.errand, wish.is_expedited, at, free_at)
    }

    /// What that comes to, as dispatch weighs it.
    pub(super) fn cost(&self, wish: &Wish, now: SimTime, environment: &Environment) -> Option<i64> {
        let offer = self.best_offer(wish, now, environment)?;
        Some(wish.cost_of(&offer, now))
    }
}
