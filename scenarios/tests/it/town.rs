//! A small town to run, and its log as a stranger holds it.

use std::sync::Arc;

use serde_json::Value;
use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{
    AircraftKind, AircraftSpec, Area, CarrierSpec, Demand, DepotSpec, Dispatch, DispatchPolicy, EnergyModel,
    Environment, Epoch, Faults, FleetSpec, FlightPhases, TraceRequest, Weather, WeatherLimits, Zone,
    ZoneShape,
};
use skyhaul_actors::ids::{AircraftId, DepotId};
use skyhaul_actors::world::World;
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};
use skyhaul_scenarios::check::{Checkers, Verdict};
use skyhaul_scenarios::recorder::{Recorded, Recorder};

/// The place so many metres east and north of the town's middle.
pub(crate) fn place(east_m: f64, north_m: f64) -> Position {
    let centre = Position::new(43.77, 11.25).expect("on the sphere");
    LocalPlane::new(centre).to_position((east_m, north_m))
}

/// A light drone with a range of 20 km.
pub(crate) fn light() -> AircraftSpec {
    AircraftSpec {
        kind: AircraftKind::Multirotor,
        name: "light".to_owned(),
        energy_model: EnergyModel::Range(Range { range_m: 20_000.0 }),
        airframe: Kilograms::new(4.0),
        battery: Kilograms::new(2.0),
        battery_capacity: WattHours::new(500.0),
        payload_max: Kilograms::new(2.0),
        cruise_mps: 25.0,
        climb_mps: 5.0,
        descent_mps: 4.0,
        altitude_m: 60.0,
        phases: FlightPhases::AS_PUBLISHED,
        reserve: 0.2,
        wind_max_mps: 12.0,
        limits: WeatherLimits::COMMON,
        swap: Some(SimDuration::from_secs(60)),
        charge_w: 500.0,
        charge_knee: 0.8,
        maintenance: None,
    }
}

/// A town with one depot, a circle and a polygon that drones fly round, wind, one carrier, and no demand.
pub(crate) fn town(drones: u32) -> Environment {
    Environment {
        name: "a town".to_owned(),
        seed: 7,
        epoch: Epoch {
            unix_micros: 1_700_000_000_000_000,
            utc_offset_s: 3_600,
        },
        area: Area {
            centre: place(0.0, 0.0),
            radius_m: 20_000.0,
        },
        depots: vec![DepotSpec {
            name: "middle".to_owned(),
            at: place(0.0, 0.0),
            pads: 6,
            spare_batteries: 12,
            region: RegionId(0),
        }],
        aircraft: vec![light()],
        fleets: vec![FleetSpec {
            depot: DepotId(0),
            aircraft: AircraftId(0),
            count: drones,
        }],
        weather: Weather::windy(4.0, 225.0).into(),
        zones: vec![
            Zone {
                name: "field".to_owned(),
                shape: ZoneShape::Circle {
                    centre: place(0.0, 1_500.0),
                    radius_m: 500.0,
                },
                from: None,
                until: None,
                announced: None,
                floor_m: 0.0,
                ceiling_m: None,
            },
            Zone {
                name: "square".to_owned(),
                shape: ZoneShape::Polygon(vec![
                    place(-1_500.0, -1_000.0),
                    place(-700.0, -1_000.0),
                    place(-700.0, -300.0),
                    place(-1_500.0, -300.0),
                ]),
                from: None,
                until: None,
                announced: None,
                floor_m: 0.0,
                ceiling_m: None,
            },
        ],
        dispatch: Dispatch {
            policy: DispatchPolicy::Nearest,
            interval: SimDuration::from_secs(10),
            wait_max: SimDuration::from_mins(30),
            region_delay: SimDuration::from_secs(1),
            rebalance: None,
            confirmation_wait: SimDuration::from_mins(30),
        },
        carriers: vec![CarrierSpec {
            failure: 0.3,
            ..CarrierSpec::new("van \"blue\"")
        }],
        faults: Faults::default(),
        demand: None,
    }
}

/// Parcels from near the depot to places round it, one every `gap_s` seconds; every fifth too heavy for a drone.
pub(crate) fn parcels(count: u32, gap_s: u64) -> Demand {
    let requests = (0..count)
        .map(|n| TraceRequest {
            at: SimTime::from_micros(u64::from(n + 1) * gap_s * 1_000_000),
            pickup: place(f64::from(n % 7) * 150.0, 200.0),
            dropoff: place(
                f64::from(n % 11) * 400.0 - 2_000.0,
                f64::from(n % 5) * 1_100.0 - 2_200.0,
            ),
            weight: Kilograms::new(if n % 5 == 4 { 10.0 } else { 0.5 }),
            expedited: n % 4 == 0,
            deadline: (n % 3 == 0)
                .then(|| SimTime::from_micros((u64::from(n + 1) * gap_s + 1_800) * 1_000_000)),
        })
        .collect();
    Demand::Trace(requests)
}

/// A town where all kinds of things happen within eight hours.
pub(crate) fn eventful_town(seed: u64) -> Environment {
    let mut environment = town(6);
    environment.seed = seed;
    environment.faults.drone_failure_per_flight_hour = 3.0;
    environment.faults.actor_panic_per_message = 0.005;
    environment.demand = Some(parcels(120, 90));
    environment
}

/// Runs a town for so many hours.
pub(crate) fn run(environment: Environment, hours: u64) -> Recorded<Vec<u8>> {
    let environment = Arc::new(environment);
    let mut recorder = Recorder::new(Arc::clone(&environment), Vec::new());
    let mut world = World::found(&environment);
    let until = SimTime::ZERO + SimDuration::from_mins(60 * hours);
    world.run_until(until, &mut recorder).expect("the world goes on");
    recorder.finish(world.digest(), until).expect("memory takes all")
}

/// The lines of a log as JSON.
pub(crate) fn lines(log: &[u8]) -> Vec<Value> {
    log.split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).expect("every line is JSON"))
        .collect()
}

/// What the checkers say of a log.
pub(crate) fn verdict(log: &[u8]) -> Verdict {
    let mut checkers = Checkers::new();
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        checkers.apply(line);
    }
    checkers.finish()
}
