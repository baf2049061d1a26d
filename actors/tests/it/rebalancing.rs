//! Ready drones that move to the depot where drones are wanted.

use std::collections::BTreeMap;

use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{Demand, DepotSpec, EnergyModel, Environment, FleetSpec, TraceRequest};
use skyhaul_actors::event::{Event, LegPurpose};
use skyhaul_actors::ids::{AircraftId, DepotId, DroneId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::Kilograms;

use crate::city::{City, environment, place};
use crate::invariants::broken;

/// How far the second depot is from the first.
pub(crate) const APART_M: f64 = 7_000.0;

/// Requests of each of the two tides, and how far apart they are.
const REQUESTS: u64 = 150;
const GAP_S: u64 = 50;

/// Two depots of one region with five drones each, and all demand first at the one, then at the other.
fn tidal(rebalance: Option<SimDuration>) -> Environment {
    tidal_in(RegionId(0), rebalance)
}

/// The same, the second depot in the region that is given.
pub(crate) fn tidal_in(region: RegionId, rebalance: Option<SimDuration>) -> Environment {
    let mut planned = environment(5);
    planned.depots[0] = DepotSpec {
        pads: 10,
        spare_batteries: 100,
        ..planned.depots[0].clone()
    };
    planned.depots.push(DepotSpec {
        name: "quay".to_owned(),
        at: place(0.0, APART_M),
        region,
        ..planned.depots[0].clone()
    });
    planned.fleets.push(FleetSpec {
        depot: DepotId(1),
        aircraft: AircraftId(0),
        count: 5,
    });
    planned.dispatch.rebalance = rebalance;
    planned.dispatch.wait_max = SimDuration::from_mins(24 * 60);
    let request = |n: u64| {
        let north_m = if n < REQUESTS { 0.0 } else { APART_M };
        let (east, north) = ((n % 11) as f64, (n % 5) as f64);
        TraceRequest {
            at: SimTime::ZERO + SimDuration::from_secs((n + 1) * GAP_S),
            pickup: place(300.0, north_m + 100.0),
            dropoff: place(east * 300.0 - 1_500.0, north_m + north * 400.0 - 800.0),
            weight: Kilograms::new(0.5),
            expedited: false,
            deadline: None,
        }
    };
    planned.demand = Some(Demand::Trace((0..2 * REQUESTS).map(request).collect()));
    planned
}

/// Runs it until all is done.
pub(crate) fn run(planned: Environment) -> City {
    let mut city = City::new(planned);
    city.run_s(12 * 3_600);
    assert_eq!(
        broken(city.world.environment(), &city.events),
        Vec::<String>::new()
    );
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryCompleted { .. })),
        2 * usize::try_from(REQUESTS).expect("few")
    );
    city
}

/// From request to pickup, in the mean.
pub(crate) fn mean_wait_s(city: &City) -> f64 {
    let mut asked = BTreeMap::new();
    let mut waits = Vec::new();
    for event in &city.events {
        match &event.event {
            Event::DeliveryRequested { request, .. } => {
                asked.insert(request.delivery, event.at);
            }
            Event::PackagePickedUp { delivery, .. } => {
                waits.push(event.at.since(asked[delivery]).as_seconds_f64());
            }
            _ => {}
        }
    }
    waits.iter().sum::<f64>() / waits.len() as f64
}

/// Legs to another depot: whose, and where to.
pub(crate) fn repositions(city: &City) -> Vec<(DroneId, Position)> {
    let leg = |event: &Event| match event {
        Event::LegStarted(leg) if leg.purpose == LegPurpose::Reposition => {
            Some((leg.drone, leg.path[leg.path.len() - 1].at))
        }
        _ => None,
    };
    city.events.iter().filter_map(|event| leg(&event.event)).collect()
}

#[test]
fn drones_follow_a_tide_and_parcels_wait_less() {
    let still = run(tidal(None));
    let moving = run(tidal(Some(SimDuration::from_mins(10))));
    assert_eq!(repositions(&still), []);
    let moves = repositions(&moving);
    let there = moves.iter().filter(|(_, to)| *to == place(0.0, APART_M)).count();
    assert!(
        there >= 1,
        "{there} of {} moved to where all was asked",
        moves.len()
    );
    assert!(
        moves.len() <= 20,
        "{} moves are many for ten drones and two tides",
        moves.len()
    );
    let (before_s, after_s) = (mean_wait_s(&still), mean_wait_s(&moving));
    assert!(
        after_s < 0.8 * before_s,
        "waits of {after_s} s, {before_s} s without"
    );
}

#[test]
fn no_leg_ends_where_and_when_it_began() {
    let city = run(tidal(Some(SimDuration::from_mins(10))));
    let mut took_off = BTreeMap::new();
    for event in &city.events {
        match &event.event {
            Event::LegStarted(leg) => {
                took_off.insert(leg.drone, event.at);
            }
            Event::LegEnded { drone, .. } => assert_ne!(took_off.remove(drone), Some(event.at)),
            _ => {}
        }
    }
}

#[test]
fn a_drone_that_moved_is_at_home_there() {
    let city = run(tidal(Some(SimDuration::from_mins(10))));
    let mut homes = BTreeMap::new();
    for event in &city.events {
        if let Event::DroneMoved { drone, depot } = &event.event {
            homes.insert(*drone, *depot);
        }
    }
    assert!(!homes.is_empty());
    let drones = &city.world.actors(RegionId(0)).drones;
    for (drone, home) in homes {
        let at = drones
            .iter()
            .nth(drone.0 as usize)
            .map(|(_, drone)| (drone.home(), drone.view().at));
        assert_eq!(at, Some((home, city.world.environment().depot(home).at)));
    }
    let census = city.world.census();
    assert_eq!((census.drones_at_rest, census.drones_ready), (10, 10));
}

#[test]
fn nothing_moves_where_all_have_enough() {
    let mut planned = tidal(Some(SimDuration::from_mins(10)));
    for fleet in &mut planned.fleets {
        fleet.count = 30;
    }
    assert_eq!(repositions(&run(planned)), []);
}

#[test]
fn nothing_moves_to_a_depot_that_is_out_of_reach() {
    let mut planned = tidal(Some(SimDuration::from_mins(10)));
    planned.aircraft[0].energy_model = EnergyModel::Range(Range { range_m: 9_000.0 });
    planned.depots[1].at = place(0.0, 16_500.0);
    if let Some(Demand::Trace(requests)) = &mut planned.demand {
        requests.truncate(requests.len() / 2);
    }
    let mut city = City::new(planned);
    city.run_s(12 * 3_600);
    assert!(city.count(|event| matches!(event, Event::PackagePickedUp { .. })) > 0);
    assert_eq!(repositions(&city), []);
}
