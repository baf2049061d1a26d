//! People: who hides behind the pseudonyms that journal, snapshots, events and the services' stores carry.
//!
//! A name comes in at the edge, is kept here with a random pseudonym and a key of its own, durably, before any command mentions it, and goes no
//! further. What its owner says in words is sealed with that key. To erase a person is to remove both: what was counted stays, under a pseudonym
//! that nothing leads back from.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::web;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use skyhaul_actors::command::{DeliveryRequest, PackageRecord};

use crate::http::problem::Problem;
use crate::ports::{KeyValueStore, StoreError};
use crate::store::{Key, Table};

pub(crate) mod erasure;
mod seal;

use self::seal::{SealingKey, open, seal};

const BY_NAME: u8 = b'n';
const BY_PSEUDONYM: u8 = b'p';

/// What a pseudonym begins with.
const PREFIX: &str = "owner-";

/// Hexadecimal digits that follow: 128 random bits.
const DIGITS: usize = 32;

/// Most people whose pseudonyms are in memory, some 20 MB; beyond it all are looked up in the store again.
const KNOWN_MAX: usize = 100_000;

/// A person, by their name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PersonRow {
    pseudonym: String,
    key: SealingKey,
}

/// A name, by its pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NameRow {
    name: String,
}

/// Everybody who owns something.
pub(crate) struct People {
    table: Table,
    known: Mutex<HashMap<String, PersonRow>>,
    /// Owners of accounts of a build before, who go by their names for good: their deliveries and keys do.
    named: Mutex<HashSet<String>>,
    /// Whoever gives a pseudonym, or takes one away, holds it, so that nobody has two.
    giving: tokio::sync::Mutex<()>,
}

fn name_row(name: &str) -> Key {
    Key::of(BY_NAME).text(name)
}

fn pseudonym_row(pseudonym: &str) -> Key {
    Key::of(BY_PSEUDONYM).text(pseudonym)
}

/// Whether a text is a pseudonym, whosever it is or was.
fn is_pseudonym(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

impl People {
    /// The people in a store.
    pub(crate) fn open(store: Arc<dyn KeyValueStore>) -> Self {
        Self {
            table: Table::new("people", store),
            known: Mutex::default(),
            named: Mutex::default(),
            giving: tokio::sync::Mutex::default(),
        }
    }

    /// Gives none of these a pseudonym, where they have none.
    pub(crate) fn leave_as_they_are(&self, owners: Vec<String>) {
        let named = owners.into_iter().filter(|owner| !is_pseudonym(owner));
        self.named.lock().extend(named);
    }

    fn find(&self, name: &str) -> Result<Option<PersonRow>, StoreError> {
        let mut known = self.known.lock();
        if let Some(person) = known.get(name) {
            return Ok(Some(person.clone()));
        }
        let found: Option<PersonRow> = self.table.get(&name_row(name))?;
        if let Some(person) = &found {
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
            known.insert(name.to_owned(), person.clone());
        }
        Ok(found)
    }

    /// By what somebody goes; who has no pseudonym owns nothing yet, and goes by the name itself. So does what was written before there were any.
    pub(crate) fn pseudonym(&self, name: &str) -> Result<String, StoreError> {
        let found = self.find(name)?;
        Ok(found.map_or_else(|| name.to_owned(), |person| person.pseudonym))
    }

    /// Who goes by a pseudonym; the pseudonym itself where nobody knows.
    pub(crate) fn name(&self, pseudonym: &str) -> Result<String, StoreError> {
        let row: Option<NameRow> = self.table.get(&pseudonym_row(pseudonym))?;
        Ok(row.map_or_else(|| pseudonym.to_owned(), |row| row.name))
    }

    /// Whether somebody is known by this name.
    pub(crate) fn knows(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.find(name)?.is_some())
    }

    /// The same as [`Self::pseudonym`], and gives one to whoever has none, durably.
    pub(crate) async fn introduce(&self, name: &str) -> Result<String, Problem> {
        if is_pseudonym(name) || self.named.lock().contains(name) {
            return Ok(name.to_owned());
        }
        if let Some(person) = self.find(name)? {
            return Ok(person.pseudonym);
        }
        let _giving = self.giving.lock().await;
        if let Some(person) = self.find(name)? {
            return Ok(person.pseudonym);
        }
        let mut bits = [0; DIGITS / 2];
        getrandom::fill(&mut bits).map_err(|_| Problem::saturated())?;
        let digits: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
        let person = PersonRow {
            pseudonym: format!("{PREFIX}{digits}"),
            key: SealingKey::new().ok_or_else(Problem::saturated)?,
        };
        let (table, name, kept) = (self.table.clone(), name.to_owned(), person.clone());
        let done = web::block(move || {
            let mut rows = table.rows();
            rows.put(pseudonym_row(&kept.pseudonym), &NameRow { name: name.clone() })?;
            rows.put(name_row(&name), &kept)?;
            rows.commit();
            table.flush()
        });
        done.await.map_err(|_| Problem::saturated())??;
        Ok(person.pseudonym)
    }

    /// Puts pseudonyms in the place of names, and seals what is said in words.
    pub(crate) async fn disguise(&self, request: &mut DeliveryRequest) -> Result<(), Problem> {
        request.package.owner = Some(request.owner.clone());
        self.disguise_package(&mut request.package).await?;
        request.owner = self.introduce(&request.owner).await?;
        Ok(())
    }

    /// The same for what is said of a package. What has no owner is nobody's.
    pub(crate) async fn disguise_package(&self, package: &mut PackageRecord) -> Result<(), Problem> {
        let Some(owner) = &package.owner else {
            return Ok(());
        };
        let pseudonym = self.introduce(owner).await?;
        if let Some(tag) = &package.tag
            && let Some(key) = self.key(&pseudonym)?
        {
            package.tag = Some(seal(tag, &key).ok_or_else(Problem::saturated)?);
        }
        package.owner = Some(pseudonym);
        Ok(())
    }

    /// Reads what is sealed; what nobody has the key of any more is gone.
    pub(crate) fn reveal(&self, mut package: PackageRecord) -> Result<PackageRecord, StoreError> {
        if let (Some(owner), Some(tag)) = (&package.owner, &package.tag)
            && seal::is_sealed(tag)
        {
            let key = self.key(owner)?;
            package.tag = key.and_then(|key| open(tag, &key));
        }
        Ok(package)
    }

    fn key(&self, pseudonym: &str) -> Result<Option<SealingKey>, StoreError> {
        let name = self.name(pseudonym)?;
        Ok(self.find(&name)?.map(|person| person.key))
    }

    /// Forgets who somebody was, durably.
    async fn forget(&self, name: &str) -> Result<(), Problem> {
        let _giving = self.giving.lock().await;
        let Some(person) = self.find(name)? else {
            return Ok(());
        };
        let (table, gone) = (self.table.clone(), name.to_owned());
        let done = web::block(move || {
            let mut rows = table.rows();
            rows.delete(pseudonym_row(&person.pseudonym));
            rows.delete(name_row(&gone));
            rows.commit();
            table.flush()
        });
        let done = done.await.map_err(|_| Problem::saturated())?;
        self.known.lock().remove(name);
        Ok(done?)
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::command::PackageSize;
    use skyhaul_engine::units::Kilograms;

    use super::*;
    use crate::ports::memory::MemoryStore;

    fn package(owner: Option<&str>) -> PackageRecord {
        PackageRecord {
            label: "p".to_owned(),
            owner: owner.map(str::to_owned),
            size: PackageSize::Small,
            weight: Kilograms::ZERO,
            tag: Some("for my aunt".to_owned()),
        }
    }

    #[actix_web::test]
    async fn a_name_keeps_its_pseudonym_over_a_restart_until_it_is_forgotten() {
        let store: Arc<dyn KeyValueStore> = Arc::new(MemoryStore::default());
        let people = People::open(Arc::clone(&store));
        assert_eq!(people.pseudonym("ann").expect("memory works"), "ann");
        let first = people.introduce("ann").await.expect("there is room");
        assert!(is_pseudonym(&first) && !first.contains("ann"), "{first}");
        let again = People::open(store);
        assert_eq!(again.introduce("ann").await.expect("known"), first);
        assert_eq!(again.introduce(&first).await.expect("one itself"), first);
        assert_eq!(again.name(&first).expect("memory works"), "ann");
        again.forget("ann").await.expect("memory works");
        assert_eq!(again.name(&first).expect("memory works"), first);
        assert!(!again.knows("ann").expect("memory works"));
        assert_ne!(again.introduce("ann").await.expect("somebody new"), first);
    }

    #[actix_web::test]
    async fn who_has_an_account_of_a_build_before_keeps_their_name() {
        let people = People::open(Arc::new(MemoryStore::default()));
        people.leave_as_they_are(vec!["acme".to_owned()]);
        assert_eq!(people.introduce("acme").await.expect("there is room"), "acme");
        let other = people.introduce("ann").await.expect("there is room");
        assert!(is_pseudonym(&other), "{other}");
    }

    #[actix_web::test]
    async fn many_who_ask_at_once_are_one_person() {
        let people = People::open(Arc::new(MemoryStore::default()));
        let asked = (0..20).map(|_| people.introduce("ann"));
        let given = futures_util::future::try_join_all(asked)
            .await
            .expect("there is room");
        assert!(given.iter().all(|pseudonym| *pseudonym == given[0]), "{given:?}");
    }

    #[actix_web::test]
    async fn words_are_read_by_who_knows_their_owner_and_by_nobody_afterwards() {
        let people = People::open(Arc::new(MemoryStore::default()));
        let mut hidden = package(Some("ann"));
        people.disguise_package(&mut hidden).await.expect("there is room");
        let text = format!("{hidden:?}");
        assert!(!text.contains("ann") && !text.contains("aunt"), "{text}");
        let shown = people.reveal(hidden.clone()).expect("memory works");
        assert_eq!(shown.tag.as_deref(), Some("for my aunt"));
        people.forget("ann").await.expect("memory works");
        assert_eq!(people.reveal(hidden).expect("memory works").tag, None);
        let mut nobodys = package(None);
        people
            .disguise_package(&mut nobodys)
            .await
            .expect("nothing to do");
        assert_eq!(nobodys, package(None));
    }
}
