//! The six stages of a delivery, folded from events in one place for all who show them.

use serde::{Deserialize, Serialize};

use crate::event::{Event, ReleaseReason};
use crate::ids::DeliveryId;

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Asked for; nobody is on the way.
    #[default]
    Created,
    /// Changed by its client; nobody is on the way.
    Rescheduled,
    /// A drone or carrier is on the way to the parcel.
    HeadedToPickup,
    /// The parcel is on its way.
    HeadedToDropoff,
    /// The parcel arrived.
    Completed,
    /// It will not be made.
    Cancelled,
}

impl Stage {
    /// All stages, in order of their number.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Rescheduled,
        Self::HeadedToPickup,
        Self::HeadedToDropoff,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Its name in the HTTP contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Rescheduled => "Rescheduled",
            Self::HeadedToPickup => "HeadedToPickup",
            Self::HeadedToDropoff => "HeadedToDropoff",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether nothing more can come.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// The stage after `entered` is entered. A final one stays: what was under way in the instant a delivery ended may still be told of,
    /// such as a drone that was assigned while the cancellation was on its way.
    #[must_use]
    pub const fn then(self, entered: Self) -> Self {
        if self.is_final() { self } else { entered }
    }

    /// The delivery whose stage the event changes, and to what; to be taken in with [`Stage::then`].
    #[must_use]
    pub const fn entered_by(event: &Event) -> Option<(DeliveryId, Self)> {
        match event {
            Event::DroneAssigned { delivery, .. } | Event::CarrierBooked { delivery, .. } => {
                Some((*delivery, Self::HeadedToPickup))
            }
            Event::DroneReleased {
                delivery,
                reason:
                    ReleaseReason::DroneFailed
                    | ReleaseReason::DroneRefused
                    | ReleaseReason::Recalled
                    | ReleaseReason::LinkLost,
                ..
            }
            | Event::CarrierFailed { delivery, .. } => Some((*delivery, Self::Created)),
            Event::PackagePickedUp { delivery, .. } => Some((*delivery, Self::HeadedToDropoff)),
            Event::DeliveryRescheduled {
                delivery,
                keeps_transport: false,
                ..
            } => Some((*delivery, Self::Rescheduled)),
            Event::DeliveryCompleted { delivery, .. } => Some((*delivery, Self::Completed)),
            Event::DeliveryCancelled { delivery, .. } => Some((*delivery, Self::Cancelled)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_stage_stays_and_any_other_gives_way() {
        for stage in Stage::ALL {
            for entered in Stage::ALL {
                let expected = if stage.is_final() { stage } else { entered };
                assert_eq!(stage.then(entered), expected);
            }
        }
    }
}
