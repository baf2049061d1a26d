//! A small city whose events are folded into tracks.

use std::sync::Arc;

use skyhaul_actors::command::{
    Command, ConfirmationKind, DeliveryRequest, PackageRecord, PackageSize, Place, RescheduleChanges,
};
use skyhaul_actors::energy::Range;
use skyhaul_actors::environment::{
    AircraftKind, AircraftSpec, Area, CarrierSpec, Demand, DepotSpec, Dispatch, DispatchPolicy, EnergyModel,
    Environment, Epoch, Faults, FleetSpec, FlightPhases, TraceRequest, Weather, WeatherLimits,
};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::{AircraftId, CommandId, DeliveryId, DepotId};
use skyhaul_actors::world::World;
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::kernel::RegionId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{Kilograms, WattHours};

/// The middle of the city.
pub(crate) fn centre() -> Position {
    Position::new(43.77, 11.25).expect("on the sphere")
}

/// The place so many metres east and north of the middle.
pub(crate) fn place(east_m: f64, north_m: f64) -> Position {
    LocalPlane::new(centre()).to_position((east_m, north_m))
}

/// An instant so many seconds after the start.
pub(crate) const fn at_s(seconds: u64) -> SimTime {
    SimTime::from_micros(seconds * 1_000_000)
}

fn light() -> AircraftSpec {
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

fn depot(name: &str, at: Position) -> DepotSpec {
    DepotSpec {
        name: name.to_owned(),
        at,
        pads: 2,
        spare_batteries: 2,
        region: RegionId(0),
    }
}

/// Two depots 8 km apart with so many drones each, one carrier, no demand of its own.
pub(crate) fn environment(drones_each: u32) -> Environment {
    let fleet = |depot| FleetSpec {
        depot: DepotId(depot),
        aircraft: AircraftId(0),
        count: drones_each,
    };
    Environment {
        name: "a small city".to_owned(),
        seed: 7,
        epoch: Epoch {
            unix_micros: 1_700_000_000_000_000,
            utc_offset_s: 3_600,
        },
        area: Area {
            centre: centre(),
            radius_m: 20_000.0,
        },
        depots: vec![
            depot("west", place(-4_000.0, 0.0)),
            depot("east", place(4_000.0, 0.0)),
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

/// Parcels from round both depots to places between them, one every `gap_s` seconds, each ninth one too heavy for a drone.
pub(crate) fn trace(count: u32, gap_s: u64) -> Demand {
    let requests = (0..count)
        .map(|n| TraceRequest {
            at: at_s(u64::from(n + 1) * gap_s),
            pickup: place(f64::from(n % 2) * 8_000.0 - 4_300.0, f64::from(n % 7) * 100.0),
            dropoff: place(
                f64::from(n % 11) * 600.0 - 3_000.0,
                f64::from(n % 5) * 400.0 - 800.0,
            ),
            weight: Kilograms::new(if n % 9 == 8 { 10.0 } else { 0.5 }),
            expedited: n % 4 == 0,
            deadline: (n % 3 == 0).then(|| at_s(u64::from(n + 1) * gap_s + 600)),
        })
        .collect();
    Demand::Trace(requests)
}

/// Everything that goes wrong, often.
pub(crate) fn troubled(drones_each: u32, requests: u32, seed: u64) -> Environment {
    let mut planned = environment(drones_each);
    planned.seed = seed;
    planned.faults.drone_failure_per_flight_hour = 2.0;
    planned.faults.actor_panic_per_message = 0.01;
    planned.carriers[0].failure = 0.3;
    planned.demand = Some(trace(requests, 45));
    planned
}

/// A world with what it has said so far.
pub(crate) struct City {
    pub(crate) world: World,
    pub(crate) events: Vec<Numbered<Event>>,
    next_command: u64,
}

impl City {
    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            world: World::found(&Arc::new(environment)),
            events: Vec::new(),
            next_command: 1,
        }
    }

    /// Runs on by so many seconds.
    pub(crate) fn run_s(&mut self, seconds: u64) {
        let horizon = self.world.now() + SimDuration::from_secs(seconds);
        self.world
            .run_until(horizon, &mut self.events)
            .expect("the world goes on");
    }

    fn ask(&mut self, command: Command) {
        let id = CommandId(self.next_command);
        self.next_command += 1;
        self.world
            .submit(id, self.world.now() + SimDuration::from_micros(1), command);
    }

    /// Requests a delivery of so many kilograms.
    pub(crate) fn request(&mut self, id: u128, pickup: Position, dropoff: Position, kg: f64) -> DeliveryId {
        self.order(request(id, pickup, dropoff, kg))
    }

    /// Requests a delivery.
    pub(crate) fn order(&mut self, request: DeliveryRequest) -> DeliveryId {
        let delivery = request.delivery;
        self.ask(Command::RequestDelivery(request));
        delivery
    }

    /// Asks for another drop-off.
    pub(crate) fn reschedule(&mut self, delivery: DeliveryId, dropoff: Position) {
        let changes = RescheduleChanges {
            dropoff: Some(Place::on_ground(dropoff)),
            ..RescheduleChanges::default()
        };
        self.ask(Command::RescheduleDelivery { delivery, changes });
    }

    /// Cancels a delivery.
    pub(crate) fn cancel(&mut self, delivery: DeliveryId) {
        self.ask(Command::CancelDelivery { delivery });
    }
}

/// A request.
pub(crate) fn request(id: u128, pickup: Position, dropoff: Position, weight_kg: f64) -> DeliveryRequest {
    DeliveryRequest {
        delivery: DeliveryId(id),
        owner: "someone".to_owned(),
        account: None,
        pickup: Place::on_ground(pickup),
        dropoff: Place::on_ground(dropoff),
        pickup_at: SimTime::ZERO,
        deadline: None,
        expedited: false,
        confirmation: ConfirmationKind::None,
        package: PackageRecord {
            label: "a parcel".to_owned(),
            owner: None,
            size: PackageSize::Small,
            weight: Kilograms::new(weight_kg),
            tag: None,
        },
        idempotency: None,
    }
}
