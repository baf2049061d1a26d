//! A small city that unit tests of this crate look at.

use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{
    AircraftKind, AircraftSpec, Area, CarrierSpec, DepotSpec, Dispatch, DispatchPolicy, EnergyModel,
    Environment, Epoch, Faults, FleetSpec, FlightPhases, Weather, WeatherLimits,
};
use skyhaul_actors::ids::{AircraftId, DepotId};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::time::SimDuration;
use skyhaul_engine::units::{Kilograms, WattHours};

fn place(lat: f64, lon: f64) -> Position {
    Position::new(lat, lon).expect("on the sphere")
}

fn light() -> AircraftSpec {
    AircraftSpec {
        name: "light".to_owned(),
        kind: AircraftKind::Multirotor,
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

fn depot(name: &str, at: Position) -> DepotSpec {
    DepotSpec {
        name: name.to_owned(),
        at,
        pads: 2,
        spare_batteries: 2,
        region: RegionId(0),
    }
}

/// Two depots, one carrier, no demand of its own.
pub(crate) fn environment() -> Environment {
    let fleet = |depot| FleetSpec {
        depot: DepotId(depot),
        aircraft: AircraftId(0),
        count: 3,
    };
    Environment {
        name: "a small city".to_owned(),
        seed: 7,
        epoch: Epoch {
            unix_micros: 1_700_000_000_000_000,
            utc_offset_s: 3_600,
        },
        area: Area {
            centre: place(43.77, 11.25),
            radius_m: 20_000.0,
        },
        depots: vec![
            depot("west", place(43.77, 11.2)),
            depot("east", place(43.77, 11.3)),
        ],
        aircraft: vec![light()],
        fleets: vec![fleet(0), fleet(1)],
        weather: Weather::STANDARD.into(),
        zones: Vec::new(),
        dispatch: Dispatch {
            policy: DispatchPolicy::Nearest,
            interval: SimDuration::from_secs(10),
            wait_max: SimDuration::from_mins(30),
            region_delay: SimDuration::from_secs(1),
            rebalance: None,
            confirmation_wait: SimDuration::from_mins(30),
        },
        carriers: vec![CarrierSpec {
            failure: 0.0,
            ..CarrierSpec::new("van")
        }],
        faults: Faults::default(),
        demand: None,
    }
}
