//! Packages as clients read and write them.

use serde::Serialize;
use serde_json::{Map, Number, Value};
use skyhaul_actors::command::{PackageRecord, PackageSize};
use skyhaul_engine::units::Kilograms;
use utoipa::ToSchema;

use crate::http::fields::{Faults, Fields, Letters, Named as _, json_number};
use crate::http::problem::Problem;
use crate::http::schema::WeightSaid;
use crate::ingestion::request::{LABEL_BYTES_MAX, TAG_BYTES_MAX, read_weight};
use crate::names::SizeSaid;

/// What a client says about a package.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct PutPackageRequest {
    /// Its id; must be the path's.
    #[schema(max_length = 256)]
    id: Option<String>,
    /// `Small` (0), `Medium` (1) or `Large` (2).
    #[schema(value_type = SizeSaid)]
    size: String,
    /// Kilograms, 0 or more.
    #[schema(value_type = Option<WeightSaid>)]
    weight: Option<f64>,
    /// A free remark.
    #[schema(max_length = 1024)]
    tag: Option<String>,
}

/// What is to change of a package; what is left out stays.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct PatchPackageRequest {
    /// Its id; must be the path's.
    #[schema(max_length = 256)]
    id: Option<String>,
    /// `Small` (0), `Medium` (1) or `Large` (2).
    #[schema(value_type = Option<SizeSaid>)]
    size: Option<String>,
    /// Kilograms, 0 or more.
    #[schema(value_type = Option<WeightSaid>)]
    weight: Option<f64>,
    /// A free remark.
    #[schema(max_length = 1024)]
    tag: Option<String>,
}

/// What changes of a package.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PackageChanges {
    size: Option<PackageSize>,
    weight: Option<Kilograms>,
    tag: Option<String>,
}

impl PutPackageRequest {
    /// Reads a whole package.
    pub(crate) fn read(
        body: &Map<String, Value>,
        id: Option<&str>,
        heaviest: Kilograms,
    ) -> Result<PackageChanges, Problem> {
        let changes = PackageChanges::read(body, id, heaviest)?;
        let faults = Faults::default();
        if changes.size.is_none() {
            faults.malformed("size", "is required");
        }
        faults.into_value(Some(changes))
    }
}

impl PackageChanges {
    /// Reads what changes.
    pub(crate) fn read(
        body: &Map<String, Value>,
        id: Option<&str>,
        heaviest: Kilograms,
    ) -> Result<Self, Problem> {
        let faults = Faults::default();
        let fields = Fields::new(body, Letters::AnyCase, &faults);
        if id.is_some_and(|id| id.len() > LABEL_BYTES_MAX) {
            faults.impossible("id", format!("is longer than {LABEL_BYTES_MAX} bytes"));
        }
        let said_id = fields.text("id", LABEL_BYTES_MAX);
        let changes = Self {
            size: fields.named("size"),
            weight: read_weight(&fields, heaviest).map(Kilograms::new),
            tag: fields.text("tag", TAG_BYTES_MAX),
        };
        let changes = faults.into_value(Some(changes))?;
        match (id, said_id) {
            (Some(id), Some(said)) if id != said => Err(Problem::conflict("the body's id is not the path's")),
            _ => Ok(changes),
        }
    }

    /// The package with these changes.
    pub(crate) fn applied_to(self, before: PackageRecord) -> PackageRecord {
        PackageRecord {
            size: self.size.unwrap_or(before.size),
            weight: self.weight.unwrap_or(before.weight),
            tag: self.tag.or(before.tag),
            ..before
        }
    }
}

/// A package.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PackageResponse {
    /// The client's label for it.
    id: String,
    /// Its size class.
    size: &'static str,
    /// Kilograms.
    #[schema(value_type = f64)]
    weight: Option<Number>,
    /// A free remark.
    tag: Option<String>,
}

impl PackageResponse {
    /// A package as it was said to be.
    pub(crate) fn new(record: &PackageRecord) -> Self {
        Self {
            id: record.label.clone(),
            size: record.size.name(),
            weight: json_number(record.weight.get()),
            tag: record.tag.clone(),
        }
    }
}

/// How much an owner's parcels weigh.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PackageSummaryResponse {
    /// Kilograms.
    #[schema(value_type = f64)]
    total_weight: Option<Number>,
}

impl PackageSummaryResponse {
    /// So many kilograms.
    pub(crate) fn new(weight: Kilograms) -> Self {
        Self {
            total_weight: json_number(weight.get()),
        }
    }
}
