//! Drones for which home has become too far, or closed, and that come down at another depot.

use std::sync::Arc;

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{
    DepotSpec, Environment, Outage, Weather, WeatherRow, WeatherSeries, Zone, ZoneShape,
};
use skyhaul_actors::event::{Event, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::{DeliveryId, DepotId, DroneId};
use skyhaul_actors::world::World;
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, place};
use crate::invariants::broken;

fn second(second: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(second)
}

/// A depot without drones of its own, so many metres north of the middle.
fn outpost(north_m: f64, pads: u32, region: u16) -> DepotSpec {
    DepotSpec {
        name: format!("{north_m} m north"),
        at: place(0.0, north_m),
        pads,
        spare_batteries: 0,
        region: RegionId(region),
    }
}

/// Calm until a gale comes from the south, which makes the way home cost more than twice as much; calm again later.
fn gale(from_s: u64, until_s: u64) -> WeatherSeries {
    let row = |from_s, wind_mps| WeatherRow {
        from: second(from_s),
        weather: Weather::windy(wind_mps, 180.0),
    };
    WeatherSeries::new(
        vec![row(0, 0.0), row(from_s, 12.0), row(until_s, 0.0)],
        SimDuration::from_mins(24 * 60),
    )
}

fn change_weather(city: &mut City, weather: WeatherSeries) {
    let recorded = Arc::clone(city.world.environment());
    let wanted = Environment {
        weather: weather.into(),
        ..(*recorded).clone()
    };
    let bytes = city.world.save().expect("saved between two runs");
    city.world = World::branch(&recorded, &bytes, &wanted).expect("the weather may change");
}

/// One drone in the middle with outposts, on its way with a parcel 8.5 km north when an unforeseen gale comes up.
fn surprised(outposts: Vec<DepotSpec>) -> (City, DeliveryId) {
    let mut planned = environment(1);
    planned.depots.extend(outposts);
    let mut city = City::new(planned);
    let delivery = city.request(1, place(0.0, 200.0), place(0.0, 8_500.0), 1.0);
    city.run_s(200);
    change_weather(&mut city, gale(220, 4_000));
    (city, delivery)
}

/// What the legs were for, and where they ended.
fn flown(city: &City) -> Vec<(LegPurpose, Position)> {
    let mut purpose = LegPurpose::Pickup;
    let mut flown = Vec::new();
    for event in &city.events {
        match &event.event {
            Event::LegStarted(leg) => purpose = leg.purpose,
            Event::LegEnded { at, .. } => flown.push((purpose, *at)),
            _ => {}
        }
    }
    flown
}

fn charged_at(city: &City) -> Vec<DepotId> {
    let at = |event: &Event| match event {
        Event::ChargeStarted { depot, .. } => Some(*depot),
        _ => None,
    };
    city.events.iter().filter_map(|event| at(&event.event)).collect()
}

/// Everything in its place, and nothing that a reader of the log may not find.
fn assert_at_rest(city: &City) {
    let census = city.world.census();
    assert_eq!(
        (census.drones_at_rest, census.drones_ready, census.pads_awaited),
        (1, 1, 0)
    );
    let pads: u32 = city
        .world
        .environment()
        .depots
        .iter()
        .map(|depot| depot.pads)
        .sum();
    assert_eq!(census.pads_free, u64::from(pads));
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

const NEAR: f64 = 9_500.0;

#[test]
fn a_drone_that_the_wind_keeps_from_home_charges_at_the_nearest_depot_and_comes_home_later() {
    let (mut city, delivery) = surprised(vec![outpost(NEAR, 1, 0), outpost(-9_000.0, 1, 0)]);
    city.run_s(10_000);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    let (home, near) = (place(0.0, 0.0), place(0.0, NEAR));
    assert_eq!(
        flown(&city)[2..],
        [(LegPurpose::Divert, near), (LegPurpose::Return, home)]
    );
    assert_eq!(charged_at(&city), [DepotId(1), DepotId(0)]);
    assert_at_rest(&city);
}

#[test]
fn a_drone_that_home_is_nearest_for_comes_home_with_what_it_has() {
    let (mut city, _) = surprised(vec![outpost(-9_000.0, 1, 0)]);
    city.run_s(10_000);
    assert_eq!(flown(&city)[2..], [(LegPurpose::Divert, place(0.0, 0.0))]);
    assert_at_rest(&city);
}

#[test]
fn a_full_depot_sends_the_drone_on_to_the_next_one() {
    let (mut city, _) = surprised(vec![outpost(NEAR, 0, 0), outpost(NEAR + 500.0, 1, 0)]);
    city.run_s(10_000);
    let ends: Vec<Position> = flown(&city)[3..].iter().map(|(_, at)| *at).collect();
    assert_eq!(ends, [place(0.0, NEAR + 500.0), place(0.0, 0.0)]);
    assert_at_rest(&city);
}

#[test]
fn a_diverted_drone_is_another_regions_guest_and_no_number_of_threads_changes_that() {
    let run = |threads| {
        let (mut city, _) = surprised(vec![outpost(NEAR, 0, 1), outpost(NEAR + 500.0, 1, 2)]);
        city.world.set_threads(threads);
        city.run_s(10_000);
        assert_eq!(charged_at(&city), [DepotId(2), DepotId(0)]);
        assert_at_rest(&city);
        (city.world.digest(), city.events)
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn a_guest_that_is_saved_and_loaded_comes_home_as_well() {
    let run = |cuts: &[u64]| {
        let (mut city, _) = surprised(vec![outpost(NEAR, 1, 0)]);
        for cut in cuts {
            city.run_s(*cut);
            let bytes = city.world.save().expect("saved between two runs");
            let environment = Arc::clone(city.world.environment());
            city.world = World::load(environment, &bytes).expect("loaded");
        }
        city.run_s(10_000 - cuts.iter().sum::<u64>());
        (city.world.digest(), city.events)
    };
    assert_eq!(run(&[]), run(&[300, 60, 1_000]));
}

/// The middle is out of service while the drone is away.
fn out_of_service() -> City {
    let mut planned = environment(1);
    planned.depots.push(outpost(2_000.0, 1, 0));
    planned.faults.outages = vec![Outage {
        depot: DepotId(0),
        from: second(100),
        until: second(3_000),
    }];
    City::new(planned)
}

#[test]
fn a_depot_out_of_service_takes_nobody_in_and_its_drones_come_home_after_it() {
    let mut city = out_of_service();
    let before = city.request(1, place(0.0, 200.0), place(0.0, 3_000.0), 1.0);
    city.run_s(1_000);
    let during = city.request(2, place(0.0, 200.0), place(0.0, 3_000.0), 1.0);
    city.run_s(1_900);
    let guest = (LegPurpose::Divert, place(0.0, 2_000.0));
    assert_eq!(flown(&city).last(), Some(&guest));
    assert_eq!(city.story(before).last(), Some(&"completed"));
    assert!(city.story(during).contains(&"carrier booked"));
    city.run_s(3_600);
    let after = city.request(3, place(0.0, 200.0), place(0.0, 1_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(flown(&city)[3], (LegPurpose::Return, place(0.0, 0.0)));
    assert!(!city.story(after).contains(&"carrier booked"));
    assert_at_rest(&city);
}

#[test]
fn an_operator_cannot_release_a_depot_that_is_out_of_service() {
    let mut city = out_of_service();
    city.run_s(200);
    city.ask(Command::ReleaseDepot { depot: DepotId(0) });
    let delivery = city.request(1, place(0.0, 200.0), place(0.0, 3_000.0), 1.0);
    city.run_s(100);
    assert!(city.story(delivery).contains(&"carrier booked"));
    assert_eq!(
        city.count(|event| matches!(event, Event::FleetReleased { .. })),
        0
    );
    city.run_s(3_600);
    assert_eq!(
        city.count(|event| matches!(event, Event::FleetReleased { .. })),
        1
    );
}

#[test]
fn whoever_lands_at_a_depot_out_of_service_waits_for_a_pad_until_it_is_back() {
    let mut planned = environment(1);
    planned.faults.outages = vec![Outage {
        depot: DepotId(0),
        from: second(100),
        until: second(3_000),
    }];
    let mut city = City::new(planned);
    city.request(1, place(0.0, 200.0), place(0.0, 3_000.0), 1.0);
    city.run_s(2_900);
    assert_eq!(city.world.census().pads_awaited, 1);
    city.run_s(600);
    assert_at_rest(&city);
}

/// A zone over home comes up while the drone is away, for longer than it can hover.
fn closed_home(until_s: u64) -> Environment {
    let mut planned = environment(1);
    planned.depots.push(outpost(2_000.0, 1, 0));
    let shape = ZoneShape::Circle {
        centre: place(0.0, 0.0),
        radius_m: 300.0,
    };
    let zone = Zone {
        until: Some(second(until_s)),
        ..Zone::permanent("fire".to_owned(), shape)
    };
    planned.zones = vec![zone.told_of_at(second(60))];
    planned
}

#[test]
fn a_drone_whose_home_is_closed_is_a_guest_elsewhere_until_it_opens() {
    let mut city = City::new(closed_home(9_000));
    let delivery = city.request(1, place(0.0, 2_500.0), place(0.0, 4_500.0), 1.0);
    city.run_s(8_900);
    let last = *flown(&city).last().expect("it flew");
    assert_eq!(last, (LegPurpose::Divert, place(0.0, 2_000.0)));
    assert_eq!(city.count(|event| matches!(event, Event::DroneFailed { .. })), 0);
    city.run_s(3_600);
    assert!(city.story(delivery).contains(&"requested"));
    assert_eq!(flown(&city).last(), Some(&(LegPurpose::Return, place(0.0, 0.0))));
    assert_at_rest(&city);
}

#[test]
fn a_guest_that_can_never_go_home_is_fetched_after_a_day() {
    let mut city = City::new(closed_home(40 * 3_600));
    city.request(1, place(0.0, 2_500.0), place(0.0, 4_500.0), 1.0);
    city.run_s(30 * 3_600);
    assert_eq!(city.count(|event| matches!(event, Event::DroneFailed { .. })), 1);
    assert_at_rest(&city);
}

#[test]
fn a_drone_called_back_with_too_little_for_home_turns_to_another_depot() {
    let mut city = City::new({
        let mut planned = environment(1);
        planned.depots.push(outpost(8_000.0, 1, 0));
        planned
    });
    let delivery = city.request(1, place(0.0, 9_500.0), place(0.0, 9_600.0), 1.0);
    city.run_s(300);
    change_weather(&mut city, Weather::windy(11.9, 180.0).into());
    city.run_s(60);
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(300);
    let released = |event: &Event| {
        matches!(
            event,
            Event::DroneReleased {
                drone: DroneId(0),
                reason: ReleaseReason::Cancelled,
                ..
            }
        )
    };
    assert_eq!(city.count(released), 1);
    assert_eq!(
        flown(&city).last(),
        Some(&(LegPurpose::Divert, place(0.0, 8_000.0)))
    );
}
