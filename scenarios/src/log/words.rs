//! The log's words for the domain's choices.

use skyhaul_actors::event::{
    AssignmentRefusal, CancelReason, CarrierFailure, ChargeKind, DroneFailure, GroundingReason, LegPurpose,
    ReleaseReason, Transport,
};

pub(super) const fn purpose(purpose: LegPurpose) -> &'static str {
    match purpose {
        LegPurpose::Pickup => "pickup",
        LegPurpose::Dropoff => "dropoff",
        LegPurpose::Return => "return",
        LegPurpose::Reposition => "reposition",
        LegPurpose::Divert => "divert",
    }
}

pub(super) const fn by(transport: Transport) -> &'static str {
    match transport {
        Transport::Drone(_) => "drone",
        Transport::Carrier(_) => "carrier",
    }
}

pub(super) const fn release(reason: ReleaseReason) -> &'static str {
    match reason {
        ReleaseReason::Cancelled => "cancelled",
        ReleaseReason::Rescheduled => "rescheduled",
        ReleaseReason::DroneFailed => "droneFailed",
        ReleaseReason::DroneRefused => "droneRefused",
        ReleaseReason::Recalled => "recalled",
        ReleaseReason::NoFlyZone => "noFlyZone",
        ReleaseReason::LinkLost => "linkLost",
        ReleaseReason::Reassigned => "reassigned",
        ReleaseReason::Delayed => "delayed",
    }
}

pub(crate) const fn refusal(reason: AssignmentRefusal) -> &'static str {
    match reason {
        AssignmentRefusal::TooHeavy => "tooHeavy",
        AssignmentRefusal::OutsideArea => "outsideArea",
        AssignmentRefusal::NoFlyZone => "noFlyZone",
        AssignmentRefusal::Wind => "wind",
        AssignmentRefusal::Weather => "weather",
        AssignmentRefusal::OutOfRange => "outOfRange",
        AssignmentRefusal::Grounded => "grounded",
        AssignmentRefusal::WaitedTooLong => "waitedTooLong",
        AssignmentRefusal::CarrierCheaper => "carrierCheaper",
        AssignmentRefusal::NobodyCan => "nobodyCan",
        AssignmentRefusal::GivenBackTooOften => "givenBackTooOften",
    }
}

pub(super) const fn carrier_failure(reason: CarrierFailure) -> &'static str {
    match reason {
        CarrierFailure::NoCourier => "noCourier",
        CarrierFailure::ReturnedToPickup => "returnedToPickup",
    }
}

pub(super) const fn cancel(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "requested",
        CancelReason::NobodyCan => "nobodyCan",
        CancelReason::AttemptsExhausted => "attemptsExhausted",
        CancelReason::WaitedTooLong => "waitedTooLong",
        CancelReason::Quarantined => "quarantined",
    }
}

pub(super) const fn charge(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::Swap => "swap",
        ChargeKind::Charge => "charge",
    }
}

pub(super) const fn drone_failure(reason: DroneFailure) -> &'static str {
    match reason {
        DroneFailure::Mechanical => "mechanical",
        DroneFailure::Software => "software",
        DroneFailure::Stranded => "stranded",
        DroneFailure::DropoffClosed => "dropoffClosed",
        DroneFailure::LinkLost => "linkLost",
    }
}

pub(crate) const fn grounding(reason: GroundingReason) -> &'static str {
    match reason {
        GroundingReason::Wind => "wind",
        GroundingReason::Gusts => "gusts",
        GroundingReason::Rain => "rain",
        GroundingReason::Visibility => "visibility",
        GroundingReason::Temperature => "temperature",
        GroundingReason::Operator => "operator",
        GroundingReason::Outage => "outage",
    }
}
