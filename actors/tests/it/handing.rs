//! Drones that go and live in another region.

use std::sync::Arc;

use skyhaul_actors::command::Command;
use skyhaul_actors::drone::DroneState;
use skyhaul_actors::environment::{Demand, Environment, TraceRequest};
use skyhaul_actors::event::{Event, LegPurpose, ReleaseReason};
use skyhaul_actors::ids::{DepotId, DroneId};
use skyhaul_actors::world::World;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, place};
use crate::invariants::broken;
use crate::rebalancing::{APART_M, mean_wait_s, repositions, run, tidal_in};

const EAST: RegionId = RegionId(1);

/// Two depots, each a region of its own, all demand first at the one, then at the other.
fn tidal(rebalance: Option<SimDuration>) -> Environment {
    tidal_in(EAST, rebalance)
}

fn often() -> Option<SimDuration> {
    Some(SimDuration::from_mins(10))
}

/// The drones that live in a region, and where they belong.
fn living_in(city: &City, region: RegionId) -> Vec<(DroneId, DepotId)> {
    let drones = city.world.actors(region).drones.iter();
    drones.map(|(_, drone)| (drone.id(), drone.home())).collect()
}

/// A tidal town, once the first drone has landed in the other region.
fn moved() -> (City, DroneId) {
    let mut city = City::new(tidal(often()));
    while living_in(&city, EAST).len() <= 5 {
        city.run_s(60);
        assert!(
            city.world.now() < SimTime::ZERO + SimDuration::from_mins(12 * 60),
            "none moved"
        );
    }
    let newcomer = living_in(&city, EAST).into_iter().find(|(drone, _)| drone.0 < 5);
    let (newcomer, _) = newcomer.expect("one of the first five");
    (city, newcomer)
}

#[test]
fn drones_follow_a_tide_into_another_region_and_parcels_wait_less() {
    let (still, moving) = (run(tidal(None)), run(tidal(often())));
    assert_eq!(repositions(&still), []);
    let moves = repositions(&moving);
    let there = moves.iter().filter(|(_, to)| *to == place(0.0, APART_M)).count();
    assert!(
        there >= 1,
        "{there} of {} moved to where all was asked",
        moves.len()
    );
    assert!(moves.len() <= 20, "{} moves are many for ten drones", moves.len());
    let (before_s, after_s) = (mean_wait_s(&still), mean_wait_s(&moving));
    assert!(
        after_s < 0.8 * before_s,
        "waits of {after_s} s, {before_s} s without"
    );
}

#[test]
fn each_drone_lives_where_it_belongs_and_none_is_lost_or_made() {
    let city = run(tidal(often()));
    let mut all = Vec::new();
    for (region, depot) in [(RegionId(0), DepotId(0)), (EAST, DepotId(1))] {
        for (drone, home) in living_in(&city, region) {
            assert_eq!(home, depot, "{drone} lives in region {region:?}");
            all.push(drone);
        }
    }
    all.sort_unstable();
    assert_eq!(all, (0..10).map(DroneId).collect::<Vec<_>>());
    assert_ne!(living_in(&city, EAST).len(), 5, "some moved");
    let census = city.world.census();
    assert_eq!((census.drones_at_rest, census.drones_ready), (10, 10));
    assert_eq!(city.world.counters().given_up, 0);
}

#[test]
fn a_drone_that_moved_brings_parcels_from_there_under_its_own_name() {
    let (mut city, newcomer) = moved();
    let before = city.events.len();
    city.run_s(2 * 3_600);
    let legs = city.events[before..]
        .iter()
        .filter_map(|event| match &event.event {
            Event::LegStarted(leg) if leg.drone == newcomer && leg.purpose == LegPurpose::Dropoff => {
                Some(leg.path[0].at)
            }
            _ => None,
        });
    let from: Vec<_> = legs.collect();
    assert!(!from.is_empty(), "{newcomer} has brought nothing");
    assert!(
        from.iter().all(|at| at.distance_m(place(0.0, APART_M)) < 3_000.0),
        "all of it from near its new depot"
    );
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

#[test]
fn a_recall_finds_a_drone_that_moved() {
    let (mut city, newcomer) = moved();
    let flies_out = |city: &City| {
        let mut drones = city.world.actors(EAST).drones.iter();
        drones.any(|(_, drone)| {
            let state = drone.view().state;
            drone.id() == newcomer
                && matches!(state, DroneState::Flying(flight) if flight.purpose == LegPurpose::Pickup)
        })
    };
    while !flies_out(&city) {
        city.run_s(1);
        assert!(
            city.world.now() < SimTime::ZERO + SimDuration::from_mins(12 * 60),
            "it stays"
        );
    }
    city.ask(Command::RecallDrone { drone: newcomer });
    city.run_s(10);
    let is_recalled = |event: &Event| matches!(event, Event::DroneReleased { drone, reason: ReleaseReason::Recalled, .. } if *drone == newcomer);
    assert!(city.events.iter().any(|event| is_recalled(&event.event)));
}

/// When drones have just landed where they are handed over: word of them is under way.
fn handing_over_at(city: &City) -> Vec<SimTime> {
    let mut moving = Vec::new();
    let mut landed_at = Vec::new();
    for event in &city.events {
        match &event.event {
            Event::LegStarted(leg) if leg.purpose == LegPurpose::Reposition => moving.push(leg.drone),
            Event::LegEnded { drone, .. } if moving.contains(drone) => {
                moving.retain(|moved| moved != drone);
                landed_at.push(event.at + SimDuration::from_millis(500));
            }
            _ => {}
        }
    }
    landed_at
}

#[test]
fn neither_threads_nor_snapshots_change_where_drones_go() {
    let planned = tidal(often());
    let straight = run(planned.clone());
    let cuts = handing_over_at(&straight);
    assert!(cuts.len() > 3, "{cuts:?}");
    for threads in [2, 3, 8] {
        let mut city = City::new(planned.clone());
        for cut in &cuts {
            city.world.set_threads(threads);
            city.world.run_until(*cut, &mut city.events).expect("it goes on");
            let bytes = city.world.save().expect("saved between two runs");
            city.world = World::load(Arc::clone(city.world.environment()), &bytes).expect("loaded");
        }
        city.world.set_threads(threads);
        let end = straight.world.now();
        city.world.run_until(end, &mut city.events).expect("it goes on");
        assert_eq!(city.world.digest(), straight.world.digest());
        assert_eq!(city.events, straight.events);
    }
}

/// How many drones failed on their way to another depot.
fn failed_on_their_way(city: &City) -> usize {
    let mut moving = Vec::new();
    let mut failed = 0;
    for event in &city.events {
        match &event.event {
            Event::LegStarted(leg) if leg.purpose == LegPurpose::Reposition => moving.push(leg.drone),
            Event::LegStarted(leg) => moving.retain(|drone| *drone != leg.drone),
            Event::DroneFailed { drone, .. } if moving.contains(drone) => failed += 1,
            _ => {}
        }
    }
    failed
}

#[test]
fn a_drone_that_fails_on_its_way_is_handed_over_once_it_is_mended() {
    let mut failed = 0;
    for seed in 1..=10 {
        let mut planned = tidal(often());
        planned.seed = seed;
        planned.faults.drone_failure_per_flight_hour = 2.0;
        let mut city = City::new(planned);
        city.run_s(24 * 3_600);
        failed += failed_on_their_way(&city);
        for (region, depot) in [(RegionId(0), DepotId(0)), (EAST, DepotId(1))] {
            assert!(living_in(&city, region).iter().all(|(_, home)| *home == depot));
        }
        assert_eq!(city.world.census().drones_ready, 10);
        assert_eq!(
            broken(city.world.environment(), &city.events),
            Vec::<String>::new()
        );
    }
    assert!(failed > 0, "no drone failed on its way: draw others");
}

#[test]
fn a_drone_may_join_where_others_have_moved() {
    let (mut city, _) = moved();
    city.run_s(6 * 3_600);
    let recorded = Arc::clone(city.world.environment());
    let mut wanted = (*recorded).clone();
    for fleet in &mut wanted.fleets {
        fleet.count += 3;
    }
    let bytes = city.world.save().expect("saved between two runs");
    city.world = World::branch(&recorded, &bytes, &wanted).expect("drones may join");
    city.run_s(6 * 3_600);
    let census = city.world.census();
    assert_eq!((census.drones_at_rest, census.drones_ready), (16, 16));
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
}

/// Few requests, each where chance has it: no depot is short for long.
fn sparse(region: RegionId, rebalance: Option<SimDuration>, seed: u64) -> Environment {
    let mut planned = tidal_in(region, rebalance);
    let mut random = RandomStream::new(seed, 1);
    let mut at_s = 0.0;
    let requests = (0..300).map(|_| {
        at_s += random.exponential(400.0);
        let north_m = if random.chance(0.5) { 0.0 } else { APART_M };
        let mut scatter = || random.unit() * 3_000.0 - 1_500.0;
        TraceRequest {
            at: SimTime::ZERO + SimDuration::from_seconds_f64(at_s),
            pickup: place(scatter(), north_m + scatter()),
            dropoff: place(scatter(), north_m + scatter()),
            weight: Kilograms::new(0.5),
            expedited: false,
            deadline: None,
        }
    });
    planned.demand = Some(Demand::Trace(requests.collect()));
    for fleet in &mut planned.fleets {
        fleet.count = 2;
    }
    planned
}

#[test]
fn where_little_is_asked_parcels_wait_no_longer_for_it() {
    let wait_s = |region: u16, rebalance: Option<SimDuration>, seed: u64| {
        let mut city = City::new(sparse(RegionId(region), rebalance, seed));
        city.run_s(48 * 3_600);
        mean_wait_s(&city)
    };
    for region in [0, 1] {
        let seeds = || 1..=5;
        let still: f64 = seeds().map(|seed| wait_s(region, None, seed)).sum();
        let moving: f64 = seeds()
            .map(|seed| wait_s(region, Some(SimDuration::from_mins(5)), seed))
            .sum();
        assert!(moving < 1.05 * still, "{moving} s, {still} s without");
    }
}
