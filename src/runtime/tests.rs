//! Each part fails in the middle of its work, and nothing that was acknowledged is lost or done twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use skyhaul_actors::command::Command;
use skyhaul_actors::event::{CancelReason, Event};
use skyhaul_actors::ids::{CommandId, DeliveryId};
use skyhaul_engine::ports::memory::{MemoryJournal, MemorySnapshotStore};
use skyhaul_engine::ports::{Journal, JournalError, JournalRecord, Numbered, RecordNumber};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_web::ports::simulation::{EngineState, ParkedMessage};
use skyhaul_web::ports::{CommandPort as _, Decision, Projection, StoreError, SubmitError};
use tokio::sync::mpsc;

use super::deaths::Deaths;
use super::retention::Retention;
use super::running::{ProjectionAndBacklog, Running};
use super::supervisor::Fatal;
use super::world::{LivePicture, LiveWorld, WorldFactory};
use super::{Shared, SharedParts, recovery};
use crate::clock::{LiveClock, Speed};
use crate::commands::Commands;
use crate::observe::Metrics;
use crate::record::Record;

mod pacing;
mod partings;
mod poison;
mod retention;
mod slices;

/// Faults that are still to come.
#[derive(Default)]
struct Faults(AtomicUsize);

impl Faults {
    fn strike(&self) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
    }

    fn put(&self, count: usize) {
        self.0.store(count, Ordering::SeqCst);
    }
}

/// Deliveries that are turned down are told under their number and this.
const TURNED_DOWN: u128 = 1_000_000;

/// The world dies at this delivery, and when it is turned down as well.
const POISON: DeliveryId = DeliveryId(666_666);
const POISON_TURNED_DOWN: DeliveryId = DeliveryId(POISON.0 + TURNED_DOWN);

/// The world cannot go on from this delivery.
const RUNAWAY: DeliveryId = DeliveryId(777_777);

/// A world that answers each command with one event when its stamp comes.
struct EchoWorld {
    now: SimTime,
    next_event: u64,
    pending: BTreeMap<(SimTime, CommandId), DeliveryId>,
    faults: Arc<Faults>,
}

impl LiveWorld for EchoWorld {
    fn submit(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        assert!(stamp > self.now, "a stamp lies after the present");
        let Command::CancelDelivery { delivery } = command else {
            panic!("only cancellations are sent here");
        };
        assert!(
            self.pending.insert((stamp, id), delivery).is_none(),
            "a command comes once"
        );
    }

    /// Is told like what is carried out, under a number of its own.
    fn turn_down(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        let Command::CancelDelivery { delivery } = command else {
            panic!("only cancellations are sent here");
        };
        self.pending
            .insert((stamp, id), DeliveryId(delivery.0 + TURNED_DOWN));
    }

    fn run_until(&mut self, horizon: SimTime) -> Result<Vec<Numbered<Event>>, String> {
        let mut events = Vec::new();
        while let Some(entry) = self
            .pending
            .first_entry()
            .filter(|entry| entry.key().0 <= horizon)
        {
            let ((at, command), delivery) = entry.remove_entry();
            assert!(!self.faults.strike(), "a fault put here by a test");
            assert!(delivery != POISON && delivery != POISON_TURNED_DOWN, "poison");
            if delivery == RUNAWAY {
                return Err("runaway".to_owned());
            }
            let (number, command) = (self.next_event, Some(command));
            let reason = CancelReason::Requested;
            events.push(Numbered {
                number,
                at,
                event: Event::DeliveryCancelled {
                    delivery,
                    command,
                    reason,
                },
            });
            self.next_event += 1;
        }
        self.now = horizon;
        Ok(events)
    }

    fn next_event(&self) -> u64 {
        self.next_event
    }

    fn now(&self) -> SimTime {
        self.now
    }

    fn digest(&self) -> u64 {
        self.next_event
    }

    fn state(&self) -> EngineState {
        EngineState {
            at: self.now,
            next_due: self.pending.keys().next().map(|(stamp, _)| *stamp),
            next_event: self.next_event,
            ..EngineState::default()
        }
    }

    fn parked(&self) -> Vec<ParkedMessage> {
        Vec::new()
    }

    fn save(&self) -> Result<Vec<u8>, String> {
        let pending: Vec<_> = self.pending.iter().collect();
        postcard::to_stdvec(&(self.now, self.next_event, pending)).map_err(|error| error.to_string())
    }
}

struct EchoWorlds(Arc<Faults>);

impl WorldFactory for EchoWorlds {
    fn found(&self) -> Box<dyn LiveWorld> {
        Box::new(EchoWorld {
            now: SimTime::ZERO,
            next_event: 0,
            pending: BTreeMap::new(),
            faults: Arc::clone(&self.0),
        })
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn LiveWorld>, String> {
        let (now, next_event, pending): (_, _, Vec<_>) =
            postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
        Ok(Box::new(EchoWorld {
            now,
            next_event,
            pending: pending.into_iter().collect(),
            faults: Arc::clone(&self.0),
        }))
    }
}

/// A picture that keeps nothing.
struct NoPicture;

impl LivePicture for NoPicture {
    fn apply(&self, _: &[Numbered<Event>]) {}
    fn save(&self) -> Vec<u8> {
        Vec::new()
    }
    fn restore(&self, _: Option<&[u8]>) -> Result<(), String> {
        Ok(())
    }
}

/// What a store holds: the deliveries told of, and the next event.
#[derive(Default)]
struct Rows {
    deliveries: Vec<DeliveryId>,
    next_event: u64,
}

/// A projection that fails or panics when told to.
struct Listing {
    rows: Arc<Mutex<Rows>>,
    panics: Arc<Faults>,
    failures: Arc<Faults>,
}

impl Projection for Listing {
    fn name(&self) -> &'static str {
        "listing"
    }

    fn next_event(&self) -> u64 {
        self.rows.lock().next_event
    }

    fn apply(&mut self, events: &[Numbered<Event>]) -> Result<(), StoreError> {
        assert!(!self.panics.strike(), "a fault put here by a test");
        if self.failures.strike() {
            let reason = "a fault put here by a test".to_owned();
            return Err(StoreError {
                store: "listing",
                reason,
            });
        }
        let mut rows = self.rows.lock();
        for event in events {
            if event.number < rows.next_event {
                continue;
            }
            assert_eq!(event.number, rows.next_event, "no event is left out");
            rows.next_event += 1;
            if let Event::DeliveryCancelled { delivery, .. } = event.event {
                rows.deliveries.push(delivery);
            }
        }
        Ok(())
    }

    fn forget(&mut self, _: SimDuration) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn flush(&mut self, _: &mut dyn FnMut()) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A journal whose device is full when told to, or that panics after it flushed a command.
struct FrailJournal {
    journal: MemoryJournal,
    holds_command: bool,
    full: Arc<Faults>,
    panics: Arc<Faults>,
}

impl Journal for FrailJournal {
    fn append(&mut self, stamp: SimTime, payload: &[u8]) -> Result<RecordNumber, JournalError> {
        if self.full.strike() {
            return Err(JournalError::Full);
        }
        self.holds_command |= matches!(
            Record::decode(payload),
            Ok(Record::Command(_) | Record::Pacing(_))
        );
        self.journal.append(stamp, payload)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        self.journal.flush()?;
        let held_command = std::mem::take(&mut self.holds_command);
        assert!(
            !(held_command && self.panics.strike()),
            "a fault put here by a test"
        );
        Ok(())
    }

    fn next_number(&self) -> RecordNumber {
        self.journal.next_number()
    }

    fn read(
        &self,
        from: RecordNumber,
        visit: &mut dyn FnMut(JournalRecord) -> bool,
    ) -> Result<(), JournalError> {
        self.journal.read(from, visit)
    }

    fn release_before(&mut self, number: RecordNumber) -> Result<(), JournalError> {
        self.journal.release_before(number)
    }

    fn bytes(&self) -> u64 {
        self.journal.bytes()
    }

    fn bytes_from(&self, number: RecordNumber) -> u64 {
        self.journal.bytes_from(number)
    }
}

/// A journal that has begun, its first record being no command, and holds these.
fn journal(records: &[Record]) -> MemoryJournal {
    let mut journal = MemoryJournal::default();
    let seal = Record::Seal { until: SimTime::ZERO };
    for record in [&seal].into_iter().chain(records) {
        journal
            .append(SimTime::from_micros(1), &record.encode())
            .expect("there is room");
    }
    journal.flush().expect("the device works");
    journal
}

/// A living world's parts around a journal.
fn parts(journal: Box<dyn Journal>, fatal: mpsc::UnboundedSender<Fatal>) -> SharedParts {
    let summary = recovery::summarise(&*journal).expect("it can be read");
    SharedParts {
        journal,
        snapshots: Box::new(MemorySnapshotStore::default()),
        clock: Arc::new(LiveClock::new(summary.sealed, SimTime::ZERO, Speed::REAL)),
        metrics: Arc::new(
            Metrics::new(&prometheus::Registry::new(), Default::default()).expect("the names are free"),
        ),
        fatal,
        deaths: Deaths::default(),
        sealed: summary.sealed,
        reached: summary.reached(),
        pacing: summary.pacing,
        builds: summary.builds,
        retention: Retention::default(),
        build: BUILD.to_owned(),
    }
}

/// A small living world with all its faults.
struct Life {
    running: Running,
    commands: Commands,
    rows: Arc<Mutex<Rows>>,
    host: Arc<Faults>,
    journal_full: Arc<Faults>,
    journal_panics: Arc<Faults>,
    projection_panics: Arc<Faults>,
    projection_failures: Arc<Faults>,
    fatals: mpsc::UnboundedReceiver<Fatal>,
}

/// The build that runs in these tests.
const BUILD: &str = "this build";

impl Life {
    fn start() -> Self {
        Self::go_on_from(&[])
    }

    /// A life whose journal holds these records behind its first one.
    fn go_on_from(records: &[Record]) -> Self {
        let [
            host,
            journal_full,
            journal_panics,
            projection_panics,
            projection_failures,
        ] = std::array::from_fn(|_| Arc::new(Faults::default()));
        let (fatal, fatals) = mpsc::unbounded_channel();
        let journal = FrailJournal {
            journal: journal(records),
            holds_command: false,
            full: Arc::clone(&journal_full),
            panics: Arc::clone(&journal_panics),
        };
        let shared = Arc::new(Shared::new(parts(Box::new(journal), fatal)));
        let rows = Arc::new(Mutex::new(Rows::default()));
        let listing = Listing {
            rows: Arc::clone(&rows),
            panics: Arc::clone(&projection_panics),
            failures: Arc::clone(&projection_failures),
        };
        let pairs = ProjectionAndBacklog::pair(&shared, vec![Box::new(listing)]);
        let worlds = Arc::new(EchoWorlds(Arc::clone(&host)));
        let running = Running::start(&shared, &pairs, worlds, Arc::new(NoPicture));
        Self {
            running,
            commands: Commands(shared),
            rows,
            host,
            journal_full,
            journal_panics,
            projection_panics,
            projection_failures,
            fatals,
        }
    }

    async fn send(&self, number: u128) -> Result<CommandId, SubmitError> {
        let delivery = DeliveryId(number);
        self.commands.submit(Command::CancelDelivery { delivery }).await
    }

    /// Sends until it is acknowledged, as a client does that is told to try again.
    async fn send_until_acknowledged(&self, number: u128) -> CommandId {
        loop {
            match self.send(number).await {
                Ok(id) => return id,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// Stops everything and gives what the store holds.
    async fn end(self) -> Vec<u128> {
        self.running.stop().await.expect("all parts end in time");
        let rows = self.rows.lock();
        rows.deliveries.iter().map(|delivery| delivery.0).collect()
    }
}

#[actix_rt::test]
async fn what_is_asked_is_durable_decided_and_stored() {
    let life = Life::start();
    let first = life.send_until_acknowledged(1).await;
    assert_eq!(life.commands.decision(first).await, Decision::Accepted);
    life.send(2).await.expect("acknowledged");
    assert_eq!(life.end().await, [1, 2]);
}

#[actix_rt::test]
async fn a_host_that_panics_is_rebuilt_from_the_journal() {
    let life = Life::start();
    life.send_until_acknowledged(1).await;
    life.host.put(2);
    life.send(2).await.expect("durable before the host dies of it");
    let third = life.send_until_acknowledged(3).await;
    assert_eq!(life.commands.decision(third).await, Decision::Accepted);
    assert_eq!(life.end().await, [1, 2, 3]);
}

#[actix_rt::test]
async fn a_sequencer_that_panics_after_its_flush_hands_over_what_it_made_durable() {
    let life = Life::start();
    life.send_until_acknowledged(1).await;
    life.journal_panics.put(1);
    let untold = life.send(2).await;
    assert_eq!(untold, Err(SubmitError::Unavailable));
    let last = life.send_until_acknowledged(3).await;
    assert_eq!(life.commands.decision(last).await, Decision::Accepted);
    let stored = life.end().await;
    assert_eq!(
        stored,
        [1, 2, 3],
        "durable is durable, though its client could not be told"
    );
}

#[actix_rt::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let life = Life::start();
    life.send_until_acknowledged(1).await;
    life.journal_full.put(usize::MAX);
    assert_eq!(life.send(2).await, Err(SubmitError::DiskFull));
    life.journal_full.put(0);
    life.send(3).await.expect("there is room again");
    assert_eq!(life.end().await, [1, 3]);
}

#[actix_rt::test]
async fn a_projector_that_panics_and_a_store_that_fails_leave_nothing_out() {
    let life = Life::start();
    life.send_until_acknowledged(1).await;
    life.projection_panics.put(2);
    life.send(2).await.expect("acknowledged");
    life.projection_failures.put(2);
    life.send(3).await.expect("acknowledged");
    until(|| life.rows.lock().deliveries.len() == 3).await;
    assert_eq!(life.end().await, [1, 2, 3]);
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
