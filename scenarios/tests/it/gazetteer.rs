//! What a client's words for a place mean.

use std::sync::LazyLock;

use proptest::prelude::*;
use skyhaul_actors::airspace::Airspace;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::flight::Conditions;
use skyhaul_actors::mission::{Errand, READY_SHARE, Starting, assess};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::{Kilograms, WattHours};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::gazetteer::{Gazetteer, PlaceRefusal};
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::files::town;

fn gazetteer() -> Gazetteer {
    let town = town();
    Gazetteer::new(&town, &town.environment(BuildOptions::default()))
}

/// Florence, with its gazetteer.
static FLORENCE: LazyLock<(Environment, Gazetteer)> = LazyLock::new(|| {
    let scenario = Scenario::parse(&ScenarioBundle::florence()).expect("Florence is right");
    let environment = scenario.environment(BuildOptions::default());
    let gazetteer = Gazetteer::new(&scenario, &environment);
    (environment, gazetteer)
});

fn at(lat: f64, lon: f64) -> Position {
    Position::new(lat, lon).expect("on the sphere")
}

#[test]
fn two_numbers_are_latitude_and_longitude_and_three_begin_with_the_altitude() {
    let gazetteer = gazetteer();
    let place = gazetteer
        .resolve("43.771, 11.252", true)
        .expect("it is in the area");
    assert_eq!(
        (place.at, place.altitude_m, place.is_placeholder),
        (at(43.771, 11.252), 0.0, false)
    );
    let place = gazetteer
        .resolve(" 12.5,43.771,11.252 ", true)
        .expect("it is in the area");
    assert_eq!((place.at, place.altitude_m), (at(43.771, 11.252), 12.5));
}

#[test]
fn numbers_that_are_no_place_in_the_area_are_refused_and_never_guessed() {
    let gazetteer = gazetteer();
    for (text, expected) in [
        ("91,11.25", "`91,11.25`: latitude must be between -90 and 90"),
        ("43.77,181", "`43.77,181`: longitude must be between -180 and 180"),
        ("NaN,11.25", "`NaN,11.25`: latitude must be between -90 and 90"),
        (
            "inf,43.77,11.25",
            "`inf,43.77,11.25`: altitude must be between -100 and 1000",
        ),
        (
            "2000,43.77,11.25",
            "`2000,43.77,11.25`: altitude must be between -100 and 1000",
        ),
        (
            "41.9,12.5",
            "`41.9,12.5` lies 231565 m from the centre of the service area, whose radius is 5000 m",
        ),
        ("", "is empty"),
        (" \t", "is empty"),
    ] {
        for strict in [false, true] {
            let said = gazetteer
                .resolve(text, strict)
                .expect_err("it is no place")
                .to_string();
            assert!(said.starts_with(expected), "{text:?}: {said}");
        }
    }
}

#[test]
fn depots_postcodes_and_place_names_are_known_whatever_the_case() {
    let gazetteer = gazetteer();
    for (text, expected) in [
        ("sodo", at(43.77, 11.25)),
        ("50122", at(43.765, 11.24)),
        ("forno  VECCHIO", at(43.771, 11.252)),
        (" All'Angelo ", at(43.768, 11.255)),
    ] {
        let place = gazetteer.resolve(text, true).expect("it is known");
        assert_eq!((place.at, place.is_placeholder), (expected, false), "{text}");
    }
}

#[test]
fn a_text_that_names_nothing_is_a_placeholder_or_refused_where_that_is_asked_for() {
    let gazetteer = gazetteer();
    assert!(
        gazetteer
            .resolve("my pickup", false)
            .expect("a point stands for it")
            .is_placeholder
    );
    assert!(
        gazetteer
            .resolve("1, 2, 3, 4", false)
            .expect("four numbers are a text")
            .is_placeholder
    );
    let refusal = gazetteer.resolve("my pickup", true).expect_err("it is unknown");
    assert_eq!(
        refusal,
        PlaceRefusal::Unknown {
            text: "my pickup".to_owned()
        }
    );
}

#[test]
fn the_contracts_ten_kilograms_fly_between_its_two_placeholders() {
    let (environment, gazetteer) = &*FLORENCE;
    let [pickup, dropoff] =
        ["my pickup", "drop off"].map(|text| gazetteer.resolve(text, false).expect("a point").at);
    assert!(pickup.distance_m(dropoff) > 100.0);
    assert!(can_fly(environment, pickup, dropoff, 10.0));
}

/// Whether a drone of the fleet can bring a parcel.
fn can_fly(environment: &Environment, pickup: Position, dropoff: Position, weight_kg: f64) -> bool {
    let airspace = Airspace::new(environment);
    let conditions = Conditions {
        airspace: airspace.known_at(SimTime::ZERO),
        weather: &environment.weather,
    };
    let errand = Errand {
        pickup,
        dropoff,
        weight: Kilograms::new(weight_kg),
    };
    environment.fleets.iter().any(|fleet| {
        let aircraft = environment.aircraft(fleet.aircraft);
        let home = environment.depot(fleet.depot).at;
        let starting = Starting {
            at: home,
            altitude_m: 0.0,
            home,
            battery: WattHours::new(aircraft.battery_capacity.get() * READY_SHARE),
            time: SimTime::ZERO,
        };
        assess(aircraft, &errand, starting, &environment.area, conditions).is_ok()
    })
}

proptest! {
    #[test]
    fn a_placeholder_is_always_the_same_open_point_of_the_area(text in "[a-zA-Z][a-zA-Z ]{0,30}") {
        let (environment, gazetteer) = &*FLORENCE;
        let place = gazetteer.resolve(&text, false).expect("every text stands for a point");
        prop_assert_eq!(place, gazetteer.resolve(&text.to_uppercase(), false).expect("a point"));
        prop_assert!(environment.area.contains(place.at));
        prop_assert!(!place.is_placeholder || !Airspace::new(environment).is_closed(place.at, SimTime::ZERO));
    }

    #[test]
    fn a_drone_can_fly_between_any_two_placeholders(from in "[a-z]{8}", to in "[a-z]{8}") {
        let (environment, gazetteer) = &*FLORENCE;
        let pickup = gazetteer.resolve(&from, false).expect("a point").at;
        let dropoff = gazetteer.resolve(&to, false).expect("a point").at;
        prop_assert!(can_fly(environment, pickup, dropoff, 10.0), "{} to {}", pickup, dropoff);
    }

    #[test]
    fn no_text_is_too_much(text in ".*", strict: bool) {
        let (environment, gazetteer) = &*FLORENCE;
        if let Ok(place) = gazetteer.resolve(&text, strict) {
            prop_assert!(environment.area.contains(place.at));
        }
    }
}

#[test]
fn names_are_found_by_a_part_of_them_those_that_begin_with_it_first() {
    let (_, florence) = &*FLORENCE;
    let names: Vec<_> = florence.find("NOV").map(|place| place.name.as_str()).collect();
    assert!(
        names.first().is_some_and(|name| name.starts_with("Nov")),
        "{names:?}"
    );
    assert!(
        names.iter().all(|name| name.to_lowercase().contains("nov")),
        "{names:?}"
    );
    assert_eq!(florence.find("no such name").count(), 0);
    for place in florence.find("").take(20) {
        let meant = florence.resolve(&place.name, true).expect("it is known");
        assert_eq!(meant.at, place.at, "{}", place.name);
    }
}

#[test]
fn landmarks_are_the_places_of_lists_and_the_airports_and_no_depot() {
    let (_, florence) = &*FLORENCE;
    let airports: Vec<_> = florence.landmarks().airports.iter().collect();
    assert_eq!(airports.len(), 1);
    assert_eq!(
        (airports[0].name.as_str(), airports[0].at),
        ("Firenze / Peretola Airport", at(43.81, 11.2051))
    );
    let landmarks = gazetteer().landmarks().clone();
    assert!(
        !landmarks.places.is_empty()
            && landmarks
                .places
                .is_sorted_by_key(|place| place.name.to_lowercase())
    );
    let is_depot = |name: &str| name == "Sodo";
    assert!(gazetteer().find("sodo").any(|place| is_depot(&place.name)));
    assert!(!landmarks.places.iter().any(|place| is_depot(&place.name)));
}
