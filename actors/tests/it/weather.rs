//! Weather that changes while the world runs.

use std::sync::Arc;

use skyhaul_actors::command::Command;
use skyhaul_actors::environment::{
    AircraftSpec, Environment, FleetSpec, Weather, WeatherAloft, WeatherLimits, WeatherRow, WeatherSeries,
};
use skyhaul_actors::event::{AssignmentRefusal, Event, GroundingReason, Leg, LegPurpose, Transport};
use skyhaul_actors::ids::{AircraftId, DepotId};
use skyhaul_actors::world::World;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::city::{City, environment, light, place};
use crate::invariants::broken;

fn seconds(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

/// Good weather but from `from_s` to `until_s`; anew after a day.
fn spell(weather: Weather, from_s: u64, until_s: u64) -> WeatherSeries {
    let row = |from_s, weather| WeatherRow {
        from: seconds(from_s),
        weather,
    };
    let rows = vec![
        row(0, Weather::STANDARD),
        row(from_s, weather),
        row(until_s, Weather::windy(2.0, 90.0)),
    ];
    WeatherSeries::new(rows, SimDuration::from_mins(24 * 60))
}

fn storm(from_s: u64, until_s: u64) -> WeatherSeries {
    spell(Weather::windy(20.0, 270.0), from_s, until_s)
}

fn under(weather: WeatherSeries) -> Environment {
    Environment {
        weather: weather.into(),
        ..environment(2)
    }
}

/// Goes on from here under another weather.
fn change_weather(city: &mut City, weather: WeatherSeries) {
    let recorded = Arc::clone(city.world.environment());
    let wanted = Environment {
        weather: weather.into(),
        ..(*recorded).clone()
    };
    let bytes = city.world.save().expect("saved between two runs");
    city.world = World::branch(&recorded, &bytes, &wanted).expect("the weather may change");
}

fn assert_lawful(city: &City) {
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

fn legs(city: &City) -> Vec<(SimTime, &Leg)> {
    let legs = city.events.iter().filter_map(|event| match &event.event {
        Event::LegStarted(leg) => Some((event.at, &**leg)),
        _ => None,
    });
    legs.collect()
}

/// When the depot was grounded (true) and released (false), and why.
fn groundings(city: &City) -> Vec<(SimTime, bool, GroundingReason)> {
    let said = city.events.iter().filter_map(|event| match event.event {
        Event::FleetGrounded { reason, .. } => Some((event.at, true, reason)),
        Event::FleetReleased { reason, .. } => Some((event.at, false, reason)),
        _ => None,
    });
    said.collect()
}

#[test]
fn a_storm_grounds_the_depot_when_it_comes_and_releases_it_when_it_goes() {
    let mut city = City::new(under(storm(1_200, 4_800)));
    let before = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1_500);
    let during = city.request(2, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(3_600);
    let after = city.request(3, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(
        groundings(&city),
        [
            (seconds(1_200), true, GroundingReason::Wind),
            (seconds(4_800), false, GroundingReason::Wind)
        ]
    );
    assert!(!city.story(before).contains(&"carrier booked"));
    assert!(city.story(during).contains(&"carrier booked"));
    assert!(!city.story(after).contains(&"carrier booked"));
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::DroneAssignmentRefused { delivery, reason: AssignmentRefusal::Wind } if delivery == during
    )));
    assert_lawful(&city);
}

#[test]
fn no_mission_is_planned_that_would_hang_on_its_winch_when_the_storm_comes() {
    let mut planned = under(storm(300, 4_800));
    planned.aircraft[0].phases.winch_m = Some(7.0);
    let mut city = City::new(planned);
    let early = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(220);
    let late = city.request(2, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(3_600);
    assert_eq!(city.story(early).last(), Some(&"completed"));
    assert!(!city.story(early).contains(&"carrier booked"));
    assert!(city.story(late).contains(&"carrier booked"));
    assert!(city.events.iter().any(|event| matches!(
        event.event,
        Event::DroneAssignmentRefused { delivery, reason: AssignmentRefusal::Wind } if delivery == late
    )));
    assert_lawful(&city);
}

#[test]
fn every_limit_of_an_aircraft_grounds_it_for_its_own_reason() {
    let clear = Weather::windy(3.0, 0.0);
    let bad = [
        (Weather::windy(12.1, 0.0), GroundingReason::Wind),
        (
            Weather {
                gust_mps: 15.1,
                ..clear
            },
            GroundingReason::Gusts,
        ),
        (
            Weather {
                rain_mm_h: 0.2,
                ..clear
            },
            GroundingReason::Rain,
        ),
        (
            Weather {
                visibility_m: 4_000.0,
                ..clear
            },
            GroundingReason::Visibility,
        ),
        (
            Weather {
                temperature_c: -1.0,
                ..clear
            },
            GroundingReason::Temperature,
        ),
        (
            Weather {
                temperature_c: 41.0,
                ..clear
            },
            GroundingReason::Temperature,
        ),
    ];
    for (weather, reason) in bad {
        let mut city = City::new(under(spell(weather, 600, 1_200)));
        city.run_s(3_600);
        assert_eq!(
            groundings(&city),
            [(seconds(600), true, reason), (seconds(1_200), false, reason)]
        );
    }
}

#[test]
fn a_depot_with_a_type_that_still_flies_is_not_grounded() {
    let mut planned = under(spell(
        Weather {
            rain_mm_h: 0.8,
            ..Weather::STANDARD
        },
        600,
        7_200,
    ));
    planned.aircraft.push(AircraftSpec {
        name: "hardy".to_owned(),
        limits: WeatherLimits::RESISTANT,
        ..light()
    });
    planned.fleets.push(FleetSpec {
        depot: DepotId(0),
        aircraft: AircraftId(1),
        count: 1,
    });
    let mut city = City::new(planned);
    city.run_s(900);
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1_800);
    assert_eq!(groundings(&city), []);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    assert!(legs(&city).iter().all(|(_, leg)| leg.drone.0 == 2));
}

#[test]
fn who_flies_low_flies_under_the_wind_that_grounds_who_flies_high() {
    let series = |wind_mps| WeatherSeries::from(Weather::windy(wind_mps, 0.0));
    let mut planned = under(series(0.0));
    planned.weather = WeatherAloft::new(vec![(60.0, series(5.0))], series(15.0));
    planned.aircraft.push(AircraftSpec {
        name: "high".to_owned(),
        altitude_m: 100.0,
        ..light()
    });
    planned.fleets[0].aircraft = AircraftId(1);
    planned.fleets.push(FleetSpec {
        depot: DepotId(0),
        aircraft: AircraftId(0),
        count: 1,
    });
    let mut city = City::new(planned);
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(1_800);
    assert_eq!(groundings(&city), []);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    assert!(legs(&city).iter().all(|(_, leg)| leg.drone.0 == 2));
}

#[test]
fn a_mission_that_would_reach_into_the_storm_is_left_to_a_carrier() {
    let mut city = City::new(under(storm(100, 4_800)));
    city.run_s(60);
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(30);
    assert!(city.story(delivery).contains(&"carrier booked"));
    assert!(legs(&city).is_empty());
}

#[test]
fn where_there_is_no_carrier_a_request_waits_for_the_end_of_the_storm() {
    let mut planned = under(storm(100, 1_200));
    planned.carriers.clear();
    let mut city = City::new(planned);
    city.run_s(300);
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(300);
    assert_eq!(city.story(delivery), ["requested", "queued"]);
    city.run_s(3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    assert!(legs(&city).iter().all(|(at, _)| *at >= seconds(1_200)));
}

/// A storm that nobody foresaw, while the drone loads.
#[test]
fn a_drone_with_a_parcel_waits_out_a_storm_where_it_stands_and_says_by_how_much_it_is_late() {
    let mut city = City::new(under(Weather::STANDARD.into()));
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(10);
    change_weather(&mut city, storm(20, 3_000));
    city.run_s(3_600);
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
    let flown = legs(&city);
    assert_eq!(flown[0].1.purpose, LegPurpose::Dropoff);
    assert_eq!(flown[0].0, seconds(3_000) + SimDuration::from_micros(1));
    let said = city.events.iter().find_map(|event| match event.event {
        Event::DroneDelayed { eta_dropoff, .. } => Some(eta_dropoff),
        _ => None,
    });
    let came = city.events.iter().find_map(|event| match event.event {
        Event::PackageDroppedOff {
            by: Transport::Drone(_),
            ..
        } => Some(event.at),
        _ => None,
    });
    assert_eq!(said.expect("it was late"), came.expect("it came"));
    assert_lawful(&city);
}

#[test]
fn a_drone_whose_delivery_is_cancelled_in_the_storm_comes_home_after_it() {
    let mut city = City::new(under(Weather::STANDARD.into()));
    let delivery = city.request(1, place(0.0, 3_000.0), place(0.0, 5_000.0), 1.0);
    city.run_s(60);
    change_weather(&mut city, storm(70, 3_000));
    city.run_s(20);
    city.ask(Command::CancelDelivery { delivery });
    city.run_s(7_200);
    assert!(city.story(delivery).contains(&"cancelled"));
    let census = city.world.census();
    assert_eq!(census.drones_at_rest, 2);
    assert_eq!(city.count(|event| matches!(event, Event::DroneFailed { .. })), 0);
    assert_lawful(&city);
}

#[test]
fn a_storm_that_lasts_strands_a_drone_away_from_home_and_its_parcel_goes_on_by_carrier() {
    let mut city = City::new(under(Weather::STANDARD.into()));
    let delivery = city.request(1, place(0.0, 0.0), place(0.0, 2_000.0), 1.0);
    city.run_s(10);
    change_weather(&mut city, Weather::windy(20.0, 0.0).into());
    city.run_s(6 * 3_600);
    assert!(city.story(delivery).contains(&"carrier booked"));
    assert_eq!(city.story(delivery).last(), Some(&"completed"));
}

#[test]
fn a_run_through_weather_does_not_depend_on_how_it_was_cut() {
    let run = |cuts: &[u64]| {
        let mut planned = under(storm(700, 1_500));
        planned.demand = Some(crate::city::trace(60, 40));
        let mut city = City::new(planned);
        for cut in cuts {
            city.run_s(*cut);
            let bytes = city.world.save().expect("saved between two runs");
            let environment = Arc::clone(city.world.environment());
            city.world = World::load(environment, &bytes).expect("loaded");
        }
        city.run_s(7_200 - cuts.iter().sum::<u64>());
        (city.world.digest(), city.events)
    };
    let (whole, cut) = (run(&[]), run(&[650, 100, 800]));
    assert_eq!(whole.0, cut.0);
    assert_eq!(whole.1, cut.1);
}

/// Out and back takes longer, and, empty, more energy in any wind than in none: the whole run's legs, not the formula.
#[test]
fn the_same_errand_out_and_back_never_takes_less_in_wind_than_in_calm() {
    let flown = |weather: Weather| {
        let mut city = City::new(under(weather.into()));
        city.request(1, place(0.0, 0.0), place(1_500.0, 2_000.0), 0.001);
        city.run_s(3_600);
        let legs = legs(&city);
        assert_eq!(legs.len(), 2, "out and back");
        let duration = |leg: &Leg| leg.path.last().expect("an end").time.since(leg.path[0].time);
        let seconds: f64 = legs.iter().map(|(_, leg)| duration(leg).as_seconds_f64()).sum();
        let energy: f64 = legs.iter().map(|(_, leg)| leg.energy.get()).sum();
        (seconds, energy)
    };
    let calm = flown(Weather::STANDARD);
    for from_deg in [0.0, 37.0, 90.0, 143.0, 217.0, 323.0] {
        for wind_mps in [2.0, 6.0, 11.0] {
            let windy = flown(Weather::windy(wind_mps, from_deg));
            assert!(
                windy.0 >= calm.0,
                "{wind_mps} m/s from {from_deg}: {windy:?}, {calm:?}"
            );
            // A gram out of seven kilograms, and the thousandths in which energies are told.
            assert!(
                windy.1 >= calm.1 - 0.02,
                "{wind_mps} m/s from {from_deg}: {windy:?}, {calm:?}"
            );
        }
    }
}
