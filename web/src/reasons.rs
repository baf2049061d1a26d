//! Reasons as the API says them: the domain's, by the same names, each explained in the OpenAPI document.

use serde::Serialize;
use skyhaul_actors::event;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::carrier::fold;
use crate::delivery::row::CauseRow;

/// What the API says for an enum of the domain: the same members, each with what it means. One that the domain gets does not compile until it stands here.
macro_rules! explained {
    ($(#[doc = $what:literal])+ $shown:ident of $domain:path { $(#[doc = $meaning:literal] $member:ident,)+ }) => {
        explained!($(#[doc = $what])+ $shown { $(#[doc = $meaning] $member,)+ });

        impl From<$domain> for $shown {
            fn from(reason: $domain) -> Self {
                match reason {
                    $(<$domain>::$member => Self::$member,)+
                }
            }
        }
    };
    ($(#[doc = $what:literal])+ $shown:ident { $(#[doc = $meaning:literal] $member:ident,)+ }) => {
        $(#[doc = $what])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub(crate) enum $shown {
            $(#[doc = $meaning] $member,)+
        }

        impl PartialSchema for $shown {
            fn schema() -> RefOr<Schema> {
                one_of_names(concat!($($what),+), &[$((stringify!($member), $meaning),)+])
            }
        }

        impl ToSchema for $shown {}
    };
}

fn one_of_names(what: &str, names: &[(&str, &str)]) -> RefOr<Schema> {
    let named = names.iter().map(|(name, meaning)| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some([*name]))
            .description(Some(meaning.trim()))
    });
    let any = OneOfBuilder::new().description(Some(what.trim()));
    named.fold(any, OneOfBuilder::item).into()
}

explained! {
    /// Why no drone takes a delivery, or why a carrier has it.
    DroneRefusal of event::AssignmentRefusal {
        /// Heavier than any drone lifts.
        TooHeavy,
        /// Pickup or drop-off lies outside the service area.
        OutsideArea,
        /// Pickup or drop-off lies in a no-fly zone, or no way leads round them.
        NoFlyZone,
        /// Wind or gusts are stronger than any able drone flies in.
        Wind,
        /// Rain, poor sight, cold or heat keep every able drone on the ground.
        Weather,
        /// Pickup, drop-off and a safe landing are further than any drone flies.
        OutOfRange,
        /// Every drone that could is kept on the ground.
        Grounded,
        /// Able drones were busy for longer than a request waits.
        WaitedTooLong,
        /// A carrier is cheaper than any able drone, or than waiting for one, once time has its price.
        CarrierCheaper,
        /// No drone and no carrier can.
        NobodyCan,
        /// Drones took it and gave it back as often as they may.
        GivenBackTooOften,
    }
}

explained! {
    /// What a drone would do with a request.
    DroneReadiness {
        /// One stands ready.
        Ready,
        /// One has to come free first.
        Waits,
    }
}

explained! {
    /// That it is not decided yet who takes a delivery.
    Undecided {
        /// A drone has to come free first, or its time has not come.
        Waits,
    }
}

explained! {
    /// Why a drone no longer has a delivery.
    DroneRelease of event::ReleaseReason {
        /// The delivery was cancelled.
        Cancelled,
        /// The delivery was rescheduled.
        Rescheduled,
        /// The drone failed.
        DroneFailed,
        /// The drone would not do it: what was believed of it was not so.
        DroneRefused,
        /// Another drone came free that has the parcel sooner.
        Reassigned,
        /// The drone would come later than was promised, and another one sooner.
        Delayed,
        /// It was called home, or asked to give the delivery back.
        Recalled,
        /// A no-fly zone came up that closes the way.
        NoFlyZone,
        /// The drone's link was lost for so long that it came home.
        LinkLost,
    }
}

explained! {
    /// Why a carrier could not do it.
    CarrierFailure of event::CarrierFailure {
        /// Nobody came to the pickup.
        NoCourier,
        /// The parcel was brought back.
        ReturnedToPickup,
    }
}

explained! {
    /// Why a delivery was cancelled.
    CancelReason of event::CancelReason {
        /// Its client asked.
        Requested,
        /// No drone and no carrier can.
        NobodyCan,
        /// Every attempt failed.
        AttemptsExhausted,
        /// The engine died at the request itself, again and again.
        Quarantined,
        /// Drones could, but none came free while it waited, and no carrier took it.
        WaitedTooLong,
    }
}

explained! {
    /// How far a carrier's booking has come.
    BookingState of fold::BookingState {
        /// A courier is to come.
        Booked,
        /// The courier is on the way to the parcel.
        Confirmed,
        /// The courier has the parcel.
        PickedUp,
        /// The parcel arrived.
        Completed,
        /// The carrier could not do it.
        Failed,
        /// The delivery was cancelled, or goes another way.
        Cancelled,
    }
}

/// Why it would be brought so: what a drone would do, or why none would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum QuoteReason {
    /// A drone would bring it.
    Drone(DroneReadiness),
    /// A carrier would.
    Carrier(DroneRefusal),
}

/// Why no drone has a delivery, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum NoDroneReason {
    /// None takes it.
    Refused(DroneRefusal),
    /// None does yet.
    Undecided(Undecided),
    /// It was cancelled.
    Cancelled(CancelReason),
}

/// Why a delivery went back to where nobody has it, or was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum MilestoneReason {
    /// Its drone let go of it.
    Released(DroneRelease),
    /// Its carrier failed.
    CarrierFailed(CarrierFailure),
    /// It was cancelled.
    Cancelled(CancelReason),
}

impl From<CauseRow> for MilestoneReason {
    fn from(cause: CauseRow) -> Self {
        match cause {
            CauseRow::Released(reason) => Self::Released(reason.into()),
            CauseRow::CarrierFailed(reason) => Self::CarrierFailed(reason.into()),
        }
    }
}
