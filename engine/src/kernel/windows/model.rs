//! A model of a run on two threads: Loom tries every order that the barrier's atomics, the claims and the inboxes' locks allow, and each
//! must end in the run of one thread.

use std::sync::{Arc, Mutex as StdMutex, OnceLock};

use serde::{Deserialize, Serialize};

use super::*;
use crate::kernel::{Actor, ActorError, Addr, Ctx, Engine, RegionId, Regions};

const LOOKAHEAD: SimDuration = SimDuration::from_micros(10);
const HORIZON: SimTime = SimTime::from_micros(26);

/// Hands on what it gets to the actor of the other region, and tells itself.
#[derive(Clone, Serialize, Deserialize)]
struct Relay {
    handled: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum RelayMessage {
    HandOn,
    NoteLater,
}

impl Actor for Relay {
    type System = Pair;
    type Message = RelayMessage;

    fn handle(&mut self, message: RelayMessage, ctx: &mut Ctx<'_, Pair>) -> Result<(), ActorError> {
        self.handled += 1;
        if let RelayMessage::HandOn = message {
            let other = Addr::<Self>::first_tenant_in(RegionId(1 - ctx.region().0), 0);
            ctx.send_in(LOOKAHEAD, other, RelayMessage::HandOn);
            ctx.send_in(
                SimDuration::from_micros(4),
                ctx.me::<Self>(),
                RelayMessage::NoteLater,
            );
        }
        Ok(())
    }
}

crate::system! {
    /// A relay in each of two regions.
    system Pair {
        shared: (),
        event: (),
        actors: PairActors { relays: Relay },
        messages: PairMessage,
        spawned: PairSpawned,
    }
}

/// Two regions in which something is due at once, and then goes back and forth.
fn pair() -> Vec<Region<Pair>> {
    let regions = Regions {
        count: 2,
        lookahead: LOOKAHEAD,
    };
    let mut engine = Engine::<Pair>::with_regions(Arc::new(()), regions);
    for number in 0..2 {
        let relay = engine.spawn_in(RegionId(number), Relay { handled: 0 });
        let at = SimTime::from_micros(1 + u64::from(number));
        engine.inject(at, u64::from(number), relay, RelayMessage::HandOn);
    }
    engine.regions
}

/// What a region came to: its digest, what it has handled, and what is still under way in it.
type Outcome = Vec<(u64, u64, usize)>;

/// Regions that outlive an order, since Loom's threads may outlive their frame; made once, made new for each order.
type Shelf = Arc<StdMutex<Vec<&'static mut Region<Pair>>>>;

/// Runs a pair on so many threads.
fn run_on(threads: usize, shelf: &Shelf) -> Outcome {
    let mut regions = std::mem::take(&mut *shelf.lock().expect("no order panics half-way"));
    if regions.is_empty() {
        regions = pair()
            .into_iter()
            .map(|region| Box::leak(Box::new(region)))
            .collect();
    }
    for (region, fresh) in regions.iter_mut().zip(pair()) {
        **region = fresh;
    }
    let windows = Arc::new(Windows::new(
        regions.into_iter(),
        Inboxes::default(),
        LOOKAHEAD,
        threads,
        HORIZON,
    ));
    windows.begin();
    let others: Vec<_> = (1..threads)
        .map(|thread| {
            let windows = Arc::clone(&windows);
            loom::thread::spawn(move || windows.work(thread))
        })
        .collect();
    assert!(windows.work(0), "nothing pauses the run");
    for other in others {
        assert!(other.join().expect("no handler panics"), "all decide alike");
    }
    windows.hand_over_the_rest();
    let windows = Arc::into_inner(windows).expect("all threads have ended");
    let mut outcome = Vec::new();
    for region in windows.regions {
        let region = region.into_inner().expect("no handler panics");
        let core = &region.core;
        outcome.push((core.digest, core.counters.handled, core.queue.len()));
        shelf.lock().expect("no order panics half-way").push(region);
    }
    outcome
}

/// Tries every order of so many threads.
fn every_order_ends_as_one_thread_does(threads: usize) {
    let expected: Arc<OnceLock<Outcome>> = Arc::default();
    let shelf = Shelf::default();
    for threads in [1, threads] {
        let (expected, shelf) = (Arc::clone(&expected), Arc::clone(&shelf));
        loom::model(move || {
            let outcome = run_on(threads, &shelf);
            assert_eq!(*expected.get_or_init(|| outcome.clone()), outcome);
        });
    }
    let handled = expected
        .get()
        .expect("one thread has run")
        .iter()
        .map(|region| region.1);
    assert_eq!(
        handled.sum::<u64>(),
        12,
        "three rounds of handing on in both, each with a note"
    );
}

#[test]
fn two_threads_end_as_one_does_in_every_order() {
    every_order_ends_as_one_thread_does(2);
}
