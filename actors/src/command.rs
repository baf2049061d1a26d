//! What comes from outside: commands, as the journal keeps them.

use serde::{Deserialize, Serialize};
use skyhaul_engine::geo::Position;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;

use crate::account::AccountRecord;
use crate::environment::Zone;
use crate::ids::{ContactId, DeliveryId, DepotId, DroneId};
use crate::trace::{CommandTrace, TraceContext};

/// Something that is asked of the engine from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Carry a parcel.
    RequestDelivery(DeliveryRequest),
    /// Forget about a delivery.
    CancelDelivery {
        /// Which.
        delivery: DeliveryId,
    },
    /// Change where or when.
    RescheduleDelivery {
        /// Which.
        delivery: DeliveryId,
        /// What changes.
        changes: RescheduleChanges,
    },
    /// Keep what is said about a package.
    RecordPackage(PackageRecord),
    /// Keep that a receiver confirmed a delivery.
    RecordConfirmation(ConfirmationRecord),
    /// Bring a drone to its depot now. One that has a parcel, or is about to take it, delivers it first.
    RecallDrone {
        /// Which.
        drone: DroneId,
    },
    /// Let no drone of a depot take off with a new delivery.
    GroundDepot {
        /// Which.
        depot: DepotId,
    },
    /// Let a depot's drones fly again.
    ReleaseDepot {
        /// Which.
        depot: DepotId,
    },
    /// Tell somebody how a delivery goes.
    RequestNotification(NotificationRequest),
    /// Change an account.
    ChangeAccount(AccountRecord),
    /// Let nobody fly in a zone: from its time on, and [`crate::environment::ZONE_NOTICE`] from now at the soonest.
    DeclareZone {
        /// The zone; when it is announced is the command's stamp.
        zone: Zone,
    },
    /// Let a zone be in force no more.
    LiftZone {
        /// Its name.
        name: String,
    },
    /// Do what an operator asks, and write down who did.
    Operate(Box<Operation>),
    /// Let the drone that has a delivery give it back, so that it waits for another.
    ReleaseDelivery {
        /// Which.
        delivery: DeliveryId,
    },
    /// Ask anew for a delivery that was given up.
    RetryDelivery {
        /// Which was given up.
        delivery: DeliveryId,
        /// What is asked now, under a name of its own.
        request: Box<DeliveryRequest>,
    },
    /// Let nobody know any more who somebody was; who asked, is told by the [`Command::Operate`] round it.
    ErasePerson {
        /// What stands for them in deliveries.
        owner: String,
    },
    /// Keep that somebody has seen an alert; who, is told by the [`Command::Operate`] round it.
    AcknowledgeAlert {
        /// Its number.
        alert: u64,
    },
    /// Do what belongs to a trace of its caller's.
    Traced(Box<Traced>),
}

impl Command {
    /// The delivery it is about, where it is about one that the engine knows.
    #[must_use]
    pub const fn names(&self) -> Option<DeliveryId> {
        match self {
            Self::RequestDelivery(DeliveryRequest { delivery, .. })
            | Self::CancelDelivery { delivery }
            | Self::RescheduleDelivery { delivery, .. }
            | Self::ReleaseDelivery { delivery }
            | Self::RecordConfirmation(ConfirmationRecord { delivery, .. }) => Some(*delivery),
            Self::RetryDelivery { request, .. } => Some(request.delivery),
            Self::Operate(operation) => operation.command.names(),
            Self::Traced(traced) => traced.command.names(),
            Self::RecordPackage(_)
            | Self::RequestNotification(_)
            | Self::RecallDrone { .. }
            | Self::GroundDepot { .. }
            | Self::ReleaseDepot { .. }
            | Self::ChangeAccount(_)
            | Self::DeclareZone { .. }
            | Self::LiftZone { .. }
            | Self::AcknowledgeAlert { .. }
            | Self::ErasePerson { .. } => None,
        }
    }

    /// The delivery that it begins.
    #[must_use]
    pub const fn begins(&self) -> Option<DeliveryId> {
        match self {
            Self::RequestDelivery(request) => Some(request.delivery),
            Self::RetryDelivery { request, .. } => Some(request.delivery),
            Self::Operate(operation) => operation.command.begins(),
            Self::Traced(traced) => traced.command.begins(),
            _ => None,
        }
    }
}

/// Something that belongs to a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traced {
    /// The trace.
    pub context: TraceContext,
    /// What is asked.
    pub command: Command,
}

impl Traced {
    /// To which trace the command belongs.
    #[must_use]
    pub const fn trace(&self) -> CommandTrace {
        CommandTrace {
            context: self.context,
            delivery: self.command.begins(),
        }
    }
}

/// Something that an operator asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Who, by a name that is no person's.
    pub by: String,
    /// When: wall clock, microseconds since 1970.
    pub at_unix_micros: i64,
    /// What.
    pub command: Command,
}

/// A request to carry a parcel from one place to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRequest {
    /// Its identity.
    pub delivery: DeliveryId,
    /// Who asked.
    pub owner: String,
    /// The owner's account, where it is known.
    pub account: Option<String>,
    /// Where the parcel is.
    pub pickup: Place,
    /// Where it goes.
    pub dropoff: Place,
    /// Not before this.
    pub pickup_at: SimTime,
    /// By when it should arrive.
    pub deadline: Option<SimTime>,
    /// Whether it goes before others.
    pub expedited: bool,
    /// What the receiver must give.
    pub confirmation: ConfirmationKind,
    /// What is carried.
    pub package: PackageRecord,
    /// The client's key for asking once only.
    pub idempotency: Option<IdempotencyKey>,
}

/// A client's promise that requests with this key are one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyKey {
    /// The key, up to 255 bytes.
    pub key: String,
    /// A digest of the request's body, to tell a repetition from a mistake.
    pub body_digest: [u8; 32],
    /// When it was used first: wall clock, microseconds since 1970. Keys live by this clock.
    pub used_at_unix_micros: i64,
}

/// A place as a client named it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    pub at: Position,
    /// Metres above ground.
    pub altitude_m: f32,
    /// Whether the place was derived from a text that names no place known.
    pub is_placeholder: bool,
}

impl Place {
    /// A place on the ground, named exactly.
    #[must_use]
    pub const fn on_ground(at: Position) -> Self {
        Self {
            at,
            altitude_m: 0.0,
            is_placeholder: false,
        }
    }
}

/// Somebody wants to be told how a delivery goes. Who, and where they are reached, is kept by whoever took that in; here is by what it is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationRequest {
    /// Of which delivery.
    pub delivery: DeliveryId,
    /// Who is told.
    pub contact: ContactId,
    /// On which ways, each once.
    pub channels: Vec<Channel>,
}

/// A way on which somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// An address on the Web that is called.
    Webhook,
    /// E-mail.
    Email,
    /// A text message.
    Sms,
}

/// What the receiver must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfirmationKind {
    /// A finger print.
    FingerPrint,
    /// A picture.
    Picture,
    /// A voice recording.
    Voice,
    /// Nothing.
    #[default]
    None,
}

/// What is said about a receiver's confirmation. The finger print, picture or recording itself is kept by whoever took it in; here is
/// what it can be checked by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfirmationRecord {
    /// Of which delivery.
    pub delivery: DeliveryId,
    /// What was given.
    pub kind: ConfirmationKind,
    /// When it was given, as its sender says: wall clock, microseconds since 1970.
    pub given_at_unix_micros: Option<i64>,
    /// Where it was given, as its sender says.
    pub place: Option<Place>,
    /// A digest of what was given.
    pub blob_digest: [u8; 32],
    /// Its size.
    pub blob_bytes: u32,
}

/// The size class of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackageSize {
    /// Small.
    #[default]
    Small,
    /// Medium.
    Medium,
    /// Large.
    Large,
}

/// What a client says about a package. The label is the client's own and may repeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageRecord {
    /// The client's label for it.
    pub label: String,
    /// Who owns it, where that is known.
    pub owner: Option<String>,
    /// Its size class.
    pub size: PackageSize,
    /// Its mass.
    pub weight: Kilograms,
    /// A free remark.
    pub tag: Option<String>,
}

/// What a reschedule changes; `None` keeps what was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RescheduleChanges {
    /// Where the parcel is.
    pub pickup: Option<Place>,
    /// Where it goes.
    pub dropoff: Option<Place>,
    /// By when it should arrive; `Some(None)` lifts the deadline.
    pub deadline: Option<Option<SimTime>>,
    /// Not before this.
    pub pickup_at: Option<SimTime>,
}
