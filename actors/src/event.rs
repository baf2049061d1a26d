//! What happens: the domain's events. Everything outside the engine is folded from them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::{MetresPerSecond, Usd, WattHours};

use crate::account::AccountRecord;
use crate::command::{
    ConfirmationRecord, DeliveryRequest, NotificationRequest, Operation, PackageRecord, Place,
};
use crate::environment::Zone;
use crate::ids::{AircraftId, CarrierId, CommandId, DeliveryId, DepotId, DroneId};
use crate::trace::CommandTrace;
use crate::workflow::saga::Step;

pub use self::leg::{Leg, LegPurpose, Waypoint};
pub use self::reason::{
    AssignmentRefusal, CancelReason, CarrierFailure, ChangeRefusal, ChargeKind, CourierStatus, DroneFailure,
    GroundingReason, ReleaseReason, ZoneRefusal,
};

mod about;
mod leg;
mod reason;

/// Something that happened. Field names follow the event log's contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A zone is known from now on.
    ZoneDeclared {
        /// The command that declared it, where it was not planned.
        command: Option<CommandId>,
        /// All of it.
        zone: Arc<Zone>,
    },
    /// A zone is in force no more, before its time.
    ZoneLifted {
        /// The command that lifted it.
        command: Option<CommandId>,
        /// Its name.
        zone: String,
    },
    /// Zones stay as they were.
    ZoneChangeRefused {
        /// The command that asked.
        command: Option<CommandId>,
        /// The name of the zone that was to be declared or lifted.
        zone: String,
        /// Why.
        reason: ZoneRefusal,
    },
    /// A drone joined the fleet.
    DroneCommissioned {
        /// Which.
        drone: DroneId,
        /// Its home.
        depot: DepotId,
        /// Its type.
        aircraft: AircraftId,
        /// Where it stands.
        at: Position,
        /// Energy in its battery.
        battery: WattHours,
        /// The greatest ground speed it may reach.
        speed_max: MetresPerSecond,
    },
    /// A delivery was asked for.
    DeliveryRequested {
        /// The command, where it came from outside.
        command: Option<CommandId>,
        /// All that was asked.
        request: Arc<DeliveryRequest>,
    },
    /// A delivery waits: no able drone is free. Carries the scheduler's estimate, and comes again where that has changed by what matters.
    DeliveryQueued {
        /// Which.
        delivery: DeliveryId,
        /// Estimated pickup.
        eta_pickup: SimTime,
        /// Estimated arrival.
        eta_dropoff: SimTime,
    },
    /// A drone has the delivery. Replaces an earlier assignment.
    DroneAssigned {
        /// Which delivery.
        delivery: DeliveryId,
        /// Which drone.
        drone: DroneId,
        /// Estimated pickup.
        eta_pickup: SimTime,
        /// Estimated arrival.
        eta_dropoff: SimTime,
    },
    /// The drone comes at another time than was estimated: the airspace changed while it flew, or it waits on the ground for better weather.
    DroneDelayed {
        /// Which delivery.
        delivery: DeliveryId,
        /// Which drone.
        drone: DroneId,
        /// Estimated pickup; `None` where it has the parcel.
        eta_pickup: Option<SimTime>,
        /// Estimated arrival.
        eta_dropoff: SimTime,
    },
    /// The drone no longer has the delivery.
    DroneReleased {
        /// Which delivery.
        delivery: DeliveryId,
        /// Which drone.
        drone: DroneId,
        /// Why.
        reason: ReleaseReason,
    },
    /// No drone takes the delivery.
    DroneAssignmentRefused {
        /// Which delivery.
        delivery: DeliveryId,
        /// Why.
        reason: AssignmentRefusal,
    },
    /// A carrier has the delivery.
    CarrierBooked {
        /// Which delivery.
        delivery: DeliveryId,
        /// Which carrier.
        carrier: CarrierId,
        /// Its price.
        price: Usd,
        /// Estimated pickup.
        eta_pickup: SimTime,
        /// Estimated arrival.
        eta_dropoff: SimTime,
        /// Why no drone has it.
        reason: AssignmentRefusal,
    },
    /// The carrier could not do it.
    CarrierFailed {
        /// Which delivery.
        delivery: DeliveryId,
        /// Which carrier.
        carrier: CarrierId,
        /// Why.
        reason: CarrierFailure,
        /// Where the parcel is now.
        at: Position,
        /// What is charged for that besides the price: the parcel's return.
        fee: Usd,
    },
    /// A carrier's courier said how far it is.
    CourierReported {
        /// With which delivery.
        delivery: DeliveryId,
        /// Whose courier.
        carrier: CarrierId,
        /// How far.
        status: CourierStatus,
    },
    /// A drone flies.
    LegStarted(Arc<Leg>),
    /// A drone stands again.
    LegEnded {
        /// Which drone.
        drone: DroneId,
        /// For which delivery it flew.
        delivery: Option<DeliveryId>,
        /// Where it stands.
        at: Position,
        /// Energy left.
        battery: WattHours,
    },
    /// The parcel left its place.
    PackagePickedUp {
        /// Which delivery's.
        delivery: DeliveryId,
        /// By whom.
        by: Transport,
        /// Where.
        at: Position,
    },
    /// The parcel was put down where it goes.
    PackageDroppedOff {
        /// Which delivery's.
        delivery: DeliveryId,
        /// By whom.
        by: Transport,
        /// Where.
        at: Position,
    },
    /// Where or when changed.
    DeliveryRescheduled {
        /// Which.
        delivery: DeliveryId,
        /// The command that asked.
        command: Option<CommandId>,
        /// Where the parcel is.
        pickup: Place,
        /// Where it goes.
        dropoff: Place,
        /// Not before this.
        pickup_at: SimTime,
        /// By when it should arrive.
        deadline: Option<SimTime>,
        /// Whether who is on the way to the parcel stays on it: neither place nor time of the pickup changed.
        keeps_transport: bool,
    },
    /// The delivery could not be changed.
    DeliveryRescheduleRefused {
        /// Which.
        delivery: DeliveryId,
        /// The command that asked.
        command: Option<CommandId>,
        /// Why.
        reason: ChangeRefusal,
    },
    /// The delivery arrived.
    DeliveryCompleted {
        /// Which.
        delivery: DeliveryId,
        /// By whom.
        by: Transport,
    },
    /// The delivery will not be made.
    DeliveryCancelled {
        /// Which.
        delivery: DeliveryId,
        /// The command that asked, where one did.
        command: Option<CommandId>,
        /// Why.
        reason: CancelReason,
    },
    /// The delivery could not be cancelled.
    DeliveryCancelRefused {
        /// Which.
        delivery: DeliveryId,
        /// The command that asked.
        command: Option<CommandId>,
        /// Why.
        reason: ChangeRefusal,
    },
    /// A battery is being filled or swapped.
    ChargeStarted {
        /// Which drone's.
        drone: DroneId,
        /// Where.
        depot: DepotId,
        /// Energy in it.
        battery: WattHours,
        /// How.
        kind: ChargeKind,
    },
    /// The drone may fly again.
    ChargeEnded {
        /// Which drone.
        drone: DroneId,
        /// Where.
        depot: DepotId,
        /// Energy in its battery.
        battery: WattHours,
        /// How.
        kind: ChargeKind,
    },
    /// A drone is taken out of service at its depot, having flown so long.
    MaintenanceStarted {
        /// Which.
        drone: DroneId,
        /// Where.
        depot: DepotId,
        /// Time in the air since the last one.
        flown: SimDuration,
    },
    /// The drone is in service again.
    MaintenanceEnded {
        /// Which.
        drone: DroneId,
        /// Where.
        depot: DepotId,
    },
    /// A drone belongs to another depot from now on, and flies there.
    DroneMoved {
        /// Which.
        drone: DroneId,
        /// Where it belongs.
        depot: DepotId,
    },
    /// A drone is out of order; its leg ended just before, and a parcel it carried lies where it is.
    DroneFailed {
        /// Which.
        drone: DroneId,
        /// Why.
        reason: DroneFailure,
        /// Where.
        at: Position,
    },
    /// Nobody can reach a drone in the air; until its link is restored, or it fails.
    LinkLost {
        /// Which.
        drone: DroneId,
        /// Where it was last seen.
        at: Position,
    },
    /// A drone can be reached again.
    LinkRestored {
        /// Which.
        drone: DroneId,
    },
    /// A drone is in order again, at its depot.
    DroneRecovered {
        /// Which.
        drone: DroneId,
        /// Where.
        at: Position,
        /// Energy in its battery.
        battery: WattHours,
    },
    /// A depot's drones stay on the ground.
    FleetGrounded {
        /// Which depot's.
        depot: DepotId,
        /// Why.
        reason: GroundingReason,
    },
    /// A depot's drones fly again.
    FleetReleased {
        /// Which depot's.
        depot: DepotId,
        /// Why.
        reason: GroundingReason,
    },
    /// Something was said about a package.
    PackageRecorded {
        /// The command that said it.
        command: Option<CommandId>,
        /// What.
        package: PackageRecord,
    },
    /// Somebody is told how a delivery goes from now on.
    NotificationRequested {
        /// The command that asked.
        command: Option<CommandId>,
        /// Who, of what.
        request: NotificationRequest,
    },
    /// An actor was rebuilt after a failure, and its message delivered again.
    ActorRestarted {
        /// Which, such as `drone-7`.
        actor: String,
        /// What failed.
        cause: String,
    },
    /// An actor failed too often and was stopped.
    ActorGivenUp {
        /// Which, such as `drone-7`.
        actor: String,
        /// What failed.
        cause: String,
    },
    /// Something was said about a receiver's confirmation.
    ConfirmationRecorded {
        /// The command that said it.
        command: Option<CommandId>,
        /// What.
        confirmation: ConfirmationRecord,
    },
    /// An account changed.
    AccountChanged {
        /// The command that changed it.
        command: Option<CommandId>,
        /// What, and by whom. Apart, since it is long and rare.
        record: Box<AccountRecord>,
    },
    /// A drone gives back a delivery, because its client wants another one.
    DeliveryReleased {
        /// Which.
        delivery: DeliveryId,
        /// The drone.
        drone: DroneId,
        /// The command that asked.
        command: Option<CommandId>,
    },
    /// No drone could give the delivery back.
    DeliveryReleaseRefused {
        /// Which.
        delivery: DeliveryId,
        /// The command that asked.
        command: Option<CommandId>,
        /// Why.
        reason: ChangeRefusal,
    },
    /// A delivery that was given up is asked for anew.
    DeliveryRetried {
        /// Which was given up.
        delivery: DeliveryId,
        /// The command that asked.
        command: Option<CommandId>,
        /// Which stands for it now.
        by: DeliveryId,
    },
    /// A workflow has undone what it had done.
    WorkflowUndone {
        /// Of which delivery.
        delivery: DeliveryId,
        /// The step at which it stood.
        step: Step,
        /// What was undone, in this order.
        undone: Vec<Step>,
    },
    /// A parcel arrived, and the delivery waits for what its receiver must give.
    ConfirmationAwaited {
        /// Which.
        delivery: DeliveryId,
        /// Until when.
        until: SimTime,
    },
    /// What a receiver must give did not come in time. The delivery is completed without it.
    ConfirmationMissed {
        /// Which.
        delivery: DeliveryId,
    },
    /// An operator asked for something. What came of it is said by other events.
    OperatorActed {
        /// The command that asked.
        command: Option<CommandId>,
        /// What, by whom.
        operation: Arc<Operation>,
    },
    /// A command belongs to a trace of its caller's. Said before anything that comes of it.
    CommandTraced {
        /// Which.
        command: CommandId,
        /// The trace, and the delivery that belongs to it as well.
        trace: CommandTrace,
    },
}

/// Who carries a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    /// A drone.
    Drone(DroneId),
    /// A carrier.
    Carrier(CarrierId),
}
