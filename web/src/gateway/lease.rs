//! Leases: for how long a telemetry client may stay that was let in.

use std::sync::Arc;
use std::time::Instant;

use skyhaul_actors::account::{AccountKey, AccountStatus};
use skyhaul_actors::ids::AccountId;
use skyhaul_telemetry::door::Lease;

use super::caller::{Caller, Shown};
use crate::account::Accounts;

/// What must go on being so for a client to stay.
struct Stay {
    accounts: Arc<Accounts>,
    /// The account must be active.
    account: Option<AccountId>,
    /// And have this key, as it is.
    key: Option<AccountKey>,
    /// And it must not be later than this.
    ends_at: Option<Instant>,
}

/// For how long a caller may stay; `None`: as long as they like.
pub(super) fn lease(accounts: &Arc<Accounts>, caller: &Caller) -> Option<Arc<dyn Lease>> {
    let (key, ends_at) = match caller.shown {
        Shown::Nothing => return None,
        Shown::Key(key) => (Some(key), None),
        Shown::Token { ends_at } | Shown::Link { ends_at, .. } => (None, Some(ends_at)),
    };
    Some(Arc::new(Stay {
        accounts: Arc::clone(accounts),
        account: caller.account,
        key,
        ends_at,
    }))
}

impl Lease for Stay {
    fn holds(&self) -> bool {
        let is_known = self.account.is_none_or(|id| {
            let account = self.accounts.register().account(id);
            account.is_some_and(|account| {
                let has = |key: AccountKey| account.keys.iter().any(|row| row.key == key);
                account.status == AccountStatus::Active && self.key.is_none_or(has)
            })
        });
        is_known && self.ends_at.is_none_or(|at| Instant::now() < at)
    }
}
