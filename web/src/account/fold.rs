//! The account store: what the journal says of each account, in rows and, since every call asks it, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use skyhaul_actors::account::{AccountChange, AccountRecord, AccountStatus, KeyId};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::{AccountId, CommandId};
use skyhaul_engine::ports::Numbered;

use super::row::{AccountRow, account_row, account_rows, owner_row};
use crate::ports::StoreError;
use crate::store::{Fold, Rows, Table};

/// All accounts, in memory: some 500 bytes each, and [`super::ACCOUNTS_MAX`] of them.
#[derive(Debug, Default)]
pub(crate) struct Register(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    accounts: HashMap<AccountId, Arc<AccountRow>>,
    owners: HashMap<String, AccountId>,
    keys: HashMap<KeyId, AccountId>,
}

impl Known {
    fn set(&mut self, row: AccountRow) {
        let before = self.accounts.get(&row.id).cloned();
        for key in before.iter().flat_map(|row| &row.keys) {
            self.keys.remove(&key.key.id);
        }
        for key in &row.keys {
            self.keys.insert(key.key.id, row.id);
        }
        self.owners.insert(row.owner.clone(), row.id);
        self.accounts.insert(row.id, Arc::new(row));
    }

    fn apply(&mut self, record: &AccountRecord, command: CommandId) {
        if let AccountChange::Opened { owner, .. } = &record.change
            && self.owners.contains_key(owner)
        {
            return;
        }
        let before = self.accounts.get(&record.account).map(|row| (**row).clone());
        if let Some(row) = AccountRow::after(before, record, command) {
            self.set(row);
        }
    }
}

impl Register {
    /// What is in the store.
    pub(super) fn load(table: &Table) -> Result<Self, StoreError> {
        let mut known = Known::default();
        for row in table.all(&account_rows())? {
            known.set(row);
        }
        Ok(Self(RwLock::new(known)))
    }

    /// An account.
    pub(crate) fn account(&self, id: AccountId) -> Option<Arc<AccountRow>> {
        self.0.read().accounts.get(&id).cloned()
    }

    /// The account that has an owner's deliveries.
    pub(crate) fn of_owner(&self, owner: &str) -> Option<Arc<AccountRow>> {
        let known = self.0.read();
        known.accounts.get(known.owners.get(owner)?).cloned()
    }

    /// Whose deliveries they have.
    pub(super) fn owners(&self) -> Vec<String> {
        self.0.read().owners.keys().cloned().collect()
    }

    /// How many accounts there are.
    pub(super) fn count(&self) -> usize {
        self.0.read().accounts.len()
    }

    /// The account and key that a caller showed; `None` where nothing is opened by it.
    pub(crate) fn opened_by(
        &self,
        told: &str,
    ) -> Option<(Arc<AccountRow>, skyhaul_actors::account::AccountKey)> {
        let (id, secret) = super::secret::parts(told)?;
        let account = {
            let known = self.0.read();
            known.accounts.get(known.keys.get(&id)?).cloned()?
        };
        let row = account.keys.iter().find(|row| row.key.id == id)?;
        let key = super::secret::is_right(secret, &row.key.digest).then_some(row.key)?;
        Some((account, key))
    }

    /// Whether an account, named by itself or by its owner, may use the service.
    pub(super) fn is_active(&self, name: &str) -> bool {
        let by_id = name.parse().ok().and_then(|id| self.account(id));
        by_id
            .or_else(|| self.of_owner(name))
            .is_some_and(|row| row.status == AccountStatus::Active)
    }
}

/// Folds events into the account store and the register.
pub(super) struct AccountFold(pub(super) Arc<Register>);

impl Fold for AccountFold {
    const NAME: &'static str = "account";

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let Event::AccountChanged {
            command: Some(command),
            record,
        } = &event.event
        else {
            return Ok(());
        };
        if let AccountChange::Opened { owner, .. } = &record.change {
            if rows.get::<AccountId>(&owner_row(owner))?.is_some() {
                return Ok(());
            }
            rows.put(owner_row(owner), &record.account)?;
        }
        let before = rows.get(&account_row(record.account))?;
        match AccountRow::after(before, record, *command) {
            Some(row) => rows.put(account_row(row.id), &row),
            None => Ok(()),
        }
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        for event in events {
            if let Event::AccountChanged {
                command: Some(command),
                record,
            } = &event.event
            {
                self.0.0.write().apply(record, *command);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::account::{PricePlan, Role};
    use skyhaul_engine::time::SimTime;

    use super::*;
    use crate::account::secret::{self, NewKey};
    use crate::ports::Projection as _;
    use crate::ports::memory::MemoryStore;
    use crate::store::StoredProjection;

    struct Office {
        projection: StoredProjection<AccountFold>,
        store: Arc<MemoryStore>,
        register: Arc<Register>,
        next: u64,
    }

    impl Office {
        fn new() -> Self {
            let (store, register) = (Arc::new(MemoryStore::default()), Arc::<Register>::default());
            let fold = AccountFold(Arc::clone(&register));
            Self {
                projection: StoredProjection::open(Arc::clone(&store) as _, fold).expect("memory works"),
                store,
                register,
                next: 0,
            }
        }

        fn change(&mut self, account: u128, change: AccountChange) {
            let record = AccountRecord {
                account: AccountId(account),
                by: "a test".to_owned(),
                at_unix_micros: 1,
                change,
            };
            let event = Event::AccountChanged {
                command: Some(CommandId(self.next)),
                record: Box::new(record),
            };
            let event = Numbered {
                number: self.next,
                at: SimTime::ZERO,
                event,
            };
            self.projection.apply(&[event]).expect("memory works");
            self.next += 1;
        }

        fn open(&mut self, account: u128, owner: &str) -> NewKey {
            let made = NewKey::make(Role::Customer).expect("random numbers");
            let change = AccountChange::Opened {
                owner: owner.to_owned(),
                plan: PricePlan::Standard,
                key: made.kept,
            };
            self.change(account, change);
            made
        }
    }

    #[test]
    fn what_is_in_memory_is_what_is_in_the_store() {
        let mut office = Office::new();
        let first = office.open(1, "one");
        office.open(2, "two");
        let second = NewKey::make(Role::Operator).expect("random numbers");
        office.change(1, AccountChange::KeyIssued(second.kept));
        office.change(1, AccountChange::KeyRevoked(first.kept.id));
        let suspended = AccountChange::Changed {
            status: Some(AccountStatus::Suspended),
            plan: None,
            is_contact_changed: false,
        };
        office.change(2, suspended);
        office.projection.flush(&mut || ()).expect("memory works");
        let loaded = Register::load(&Table::new("account", Arc::clone(&office.store) as _));
        for register in [&loaded.expect("memory works"), &*office.register] {
            assert!(register.opened_by(&first.told).is_none(), "it was revoked");
            let (account, key) = register.opened_by(&second.told).expect("it is a key");
            assert_eq!((account.owner.as_str(), key.role), ("one", Role::Operator));
            assert!(register.is_active("one") && !register.is_active("two"));
            assert_eq!(register.count(), 2);
        }
    }

    #[test]
    fn an_owner_has_one_account_whoever_asks_for_another() {
        let mut office = Office::new();
        let first = office.open(1, "one");
        let second = office.open(2, "one");
        assert!(office.register.opened_by(&first.told).is_some());
        assert!(office.register.opened_by(&second.told).is_none());
        assert_eq!(office.register.count(), 1);
    }

    #[test]
    fn a_key_with_another_ones_secret_opens_nothing() {
        let mut office = Office::new();
        let (first, second) = (office.open(1, "one"), office.open(2, "two"));
        let (id, _) = secret::parts(&first.told).expect("a key");
        let (_, other) = secret::parts(&second.told).expect("a key");
        let forged = format!("skyhaul_{id}_{other}");
        assert!(office.register.opened_by(&forged).is_none());
    }
}
