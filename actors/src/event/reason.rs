//! Reasons: why something happened, or did not.

use serde::{Deserialize, Serialize};

/// Why a drone no longer has a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReleaseReason {
    /// The delivery was cancelled.
    Cancelled,
    /// The delivery was rescheduled.
    Rescheduled,
    /// The drone failed.
    DroneFailed,
    /// The drone would not do it: what the scheduler believed of it was not so.
    DroneRefused,
    /// Another drone came free that has the parcel sooner.
    Reassigned,
    /// The drone would come later than was promised, and another one sooner.
    Delayed,
    /// An operator called the drone home.
    Recalled,
    /// A no-fly zone came up that closes the way.
    NoFlyZone,
    /// The drone's link was lost for so long that it came home.
    LinkLost,
}

impl ReleaseReason {
    /// Whether the drone could not do it, or not in time: neither did somebody want it so, nor was another one sooner by chance, nor did the drone fail.
    #[must_use]
    pub const fn is_failed_attempt(self) -> bool {
        matches!(
            self,
            Self::DroneRefused | Self::Delayed | Self::NoFlyZone | Self::LinkLost
        )
    }
}

/// Why no drone takes a delivery, or why a carrier has it; the later in this order, the closer a drone came to taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AssignmentRefusal {
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

/// What a carrier's courier reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CourierStatus {
    /// A courier has it.
    Confirmed,
    /// The courier is at the pickup.
    AtPickup,
    /// Nobody comes to the pickup.
    NotComing,
    /// The courier has left the pickup with the parcel.
    UnderWay,
    /// The courier is at the drop-off.
    AtDropoff,
    /// The parcel was brought back.
    Returned,
}

impl CourierStatus {
    /// Its place in the order in which a booking passes them.
    #[must_use]
    pub const fn place(self) -> u8 {
        match self {
            Self::Confirmed => 1,
            Self::AtPickup | Self::NotComing => 2,
            Self::UnderWay => 3,
            Self::AtDropoff | Self::Returned => 4,
        }
    }

    /// Whether it is said for information alone: nothing waits for it.
    #[must_use]
    pub const fn is_news(self) -> bool {
        matches!(self, Self::Confirmed | Self::UnderWay)
    }
}

/// Why a carrier failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CarrierFailure {
    /// Nobody came to the pickup.
    NoCourier,
    /// The parcel was brought back.
    ReturnedToPickup,
}

/// Why a delivery was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelReason {
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

/// Why a delivery could not be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeRefusal {
    /// The engine does not know it: it never was, or it ended.
    Unknown,
    /// The parcel was picked up.
    PickedUp,
    /// No drone has it.
    NoDrone,
    /// The drone's link is lost.
    OutOfReach,
}

/// How a battery is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChargeKind {
    /// Changed for a charged one.
    Swap,
    /// Charged in the drone.
    Charge,
}

/// Why a drone failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DroneFailure {
    /// Something broke in the air.
    Mechanical,
    /// Its actor failed too often.
    Software,
    /// No lawful way leads home from where it is.
    Stranded,
    /// It came home with its parcel because the drop-off was closed meanwhile, and stands until that is out.
    DropoffClosed,
    /// It came home with its parcel because its link was lost, and stands until that is out.
    LinkLost,
}

impl From<GroundingReason> for AssignmentRefusal {
    fn from(reason: GroundingReason) -> Self {
        match reason {
            GroundingReason::Wind | GroundingReason::Gusts => Self::Wind,
            GroundingReason::Rain | GroundingReason::Visibility | GroundingReason::Temperature => {
                Self::Weather
            }
            GroundingReason::Operator | GroundingReason::Outage => Self::Grounded,
        }
    }
}

/// Why drones stay on the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GroundingReason {
    /// The wind is too strong.
    Wind,
    /// Gusts are too strong.
    Gusts,
    /// It rains too much.
    Rain,
    /// One does not see far enough.
    Visibility,
    /// It is too cold or too hot.
    Temperature,
    /// An operator said so.
    Operator,
    /// Their depot is out of service.
    Outage,
}

impl GroundingReason {
    /// Whether it is the weather.
    #[must_use]
    pub const fn is_weather(self) -> bool {
        !matches!(self, Self::Operator | Self::Outage)
    }
}

/// Why a zone was not declared or lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ZoneRefusal {
    /// There is a zone of that name that is not over.
    NameTaken,
    /// There is no zone of that name, or it is over.
    Unknown,
    /// It encloses nothing, or ends below where it begins, or before it can come into force.
    Unsound,
    /// As many zones were declared as one may.
    TooMany,
    /// The engine died at the command itself, again and again.
    Quarantined,
}
