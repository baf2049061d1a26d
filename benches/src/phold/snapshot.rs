//! A snapshot of PHOLD while it runs: how long it takes to bytes and back, how large it is, and what an actor takes in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use skyhaul_engine::kernel::{Addr, Engine};
use skyhaul_engine::time::SimTime;

use super::kernel::{Entity, EntityMessage, Phold, advance};
use super::{Size, State, first_delay};
use crate::memory::resident_bytes;
use crate::slices::{Slices, thread_time};

/// What a run tells.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Nanoseconds an actor, to bytes.
    pub save: Slices,
    /// Nanoseconds an actor, from bytes.
    pub load: Slices,
    /// Bytes of a snapshot.
    pub snapshot_bytes: usize,
    /// Bytes of all states as they lie in memory.
    pub states_bytes: usize,
    /// Bytes by which the process grew for the engine.
    pub engine_bytes: u64,
    /// For scale: a copy of as many bytes as the snapshot has.
    pub copy: Duration,
}

/// Runs PHOLD for a slice, then saves and loads it as often as there are slices.
///
/// # Panics
/// Where a loaded engine does not go on as the saved one does.
#[must_use]
pub fn run(size: Size) -> Saved {
    let before = resident_bytes();
    let mut engine = Engine::<Phold>::new(Arc::new(size.actors));
    for index in 0..size.actors {
        let entity: Addr<Entity> = engine.spawn(Entity::new(index));
        let at = SimTime::ZERO + first_delay(index);
        engine.inject(at, u64::from(index), entity, EntityMessage::EventDue);
    }
    let horizon = SimTime::ZERO + size.slice();
    advance(&mut engine, horizon);
    let engine_bytes = resident_bytes().saturating_sub(before);
    let (mut save, mut load) = (Slices::default(), Slices::default());
    let mut bytes = Vec::new();
    for _ in 0..size.slices.max(1) {
        let started = thread_time();
        bytes = engine.save().expect("between two runs");
        save.note(started, u64::from(size.actors));
        let started = thread_time();
        let loaded = Engine::<Phold>::load(Arc::new(size.actors), &bytes).expect("just saved");
        load.note(started, u64::from(size.actors));
        assert_eq!(loaded.digest(), engine.digest(), "the same engine");
    }
    let started = Instant::now();
    let copied = std::hint::black_box(bytes.clone());
    let copy = started.elapsed();
    let mut loaded = Engine::<Phold>::load(Arc::new(size.actors), &copied).expect("just saved");
    let later = horizon + size.slice();
    assert_eq!(
        (advance(&mut loaded, later), loaded.digest()),
        (advance(&mut engine, later), engine.digest()),
        "goes on as the saved one does"
    );
    Saved {
        save,
        load,
        snapshot_bytes: bytes.len(),
        states_bytes: size.actors as usize * size_of::<State>(),
        engine_bytes,
        copy,
    }
}
