//! What is answered about carriers.

use serde::Serialize;
use skyhaul_actors::environment::{CarrierSpec, Environment};
use skyhaul_actors::ids::DeliveryId;
use utoipa::ToSchema;

use super::fold::BookingRow;
use crate::calendar::Calendar;
use crate::delivery::write::PutDeliveryLocation;
use crate::http::schema::WeightSaid;
use crate::reasons::{BookingState, DroneRefusal};

/// What is to be carried from where to where.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct AssessTransportRequest {
    /// Where the parcel is.
    pickup: PutDeliveryLocation,
    /// Where it goes.
    dropoff: PutDeliveryLocation,
    /// Kilograms; 0 where left out.
    #[schema(value_type = Option<WeightSaid>)]
    weight: Option<f64>,
}

/// A carrier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CarrierResponse {
    /// Its name.
    name: String,
}

impl CarrierResponse {
    /// A carrier by its terms.
    pub(super) fn new(spec: &CarrierSpec) -> Self {
        Self {
            name: spec.name.clone(),
        }
    }
}

/// A carrier's booking for a delivery.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BookingResponse {
    /// The delivery.
    delivery_id: String,
    /// The carrier.
    carrier: String,
    /// What was quoted.
    quote: QuoteResponse,
    /// Why no drone has it.
    reason: DroneRefusal,
    /// How far it has come.
    state: BookingState,
}

/// A carrier's quote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QuoteResponse {
    /// The price.
    price: f64,
    /// Its currency.
    currency: &'static str,
    /// When the parcel is, or was, picked up.
    #[serde(rename = "pickupETA")]
    pickup_eta: String,
    /// When it arrives, or arrived.
    #[serde(rename = "deliveryETA")]
    delivery_eta: String,
}

impl BookingResponse {
    /// A booking as it stands.
    pub(super) fn new(
        id: DeliveryId,
        row: &BookingRow,
        environment: &Environment,
        calendar: &Calendar,
    ) -> Self {
        Self {
            delivery_id: id.to_string(),
            carrier: environment.carrier(row.carrier).name.clone(),
            quote: QuoteResponse {
                price: row.price.get(),
                currency: "USD",
                pickup_eta: calendar.text(row.pickup_eta),
                delivery_eta: calendar.text(row.delivery_eta),
            },
            reason: row.reason.into(),
            state: row.state.into(),
        }
    }
}
