//! PHOLD on the kernel.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Engine, RegionId};
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::SimTime;

use super::{Size, State, first_delay};
use crate::slices::Slices;

/// An actor that answers every event with one for another.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entity(State);

/// What an entity understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EntityMessage {
    /// Its event is due.
    EventDue,
}

impl Actor for Entity {
    type System = Phold;
    type Message = EntityMessage;

    fn handle(
        &mut self,
        EntityMessage::EventDue: EntityMessage,
        ctx: &mut Ctx<'_, Phold>,
    ) -> Result<(), ActorError> {
        let (next, delay) = self.0.next(*ctx.shared());
        ctx.send_in(delay, Addr::<Self>::first_tenant(next), EntityMessage::EventDue);
        Ok(())
    }
}

skyhaul_engine::system! {
    /// PHOLD with one type of actor.
    pub system Phold {
        shared: u32,
        event: (),
        actors: PholdActors { entities: Entity },
        messages: PholdMessage,
        spawned: PholdSpawned,
    }
}

/// Nobody listens: PHOLD emits nothing.
struct Nobody;

impl EventSink<()> for Nobody {
    fn accept(&mut self, _event: Numbered<()>) {}
}

/// What a run of the kernel tells.
#[derive(Debug)]
pub struct Run {
    /// Nanoseconds an event.
    pub slices: Slices,
    /// The sum of the states' digests.
    pub states: u64,
    /// The kernel's own digest of the order of all events.
    pub order: u64,
}

/// Runs PHOLD.
///
/// # Panics
/// Where the kernel halts, which PHOLD gives it no reason for.
#[must_use]
pub fn run(size: Size) -> Run {
    let mut engine = Engine::<Phold>::new(Arc::new(size.actors));
    for index in 0..size.actors {
        let entity = engine.spawn(Entity(State::new(index)));
        let at = SimTime::ZERO + first_delay(index);
        engine.inject(at, u64::from(index), entity, EntityMessage::EventDue);
    }
    let mut slices = Slices::default();
    let advance = |engine: &mut Engine<Phold>| {
        let before = engine.counters().handled;
        let horizon = engine.now() + size.slice();
        engine
            .run_until(horizon, &mut Nobody)
            .expect("PHOLD moves time with every event");
        engine.counters().handled - before
    };
    advance(&mut engine);
    for _ in 0..size.slices {
        slices.time(|| advance(&mut engine));
    }
    let entities = engine.actors(RegionId(0)).entities.iter();
    let states = entities.fold(0, |sum: u64, (_, entity)| sum.wrapping_add(entity.0.digest()));
    Run {
        slices,
        states,
        order: engine.digest(),
    }
}
