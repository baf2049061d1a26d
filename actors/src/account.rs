//! Accounts: what the journal keeps of a business that registered. Its name and how it is reached are not part of it: they stay with whoever
//! took them in, so that they can be erased.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// A change of an account, and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Which account.
    pub account: AccountId,
    /// Who changed it, by a name that is no person's.
    pub by: String,
    /// When: wall clock, microseconds since 1970.
    pub at_unix_micros: i64,
    /// What changed.
    pub change: AccountChange,
}

/// What changes of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountChange {
    /// It begins, and is active.
    Opened {
        /// The owner whose deliveries are its own.
        owner: String,
        /// What it pays by.
        plan: PricePlan,
        /// Its first key.
        key: AccountKey,
    },
    /// Its standing or what it pays by; `None` keeps what was.
    Changed {
        /// Whether it may use the service.
        status: Option<AccountStatus>,
        /// What it pays by.
        plan: Option<PricePlan>,
        /// Whether its name or how it is reached changed, too.
        is_contact_changed: bool,
    },
    /// It has one more key.
    KeyIssued(AccountKey),
    /// A key opens nothing any more.
    KeyRevoked(KeyId),
}

/// A key's name, which is no secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId(pub u64);

/// A key as it is kept: enough to recognise it, and not to make it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountKey {
    /// Its name.
    pub id: KeyId,
    /// The SHA-256 of its secret, which has 256 random bits.
    pub digest: [u8; 32],
    /// What it opens.
    pub role: Role,
}

impl fmt::Debug for AccountKey {
    /// Without the digest: logs have no use for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.id, self.role)
    }
}

impl fmt::Display for KeyId {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a caller may do. Whoever may do more may do all that others may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// What is one owner's own.
    #[default]
    Customer,
    /// All deliveries, the fleet, and the world's pace.
    Operator,
    /// Accounts as well.
    Admin,
}

/// Whether an account may use the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountStatus {
    /// It may.
    #[default]
    Active,
    /// Its keys open nothing until it is active again.
    Suspended,
}

/// What an account pays by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PricePlan {
    /// For a few parcels.
    #[default]
    Standard,
    /// For a shop that sends every day.
    Business,
    /// For a network of shops.
    Enterprise,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_without_what_it_is_recognised_by() {
        let key = AccountKey {
            id: KeyId(0xab),
            digest: [77; 32],
            role: Role::Operator,
        };
        assert_eq!(format!("{key:?}"), "00000000000000ab (Operator)");
    }

    #[test]
    fn whoever_may_do_more_stands_higher() {
        assert!(Role::Customer < Role::Operator && Role::Operator < Role::Admin);
    }
}
