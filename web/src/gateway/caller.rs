//! Callers: who asks, and what is theirs.

use std::net::IpAddr;
use std::time::Instant;

use actix_web::{HttpMessage as _, HttpRequest};
use sha2::{Digest as _, Sha256};
use skyhaul_actors::account::{AccountKey, Role};
use skyhaul_actors::ids::{AccountId, DeliveryId};

use super::link::Link;
use super::token::Bearer;
use crate::account::AccountRow;
use crate::http::problem::Problem;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// What they may do.
    pub(crate) role: Role,
    /// The owner whose deliveries are theirs, where they are an owner.
    pub(crate) owner: Option<String>,
    /// Their account, where they have one.
    pub(crate) account: Option<AccountId>,
    /// What they showed, and so for how long they may stay.
    pub(super) shown: Shown,
    /// What they are called where it is written down who did something. It is no secret, and no person's name.
    pub(crate) name: String,
}

/// What a caller showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing that could end while the process runs.
    Nothing,
    /// A key of their account.
    Key(AccountKey),
    /// A token, which ends.
    Token {
        /// When it ends.
        ends_at: Instant,
    },
    /// A link to one delivery.
    Link {
        /// Which link.
        link: Link,
        /// When it ends.
        ends_at: Instant,
    },
}

impl Caller {
    /// Whoever asks where nobody is asked for a key: all that is known is the address.
    pub(super) fn unasked(address: Option<IpAddr>) -> Self {
        Self {
            role: Role::Admin,
            owner: None,
            account: None,
            shown: Shown::Nothing,
            name: address.map_or_else(
                || "operator".to_owned(),
                |address| format!("operator at {address}"),
            ),
        }
    }

    /// Whoever asks what is open to everyone.
    pub(super) fn nobody() -> Self {
        Self {
            role: Role::Customer,
            owner: None,
            account: None,
            shown: Shown::Nothing,
            name: "nobody".to_owned(),
        }
    }

    /// Whoever shows the administrator's key.
    pub(super) fn admin() -> Self {
        Self {
            role: Role::Admin,
            owner: None,
            account: None,
            shown: Shown::Nothing,
            name: "the admin key".to_owned(),
        }
    }

    /// Whoever shows a key of an account.
    pub(super) fn with_key(account: &AccountRow, key: &AccountKey) -> Self {
        Self {
            role: key.role,
            owner: Some(account.owner.clone()),
            account: Some(account.id),
            shown: Shown::Key(*key),
            name: format!("key {} of account {}", key.id, account.id),
        }
    }

    /// Whoever holds a token. Subjects may be persons' names or addresses, so they go by a digest.
    pub(super) fn with_token(bearer: Bearer, account: Option<AccountId>) -> Self {
        let digest: [u8; 32] = Sha256::digest(bearer.subject.as_bytes()).into();
        let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
        Self {
            role: bearer.role,
            owner: Some(bearer.owner),
            account,
            shown: Shown::Token {
                ends_at: bearer.ends_at,
            },
            name: format!("token of {:016x}", u64::from_be_bytes(*first)),
        }
    }

    /// Whoever has a link.
    pub(super) fn with_link(link: Link) -> Self {
        Self {
            role: Role::Customer,
            owner: None,
            account: None,
            shown: Shown::Link {
                link,
                ends_at: link.ends_at(),
            },
            name: format!("link to delivery {}", link.delivery),
        }
    }

    /// The one delivery that they may ask for, where a link let them in.
    pub(crate) const fn link(&self) -> Option<DeliveryId> {
        match self.shown {
            Shown::Link { link, .. } => Some(link.delivery),
            Shown::Nothing | Shown::Key(_) | Shown::Token { .. } => None,
        }
    }

    /// Who asks; whom the guard has not let in is nobody.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<Self>().cloned();
        known.unwrap_or_else(Self::nobody)
    }

    /// The owner beyond whose deliveries they may not look; `None` where they may look at all.
    pub(crate) fn only(&self) -> Option<&str> {
        match self.role {
            Role::Customer => Some(self.owner.as_deref().unwrap_or_default()),
            Role::Operator | Role::Admin => None,
        }
    }

    /// Refuses to do something for an owner whom they do not speak for.
    pub(crate) fn check_owner(&self, owner: &str) -> Result<(), Problem> {
        match self.only() {
            Some(only) if only != owner => Err(Problem::forbidden(
                "you may ask for what is your own: the ownerId must be your account's",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses what only administrators do.
    pub(crate) fn check_admin(&self, what: &str) -> Result<(), Problem> {
        if self.role < Role::Admin {
            return Err(Problem::forbidden(format!("only an administrator may {what}")));
        }
        Ok(())
    }
}
