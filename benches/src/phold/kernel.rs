//! PHOLD on the kernel, one type of actor.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Engine, System};
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::SimTime;

use super::{Measure, Run, Size, State, first_delay};

/// An actor that answers every event with one for another.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entity(State);

impl Entity {
    /// The entity of that number.
    pub(super) fn new(index: u32) -> Self {
        Self(State::new(index))
    }
}

/// What an entity understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EntityMessage {
    /// Its event is due.
    EventDue,
}

impl Actor for Entity {
    type System = Phold;
    type Message = EntityMessage;

    #[inline(always)]
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

/// A run, and the kernel's own digest of the order of all its events.
#[must_use]
pub fn run(size: Size) -> (Run, u64) {
    let measure = Measure::begin();
    let mut engine = Engine::<Phold>::new(Arc::new(size.actors));
    for index in 0..size.actors {
        let entity = engine.spawn(Entity::new(index));
        let at = SimTime::ZERO + first_delay(index);
        engine.inject(at, u64::from(index), entity, EntityMessage::EventDue);
    }
    let slices = size.time(|horizon| advance(&mut engine, horizon));
    let states = (0..size.actors)
        .filter_map(|index| engine.get(Addr::<Entity>::first_tenant(index)))
        .fold(0, |sum: u64, entity| sum.wrapping_add(entity.0.digest()));
    (measure.end(slices, states), engine.digest())
}

/// Handles what is due until `horizon` and tells how much that was.
///
/// # Panics
/// Where the kernel halts, which PHOLD gives it no reason for.
pub(super) fn advance<S: System<Event = ()>>(engine: &mut Engine<S>, horizon: SimTime) -> u64 {
    let before = engine.counters().handled;
    engine
        .run_until(horizon, &mut Nobody)
        .expect("PHOLD moves time with every event");
    engine.counters().handled - before
}
