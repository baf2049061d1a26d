//! Requests to ingestion: read, checked, echoed.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};
use skyhaul_actors::command::{
    ConfirmationKind, DeliveryRequest, PackageRecord, PackageSize, Place, RescheduleChanges,
};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::time::SimTime;
use skyhaul_engine::units::Kilograms;
use utoipa::ToSchema;

use crate::calendar::instant_text;
use crate::context::Context;
use crate::http::fields::{Faults, Fields, Letters, Named as _, json_number};
use crate::http::problem::Problem;
use crate::http::schema::{InstantOrEmptySaid, WeightSaid};
use crate::names::{ConfirmationSaid, SizeSaid};

/// The longest owner's name, bytes: it is part of keys of the stores.
pub(crate) const OWNER_BYTES_MAX: usize = 256;

/// The longest label of a package, bytes: it is part of keys of the stores.
pub(crate) const LABEL_BYTES_MAX: usize = 256;

/// The longest tag of a package, bytes.
pub(crate) const TAG_BYTES_MAX: usize = 1_024;

/// The longest text for a place, bytes: no postal address is longer.
const LOCATION_BYTES_MAX: usize = 512;

/// How far ahead a pickup may lie: a request waits in the engine until then, and what waits is bounded.
const PICKUP_AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

/// A request to carry a parcel from one place to another.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateDeliveryRequest {
    /// Who asks.
    #[schema(min_length = 1, max_length = 256)]
    owner_id: String,
    /// Where the parcel is: `"lat,lon"`, `"alt,lat,lon"`, a depot, a postcode or a place.
    #[schema(min_length = 1, max_length = 512)]
    pickup_location: String,
    /// Where it goes, in the same way.
    #[schema(min_length = 1, max_length = 512)]
    drop_off_location: String,
    /// Not before this: RFC 3339 or milliseconds since 1970. The past means now.
    #[schema(value_type = Option<InstantOrEmptySaid>)]
    pickup_time: Option<String>,
    /// By when it should arrive: RFC 3339, or empty.
    #[schema(value_type = Option<InstantOrEmptySaid>)]
    deadline: Option<String>,
    /// Whether it goes before others.
    #[schema(value_type = Option<bool>, default = false)]
    expedited: bool,
    /// What the receiver must give: `FingerPrint` (0), `Picture` (1), `Voice` (2) or `None` (3).
    #[schema(value_type = ConfirmationSaid)]
    confirmation_required: &'static str,
    /// What is carried.
    package_info: PackageInfo,
}

/// What is carried.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackageInfo {
    /// The client's own label for it; it may repeat.
    #[schema(max_length = 256)]
    package_id: Option<String>,
    /// `Small` (0), `Medium` (1) or `Large` (2).
    #[schema(value_type = SizeSaid)]
    size: &'static str,
    /// Kilograms, 0 or more.
    #[schema(value_type = Option<WeightSaid>)]
    weight: Option<Number>,
    /// A free remark.
    #[schema(max_length = 1024)]
    tag: Option<String>,
}

/// The request as it was taken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateDeliveryResponse {
    /// The delivery's id.
    delivery_id: String,
    /// All that was asked.
    #[serde(flatten)]
    request: CreateDeliveryRequest,
    /// `placeholder` where a place was derived from a text that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    location_resolution: Option<&'static str>,
}

impl CreateDeliveryResponse {
    /// What is answered.
    pub(crate) fn new(request: CreateDeliveryRequest, id: DeliveryId, is_placeholder: bool) -> Self {
        Self {
            delivery_id: id.to_string(),
            request,
            location_resolution: is_placeholder.then_some("placeholder"),
        }
    }
}

impl CreateDeliveryRequest {
    /// Reads and checks a request. The delivery's id is not set yet.
    pub(crate) fn read(
        body: &Map<String, Value>,
        context: &Context,
    ) -> Result<(Self, DeliveryRequest), Problem> {
        let faults = Faults::default();
        let fields = Fields::new(body, Letters::Exact, &faults);
        let read = Self::read_fields(&fields, context);
        faults.into_value(read)
    }

    fn read_fields(fields: &Fields<'_>, context: &Context) -> Option<(Self, DeliveryRequest)> {
        let owner = fields.required_text("ownerId", OWNER_BYTES_MAX);
        let pickup = fields.require("pickupLocation", read_place(fields, "pickupLocation", context));
        let dropoff = fields.require("dropOffLocation", read_place(fields, "dropOffLocation", context));
        let (pickup_time, pickup_at) = read_pickup_time(fields, context);
        let deadline = fields.instant_or_empty("deadline");
        let expedited = fields.boolean("expedited").unwrap_or(false);
        let confirmation = fields.named::<ConfirmationKind>("confirmationRequired");
        let confirmation = fields.require("confirmationRequired", confirmation);
        let package = fields.require("packageInfo", fields.object("packageInfo"));
        let package = package.and_then(|package| read_package(&package, context.heaviest));
        let (owner, (pickup_text, pickup), (dropoff_text, dropoff)) = (owner?, pickup?, dropoff?);
        let (package_info, mut package) = package?;
        package.owner = Some(owner.clone());
        let echo = Self {
            owner_id: owner.clone(),
            pickup_location: pickup_text,
            drop_off_location: dropoff_text,
            pickup_time: pickup_time.map(instant_text),
            deadline: deadline.map(|deadline| deadline.map(instant_text).unwrap_or_default()),
            expedited,
            confirmation_required: confirmation?.name(),
            package_info,
        };
        let request = DeliveryRequest {
            delivery: DeliveryId::default(),
            owner,
            account: None,
            pickup,
            dropoff,
            pickup_at: pickup_at.unwrap_or_else(|| context.clock.now()),
            deadline: deadline
                .flatten()
                .map(|deadline| context.calendar.sim_time(deadline)),
            expedited,
            confirmation: confirmation?,
            package,
            idempotency: None,
        };
        Some((echo, request))
    }

    /// A digest of what is asked, however it was written.
    pub(crate) fn digest(&self) -> Result<[u8; 32], Problem> {
        let canonical = serde_json::to_vec(self).map_err(|error| Problem::malformed(error.to_string()))?;
        Ok(Sha256::digest(&canonical).into())
    }
}

/// A text for a place, and the place.
fn read_place(fields: &Fields<'_>, name: &str, context: &Context) -> Option<(String, Place)> {
    let text = fields.non_empty_text(name, LOCATION_BYTES_MAX)?;
    match context
        .gazetteer
        .resolve(&text, context.settings.strict_geocoding)
    {
        Ok(place) => Some((text, place)),
        Err(refusal) => {
            fields
                .faults()
                .impossible(&fields.path(name), refusal.to_string());
            None
        }
    }
}

/// When the parcel may be picked up, as it was said and as it takes effect.
fn read_pickup_time(fields: &Fields<'_>, context: &Context) -> (Option<Timestamp>, Option<SimTime>) {
    let said = fields.instant_or_empty("pickupTime").flatten();
    let now = context.clock.now();
    let at = said.map(|said| context.calendar.sim_time(said).max(now));
    if at.is_some_and(|at| i128::from(at.since(now).micros()) > PICKUP_AHEAD_MAX.as_micros()) {
        let days = PICKUP_AHEAD_MAX.as_hours() / 24;
        let reason = format!("lies more than {days} days ahead");
        fields.faults().impossible(&fields.path("pickupTime"), reason);
    }
    (said, at)
}

/// What a request says about its package.
fn read_package(fields: &Fields<'_>, heaviest: Kilograms) -> Option<(PackageInfo, PackageRecord)> {
    let label = fields.text("packageId", LABEL_BYTES_MAX);
    let size = fields.require("size", fields.named::<PackageSize>("size"));
    let weight = read_weight(fields, heaviest);
    let tag = fields.text("tag", TAG_BYTES_MAX);
    let info = PackageInfo {
        package_id: label.clone(),
        size: size?.name(),
        weight: weight.and_then(json_number),
        tag: tag.clone(),
    };
    let record = PackageRecord {
        label: label.unwrap_or_default(),
        owner: None,
        size: size?,
        weight: Kilograms::new(weight.unwrap_or(0.0)),
        tag,
    };
    Some((info, record))
}

/// A weight in kilograms that somebody can carry.
pub(crate) fn read_weight(fields: &Fields<'_>, heaviest: Kilograms) -> Option<f64> {
    let weight = fields.number("weight")?;
    let faults = fields.faults();
    if weight < 0.0 {
        faults.impossible(&fields.path("weight"), "must be 0 or more");
    } else if weight > heaviest.get() {
        let reason = format!(
            "is more than any aircraft or carrier takes ({} kg)",
            heaviest.get()
        );
        faults.impossible(&fields.path("weight"), reason);
    }
    Some(weight)
}

/// A change of where or when; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct RescheduleDeliveryRequest {
    /// Where the parcel is.
    #[schema(min_length = 1, max_length = 512)]
    pickup_location: Option<String>,
    /// Where it goes.
    #[schema(min_length = 1, max_length = 512)]
    drop_off_location: Option<String>,
    /// By when it should arrive: RFC 3339; empty for no deadline.
    #[schema(value_type = Option<InstantOrEmptySaid>)]
    deadline: Option<String>,
    /// Not before this: RFC 3339 or milliseconds since 1970.
    #[schema(value_type = Option<InstantOrEmptySaid>)]
    pickup_time: Option<String>,
}

impl RescheduleDeliveryRequest {
    /// Reads and checks a change.
    pub(crate) fn read(body: &Map<String, Value>, context: &Context) -> Result<RescheduleChanges, Problem> {
        let faults = Faults::default();
        let fields = Fields::new(body, Letters::Exact, &faults);
        let deadline = fields.instant_or_empty("deadline");
        let changes = RescheduleChanges {
            pickup: read_place(&fields, "pickupLocation", context).map(|(_, place)| place),
            dropoff: read_place(&fields, "dropOffLocation", context).map(|(_, place)| place),
            deadline: deadline.map(|deadline| deadline.map(|at| context.calendar.sim_time(at))),
            pickup_at: read_pickup_time(&fields, context).1,
        };
        faults.into_value(Some(changes))
    }
}

/// The delivery that was changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RescheduleDeliveryResponse {
    /// Its id.
    delivery_id: String,
}

impl RescheduleDeliveryResponse {
    /// What is answered.
    pub(crate) fn new(id: DeliveryId) -> Self {
        Self {
            delivery_id: id.to_string(),
        }
    }
}
