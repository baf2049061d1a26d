//! What a scheduler is told, and a request as it knows it.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::kernel::Addr;
use skyhaul_engine::time::SimTime;

use super::coming::Coming;
use super::handing::HandingMessage;
use super::lending::LendingMessage;
use crate::delivery::Delivery;
use crate::drone::Drone;
use crate::environment::FleetSpec;
use crate::event::{GroundingReason, ReleaseReason};
use crate::ids::{CarrierId, DeliveryId, DepotId, DroneId};
use crate::mission::Errand;
use crate::workflow::Workflow;

/// What a scheduler understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SchedulerMessage {
    /// A request wants a drone.
    AssignDrone {
        /// Which.
        order: Box<Order>,
    },
    /// A request wants its drone, or its place in the queue, no more.
    ReleaseDelivery {
        /// Which.
        id: DeliveryId,
        /// Who is told.
        workflow: Addr<Workflow>,
        /// Why.
        reason: ReleaseReason,
    },
    /// Drones joined the fleet, and stand ready.
    FleetJoined {
        /// The first of them; the others follow.
        first: DroneId,
        /// What they are.
        fleet: FleetSpec,
        /// Those that live elsewhere than they would have from the world's founding, and where.
        settled: Vec<(DroneId, Addr<Drone>)>,
    },
    /// A drone stands at home with a full battery.
    DroneReady {
        /// Which.
        drone: DroneId,
    },
    /// A drone is not ready, but may be given something.
    DroneComing {
        /// Which.
        drone: DroneId,
        /// When, and where.
        coming: Box<Coming>,
    },
    /// A drone's link is lost: it hears of nothing that it is given on its way home.
    DroneOutOfReach {
        /// Which.
        drone: DroneId,
    },
    /// Ready drones are to move to where they will be wanted.
    RebalanceDue {
        /// For when it was set.
        at: SimTime,
    },
    /// A drone could not take off for the depot to which it was moved.
    RepositionRefused {
        /// Which.
        drone: DroneId,
        /// Where it belongs.
        home: DepotId,
    },
    /// Those that wait are to be matched.
    BatchDue {
        /// For when it was set.
        at: SimTime,
    },
    /// What was said to those that wait is to be held against what is known.
    ReviewDue {
        /// For when it was set.
        at: SimTime,
    },
    /// A parcel was handed over.
    ErrandDone {
        /// Of which delivery.
        delivery: DeliveryId,
    },
    /// A drone cannot do what it was given.
    ErrandRefused {
        /// Which drone.
        drone: DroneId,
        /// Of which delivery.
        delivery: DeliveryId,
        /// Why.
        reason: ReleaseReason,
    },
    /// A drone is wanted at its depot.
    RecallDrone {
        /// Which.
        drone: DroneId,
    },
    /// A depot's drones are to stay on the ground.
    GroundDepot {
        /// Which depot's.
        depot: DepotId,
        /// Why.
        reason: GroundingReason,
    },
    /// One reason less for a depot's drones to stay on the ground.
    ReleaseDepot {
        /// Which depot's.
        depot: DepotId,
        /// Which reason.
        reason: GroundingReason,
    },
    /// Zones came up, or were lifted.
    AirspaceChanged,
    /// The weather is another from now on, as far as a depot is concerned.
    WeatherDue {
        /// Which depot's drones it may ground, or release.
        depot: DepotId,
        /// Whether the plan itself was changed.
        is_new_plan: bool,
    },
    /// A drone on its way comes later than was said: the airspace changed, or it waits for better weather.
    DroneDelayed {
        /// Which drone.
        drone: DroneId,
        /// Of which delivery.
        delivery: DeliveryId,
        /// When it has the parcel; `None` where it has it already.
        eta_pickup: Option<SimTime>,
        /// When the parcel is there.
        eta_dropoff: SimTime,
    },
    /// A drone failed.
    DroneLost {
        /// Which.
        drone: DroneId,
        /// Where the parcel lies, where it carried one.
        parcel_at: Option<Position>,
        /// Whether it never comes back.
        is_gone: bool,
    },
    /// A drone that stood is gone for good; its failure is announced once no word about it can be under way between regions.
    DroneGone {
        /// Which.
        drone: DroneId,
        /// Where it stands.
        at: Position,
        /// Where the parcel lies, where it had one.
        parcel_at: Option<Position>,
    },
    /// No word about a drone that is gone is under way any more.
    LossDue {
        /// Which.
        drone: DroneId,
        /// Where it stands.
        at: Position,
        /// Where the parcel lies, where it had one.
        parcel_at: Option<Position>,
    },
    /// Word between schedulers of neighbouring regions.
    Lending(Box<LendingMessage>),
    /// Word about drones that go and live in another region.
    Handing(Box<HandingMessage>),
    /// A carrier's office says when a courier of it is free for one parcel more.
    CourierFree {
        /// Whose.
        carrier: CarrierId,
        /// From when on.
        free_at: SimTime,
    },
    /// A request has waited as long as one may.
    WaitDue {
        /// Which.
        id: DeliveryId,
        /// Its place in the queue then.
        ticket: u64,
    },
}

/// What carriers have said to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CarriersSaid {
    /// They were not asked.
    #[default]
    Nothing,
    /// They ask for more than waiting comes to: they are thought of again with the next round or review.
    MoreThanWaiting,
    /// None takes it: they are asked again once it has waited as long as one may.
    No,
}

/// A request as the scheduler knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Of which delivery.
    pub id: DeliveryId,
    /// Its actor.
    pub delivery: Addr<Delivery>,
    /// Who is told.
    pub workflow: Addr<Workflow>,
    /// What is carried from where to where.
    pub errand: Errand,
    /// Whether it goes before others.
    pub is_expedited: bool,
    /// By when the parcel should be there.
    pub deadline: Option<SimTime>,
    /// When it first wanted a drone.
    pub asked_at: SimTime,
    /// What carriers have said to it.
    pub carriers: CarriersSaid,
    /// How many drones have given it back.
    pub given_back: u8,
}
