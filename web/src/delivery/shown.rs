//! What is answered about deliveries.

use serde::Serialize;
use skyhaul_actors::ids::{CarrierId, DeliveryId};
use skyhaul_actors::workflow::saga::Step;
use skyhaul_engine::time::SimTime;
use utoipa::ToSchema;

use super::row::{By, CauseRow, ConfirmationRow, DeliveryRow, FailureRow, MilestoneRow};
use crate::calendar::{Calendar, unix_micros_text};
use crate::context::Context;
use crate::http::fields::Named as _;
use crate::location::Location;
use crate::reasons::{DroneRefusal, MilestoneReason};

/// A delivery.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryResponse {
    /// Its id.
    id: String,
    /// Who asked; absent for whoever asks by a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<OwnerResponse>,
    /// Where the parcel is fetched.
    pickup: Location,
    /// Where it goes.
    dropoff: Location,
    /// By when it should arrive; empty where no time was given, absent for whoever asks by a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    /// Whether it goes before others; absent for whoever asks by a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    expedited: Option<bool>,
    /// What the receiver must give.
    confirmation_required: &'static str,
    /// The drone that has it, or brought it.
    drone_id: Option<String>,
    /// The name of the carrier that has it, or brought it; `null` where none has.
    carrier: Option<String>,
    /// Why no drone takes it; absent while one has it, or may yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    drone_refusal: Option<DroneRefusal>,
    /// `placeholder` where a place was derived from a text that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    location_resolution: Option<&'static str>,
}

impl DeliveryResponse {
    /// A delivery as it stands, with its owner's name.
    pub(crate) fn new(id: DeliveryId, (row, owner): (&DeliveryRow, String), context: &Context) -> Self {
        let calendar = &context.calendar;
        Self {
            id: id.to_string(),
            owner: Some(OwnerResponse::new(row, owner)),
            pickup: row.pickup.into(),
            dropoff: row.dropoff.into(),
            deadline: Some(row.deadline.map(|at| calendar.text(at)).unwrap_or_default()),
            expedited: Some(row.expedited),
            confirmation_required: row.confirmation.name(),
            drone_id: row.drone.map(|drone| drone.to_string()),
            carrier: carrier_name(row.carrier, context),
            drone_refusal: row.refusal.map(DroneRefusal::from),
            location_resolution: row.is_placeholder().then_some("placeholder"),
        }
    }

    /// What of it whoever has a link is shown: where it goes and what is asked for at the door, not whose it is or what its owner agreed on.
    pub(crate) fn for_link(self) -> Self {
        Self {
            owner: None,
            deadline: None,
            expedited: None,
            drone_refusal: None,
            location_resolution: None,
            ..self
        }
    }
}

/// What a carrier is called; one that an edited scenario has no more has no name.
pub(crate) fn carrier_name(carrier: Option<CarrierId>, context: &Context) -> Option<String> {
    let spec = context.environment.carriers.get(usize::from(carrier?.0))?;
    Some(spec.name.clone())
}

/// Who asked for a delivery.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnerResponse {
    /// The owner.
    user_id: String,
    /// The owner's account, where it is known.
    account_id: Option<String>,
}

impl OwnerResponse {
    /// A delivery's owner, by name.
    pub(crate) fn new(row: &DeliveryRow, name: String) -> Self {
        Self {
            user_id: name,
            account_id: row.account.clone(),
        }
    }
}

/// Where a delivery is now, and when it arrives.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StatusResponse {
    /// How far it has come.
    pub(crate) stage: &'static str,
    /// The name of the carrier that has it, or brought it; `null` where none has.
    pub(crate) carrier: Option<String>,
    /// Where the parcel is.
    #[serde(rename = "lastKnownLocation")]
    pub(crate) last_known_location: Location,
    /// When it is, or was, picked up.
    #[serde(rename = "pickupETA")]
    pub(crate) pickup_eta: String,
    /// The earliest that the pickup is likely to be, by what similar deliveries showed.
    #[serde(rename = "pickupETALow")]
    pub(crate) pickup_eta_low: String,
    /// The latest that it is likely to be.
    #[serde(rename = "pickupETAHigh")]
    pub(crate) pickup_eta_high: String,
    /// When it arrives, or arrived: never in the past before `arrivedAt` is there, and the same from then on.
    #[serde(rename = "deliveryETA")]
    pub(crate) delivery_eta: String,
    /// The earliest that it is likely to arrive.
    #[serde(rename = "deliveryETALow")]
    pub(crate) delivery_eta_low: String,
    /// The latest that it is likely to arrive.
    #[serde(rename = "deliveryETAHigh")]
    pub(crate) delivery_eta_high: String,
    /// When the parcel was put down where it goes; `null` before that. It may wait there, still `HeadedToDropoff`, for what its receiver must give.
    #[serde(rename = "arrivedAt")]
    pub(crate) arrived_at: Option<String>,
}

/// A change of stage.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MilestoneResponse {
    /// The stage.
    stage: &'static str,
    /// When it began.
    at: String,
    /// Where the parcel was.
    location: Location,
    /// The drone that had it.
    drone_id: Option<String>,
    /// The name of the carrier that had it.
    carrier: Option<String>,
    /// Why it went back to where nobody has it, or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<MilestoneReason>,
    /// The step of its workflow at which it was cancelled: `openPackage`, `openDelivery` or `bookTransport`.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'static str>,
    /// The steps that were undone then, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone: Option<Vec<&'static str>>,
    /// The delivery that an operator had asked for in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    retried_as: Option<String>,
}

impl MilestoneResponse {
    /// A change of stage.
    pub(crate) fn new(row: &MilestoneRow, cause: Option<CauseRow>, context: &Context) -> Self {
        Self {
            stage: row.stage.name(),
            at: context.calendar.text(row.at),
            location: row.parcel_at.into(),
            drone_id: row.drone.map(|drone| drone.to_string()),
            carrier: carrier_name(row.carrier, context),
            reason: cause.map(MilestoneReason::from),
            step: None,
            undone: None,
            retried_as: None,
        }
    }

    /// The same, where it is how a delivery came to be cancelled.
    pub(crate) fn with_failure(self, failure: &FailureRow) -> Self {
        Self {
            reason: Some(MilestoneReason::Cancelled(failure.reason.into())),
            step: failure.step.map(step_name),
            undone: failure
                .step
                .map(|_| failure.undone.iter().map(|step| step_name(*step)).collect()),
            retried_as: failure.retried_as.map(|id| id.to_string()),
            ..self
        }
    }

    /// What of it whoever has a link is shown: the stage, not what went wrong behind it.
    pub(crate) fn for_link(self) -> Self {
        Self {
            reason: None,
            step: None,
            undone: None,
            retried_as: None,
            ..self
        }
    }
}

const fn step_name(step: Step) -> &'static str {
    match step {
        Step::OpenPackage => "openPackage",
        Step::OpenDelivery => "openDelivery",
        Step::BookTransport => "bookTransport",
    }
}

/// What was asked for in a given-up delivery's place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetryResponse {
    /// The new delivery.
    pub(crate) delivery_id: String,
    /// The one that was given up.
    pub(crate) retry_of: String,
}

/// A page of deliveries, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveriesResponse {
    /// The deliveries.
    pub(crate) items: Vec<DeliveryItem>,
    /// Where the next page begins; absent at the end.
    pub(crate) next_cursor: Option<String>,
}

/// A delivery of a page.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryItem {
    /// The delivery.
    #[serde(flatten)]
    delivery: DeliveryResponse,
    /// How far it has come.
    stage: &'static str,
    /// When it was asked for.
    requested_at: String,
    /// `drone` or `carrier`; `null` while nobody has it.
    by: Option<&'static str>,
    /// When it arrives, or arrived, by the last word about it; `null` before the first.
    #[serde(rename = "deliveryETA")]
    delivery_eta: Option<String>,
    /// Whether that is after its deadline.
    late: bool,
}

impl DeliveryItem {
    /// A delivery as it stands, with its owner's name.
    pub(crate) fn new(
        id: DeliveryId,
        (row, owner): (&DeliveryRow, String),
        now: SimTime,
        context: &Context,
    ) -> Self {
        let calendar = &context.calendar;
        Self {
            by: row.by().map(By::name),
            delivery_eta: row.delivery_eta.map(|at| calendar.text(at)),
            late: row.is_late(now),
            delivery: DeliveryResponse::new(id, (row, owner), context),
            stage: row.stage.name(),
            requested_at: calendar.text(row.requested_at),
        }
    }
}

/// How many deliveries there were.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeliverySummaryResponse {
    /// Deliveries asked for in the month, without those that were cancelled.
    pub(crate) count: i64,
}

/// A confirmation that was kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfirmationResponse {
    /// What was given.
    confirmation_type: &'static str,
    /// When it was given, as its sender says.
    given_at: Option<String>,
    /// When it was taken in.
    taken_at: String,
    /// Where it was given, as its sender says.
    geo_coordinates: Option<Location>,
    /// The size of what was given.
    blob_bytes: u32,
    /// Its SHA-256, in hexadecimal digits.
    blob_sha256: String,
}

impl ConfirmationResponse {
    /// A confirmation that was kept.
    pub(crate) fn new(row: &ConfirmationRow, calendar: &Calendar) -> Self {
        Self {
            confirmation_type: row.kind.name(),
            given_at: row.given_at_unix_micros.map(unix_micros_text),
            taken_at: calendar.text(row.taken_at),
            geo_coordinates: row.place.map(Location::from),
            blob_bytes: row.blob_bytes,
            blob_sha256: row.blob_digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// What of it whoever has a link is shown: that it was given, not what its sender said of time and place.
    pub(crate) fn for_link(self) -> Self {
        Self {
            given_at: None,
            geo_coordinates: None,
            ..self
        }
    }
}
