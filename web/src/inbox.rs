//! Inbox: what was acknowledged and not yet projected, so that whoever wrote may read at once.

use std::collections::{HashMap, hash_map};
use std::sync::Arc;

use foldhash::fast::RandomState;
use parking_lot::Mutex;
use prometheus::{IntGauge, Registry};
use skyhaul_actors::command::{DeliveryRequest, PackageRecord};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use tokio::sync::oneshot;

use crate::http::problem::Problem;

/// Most requests kept here: ten seconds of a spike of 50,000 a second, about 300 MB. Beyond it requests are answered 503 until
/// projections have caught up; `skyhaul_web_unprojected_requests` shows it.
const REQUESTS_MAX: usize = 500_000;

/// Most packages kept here, by label.
const PACKAGES_MAX: usize = 500_000;

/// What was acknowledged and not yet projected.
#[derive(Debug)]
pub(crate) struct Inbox {
    requests: Mutex<HashMap<DeliveryId, Unprojected, RandomState>>,
    packages: Mutex<HashMap<PackageName, PackageSaid, RandomState>>,
    changes: Mutex<HashMap<DeliveryId, Vec<oneshot::Sender<()>>>>,
    waiting: IntGauge,
}

/// A request, and which services have it in their stores.
#[derive(Debug)]
struct Unprojected {
    accepted: Arc<Accepted>,
    by: u8,
}

/// A service that looks for requests here until they are in its store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader {
    /// Ingestion.
    Ingestion = 1,
    /// Delivery.
    Delivery = 2,
    /// Drone scheduler.
    Drone = 4,
}

/// All readers.
const READERS: u8 = Reader::Ingestion as u8 | Reader::Delivery as u8 | Reader::Drone as u8;

/// A request that was taken.
#[derive(Debug, PartialEq)]
pub(crate) struct Accepted {
    /// What was asked.
    pub(crate) request: DeliveryRequest,
    /// When.
    pub(crate) at: SimTime,
}

/// A package's label, as one owner's or, without an owner, as whoever's: many owners use the same label.
type PackageName = (Option<String>, String);

/// The names under which a package is looked for.
fn names(record: &PackageRecord) -> impl Iterator<Item = PackageName> {
    let owned = record
        .owner
        .as_ref()
        .map(|owner| (Some(owner.clone()), record.label.clone()));
    std::iter::once((None, record.label.clone())).chain(owned)
}

/// What was said about a package, and how often it has yet to be projected.
#[derive(Debug)]
struct PackageSaid {
    record: PackageRecord,
    outstanding: usize,
}

impl Inbox {
    /// An empty inbox, whose size is shown in `registry`.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let waiting = IntGauge::new(
            "skyhaul_web_unprojected_requests",
            "Requests that were acknowledged and are not in the delivery store yet",
        )?;
        registry.register(Box::new(waiting.clone()))?;
        Ok(Self {
            requests: Mutex::default(),
            packages: Mutex::default(),
            changes: Mutex::default(),
            waiting,
        })
    }

    /// Lets in a request and what it says about its package. They leave again where the entry is dropped without being kept.
    pub(crate) fn admit(self: &Arc<Self>, request: &DeliveryRequest, at: SimTime) -> Result<Entry, Problem> {
        let package = self.say(request.package.clone())?;
        let accepted = Arc::new(Accepted {
            request: request.clone(),
            at,
        });
        let unprojected = Unprojected { accepted, by: 0 };
        let mut requests = self.requests.lock();
        if requests.len() >= REQUESTS_MAX {
            return Err(Problem::saturated());
        }
        if requests.contains_key(&request.delivery) {
            return Err(Problem::conflict("the delivery is being created"));
        }
        requests.insert(request.delivery, unprojected);
        self.waiting.inc();
        Ok(Entry {
            delivery: Some(request.delivery),
            package,
        })
    }

    /// Lets in what is said about a package.
    pub(crate) fn say(self: &Arc<Self>, record: PackageRecord) -> Result<PackageEntry, Problem> {
        let mut packages = self.packages.lock();
        if packages.len() >= PACKAGES_MAX {
            return Err(Problem::saturated());
        }
        for name in names(&record) {
            let said = packages.entry(name).or_insert_with(|| PackageSaid {
                record: record.clone(),
                outstanding: 0,
            });
            said.record = record.clone();
            said.outstanding += 1;
        }
        Ok(PackageEntry {
            inbox: Arc::clone(self),
            record: Some(record),
        })
    }

    /// A request that is not projected yet.
    pub(crate) fn request(&self, id: DeliveryId) -> Option<Arc<Accepted>> {
        let requests = self.requests.lock();
        requests
            .get(&id)
            .map(|unprojected| Arc::clone(&unprojected.accepted))
    }

    /// What was said last about a package, by its owner or by whomever, and is not projected yet.
    pub(crate) fn package(&self, owner: Option<&str>, label: &str) -> Option<PackageRecord> {
        let name = (owner.map(str::to_owned), label.to_owned());
        self.packages.lock().get(&name).map(|said| said.record.clone())
    }

    /// The requests that these events tell of are in a service's store; those that are in all leave.
    pub(crate) fn requests_projected(&self, events: &[Numbered<Event>], by: Reader) {
        let mut requests = self.requests.lock();
        for event in events {
            if let Event::DeliveryRequested { request, .. } = &event.event
                && let hash_map::Entry::Occupied(mut unprojected) = requests.entry(request.delivery)
            {
                unprojected.get_mut().by |= by as u8;
                if unprojected.get().by == READERS {
                    unprojected.remove();
                    self.waiting.dec();
                }
            }
        }
    }

    fn forget(&self, id: DeliveryId) {
        if self.requests.lock().remove(&id).is_some() {
            self.waiting.dec();
        }
    }

    /// What was said about a package is in its store.
    pub(crate) fn package_projected(&self, record: &PackageRecord) {
        let mut packages = self.packages.lock();
        for name in names(record) {
            if let Some(said) = packages.get_mut(&name) {
                said.outstanding = said.outstanding.saturating_sub(1);
                if said.outstanding == 0 {
                    packages.remove(&name);
                }
            }
        }
    }

    /// Waits for a change of a delivery to be in its store.
    pub(crate) fn watch_change(self: &Arc<Self>, id: DeliveryId) -> ChangeWatch {
        let (sender, receiver) = oneshot::channel();
        self.changes.lock().entry(id).or_default().push(sender);
        ChangeWatch {
            inbox: Arc::clone(self),
            id,
            receiver,
        }
    }

    /// A change of a delivery, or its refusal, is in its store.
    pub(crate) fn change_projected(&self, id: DeliveryId) {
        for watcher in self.changes.lock().remove(&id).unwrap_or_default() {
            let _ = watcher.send(());
        }
    }
}

/// A request's place in the inbox until it is known to be durable.
#[derive(Debug)]
#[must_use]
pub(crate) struct Entry {
    delivery: Option<DeliveryId>,
    package: PackageEntry,
}

impl Entry {
    /// The request is durable.
    pub(crate) fn keep(mut self) {
        self.delivery = None;
        self.package.record = None;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(id) = self.delivery {
            self.package.inbox.forget(id);
        }
    }
}

/// A package's place in the inbox until what is said of it is known to be durable.
#[derive(Debug)]
#[must_use]
pub(crate) struct PackageEntry {
    inbox: Arc<Inbox>,
    record: Option<PackageRecord>,
}

impl PackageEntry {
    /// It is durable.
    pub(crate) fn keep(mut self) {
        self.record = None;
    }
}

impl Drop for PackageEntry {
    fn drop(&mut self) {
        if let Some(record) = &self.record {
            self.inbox.package_projected(record);
        }
    }
}

/// Someone who waits for a change to be seen.
#[derive(Debug)]
pub(crate) struct ChangeWatch {
    inbox: Arc<Inbox>,
    id: DeliveryId,
    receiver: oneshot::Receiver<()>,
}

impl ChangeWatch {
    /// Waits. Callers set their own time limit.
    pub(crate) async fn seen(&mut self) {
        let _ = (&mut self.receiver).await;
    }
}

impl Drop for ChangeWatch {
    fn drop(&mut self) {
        self.receiver.close();
        let mut changes = self.inbox.changes.lock();
        if let Some(watchers) = changes.get_mut(&self.id) {
            watchers.retain(|watcher| !watcher.is_closed());
            if watchers.is_empty() {
                changes.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::command::PackageSize;
    use skyhaul_engine::units::Kilograms;

    use super::*;

    fn inbox() -> Arc<Inbox> {
        Arc::new(Inbox::new(&Registry::new()).expect("a new registry takes all"))
    }

    fn package(weight_kg: f64) -> PackageRecord {
        PackageRecord {
            label: "p".to_owned(),
            owner: None,
            size: PackageSize::Small,
            weight: Kilograms::new(weight_kg),
            tag: None,
        }
    }

    #[test]
    fn what_was_said_last_is_read_until_all_is_projected() {
        let inbox = inbox();
        inbox.say(package(1.0)).expect("there is room").keep();
        inbox.say(package(2.0)).expect("there is room").keep();
        inbox.package_projected(&package(1.0));
        assert_eq!(inbox.package(None, "p"), Some(package(2.0)));
        inbox.package_projected(&package(1.0));
        assert_eq!(inbox.package(None, "p"), None);
    }

    #[test]
    fn what_is_not_kept_leaves() {
        let inbox = inbox();
        drop(inbox.say(package(1.0)).expect("there is room"));
        assert_eq!(inbox.package(None, "p"), None);
    }

    #[test]
    fn whoever_stops_waiting_for_a_change_leaves_nothing_behind() {
        let inbox = inbox();
        let (first, second) = (
            inbox.watch_change(DeliveryId(1)),
            inbox.watch_change(DeliveryId(1)),
        );
        drop(first);
        assert_eq!(inbox.changes.lock()[&DeliveryId(1)].len(), 1);
        drop(second);
        assert!(inbox.changes.lock().is_empty());
    }

    #[actix_web::test]
    async fn a_change_is_seen_by_all_who_wait() {
        let inbox = inbox();
        let (mut first, mut second) = (
            inbox.watch_change(DeliveryId(1)),
            inbox.watch_change(DeliveryId(1)),
        );
        inbox.change_projected(DeliveryId(1));
        first.seen().await;
        second.seen().await;
    }
}
