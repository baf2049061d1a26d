//! Leases: for how long a telemetry client may stay that was let in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use skyhaul_actors::account::{AccountKey, AccountStatus};
use skyhaul_actors::ids::AccountId;
use skyhaul_telemetry::door::Lease;

use super::caller::{Caller, Shown};
use super::link::Link;
use crate::account::Accounts;
use crate::delivery::Delivery;

/// What must go on being so for a client to stay.
struct Stay {
    /// The account must be active.
    account: Option<(Arc<Accounts>, AccountId)>,
    /// And have this key, as it is.
    key: Option<AccountKey>,
    /// And the link must not be revoked.
    link: Option<Linked>,
    /// And it must not be later than this.
    ends_at: Option<Instant>,
}

/// A link that is good until somebody revokes it.
struct Linked {
    deliveries: Arc<Delivery>,
    link: Link,
    /// How often links had been revoked when this one was looked at; the store is asked only where there were more since.
    looked_at: AtomicU64,
}

impl Linked {
    fn holds(&self) -> bool {
        let revocations = self.deliveries.revocations();
        if self.looked_at.load(Ordering::Relaxed) == revocations {
            return true;
        }
        let holds = self.deliveries.has_link(self.link).unwrap_or(false);
        if holds {
            self.looked_at.store(revocations, Ordering::Relaxed);
        }
        holds
    }
}

/// For how long a caller may stay; `None`: as long as they like.
pub(super) fn lease(
    accounts: &Arc<Accounts>,
    deliveries: &Arc<Delivery>,
    caller: &Caller,
) -> Option<Arc<dyn Lease>> {
    let linked = |link| Linked {
        deliveries: Arc::clone(deliveries),
        link,
        // It may have been revoked since the caller was let in, so the first look is at the store.
        looked_at: AtomicU64::new(u64::MAX),
    };
    let (key, link, ends_at) = match caller.shown {
        Shown::Nothing => return None,
        Shown::Key(key) => (Some(key), None, None),
        Shown::Token { ends_at } => (None, None, Some(ends_at)),
        Shown::Link { link, ends_at } => (None, Some(linked(link)), Some(ends_at)),
    };
    Some(Arc::new(Stay {
        account: caller.account.map(|account| (Arc::clone(accounts), account)),
        key,
        link,
        ends_at,
    }))
}

impl Lease for Stay {
    fn holds(&self) -> bool {
        let is_known = self.account.as_ref().is_none_or(|(accounts, id)| {
            let account = accounts.register().account(*id);
            account.is_some_and(|account| {
                let has = |key: AccountKey| account.keys.iter().any(|row| row.key == key);
                account.status == AccountStatus::Active && self.key.is_none_or(has)
            })
        });
        is_known
            && self.link.as_ref().is_none_or(Linked::holds)
            && self.ends_at.is_none_or(|at| Instant::now() < at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_ends_by_itself_holds_until_then() {
        let until = |ends_at| Stay {
            account: None,
            key: None,
            link: None,
            ends_at: Some(ends_at),
        };
        assert!(until(Instant::now() + Duration::from_mins(1)).holds());
        assert!(!until(Instant::now()).holds());
    }
}
