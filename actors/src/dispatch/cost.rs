//! What a decision costs, in whole milliseconds of one ordinary request's waiting.
//!
//! | term | unit | weight |
//! |---|---|---|
//! | until the parcel is fetched and brought | ms | 1, of an expedited request [`EXPEDITED`] |
//! | after the deadline | ms late | [`LATE`] on top |
//! | energy of the mission | Wh | [`PER_WH`] |
//! | position afterwards: until the drone is where it starts from again | ms | 1 / [`AFTERWARDS_PARTS`] |
//! | a carrier's price | USD | [`PER_USD`] |
//! | having waited already | ms | 1 / [`WAITED_PARTS`] on top of waiting on |

use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::{Usd, WattHours};

use crate::matching::COST_MAX;

/// An expedited request's time counts so many times: its sender pays for that.
pub const EXPEDITED: i64 = 2;

/// Time after the deadline counts so many times more: a late parcel is worth a detour of others, not any detour.
pub const LATE: i64 = 4;

/// A watt-hour, in ms: a pack of 500 Wh costs about 400 USD and lasts 500 cycles, 0.16 cents a Wh, and the energy itself a tenth of that.
pub const PER_WH: i64 = 450;

/// A dollar, in ms: an hour is worth 14.10 USD, as carriers' offers are compared ([`crate::carrier::time_cost`]).
pub const PER_USD: i64 = 255_000;

/// Time until a drone is free again is shared by those who come next: they wait for whichever drone is nearest, so for a part of it.
pub const AFTERWARDS_PARTS: i64 = 4;

/// A fifth of the time waited makes waiting on dearer, so that a request far from all drones is passed over by nearer ones for a while, and not for ever.
pub const WAITED_PARTS: i64 = 5;

/// Waiting for a drone that nobody knows of yet is taken as so long: longer than any mission, so that a drone is worth more than hope.
const FOR_A_DRONE_TO_COME: SimDuration = SimDuration::from_mins(240);

/// What a drone would do for a request, as spans from now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// Until the parcel is there.
    pub dropoff_in: SimDuration,
    /// From then until the drone is where it starts from again.
    pub afterwards: SimDuration,
    /// Of the whole mission.
    pub energy: WattHours,
}

/// How pressing a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Urgency {
    /// Whether its sender paid for haste.
    pub is_expedited: bool,
    /// Until the parcel should be there, zero where it should have been; `None` without a deadline.
    pub until_deadline: Option<SimDuration>,
    /// How late it is already.
    pub late_by: SimDuration,
    /// Since it first wanted a drone.
    pub waited: SimDuration,
}

/// A drone.
#[must_use]
pub fn of_drone(offer: &Offer, urgency: &Urgency) -> i64 {
    let energy = i64::try_from(energy_milli_wh(offer.energy)).unwrap_or(COST_MAX);
    let total = of_arrival(offer.dropoff_in, urgency)
        .saturating_add(energy.saturating_mul(PER_WH) / 1_000)
        .saturating_add(millis(offer.afterwards) / AFTERWARDS_PARTS);
    total.min(COST_MAX)
}

/// A carrier that asks `price` and is there in `dropoff_in`.
#[must_use]
pub fn of_carrier(price: Usd, dropoff_in: SimDuration, urgency: &Urgency) -> i64 {
    let price = SimDuration::from_seconds_f64(price.get() * (PER_USD / 1_000) as f64);
    of_arrival(dropoff_in, urgency)
        .saturating_add(millis(price))
        .min(COST_MAX)
}

/// A drone like `offer`, once one comes in `wait`.
#[must_use]
pub fn of_waiting(wait: SimDuration, offer: &Offer, urgency: &Urgency) -> i64 {
    let later = Offer {
        dropoff_in: offer.dropoff_in + wait,
        ..*offer
    };
    of_drone(&later, urgency)
}

/// A drone that nobody knows of yet: more than any that there is. The longer a request has waited, the more it costs to let it wait on.
#[must_use]
pub fn of_hope(urgency: &Urgency) -> i64 {
    let waited = millis(urgency.waited) / WAITED_PARTS * weight(urgency);
    of_arrival(FOR_A_DRONE_TO_COME, urgency)
        .saturating_add(waited)
        .min(COST_MAX)
}

fn of_arrival(dropoff_in: SimDuration, urgency: &Urgency) -> i64 {
    let span = millis(dropoff_in);
    let late = urgency.until_deadline.map_or(0, |left| {
        (span - millis(left))
            .max(0)
            .saturating_add(millis(urgency.late_by))
    });
    span.saturating_mul(weight(urgency))
        .saturating_add(late.saturating_mul(LATE))
}

const fn weight(urgency: &Urgency) -> i64 {
    if urgency.is_expedited { EXPEDITED } else { 1 }
}

/// Whole milliseconds.
fn millis(span: SimDuration) -> i64 {
    i64::try_from(span.micros() / 1_000).map_or(COST_MAX, |millis| millis.min(COST_MAX))
}

/// Whole thousandths of a watt-hour, rounded as time is.
fn energy_milli_wh(energy: WattHours) -> u64 {
    SimDuration::from_seconds_f64(energy.get()).micros() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_PRESSING: Urgency = Urgency {
        is_expedited: false,
        until_deadline: None,
        late_by: SimDuration::ZERO,
        waited: SimDuration::ZERO,
    };

    const fn secs(seconds: u64) -> SimDuration {
        SimDuration::from_secs(seconds)
    }

    const fn there_in(seconds: u64) -> Offer {
        Offer {
            dropoff_in: secs(seconds),
            afterwards: SimDuration::ZERO,
            energy: WattHours::ZERO,
        }
    }

    #[test]
    fn time_until_the_parcel_is_there_counts_as_it_is_and_twice_where_it_is_expedited() {
        let expedited = Urgency {
            is_expedited: true,
            ..NOT_PRESSING
        };
        assert_eq!(of_drone(&there_in(100), &NOT_PRESSING), 100_000);
        assert_eq!(of_drone(&there_in(100), &expedited), 200_000);
        assert_eq!(of_waiting(secs(30), &there_in(100), &NOT_PRESSING), 130_000);
    }

    #[test]
    fn time_after_the_deadline_counts_four_times_more() {
        let due = |until_deadline| Urgency {
            until_deadline: Some(until_deadline),
            ..NOT_PRESSING
        };
        assert_eq!(of_drone(&there_in(100), &due(secs(100))), 100_000);
        assert_eq!(of_drone(&there_in(100), &due(secs(70))), 100_000 + 4 * 30_000);
        let late = Urgency {
            late_by: secs(20),
            ..due(SimDuration::ZERO)
        };
        assert_eq!(of_drone(&there_in(100), &late), 100_000 + 4 * 120_000);
    }

    #[test]
    fn energy_and_where_the_drone_is_afterwards_count() {
        let thirsty = Offer {
            energy: WattHours::new(2.0),
            ..there_in(100)
        };
        assert_eq!(of_drone(&thirsty, &NOT_PRESSING), 100_000 + 2 * 450);
        let far_off = Offer {
            afterwards: secs(40),
            ..there_in(100)
        };
        assert_eq!(of_drone(&far_off, &NOT_PRESSING), 100_000 + 10_000);
    }

    #[test]
    fn a_carrier_costs_its_price_and_its_time() {
        assert_eq!(
            of_carrier(Usd::new(2.0), secs(100), &NOT_PRESSING),
            100_000 + 2 * 255_000
        );
    }

    #[test]
    fn hope_costs_more_the_longer_one_has_waited() {
        let waited = Urgency {
            waited: secs(50),
            ..NOT_PRESSING
        };
        assert_eq!(of_hope(&waited) - of_hope(&NOT_PRESSING), 10_000);
    }
}
