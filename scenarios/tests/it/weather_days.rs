//! The library's days of weather and rush do what their headers say.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use skyhaul_actors::environment::{DispatchPolicy, Environment};
use skyhaul_actors::event::{Event, GroundingReason, Transport};
use skyhaul_actors::ids::DepotId;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

/// A run of the library to its end, by a plan that was changed.
fn run(name: &str, change: impl FnOnce(&mut Environment)) -> Vec<Numbered<Event>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("library").join(name);
    let bundle = ScenarioBundle::read(&file).expect("it can be read");
    let scenario = Scenario::parse(&bundle).expect("it is right");
    let mut environment = scenario.environment(BuildOptions::default());
    change(&mut environment);
    let mut world = World::found(&Arc::new(environment));
    let mut events = Vec::new();
    world
        .run_until(SimTime::ZERO + scenario.duration(), &mut events)
        .expect("the world goes on");
    events
}

/// Hours since the start.
fn hour(at: SimTime) -> u64 {
    at.micros() / SimDuration::from_mins(60).micros()
}

fn brought_by_drones(events: &[Numbered<Event>]) -> usize {
    let by_drone = events.iter().filter(|event| {
        matches!(
            event.event,
            Event::DeliveryCompleted {
                by: Transport::Drone(_),
                ..
            }
        )
    });
    by_drone.count()
}

#[test]
fn a_drone_that_flies_higher_changes_no_weather_but_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let mut bundle = ScenarioBundle::read(&folder.join("new-york-wind-year.toml")).expect("it can be read");
    let weather = |bundle: &ScenarioBundle| {
        let scenario = Scenario::parse(bundle).expect("it is right");
        scenario.environment(BuildOptions::default()).weather
    };
    let alone = weather(&bundle);
    bundle
        .text
        .push_str("[[fleets]]\ndepot = \"brooklyn\"\naircraft = \"zipline-p1\"\ncount = 1\n");
    let both = weather(&bundle);
    assert_eq!(both.at_level(60.0), alone.highest());
    let factor = (100.0_f64 / 60.0).powf(1.0 / 7.0);
    for hour in [0, 1_000, 8_000] {
        let at = SimTime::ZERO + SimDuration::from_mins(60 * hour);
        let (low, high) = (both.at_level(60.0).at(at), both.at_level(100.0).at(at));
        assert!((high.wind_mps - low.wind_mps * factor).abs() < 1e-9 && high.rho < low.rho);
    }
}

#[test]
fn the_gale_grounds_every_depot_from_noon_to_five_and_nobody_takes_off_in_between() {
    let events = run("storm-front.toml", |_| ());
    let (mut grounded, mut released) = (Vec::new(), Vec::new());
    let mut flights = [0_u32; 13];
    for Numbered { at, event, .. } in &events {
        match event {
            Event::FleetGrounded { .. } => grounded.push(hour(*at)),
            Event::FleetReleased { .. } => released.push(hour(*at)),
            Event::LegStarted(_) => flights[usize::try_from(hour(*at)).expect("a small number")] += 1,
            _ => {}
        }
    }
    assert_eq!((grounded, released), (vec![5; 3], vec![10; 3]));
    for (hour, flights) in flights.iter().enumerate() {
        if (5..10).contains(&hour) {
            assert_eq!(*flights, 0, "hour {hour}");
        } else {
            assert!(*flights > 200, "{flights} flights in hour {hour}");
        }
    }
}

/// Hours and days are those of the list: 1 mm of rain takes an hour, and 24 hours are not enough for more than 24 mm.
#[test]
fn in_seattles_winter_common_drones_stand_in_rain_and_frost_and_resistant_ones_on_its_four_wettest_days() {
    let [capitol_hill, university] = [DepotId(0), DepotId(1)];
    let (mut since, mut hours, mut days) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for Numbered { at, event, .. } in run("seattle-winter.toml", |_| ()) {
        match event {
            Event::FleetGrounded { depot, reason } => {
                since.insert((depot, reason), at);
            }
            Event::FleetReleased { depot, reason } => {
                let from = since.remove(&(depot, reason)).expect("it was grounded");
                *hours.entry((depot, reason)).or_insert(0) += hour(at) - hour(from);
                if depot == capitol_hill {
                    days.extend((hour(from)..hour(at)).step_by(24).map(|hour| hour / 24));
                }
            }
            _ => {}
        }
    }
    assert!(since.is_empty(), "{since:?}");
    let expected = [
        ((capitol_hill, GroundingReason::Rain), 96),
        ((university, GroundingReason::Rain), 453),
        ((university, GroundingReason::Temperature), 150),
    ];
    assert_eq!(hours, BTreeMap::from(expected));
    let wettest = [4, 8, 15, 55];
    assert_eq!(days, wettest, "19, 23 and 30 November, 9 January");
}

#[test]
fn in_the_rush_hour_batches_bring_an_eighth_more_than_the_nearest_drone_at_once() {
    let brought = |policy| {
        brought_by_drones(&run("rush-hour.toml", |plan| {
            plan.dispatch.policy = policy;
        }))
    };
    let nearest = brought(DispatchPolicy::Nearest);
    for policy in [DispatchPolicy::Batch, DispatchPolicy::Adaptive] {
        let found = brought(policy);
        assert!(found * 8 > nearest * 9, "{policy:?}: {found}, nearest: {nearest}");
    }
}

/// How far first estimates of deliveries that drones made were off, as shares of the time from then to the end: all of them, sorted.
fn off_by(events: &[Numbered<Event>]) -> Vec<f64> {
    let mut first = BTreeMap::new();
    let mut shares = Vec::new();
    for Numbered { at, event, .. } in events {
        match event {
            Event::DroneAssigned {
                delivery,
                eta_dropoff,
                ..
            } => {
                first.entry(*delivery).or_insert((*at, *eta_dropoff));
            }
            Event::DeliveryCompleted {
                delivery,
                by: Transport::Drone(_),
            } => {
                let (assigned_at, eta) = first[delivery];
                let off_by_s = (at.as_seconds_f64() - eta.as_seconds_f64()).abs();
                shares.push(off_by_s / at.since(assigned_at).as_seconds_f64());
            }
            _ => {}
        }
    }
    shares.sort_unstable_by(f64::total_cmp);
    shares
}

/// Of the first estimate, also where another drone or a failure made it wrong later: one drone in ten hours of flight fails.
#[test]
fn in_a_steady_wind_estimates_at_assignment_hold() {
    let events = run("rush-hour.toml", |plan| {
        plan.faults.drone_failure_per_flight_hour = 0.1;
    });
    let failed = |event: &&Numbered<Event>| matches!(event.event, Event::DroneFailed { .. });
    assert!(events.iter().filter(failed).count() > 10);
    let shares = off_by(&events);
    let percentile = |percent: usize| shares[shares.len() * percent / 100];
    assert!(
        shares.len() > 1_000 && shares[shares.len() - 1] > 0.1,
        "some were wrong"
    );
    assert!(percentile(50) <= 0.02, "half within {}", percentile(50));
    assert!(percentile(95) <= 0.10, "95 % within {}", percentile(95));
}
