//! Once: a request with a key is taken once; whoever repeats it is given the first one's answer.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use skyhaul_actors::ids::DeliveryId;
use tokio::sync::watch;

use super::fold::key_row;
use crate::http::problem::Problem;
use crate::store::Table;

/// How long a key is known, by the wall clock: microseconds in 24 hours.
pub(crate) const KEPT_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// Most keys whose requests are not projected yet. Beyond it requests with keys are answered 503.
const WAITING_MAX: usize = 100_000;

/// A key, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// Who uses it.
    pub(crate) owner: String,
    /// The key.
    pub(crate) key: String,
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRow {
    /// A digest of what was asked with it.
    pub(crate) body_digest: [u8; 32],
    /// What it was answered with.
    pub(crate) delivery: DeliveryId,
    /// When it was used first.
    pub(crate) used_at_unix_micros: i64,
    /// The event that told of it.
    pub(crate) number: u64,
}

/// What a first request has been answered with; `None` while it waits.
type Answer = Option<Result<DeliveryId, Problem>>;

/// Keys in use that are not in the store yet.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<HashMap<Scope, InUse>>);

#[derive(Clone, Debug)]
struct InUse {
    body_digest: [u8; 32],
    answer: watch::Receiver<Answer>,
}

impl Waiting {
    /// The key is in the store.
    pub(crate) fn projected(&self, scope: &Scope) {
        self.0.lock().remove(scope);
    }
}

/// Knows which keys were used.
#[derive(Clone)]
pub(crate) struct Once {
    table: Table,
    waiting: Arc<Waiting>,
}

/// Whether a request is the first with its key.
pub(crate) enum Claim {
    /// It is; the ticket is to be settled.
    First(Ticket),
    /// It is not; the first was answered with this.
    Again(DeliveryId),
}

/// What is known of a key.
enum Found {
    Free(Ticket),
    InUse(InUse),
    Kept(DeliveryId),
}

impl Once {
    /// The keys in a store and those on their way to it.
    pub(crate) fn new(table: Table, waiting: Arc<Waiting>) -> Self {
        Self { table, waiting }
    }

    /// Claims a key, or waits for the answer of whoever has it.
    pub(crate) async fn claim(
        &self,
        scope: Scope,
        body_digest: [u8; 32],
        now: i64,
    ) -> Result<Claim, Problem> {
        loop {
            let mut in_use = match self.look(&scope, body_digest, now)? {
                Found::Free(ticket) => return Ok(Claim::First(ticket)),
                Found::Kept(id) => return Ok(Claim::Again(id)),
                Found::InUse(in_use) if in_use.body_digest != body_digest => return Err(other_body()),
                Found::InUse(in_use) => in_use,
            };
            let answer = in_use.answer.wait_for(Option::is_some).await;
            if let Some(answer) = answer.ok().and_then(|answer| answer.clone()) {
                return answer.map(Claim::Again);
            }
        }
    }

    fn look(&self, scope: &Scope, body_digest: [u8; 32], now: i64) -> Result<Found, Problem> {
        let mut waiting = self.waiting.0.lock();
        if let Some(in_use) = waiting.get(scope) {
            return Ok(Found::InUse(in_use.clone()));
        }
        let kept: Option<KeyRow> = self.table.get(&key_row(scope))?;
        if let Some(kept) = kept.filter(|kept| now - kept.used_at_unix_micros < KEPT_MICROS) {
            return if kept.body_digest == body_digest {
                Ok(Found::Kept(kept.delivery))
            } else {
                Err(other_body())
            };
        }
        if waiting.len() >= WAITING_MAX {
            return Err(Problem::saturated());
        }
        let (settle, answer) = watch::channel(None);
        waiting.insert(scope.clone(), InUse { body_digest, answer });
        Ok(Found::Free(Ticket {
            waiting: Arc::clone(&self.waiting),
            scope: scope.clone(),
            settle,
            is_taken: false,
        }))
    }
}

fn other_body() -> Problem {
    Problem::impossible("Idempotency-Key", "was used for another request")
}

/// The right to be the first. Where it is dropped without the request having been taken, the next one is the first.
pub(crate) struct Ticket {
    waiting: Arc<Waiting>,
    scope: Scope,
    settle: watch::Sender<Answer>,
    is_taken: bool,
}

impl Ticket {
    /// Tells whoever waits how the request was answered.
    pub(crate) fn settle(mut self, answer: Result<DeliveryId, Problem>) {
        self.is_taken = answer.is_ok();
        self.settle.send_replace(Some(answer));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_taken {
            self.waiting.projected(&self.scope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::memory::MemoryStore;

    const NOW: i64 = 1_700_000_000_000_000;

    fn once() -> Once {
        Once::new(
            Table::new("ingestion", Arc::new(MemoryStore::default())),
            Arc::default(),
        )
    }

    fn scope() -> Scope {
        Scope {
            owner: "o".to_owned(),
            key: "k".to_owned(),
        }
    }

    async fn first(once: &Once) -> Ticket {
        match once.claim(scope(), [1; 32], NOW).await {
            Ok(Claim::First(ticket)) => ticket,
            _ => panic!("the key is free"),
        }
    }

    #[actix_web::test]
    async fn a_twin_waits_for_the_first_ones_answer() {
        let once = once();
        let ticket = first(&once).await;
        let twin = once.claim(scope(), [1; 32], NOW);
        let settle = async { ticket.settle(Ok(DeliveryId(7))) };
        let (twin, ()) = futures_util::future::join(twin, settle).await;
        assert!(matches!(twin, Ok(Claim::Again(DeliveryId(7)))));
    }

    #[actix_web::test]
    async fn another_body_is_refused_at_once() {
        let once = once();
        let _ticket = first(&once).await;
        assert!(once.claim(scope(), [2; 32], NOW).await.is_err());
    }

    #[actix_web::test]
    async fn a_failed_first_leaves_the_key_free() {
        let once = once();
        drop(first(&once).await);
        first(&once).await.settle(Err(Problem::saturated()));
        first(&once).await.settle(Ok(DeliveryId(7)));
        assert!(matches!(
            once.claim(scope(), [1; 32], NOW).await,
            Ok(Claim::Again(DeliveryId(7)))
        ));
    }

    #[actix_web::test]
    async fn a_key_is_free_again_after_a_day() {
        let once = once();
        let row = KeyRow {
            body_digest: [2; 32],
            delivery: DeliveryId(7),
            used_at_unix_micros: NOW - KEPT_MICROS + 1,
            number: 0,
        };
        once.table.keep(&key_row(&scope()), &row).expect("memory works");
        assert!(once.claim(scope(), [1; 32], NOW).await.is_err());
        assert!(matches!(
            once.claim(scope(), [1; 32], NOW + 1).await,
            Ok(Claim::First(_))
        ));
    }
}
