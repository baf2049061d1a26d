//! A small city to try things in.

use std::sync::Arc;

use skyhaul_actors::command::{
    Command, ConfirmationKind, DeliveryRequest, PackageRecord, PackageSize, Place,
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

/// A fast light drone with a range of 20 km.
pub(crate) fn light() -> AircraftSpec {
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

/// One depot in the middle, some drones, one carrier, no demand of its own.
pub(crate) fn environment(drones: u32) -> Environment {
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
        depots: vec![DepotSpec {
            name: "middle".to_owned(),
            at: centre(),
            pads: 2,
            spare_batteries: 2,
            region: RegionId(0),
        }],
        aircraft: vec![light()],
        fleets: vec![FleetSpec {
            depot: DepotId(0),
            aircraft: AircraftId(0),
            count: drones,
        }],
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

/// A trace of small parcels from near the depot to places round it, one every `gap_s` seconds.
pub(crate) fn trace(count: u32, gap_s: u64) -> Demand {
    let requests = (0..count)
        .map(|n| TraceRequest {
            at: SimTime::from_micros(u64::from(n + 1) * gap_s * 1_000_000),
            pickup: place(f64::from(n % 7) * 150.0, 200.0),
            dropoff: place(
                f64::from(n % 11) * 300.0 - 1_500.0,
                f64::from(n % 5) * 400.0 - 2_000.0,
            ),
            weight: Kilograms::new(0.5),
            expedited: n % 4 == 0,
            deadline: None,
        })
        .collect();
    Demand::Trace(requests)
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

    /// Asks something, to take effect a microsecond from now.
    pub(crate) fn ask(&mut self, command: Command) -> CommandId {
        let id = CommandId(self.next_command);
        self.next_command += 1;
        self.world
            .submit(id, self.world.now() + SimDuration::from_micros(1), command);
        id
    }

    /// Requests a delivery of so many kilograms.
    pub(crate) fn request(
        &mut self,
        id: u128,
        pickup: Position,
        dropoff: Position,
        weight_kg: f64,
    ) -> DeliveryId {
        let request = request(id, pickup, dropoff, weight_kg);
        let delivery = request.delivery;
        self.ask(Command::RequestDelivery(request));
        delivery
    }

    /// What was said about a delivery's fate, in the event log's words; once, that it waits, however often its times were said anew.
    pub(crate) fn story(&self, delivery: DeliveryId) -> Vec<&'static str> {
        let told = self
            .events
            .iter()
            .filter_map(|event| told(&event.event, delivery));
        let mut story: Vec<_> = told.collect();
        story.dedup_by(|later, earlier| *later == "queued" && later == earlier);
        story
    }

    pub(crate) fn count(&self, wanted: fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(&event.event)).count()
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

/// An event's name, where it is about the delivery.
fn told(event: &Event, id: DeliveryId) -> Option<&'static str> {
    let (about, name) = match event {
        Event::DeliveryRequested { request, .. } => (request.delivery, "requested"),
        Event::DeliveryQueued { delivery, .. } => (*delivery, "queued"),
        Event::DroneAssigned { delivery, .. } => (*delivery, "assigned"),
        Event::DroneReleased { delivery, .. } => (*delivery, "released"),
        Event::DroneAssignmentRefused { delivery, .. } => (*delivery, "refused"),
        Event::CarrierBooked { delivery, .. } => (*delivery, "carrier booked"),
        Event::CarrierFailed { delivery, .. } => (*delivery, "carrier failed"),
        Event::PackagePickedUp { delivery, .. } => (*delivery, "picked up"),
        Event::PackageDroppedOff { delivery, .. } => (*delivery, "dropped off"),
        Event::DeliveryRescheduled { delivery, .. } => (*delivery, "rescheduled"),
        Event::DeliveryRescheduleRefused { delivery, .. } => (*delivery, "reschedule refused"),
        Event::DeliveryCompleted { delivery, .. } => (*delivery, "completed"),
        Event::DeliveryCancelled { delivery, .. } => (*delivery, "cancelled"),
        Event::DeliveryCancelRefused { delivery, .. } => (*delivery, "cancel refused"),
        _ => return None,
    };
    (about == id).then_some(name)
}
