//! The open loop: requests fall due at a fixed rate and wait for a free connection, and time counts from when they were due.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hyper::Method;
use hyper::body::Bytes;
use indicatif::ProgressBar;
use serde::Deserialize;
use skyhaul_actors::ids::DeliveryId;
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use super::Plan;
use super::client::{Answer, CallError, Client, Target};
use super::orders::Orders;

/// How often what has fallen due is let go: the finest step of the runtime's timers.
const TICK: Duration = Duration::from_millis(1);

/// How often progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(200);

/// Requests that may wait for a connection. Beyond it the service is so far behind that the rest is counted as not sent.
const WAITING_MAX: usize = 1_000_000;

/// Longest time that is told, us: an answer takes at most half a minute, after a wait for the connection.
const LATENCY_US_MAX: u64 = 3_600_000_000;

/// Digits to which times are kept.
const LATENCY_DIGITS: u8 = 3;

/// The path of requests.
const PATH: &str = "/api/deliveryrequests";

/// What came of it.
pub(super) struct Sent {
    /// Requests that fell due.
    pub(super) due: u64,
    /// Those for which no place was left to wait.
    pub(super) dropped: u64,
    /// Deliveries that were accepted, in order of their answers.
    pub(super) accepted: Vec<DeliveryId>,
    /// Other answers, by status.
    pub(super) refused: BTreeMap<u16, u64>,
    /// Requests without an answer, by what happened.
    pub(super) failed: BTreeMap<CallError, u64>,
    /// From when an accepted request was due to its answer, us.
    pub(super) latencies: Histogram<u64>,
    /// From the first request's time to the last answer.
    pub(super) lasted: Duration,
}

impl Sent {
    fn new() -> Self {
        Self {
            due: 0,
            dropped: 0,
            accepted: Vec::new(),
            refused: BTreeMap::new(),
            failed: BTreeMap::new(),
            latencies: Histogram::new_with_max(LATENCY_US_MAX, LATENCY_DIGITS)
                .expect("one microsecond to an hour by three digits is a range"),
            lasted: Duration::ZERO,
        }
    }

    fn note(&mut self, due: Instant, answered: Result<Answer, CallError>) {
        match answered.and_then(|answer| read(&answer)) {
            Ok(Told::Accepted(delivery)) => {
                self.accepted.push(delivery);
                let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(LATENCY_US_MAX);
                self.latencies.saturating_record(micros);
            }
            Ok(Told::Refused(status)) => *self.refused.entry(status).or_default() += 1,
            Err(error) => *self.failed.entry(error).or_default() += 1,
        }
    }

    /// Requests that have come to something.
    fn done(&self) -> u64 {
        let others = self.refused.values().chain(self.failed.values());
        self.accepted.len() as u64 + self.dropped + others.sum::<u64>()
    }
}

/// What an answer tells.
enum Told {
    Accepted(DeliveryId),
    Refused(u16),
}

/// The part of an acceptance that is needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Acceptance<'a> {
    delivery_id: &'a str,
}

fn read(answer: &Answer) -> Result<Told, CallError> {
    if answer.status != 202 {
        return Ok(Told::Refused(answer.status));
    }
    let acceptance: Acceptance<'_> =
        serde_json::from_slice(&answer.body).map_err(|_| CallError::NotUnderstood)?;
    let delivery = acceptance.delivery_id.parse();
    delivery.map(Told::Accepted).map_err(|_| CallError::NotUnderstood)
}

/// What the connections share.
struct Shared {
    due: RefCell<VecDeque<Instant>>,
    is_over: Cell<bool>,
    woken: Notify,
    orders: RefCell<Orders>,
    sent: RefCell<Sent>,
}

impl Shared {
    /// The next request's time, or `None` after the last.
    async fn next(&self) -> Option<Instant> {
        loop {
            if let Some(due) = self.due.borrow_mut().pop_front() {
                return Some(due);
            }
            if self.is_over.get() {
                // Wakes the next one that waits for nothing.
                self.woken.notify_one();
                return None;
            }
            self.woken.notified().await;
        }
    }

    fn order(&self) -> Bytes {
        self.orders.borrow_mut().next()
    }
}

/// Sends all requests of a plan, and waits for their answers.
pub(super) async fn send(plan: &Plan, orders: Orders, bar: &ProgressBar) -> Sent {
    let shared = std::rc::Rc::new(Shared {
        due: RefCell::default(),
        is_over: Cell::new(false),
        woken: Notify::new(),
        orders: RefCell::new(orders),
        sent: RefCell::new(Sent::new()),
    });
    let begun = Instant::now();
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..plan.connections {
        connections.spawn_local(serve(plan.target.clone(), std::rc::Rc::clone(&shared)));
    }
    let showing = tokio::task::spawn_local(show(std::rc::Rc::clone(&shared), bar.clone()));
    let_fall_due(plan, begun, &shared).await;
    while connections.join_next().await.is_some() {}
    showing.abort();
    let mut sent = shared.sent.replace(Sent::new());
    sent.lasted = begun.elapsed();
    sent
}

/// One connection's work.
async fn serve(target: Target, shared: std::rc::Rc<Shared>) {
    let mut client = Client::new(&target);
    while let Some(due) = shared.next().await {
        let answered = client.call(Method::POST, PATH, shared.order()).await;
        shared.sent.borrow_mut().note(due, answered);
    }
}

/// Lets requests go when their time has come: number n of them n / rate after the beginning.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most a million a second for a week, and not negative"
)]
async fn let_fall_due(plan: &Plan, begun: Instant, shared: &Shared) {
    let total = ((plan.lasting.as_secs_f64() * plan.rate) as u64).max(1);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut number = 0;
    while number < total {
        ticks.tick().await;
        let elapsed_s = begun.elapsed().as_secs_f64();
        while number < total && number as f64 / plan.rate <= elapsed_s {
            let due = begun + Duration::from_secs_f64(number as f64 / plan.rate);
            number += 1;
            let is_room = shared.due.borrow().len() < WAITING_MAX;
            let mut sent = shared.sent.borrow_mut();
            sent.due += 1;
            if is_room {
                shared.due.borrow_mut().push_back(due);
                shared.woken.notify_one();
            } else {
                sent.dropped += 1;
            }
        }
    }
    shared.is_over.set(true);
    shared.woken.notify_one();
}

async fn show(shared: std::rc::Rc<Shared>, bar: ProgressBar) {
    let mut ticks = tokio::time::interval(SHOW_EVERY);
    loop {
        ticks.tick().await;
        let sent = shared.sent.borrow();
        let done = sent.done();
        bar.set_length(sent.due);
        bar.set_position(done);
        bar.set_message(format!(
            "{} accepted, {} wait, p99 {:.1} ms",
            sent.accepted.len(),
            sent.due - done,
            sent.latencies.value_at_quantile(0.99) as f64 / 1_000.0
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Result<Answer, CallError> {
        let body = Bytes::from_static(body.as_bytes());
        Ok(Answer { status, body })
    }

    #[test]
    fn every_request_comes_to_something() {
        let mut sent = Sent::new();
        let accepted = r#"{"deliveryId":"00000000-0000-4000-8000-000000000001","ownerId":"me"}"#;
        sent.note(Instant::now(), answer(202, accepted));
        sent.note(Instant::now(), answer(202, "{}"));
        sent.note(Instant::now(), answer(503, "{}"));
        sent.note(Instant::now(), Err(CallError::TooLate));
        assert_eq!(sent.done(), 4);
        assert_eq!(sent.accepted.len(), 1);
        assert_eq!(sent.refused, BTreeMap::from([(503, 1)]));
        assert_eq!(
            sent.failed,
            BTreeMap::from([(CallError::TooLate, 1), (CallError::NotUnderstood, 1)])
        );
        assert_eq!(sent.latencies.len(), 1);
    }
}
