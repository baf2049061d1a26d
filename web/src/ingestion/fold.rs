//! Ingestion's store: which deliveries there are and how they ended, and the keys that were used.

use std::sync::Arc;

use prometheus::{IntCounter, Registry};
use serde::{Deserialize, Serialize};
use skyhaul_actors::command::DeliveryRequest;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::once::{KEPT_MICROS, KeyRow, Scope, Waiting};
use crate::change::{Standing, Standings};
use crate::inbox::{Inbox, Reader};
use crate::ports::StoreError;
use crate::store::{Fold, Key, Progress, Rows, Table};

/// Most keys that are kept: a day at ten a second, about 300 MB. Beyond it the oldest go first, which
/// `skyhaul_ingestion_keys_pushed_out_total` shows.
const KEYS_MAX: i64 = 1_000_000;

/// Most keys that a batch lets go of, so that no batch takes long; it is more than a batch brings.
const LET_GO_MAX: usize = 10_000;

const DELIVERIES: u8 = b'd';
const KEYS: u8 = b'k';
const KEYS_BY_AGE: u8 = b'a';
const KEY_COUNT: u8 = b'n';
const KEY_NEWEST: u8 = b'l';

fn delivery_row(id: DeliveryId) -> Key {
    Key::of(DELIVERIES).delivery(id)
}

/// Where an idempotency key is kept.
pub(crate) fn key_row(scope: &Scope) -> Key {
    Key::of(KEYS).text(&scope.owner).text(&scope.key)
}

fn age_row(row: &KeyRow) -> Key {
    let used_at = u64::try_from(row.used_at_unix_micros).unwrap_or_default();
    Key::of(KEYS_BY_AGE).number(used_at).number(row.number)
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Outcome {
    Open,
    Completed,
    Cancelled,
}

/// What ingestion knows of deliveries.
pub(crate) struct Outcomes {
    table: Table,
    progress: Progress,
    inbox: Arc<Inbox>,
}

impl Outcomes {
    /// What is in its store, and what is on the way to it.
    pub(crate) fn new(table: Table, progress: Progress, inbox: Arc<Inbox>) -> Self {
        Self {
            table,
            progress,
            inbox,
        }
    }
}

impl Standings for Outcomes {
    fn standing(&self, id: DeliveryId) -> Result<Standing, StoreError> {
        let is_on_its_way = self.inbox.request(id).is_some();
        Ok(match self.table.get(&delivery_row(id))? {
            Some(Outcome::Open) => Standing::Open,
            Some(Outcome::Completed) => Standing::Completed,
            Some(Outcome::Cancelled) => Standing::Cancelled,
            None if is_on_its_way => Standing::Open,
            None => Standing::Unknown,
        })
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// The counter of keys that went before their time, in a registry.
pub(crate) fn pushed_out_counter(registry: &Registry) -> Result<IntCounter, prometheus::Error> {
    let counter = IntCounter::new(
        "skyhaul_ingestion_keys_pushed_out_total",
        "Idempotency keys let go before their 24 hours were over, because there were too many",
    )?;
    registry.register(Box::new(counter.clone()))?;
    Ok(counter)
}

/// Folds events into ingestion's store.
pub(crate) struct IngestionFold {
    inbox: Arc<Inbox>,
    waiting: Arc<Waiting>,
    keys_max: i64,
    pushed_out: IntCounter,
}

impl IngestionFold {
    /// A fold that tells `inbox` and `waiting` what is in the store, and counts keys that went before their time.
    pub(crate) fn new(inbox: Arc<Inbox>, waiting: Arc<Waiting>, pushed_out: IntCounter) -> Self {
        Self {
            inbox,
            waiting,
            keys_max: KEYS_MAX,
            pushed_out,
        }
    }
}

impl Fold for IngestionFold {
    const NAME: &'static str = "ingestion";

    const LOOKED_UP: &'static [u8] = &[DELIVERIES, KEYS];

    fn fold(&self, event: &Numbered<Event>, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        rows.note_ending(event)?;
        match &event.event {
            Event::DeliveryRequested { request, .. } => {
                rows.put(delivery_row(request.delivery), &Outcome::Open)?;
                keep_key(request, event.number, rows)
            }
            Event::DeliveryCompleted { delivery, .. } => {
                rows.put(delivery_row(*delivery), &Outcome::Completed)
            }
            Event::DeliveryCancelled { delivery, .. } => {
                rows.put(delivery_row(*delivery), &Outcome::Cancelled)
            }
            _ => Ok(()),
        }
    }

    /// Lets go of keys whose time is over, and of the oldest where there are too many.
    fn finish(&self, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let Some(newest) = rows.get::<i64>(&Key::of(KEY_NEWEST))? else {
            return Ok(());
        };
        let count = rows.get::<i64>(&Key::of(KEY_COUNT))?.unwrap_or(0);
        let surplus = usize::try_from(count - self.keys_max).unwrap_or(0);
        for (age, scope) in to_let_go(rows.table(), newest - KEPT_MICROS, surplus)? {
            let row = rows.get::<KeyRow>(&key_row(&scope))?;
            if let Some(row) = row.filter(|row| age_row(row) == age) {
                if row.used_at_unix_micros > newest - KEPT_MICROS {
                    self.pushed_out.inc();
                }
                rows.delete(key_row(&scope));
                rows.delete(age);
                rows.add(Key::of(KEY_COUNT), -1)?;
            }
        }
        Ok(())
    }

    fn forget(&self, before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        for id in rows.take_endings(before)? {
            rows.delete(delivery_row(id));
        }
        Ok(())
    }

    fn committed(&self, events: &[Numbered<Event>]) {
        self.inbox.requests_projected(events, Reader::Ingestion);
        for event in events {
            if let Event::DeliveryRequested { request, .. } = &event.event
                && let Some(scope) = scope(request)
            {
                self.waiting.projected(&scope);
            }
        }
    }
}

fn scope(request: &DeliveryRequest) -> Option<Scope> {
    let key = request.idempotency.as_ref()?;
    Some(Scope {
        owner: request.owner.clone(),
        key: key.key.clone(),
    })
}

/// Keeps the key of a request. One that was used before, and whose time is over, is used anew.
fn keep_key(request: &DeliveryRequest, number: u64, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let (Some(key), Some(scope)) = (&request.idempotency, scope(request)) else {
        return Ok(());
    };
    let row = KeyRow {
        body_digest: key.body_digest,
        delivery: request.delivery,
        used_at_unix_micros: key.used_at_unix_micros,
        number,
    };
    match rows.get::<KeyRow>(&key_row(&scope))? {
        Some(before) => rows.delete(age_row(&before)),
        None => rows.add(Key::of(KEY_COUNT), 1)?,
    }
    rows.put(age_row(&row), &scope)?;
    rows.put(key_row(&scope), &row)?;
    let newest = rows.get::<i64>(&Key::of(KEY_NEWEST))?;
    let newest = newest.unwrap_or(i64::MIN).max(row.used_at_unix_micros);
    rows.put(Key::of(KEY_NEWEST), &newest)
}

/// The keys in the store that are to go, oldest first: those that were used before `until`, and as many as are `surplus`.
fn to_let_go(table: &Table, until: i64, surplus: usize) -> Result<Vec<(Key, Scope)>, StoreError> {
    let mut found = Vec::new();
    let all = Key::of(KEYS_BY_AGE);
    let used_until = all.clone().number(u64::try_from(until).unwrap_or_default());
    table.scan((&all, &all.end()), false, &mut |key, scope| {
        let goes = key < used_until.bytes() || found.len() < surplus;
        if goes {
            found.push((Key::from_bytes(key), scope));
        }
        goes && found.len() < LET_GO_MAX
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::command::{ConfirmationKind, IdempotencyKey, PackageRecord, PackageSize, Place};
    use skyhaul_engine::units::Kilograms;

    use super::*;
    use crate::ports::Projection as _;
    use crate::ports::memory::MemoryStore;
    use crate::store::StoredProjection;

    const HOUR_MICROS: i64 = 3_600_000_000;

    fn request(number: u64, key: &str, used_at_unix_micros: i64) -> Numbered<Event> {
        let request = DeliveryRequest {
            delivery: DeliveryId(u128::from(number)),
            owner: "o".to_owned(),
            account: None,
            pickup: Place::on_ground(skyhaul_engine::geo::Position::default()),
            dropoff: Place::on_ground(skyhaul_engine::geo::Position::default()),
            pickup_at: SimTime::ZERO,
            deadline: None,
            expedited: false,
            confirmation: ConfirmationKind::None,
            package: PackageRecord {
                label: "p".to_owned(),
                owner: None,
                size: PackageSize::Small,
                weight: Kilograms::ZERO,
                tag: None,
            },
            idempotency: Some(IdempotencyKey {
                key: key.to_owned(),
                body_digest: [0; 32],
                used_at_unix_micros,
            }),
        };
        let event = Event::DeliveryRequested {
            command: None,
            request: Arc::new(request),
        };
        Numbered {
            number,
            at: SimTime::ZERO,
            event,
        }
    }

    fn projection(keys_max: i64) -> (StoredProjection<IngestionFold>, IntCounter) {
        let registry = Registry::new();
        let inbox = Arc::new(Inbox::new(&registry).expect("a new registry takes all"));
        let counter = pushed_out_counter(&registry).expect("a new registry takes all");
        let fold = IngestionFold {
            keys_max,
            ..IngestionFold::new(inbox, Arc::default(), counter.clone())
        };
        let store = Arc::new(MemoryStore::default());
        (
            StoredProjection::open(store, fold).expect("memory works"),
            counter,
        )
    }

    fn known(table: &Table) -> Vec<String> {
        let keys = ["a", "b", "c", "d"].map(str::to_owned).into_iter();
        let is_known = |key: &String| {
            let (owner, key) = ("o".to_owned(), key.clone());
            let row: Option<KeyRow> = table.get(&key_row(&Scope { owner, key })).expect("memory works");
            row.is_some()
        };
        keys.filter(is_known).collect()
    }

    #[test]
    fn keys_go_when_their_day_is_over() {
        let (mut projection, pushed_out) = projection(100);
        let used = [("a", 0), ("b", 1), ("c", 23), ("d", 25)];
        for (number, (key, hour)) in (0..).zip(used) {
            let event = request(number, key, HOUR_MICROS * hour + 1);
            projection.apply(&[event]).expect("memory works");
        }
        projection
            .apply(&[request(9, "d", HOUR_MICROS * 25 + 2)])
            .expect("memory works");
        assert_eq!(known(&projection.table()), ["c", "d"]);
        assert_eq!(pushed_out.get(), 0);
    }

    #[test]
    fn the_oldest_keys_go_first_where_there_are_too_many() {
        let (mut projection, pushed_out) = projection(2);
        for (number, key) in (0..).zip(["a", "b", "c", "d"]) {
            let event = request(number, key, HOUR_MICROS + i64::try_from(number).expect("small"));
            projection.apply(&[event]).expect("memory works");
        }
        projection
            .apply(&[request(9, "d", HOUR_MICROS + 9)])
            .expect("memory works");
        assert_eq!(known(&projection.table()), ["c", "d"]);
        assert_eq!(pushed_out.get(), 2);
    }
}
