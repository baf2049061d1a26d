//! Carriers: whose offer is taken, how many parcels they carry, and what becomes of reports that go astray.

use proptest::prelude::*;
use skyhaul_actors::carrier::{best_offer, quote, return_price, time_cost, weighted_cost};
use skyhaul_actors::environment::{CarrierSpec, Environment};
use skyhaul_actors::event::{CarrierFailure, Event};
use skyhaul_actors::ids::{CarrierId, DeliveryId};
use skyhaul_actors::mission::Errand;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, Usd};

use crate::city::{City, environment, place};

const HEAVY_KG: f64 = 10.0;

/// A city in which parcels of [`HEAVY_KG`] go by one of these.
fn city_of(carriers: Vec<CarrierSpec>) -> Environment {
    Environment {
        carriers,
        ..environment(1)
    }
}

fn carrier(name: &str) -> CarrierSpec {
    CarrierSpec {
        failure: 0.0,
        ..CarrierSpec::new(name)
    }
}

fn errand_m(distance_m: f64) -> Errand {
    Errand {
        pickup: place(0.0, 0.0),
        dropoff: place(distance_m, 0.0),
        weight: Kilograms::new(1.0),
    }
}

/// Who was booked for what, in order, and when it should arrive.
fn bookings(events: &[Numbered<Event>]) -> Vec<(DeliveryId, CarrierId, SimTime)> {
    let booked = |event: &Numbered<Event>| match event.event {
        Event::CarrierBooked {
            delivery,
            carrier,
            eta_dropoff,
            ..
        } => Some((delivery, carrier, eta_dropoff)),
        _ => None,
    };
    events.iter().filter_map(booked).collect()
}

fn ask_for_heavy(city: &mut City, count: u128) {
    for id in 1..=count {
        city.request(id, place(500.0, 0.0), place(0.0, 3_000.0), HEAVY_KG);
    }
}

#[test]
fn the_published_price_covers_five_miles_and_each_mile_beyond_costs_more() {
    let city = city_of(vec![carrier("van")]);
    let price = |miles: f64| {
        let asked = quote(&city, CarrierId(0), &errand_m(miles * 1_609.344), SimTime::ZERO);
        asked.map(|quote| (quote.price.get() * 100.0).round() / 100.0)
    };
    assert_eq!(
        [1.0, 4.9, 9.0, 14.8, 15.2].map(price),
        [Some(9.75), Some(9.75), Some(12.75), Some(17.1), None]
    );
    assert_eq!(return_price(Usd::new(10.0)), Usd::new(6.0));
}

#[test]
fn the_way_to_the_pickup_takes_longer_in_some_hours() {
    let mut slow_at_seven = carrier("van");
    slow_at_seven.pickup_delay_hourly[7] = 2.5;
    let mut city = city_of(vec![slow_at_seven]);
    (city.epoch.unix_micros, city.epoch.utc_offset_s) = (0, 6 * 3_600);
    let delay_at = |hours: u64| {
        let now = SimTime::ZERO + SimDuration::from_mins(hours * 60);
        let asked = quote(&city, CarrierId(0), &errand_m(100.0), now).expect("near enough");
        asked.eta_pickup.since(now)
    };
    assert_eq!(
        [0, 1, 2].map(delay_at),
        [12, 30, 12].map(SimDuration::from_mins),
        "it is seven o'clock an hour after six"
    );
}

#[test]
fn the_offer_whose_price_time_and_risk_come_to_least_is_taken() {
    let cheap_and_slow = CarrierSpec {
        base_usd: 5.0,
        speed_mps: 1.0,
        ..carrier("on foot")
    };
    let dear_and_fast = CarrierSpec {
        base_usd: 15.0,
        pickup_delay: SimDuration::from_mins(2),
        ..carrier("motorbike")
    };
    let often_fails = CarrierSpec {
        failure: 0.9,
        base_usd: 9.0,
        ..carrier("gig")
    };
    let carriers = vec![cheap_and_slow, carrier("van"), often_fails, dear_and_fast];
    let city = city_of(carriers);
    let taken = |distance_m: f64, is_expedited| {
        let offer = best_offer(&city, &errand_m(distance_m), is_expedited, SimTime::ZERO, |_| {
            SimTime::ZERO
        });
        offer.map(|offer| city.carrier(offer.carrier).name.as_str())
    };
    assert_eq!(taken(500.0, false), Some("on foot"));
    assert_eq!(taken(4_000.0, false), Some("van"));
    assert_eq!(taken(4_000.0, true), Some("van"));
    assert_eq!(taken(30_000.0, true), None);
    let (hour, asked) = (SimDuration::from_mins(60), errand_m(4_000.0));
    assert_eq!(
        (time_cost(hour, false), time_cost(hour, true)),
        (Usd::new(14.10), Usd::new(25.40))
    );
    let van = quote(&city, CarrierId(1), &asked, SimTime::ZERO).expect("near enough");
    let cost = |is_expedited| weighted_cost(city.carrier(CarrierId(1)), &van, is_expedited, SimTime::ZERO);
    assert!(van.price < cost(false) && cost(false) < cost(true));
    let mut booked = City::new(city);
    ask_for_heavy(&mut booked, 1);
    booked.run_s(1);
    assert_eq!(
        bookings(&booked.events)[0].1,
        CarrierId(1),
        "dispatch takes the same"
    );
}

#[test]
fn a_carrier_with_few_couriers_lets_parcels_wait_and_then_takes_no_more() {
    let two = CarrierSpec {
        couriers: Some(2),
        ..carrier("two")
    };
    let mut city = City::new(city_of(vec![two]));
    ask_for_heavy(&mut city, 11);
    city.run_s(60);
    let (booked, arrivals): (Vec<_>, Vec<_>) = bookings(&city.events)
        .into_iter()
        .map(|(id, _, eta)| (id, eta))
        .unzip();
    assert_eq!(
        booked.len(),
        10,
        "two on the way, and four that wait for each of them"
    );
    let round = arrivals[0].since(SimTime::ZERO);
    for (pair, rounds) in arrivals.chunks(2).zip(1_u32..) {
        let expected_s = round.as_seconds_f64() * f64::from(rounds);
        let is_in_turn = |eta: &SimTime| (eta.as_seconds_f64() - expected_s).abs() < 1.0;
        assert!(pair.iter().all(is_in_turn), "{pair:?}, round {rounds}");
    }
    let eleventh = DeliveryId(11);
    assert_eq!(
        city.story(eleventh),
        ["requested", "refused", "cancelled"],
        "nobody else can"
    );
    city.run_s(4 * 3_600);
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        10
    );
    assert_eq!(city.world.census().booked, 0);
}

#[test]
fn the_next_carrier_has_what_the_best_one_has_no_courier_for() {
    let one = CarrierSpec {
        couriers: Some(1),
        base_usd: 2.0,
        ..carrier("one")
    };
    let mut city = City::new(city_of(vec![one, carrier("van")]));
    ask_for_heavy(&mut city, 3);
    city.run_s(7_200);
    let carriers: Vec<u16> = bookings(&city.events)
        .into_iter()
        .map(|(_, by, _)| by.0)
        .collect();
    assert_eq!(
        carriers,
        [0, 0, 1],
        "a third would wait so long that the van costs less"
    );
}

#[test]
fn a_parcel_brought_back_costs_a_fee_and_is_booked_again() {
    let mut planned = city_of(vec![CarrierSpec {
        failure: 1.0,
        ..carrier("gig")
    }]);
    let mut seen = Vec::new();
    for seed in 1..10 {
        planned.seed = seed;
        let mut city = City::new(planned.clone());
        ask_for_heavy(&mut city, 1);
        city.run_s(6 * 3_600);
        for event in &city.events {
            if let Event::CarrierFailed { reason, fee, .. } = event.event {
                seen.push((reason, fee));
            }
        }
        assert_eq!(
            city.story(DeliveryId(1)).last(),
            Some(&"cancelled"),
            "after five attempts"
        );
    }
    let price = Usd::new(9.75);
    assert!(seen.contains(&(CarrierFailure::NoCourier, Usd::ZERO)));
    assert!(seen.contains(&(CarrierFailure::ReturnedToPickup, return_price(price))));
    assert_eq!(seen.len(), 45);
}

/// What happened, without the news that may come late.
fn outcome(mut planned: Environment, duplicate: f64, disorder: f64) -> (Vec<(SimTime, Event)>, usize) {
    planned.faults.carrier_duplicate = duplicate;
    planned.faults.carrier_disorder = disorder;
    let mut city = City::new(planned);
    for id in 1..=12 {
        city.request(
            id,
            place(500.0, 0.0),
            place(0.0, 3_000.0 + 100.0 * id as f64),
            HEAVY_KG,
        );
        city.run_s(240);
    }
    city.run_s(10 * 3_600);
    let news = city.count(|event| matches!(event, Event::CourierReported { .. }));
    let is_news = |event: &Event| matches!(event, Event::CourierReported { .. });
    let events = city.events.into_iter().filter(|event| !is_news(&event.event));
    (events.map(|event| (event.at, event.event)).collect(), news)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn reports_that_come_twice_or_late_change_nothing_but_what_is_known_when(
        seed in 0..1_000_u64,
        duplicate in 0.0..=1.0_f64,
        disorder in 0.0..=1.0_f64,
        failure in prop::sample::select(vec![0.0, 0.3, 1.0]),
        couriers in prop::sample::select(vec![None, Some(2)]),
    ) {
        let gig = CarrierSpec { failure, couriers, ..carrier("gig") };
        let mut planned = city_of(vec![gig, carrier("van")]);
        planned.seed = seed;
        let (expected, news) = outcome(planned.clone(), 0.0, 0.0);
        let (found, news_then) = outcome(planned, duplicate, disorder);
        prop_assert_eq!(found, expected);
        prop_assert!(news_then <= news, "no news is told twice");
    }
}
