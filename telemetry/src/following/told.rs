//! Told: the times of a delivery as its client last heard them, and when another is worth saying.

use skyhaul_actors::mission::is_news;
use skyhaul_engine::time::SimTime;

use crate::view::{Between, DeliveryView};

/// The times that a client was told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pickup: SimTime,
    pickup_between: Between,
    delivery: SimTime,
    delivery_between: Between,
}

impl Told {
    pub(super) const fn of(view: &DeliveryView) -> Self {
        Self {
            pickup: view.pickup_eta,
            pickup_between: view.pickup_between,
            delivery: view.delivery_eta,
            delivery_between: view.delivery_between,
        }
    }

    /// Puts what was told in the place of what is known at `now`, unless the difference matters ([`is_news`]), or a time that was told has passed: all
    /// but a lower bound, of which whoever was told it sees that it has.
    pub(super) fn stand_in(&self, view: &mut DeliveryView, now: SimTime) {
        let stands = stands(self.pickup, view.pickup_eta, now)
            && stands(self.delivery, view.delivery_eta, now)
            && bounds_stand(self.pickup_between, view.pickup_between, now)
            && bounds_stand(self.delivery_between, view.delivery_between, now);
        if stands {
            view.pickup_eta = self.pickup;
            view.pickup_between = self.pickup_between;
            view.delivery_eta = self.delivery;
            view.delivery_between = self.delivery_between;
        }
    }
}

fn bounds_stand(told: Between, known: Between, now: SimTime) -> bool {
    let low_stands = told.low == known.low || !is_news(told.low.max(now), known.low, now);
    low_stands && stands(told.high, known.high, now)
}

fn stands(told: SimTime, known: SimTime, now: SimTime) -> bool {
    told == known || (told >= now && !is_news(told, known, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_s(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_time_is_told_again_where_it_is_off_by_over_five_seconds_and_a_twentieth_of_what_is_left() {
        let now = at_s(100);
        assert!(
            stands(at_s(1_100), at_s(1_145), now),
            "under 5 % of a quarter of an hour"
        );
        assert!(!stands(at_s(1_100), at_s(1_160), now));
        assert!(!stands(at_s(1_160), at_s(1_100), now), "sooner is news as well");
        assert!(stands(at_s(120), at_s(124), now), "four seconds of 24");
        assert!(!stands(at_s(120), at_s(126), now));
    }

    #[test]
    fn a_time_that_has_passed_is_told_again() {
        assert!(!stands(at_s(99), at_s(100), at_s(100)));
        assert!(stands(at_s(99), at_s(99), at_s(100)), "unless it is what was");
    }

    #[test]
    fn a_lower_bound_that_has_passed_is_told_again_only_where_another_is_known() {
        let told = Between {
            low: at_s(90),
            high: at_s(400),
        };
        let known = |low_s| Between {
            low: at_s(low_s),
            ..told
        };
        assert!(bounds_stand(told, known(104), at_s(100)));
        assert!(!bounds_stand(told, known(110), at_s(100)));
        assert!(!bounds_stand(told, known(410), at_s(401)), "an upper one always");
    }
}
