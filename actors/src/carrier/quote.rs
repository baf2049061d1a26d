//! Quotes: what a carrier asks for an errand, and what that comes to when time and failures are counted in.

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Usd;

use crate::environment::{CarrierSpec, Environment};
use crate::ids::CarrierId;
use crate::mission::Errand;

/// Metres in a mile.
const METRES_PER_MILE: f64 = 1_609.344;

/// The base price covers this many miles.
const BASE_MILES: f64 = 5.0;

/// Carriers go no farther than this many miles.
const MILES_MAX: f64 = 15.0;

/// What is charged for a parcel brought back to its pickup, as a share of the price: the usual terms of such carriers.
const RETURN_SHARE: f64 = 0.6;

/// What an hour until the arrival is worth, USD. Assumed: about what an hour of a traveller's time is valued at in economic analyses; no source for parcels
/// was found. It is also what dispatch turns dollars into time by.
const USD_PER_HOUR: f64 = 14.10;

/// The same for an expedited request. Assumed too: not quite twice as much, as business time is to all time.
const EXPEDITED_USD_PER_HOUR: f64 = 25.40;

/// A price and two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// What it costs.
    pub price: Usd,
    /// When the courier is at the pickup.
    pub eta_pickup: SimTime,
    /// When the courier is at the drop-off.
    pub eta_dropoff: SimTime,
}

/// A carrier's quote, and what it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Whose.
    pub carrier: CarrierId,
    /// What it asks.
    pub quote: Quote,
    /// What it comes to: [`weighted_cost`].
    pub cost: Usd,
}

impl Offer {
    /// By what offers are compared: the cheaper first, of equals the earlier in the list of carriers.
    pub(crate) const fn rank(&self) -> (Usd, CarrierId) {
        (self.cost, self.carrier)
    }
}

/// What a carrier asks for an errand where a courier of it is free at `free_at`; `None` where the parcel is too heavy or goes too far. 9.75 USD
/// to five miles and 0.75 USD a mile beyond, at most 15 miles, are DoorDash Drive's published terms.
#[must_use]
pub fn quote(
    environment: &Environment,
    carrier: CarrierId,
    errand: &Errand,
    free_at: SimTime,
) -> Option<Quote> {
    let spec = environment.carrier(carrier);
    let distance_m = errand.pickup.distance_m(errand.dropoff);
    let miles = distance_m / METRES_PER_MILE;
    if errand.weight > spec.payload_max || miles > MILES_MAX {
        return None;
    }
    let eta_pickup = free_at + spec.pickup_delay_in(environment.epoch.local_hour(free_at));
    Some(Quote {
        price: Usd::new(spec.base_usd + spec.per_mile_usd * (miles - BASE_MILES).max(0.0)),
        eta_pickup,
        eta_dropoff: eta_pickup + road_time(spec, distance_m),
    })
}

/// The cheapest offer that the carriers' terms make for an errand at `now`, where a courier of each is free at `free_at`.
#[must_use]
pub fn best_offer(
    environment: &Environment,
    errand: &Errand,
    is_expedited: bool,
    now: SimTime,
    free_at: impl Fn(CarrierId) -> SimTime,
) -> Option<Offer> {
    (0..)
        .zip(&environment.carriers)
        .filter_map(|(number, spec)| {
            let carrier = CarrierId(number);
            let quote = quote(environment, carrier, errand, free_at(carrier))?;
            let cost = weighted_cost(spec, &quote, is_expedited, now);
            Some(Offer { carrier, quote, cost })
        })
        .min_by_key(Offer::rank)
}

/// When one of so many couriers is free for one parcel more, where those that they have are done at `ends`, however many wait. The same whenever it
/// is asked, until that has come or there are others.
#[must_use]
pub fn courier_free_at(ends: impl Iterator<Item = SimTime>, couriers: usize, now: SimTime) -> SimTime {
    let mut ends: Vec<SimTime> = ends.filter(|end| *end > now).collect();
    // Who comes next has the courier that is free once all but the last `couriers` bookings are done.
    ends.len().checked_sub(couriers).map_or(now, |ahead| {
        let (_, end, _) = ends.select_nth_unstable(ahead);
        *end
    })
}

/// What a quote comes to: its price, the time until the arrival, and, with the share of bookings that fail, the return's price and that
/// time once more.
#[must_use]
pub fn weighted_cost(spec: &CarrierSpec, quote: &Quote, is_expedited: bool, now: SimTime) -> Usd {
    let time = time_cost(quote.eta_dropoff.since(now), is_expedited);
    let failed = return_price(quote.price) + time;
    quote.price + time + Usd::new(spec.failure * failed.get())
}

/// What so long a wait for the arrival is worth.
#[must_use]
pub fn time_cost(span: SimDuration, is_expedited: bool) -> Usd {
    let rate = if is_expedited {
        EXPEDITED_USD_PER_HOUR
    } else {
        USD_PER_HOUR
    };
    Usd::new(span.as_seconds_f64() / 3_600.0 * rate)
}

/// What is charged where a parcel is brought back.
#[must_use]
pub fn return_price(price: Usd) -> Usd {
    Usd::new(price.get() * RETURN_SHARE)
}

/// How long the courier is on the road.
pub(super) fn road_time(spec: &CarrierSpec, distance_m: f64) -> SimDuration {
    SimDuration::from_seconds_f64(distance_m / spec.speed_mps)
}
