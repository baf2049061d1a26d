//! Accounts as clients write and read them.

use serde::Serialize;
use serde_json::{Map, Value};
use skyhaul_actors::account::{AccountStatus, PricePlan, Role};
use utoipa::ToSchema;

use super::row::{AccountRow, ContactRow, KeyRow};
use crate::calendar::unix_micros_text;
use crate::http::fields::{Faults, Fields, Letters, Named as _};
use crate::http::problem::Problem;
use crate::ingestion::request::OWNER_BYTES_MAX;
use crate::names::{PlanSaid, RoleSaid, StatusSaid};

/// The longest name of a business.
const NAME_BYTES_MAX: usize = 256;

/// The longest way to reach one: an address by post has some lines.
const CONTACT_BYTES_MAX: usize = 1_024;

/// What a business says when it registers.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body; its fields are read one by one, so that a problem names them"
)]
pub(crate) struct OpenAccountRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// How it is reached.
    #[schema(max_length = 1024)]
    contact: Option<String>,
    /// `Standard` (0), `Business` (1) or `Enterprise` (2); `Standard` where nothing is said.
    #[schema(value_type = Option<PlanSaid>)]
    plan: Option<String>,
    /// The owner whose deliveries are its own; the account's id where nothing is said.
    #[schema(min_length = 1, max_length = 256)]
    owner_id: Option<String>,
}

/// What changes of an account; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct ChangeAccountRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 256)]
    name: Option<String>,
    /// How it is reached.
    #[schema(max_length = 1024)]
    contact: Option<String>,
    /// `Standard` (0), `Business` (1) or `Enterprise` (2).
    #[schema(value_type = Option<PlanSaid>)]
    plan: Option<String>,
    /// `Active` (0) or `Suspended` (1).
    #[schema(value_type = Option<StatusSaid>)]
    status: Option<String>,
}

/// What a further key opens.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct IssueKeyRequest {
    /// `customer` (0), `operator` (1) or `admin` (2); `customer` where nothing is said.
    #[schema(value_type = Option<RoleSaid>)]
    role: Option<String>,
}

/// A business that wants to register.
pub(super) struct Opening {
    pub(super) contact: ContactRow,
    pub(super) plan: PricePlan,
    pub(super) owner: Option<String>,
}

/// What is to change of an account.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) name: Option<String>,
    pub(super) contact: Option<String>,
    pub(super) plan: Option<PricePlan>,
    pub(super) status: Option<AccountStatus>,
}

impl OpenAccountRequest {
    /// Reads the body.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Opening, Problem> {
        let faults = Faults::default();
        let fields = Fields::new(body, Letters::Exact, &faults);
        let name = fields.required_text("name", NAME_BYTES_MAX);
        let contact = fields.text("contact", CONTACT_BYTES_MAX);
        let plan = fields.named("plan").unwrap_or_default();
        let owner = fields.non_empty_text("ownerId", OWNER_BYTES_MAX);
        let opening = name.map(|name| Opening {
            contact: ContactRow { name, contact },
            plan,
            owner,
        });
        faults.into_value(opening)
    }
}

impl ChangeAccountRequest {
    /// Reads the body.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Changes, Problem> {
        let faults = Faults::default();
        let fields = Fields::new(body, Letters::Exact, &faults);
        let changes = Changes {
            name: fields.non_empty_text("name", NAME_BYTES_MAX),
            contact: fields.text("contact", CONTACT_BYTES_MAX),
            plan: fields.named("plan"),
            status: fields.named("status"),
        };
        faults.into_value(Some(changes))
    }
}

impl IssueKeyRequest {
    /// Reads the body.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Role, Problem> {
        let faults = Faults::default();
        let role = Fields::new(body, Letters::Exact, &faults).named("role");
        faults.into_value(Some(role.unwrap_or_default()))
    }
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountResponse {
    /// Its identity.
    id: String,
    /// The owner whose deliveries are its own.
    owner_id: String,
    /// How the business is called.
    name: String,
    /// How it is reached.
    contact: Option<String>,
    /// What it pays by.
    plan: &'static str,
    /// Whether it may use the service.
    status: &'static str,
    /// When it registered.
    created_at: String,
    /// Its keys, oldest first.
    keys: Vec<KeyResponse>,
}

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyResponse {
    /// Its name.
    id: String,
    /// What it opens.
    role: &'static str,
    /// When it was made.
    created_at: String,
}

/// An account that has just begun, with its first key.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedAccountResponse {
    /// The account.
    #[serde(flatten)]
    account: AccountResponse,
    /// The key, shown this once.
    api_key: String,
}

/// A key that has just been made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssuedKeyResponse {
    /// The key.
    #[serde(flatten)]
    key: KeyResponse,
    /// Its secret, shown this once.
    api_key: String,
}

impl AccountResponse {
    /// An account as it stands.
    pub(super) fn new(row: AccountRow, contact: ContactRow) -> Self {
        Self {
            id: row.id.to_string(),
            owner_id: row.owner,
            name: contact.name,
            contact: contact.contact,
            plan: row.plan.name(),
            status: row.status.name(),
            created_at: unix_micros_text(row.opened_at_unix_micros),
            keys: row.keys.iter().map(KeyResponse::new).collect(),
        }
    }
}

impl KeyResponse {
    fn new(row: &KeyRow) -> Self {
        Self {
            id: row.key.id.to_string(),
            role: row.key.role.name(),
            created_at: unix_micros_text(row.issued_at_unix_micros),
        }
    }
}

impl OpenedAccountResponse {
    /// A new account.
    pub(super) fn new(row: AccountRow, contact: ContactRow, api_key: String) -> Self {
        Self {
            account: AccountResponse::new(row, contact),
            api_key,
        }
    }
}

impl IssuedKeyResponse {
    /// A new key.
    pub(super) fn new(row: &KeyRow, api_key: String) -> Self {
        Self {
            key: KeyResponse::new(row),
            api_key,
        }
    }
}
