//! Rows of the account store, and what a change makes of an account.

use serde::{Deserialize, Serialize};
use skyhaul_actors::account::{AccountChange, AccountKey, AccountRecord, AccountStatus, PricePlan};
use skyhaul_actors::ids::{AccountId, CommandId};

use crate::store::Key;

/// Most keys an account has: a few programs, each with one in use and one to come. Further ones are answered 409.
pub(super) const KEYS_MAX: usize = 16;

const ACCOUNTS: u8 = b'a';
const OWNERS: u8 = b'o';
const CONTACTS: u8 = b'c';

/// All accounts.
pub(super) fn account_rows() -> Key {
    Key::of(ACCOUNTS)
}

/// An account.
pub(super) fn account_row(id: AccountId) -> Key {
    account_rows().text(&id.to_string())
}

/// Whose account has an owner's deliveries.
pub(super) fn owner_row(owner: &str) -> Key {
    Key::of(OWNERS).text(owner)
}

/// How an account's business is called and reached.
pub(super) fn contact_row(id: AccountId) -> Key {
    Key::of(CONTACTS).text(&id.to_string())
}

/// An account, as it follows from what the journal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    /// Its identity.
    pub(crate) id: AccountId,
    /// The owner whose deliveries are its own.
    pub(crate) owner: String,
    /// What it pays by.
    pub(crate) plan: PricePlan,
    /// Whether it may use the service.
    pub(crate) status: AccountStatus,
    /// Its keys, oldest first.
    pub(crate) keys: Vec<KeyRow>,
    /// When it began: wall clock, microseconds since 1970.
    pub(crate) opened_at_unix_micros: i64,
    /// The last change that is taken in here.
    pub(crate) changed_by: CommandId,
}

/// A key of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRow {
    /// It.
    pub(crate) key: AccountKey,
    /// When it was made: wall clock, microseconds since 1970.
    pub(crate) issued_at_unix_micros: i64,
}

/// How a business is called and reached. This alone is not in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ContactRow {
    /// Its name.
    pub(super) name: String,
    /// How it is reached.
    pub(super) contact: Option<String>,
}

impl AccountRow {
    /// The account after a change; `None` where the change is of an account that never began.
    pub(super) fn after(before: Option<Self>, record: &AccountRecord, command: CommandId) -> Option<Self> {
        let (at, id) = (record.at_unix_micros, record.account);
        let issued = |key: &AccountKey| KeyRow {
            key: *key,
            issued_at_unix_micros: at,
        };
        let mut row = match (&record.change, before) {
            (AccountChange::Opened { owner, plan, key }, None) => Self {
                id,
                owner: owner.clone(),
                plan: *plan,
                status: AccountStatus::Active,
                keys: vec![issued(key)],
                opened_at_unix_micros: at,
                changed_by: command,
            },
            (_, before) => before?,
        };
        match &record.change {
            AccountChange::Opened { .. } => {}
            AccountChange::Changed { status, plan, .. } => {
                row.status = status.unwrap_or(row.status);
                row.plan = plan.unwrap_or(row.plan);
            }
            AccountChange::KeyIssued(key) => {
                if row.keys.len() < KEYS_MAX {
                    row.keys.push(issued(key));
                }
            }
            AccountChange::KeyRevoked(id) => row.keys.retain(|row| row.key.id != *id),
        }
        row.changed_by = command;
        Some(row)
    }
}
