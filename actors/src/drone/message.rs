//! What a drone is told, by others and by its own timers.

use serde::{Deserialize, Serialize};

use super::DroneErrand;
use crate::event::ChargeKind;
use crate::ids::{CommandId, DeliveryId, DepotId};

/// What a drone understands. Timers carry the generation of the state they were set in; of another one they change nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DroneMessage {
    /// Bring a parcel from one place to another.
    AssignErrand {
        /// Which.
        errand: DroneErrand,
    },
    /// Forget about it.
    ReleaseErrand {
        /// Which.
        delivery: DeliveryId,
    },
    /// Come to the depot.
    Recall,
    /// Give a delivery back, where the parcel is yet to be fetched.
    GiveBack {
        /// Which.
        delivery: DeliveryId,
        /// The command that asked.
        command: Option<CommandId>,
    },
    /// Belong to another depot, and fly there.
    Reposition {
        /// Which depot.
        depot: DepotId,
    },
    /// Get ready, now that it lives in the region of its depot.
    SettleIn,
    /// Zones came up, or were lifted.
    AirspaceChanged,
    /// It stands ready, after it refused something.
    StandByDue {
        /// Of which state.
        generation: u32,
    },
    /// The leg ends.
    ArrivalDue {
        /// Of which state.
        generation: u32,
    },
    /// Something breaks.
    FailureDue {
        /// Of which state.
        generation: u32,
    },
    /// Its link is lost.
    LinkLossDue {
        /// Of which state.
        generation: u32,
    },
    /// Its link is back.
    LinkBackDue {
        /// The state in which it was lost.
        generation: u32,
    },
    /// It has hovered for its link as long as it does.
    LinkWaitDue {
        /// Of which state.
        generation: u32,
    },
    /// Loading or unloading is done.
    HandlingDue {
        /// Of which state.
        generation: u32,
    },
    /// The parcel is in.
    ParcelLoaded {
        /// Of which delivery.
        delivery: DeliveryId,
    },
    /// The parcel is out.
    ParcelUnloaded {
        /// Of which delivery.
        delivery: DeliveryId,
    },
    /// It leaves for home, now that its parcel is out.
    LeaveDue {
        /// Of which state.
        generation: u32,
        /// Where it belonged when that came out.
        home: DepotId,
    },
    /// The depot has a pad for it.
    PadGiven {
        /// How its battery will be filled.
        kind: ChargeKind,
    },
    /// The battery is full.
    ChargeDue {
        /// Of which state.
        generation: u32,
    },
    /// The depot that it flies to has no pad for it.
    PadRefused {
        /// Which depot.
        depot: DepotId,
    },
    /// At another depot, it looks whether it can go home.
    VisitDue {
        /// Of which state.
        generation: u32,
    },
    /// The weather lets it go on.
    WeatherDue {
        /// Of which state.
        generation: u32,
    },
    /// Its maintenance is done.
    MaintenanceDue {
        /// Of which state.
        generation: u32,
    },
    /// It is mended.
    RecoveryDue {
        /// Of which state.
        generation: u32,
    },
}
