//! What is shown of a drone, a delivery and the fleet at an instant.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::environment::AircraftKind;
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::{AircraftId, CarrierId, DeliveryId, DepotId, DroneId};
use skyhaul_actors::stage::Stage;
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;

/// What a drone does, and where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DroneDuty {
    /// Which.
    pub drone: DroneId,
    /// Its home.
    pub depot: DepotId,
    /// Its type.
    pub aircraft: AircraftId,
    /// What it does.
    pub state: DroneState,
}

/// A drone at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct DroneView {
    /// Which.
    pub drone: DroneId,
    /// Its home.
    pub depot: DepotId,
    /// Its type.
    pub aircraft: AircraftId,
    /// What carries it.
    pub kind: AircraftKind,
    /// What it does.
    pub state: DroneState,
    /// Where it is over the ground.
    pub at: Position,
    /// How high, m.
    pub altitude_m: f64,
    /// Where it heads, degrees clockwise from north.
    pub heading_deg: f64,
    /// Ground speed, m/s.
    pub speed_mps: f64,
    /// How fast it climbs, m/s; below zero where it descends.
    pub climb_mps: f64,
    /// Energy left, as a share of the capacity, 0 to 1.
    pub battery: f64,
    /// The delivery it has.
    pub delivery: Option<DeliveryId>,
    /// When its leg ends; now, where it should have and nothing has been heard of that yet.
    pub arrives_at: Option<SimTime>,
    /// Whether its link is lost: place, height, course, speed, battery and arrival are those last heard of.
    pub is_stale: bool,
}

impl DroneView {
    /// Whether it is in the air: on a leg, or hanging there with its winch down.
    #[must_use]
    pub fn is_in_air(&self) -> bool {
        self.arrives_at.is_some() || self.altitude_m > 0.0
    }
}

/// What a drone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DroneState {
    /// Stands ready.
    Idle,
    /// Flies to a parcel, or stands there.
    ToPickup,
    /// Flies with a parcel.
    ToDropoff,
    /// Flies home or to another depot.
    Returning,
    /// Its battery is filled or swapped, or it waits for that.
    Charging,
    /// Out of service after so many hours in the air.
    Maintenance,
    /// Out of order.
    Failed,
}

impl DroneState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Idle,
        Self::ToPickup,
        Self::ToDropoff,
        Self::Returning,
        Self::Charging,
        Self::Maintenance,
        Self::Failed,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::ToPickup => "toPickup",
            Self::ToDropoff => "toDropoff",
            Self::Returning => "returning",
            Self::Charging => "charging",
            Self::Maintenance => "maintenance",
            Self::Failed => "failed",
        }
    }
}

/// A parcel that a courier has, or is to fetch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CarrierDuty {
    /// Whose courier.
    pub carrier: CarrierId,
    /// Where the parcel is fetched.
    pub pickup: Position,
    /// When it should be there.
    pub until: SimTime,
}

/// A delivery at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryView {
    /// Which.
    pub delivery: DeliveryId,
    /// Who asked.
    pub owner: String,
    /// How far it has come.
    pub stage: Stage,
    /// The drone that has it, or brought it.
    pub drone: Option<DroneId>,
    /// The carrier that has it, or brought it.
    pub carrier: Option<CarrierId>,
    /// Where the parcel is.
    pub at: Position,
    /// How high the parcel is, m.
    pub altitude_m: f64,
    /// By when it should arrive.
    pub deadline: Option<SimTime>,
    /// When it is, or was, picked up.
    pub pickup_eta: SimTime,
    /// Between when it is picked up, most likely.
    pub pickup_between: Between,
    /// When it arrives, or arrived.
    pub delivery_eta: SimTime,
    /// Between when it arrives, most likely.
    pub delivery_between: Between,
    /// When the parcel was put down where it goes; `None` before that. One that waits for what its receiver must give has not ended yet.
    pub arrived_at: Option<SimTime>,
    /// The leg its drone flies for it now.
    pub leg: Option<Arc<Leg>>,
}

impl DeliveryView {
    /// Whether it arrives, or arrived, after its deadline.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| self.delivery_eta > deadline)
    }
}

/// Two instants between which a third lies in eight of ten cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    /// The earlier.
    pub low: SimTime,
    /// The later.
    pub high: SimTime,
}

impl Between {
    /// What is known exactly.
    #[must_use]
    pub const fn exactly(at: SimTime) -> Self {
        Self { low: at, high: at }
    }
}

/// What the drones of a depot do, wherever they are: each is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepotView {
    /// Which depot.
    pub depot: DepotId,
    /// Drones that stand ready.
    pub idle: u32,
    /// Drones in the air.
    pub flying: u32,
    /// Drones that stand at a pickup or a drop-off.
    pub handling: u32,
    /// Drones on a pad.
    pub charging: u32,
    /// Drones that wait for a pad.
    pub queue: u32,
    /// Drones out of service.
    pub maintained: u32,
    /// Drones out of order.
    pub failed: u32,
    /// Whether its drones must stay on the ground.
    pub is_grounded: bool,
}

/// The fleet's figures at an instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetStats {
    /// Drones by state.
    pub drones: std::collections::BTreeMap<DroneState, u64>,
    /// Deliveries by stage since the start, open and ended.
    pub deliveries: std::collections::BTreeMap<Stage, u64>,
    /// Deliveries completed in the last minute.
    pub completed_per_minute: u64,
    /// Median of request → pickup over the last thousand pickups, s.
    pub wait_p50_s: f64,
    /// 95th percentile of the same, s.
    pub wait_p95_s: f64,
    /// Requests with neither drone nor carrier.
    pub waiting: u64,
}

/// How well the last deliveries were made, and what all took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Performance {
    /// Deliveries with a deadline, of the last thousand, that the next figure is of.
    pub with_deadline: usize,
    /// Share of them that arrived by then; `None` where there is none.
    pub on_time_share: Option<f64>,
    /// Deliveries that the next two figures are of: the last thousand that somebody took.
    pub with_estimate: usize,
    /// Median of how far they arrived from when they were to, by the word given as somebody took them, s.
    pub eta_error_p50_s: f64,
    /// 95th percentile of the same, s.
    pub eta_error_p95_s: f64,
    /// Deliveries that drones brought since the start.
    pub completed_by_drone: u64,
    /// Deliveries that carriers brought since the start.
    pub completed_by_carrier: u64,
    /// Energy of all legs that were flown, empty ones too, Wh.
    pub energy_wh: f64,
    /// The same for each delivery that a drone brought; `None` before the first.
    pub energy_per_delivery_wh: Option<f64>,
}
