//! PHOLD on the kernel with three types of actor, as a domain has them: three slabs and a static match.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Engine};
use skyhaul_engine::time::SimTime;

use super::kernel::advance;
use super::{Measure, Run, Size, State, first_delay};

/// What an entity of any type understands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum EntityMessage {
    /// Its event is due.
    EventDue,
}

/// An entity of a type of its own. Actor `index` of all is the `index / 3`-th of type `index % 3`.
macro_rules! entity {
    ($name:ident) => {
        /// An actor that answers every event with one for another, of any type.
        #[derive(Clone, Serialize, Deserialize)]
        pub struct $name(State);

        impl Actor for $name {
            type System = Phold;
            type Message = EntityMessage;

            #[inline(always)]
            fn handle(
                &mut self,
                EntityMessage::EventDue: EntityMessage,
                ctx: &mut Ctx<'_, Phold>,
            ) -> Result<(), ActorError> {
                let (next, delay) = self.0.next(*ctx.shared());
                match next % 3 {
                    0 => ctx.send_in(
                        delay,
                        Addr::<Red>::first_tenant(next / 3),
                        EntityMessage::EventDue,
                    ),
                    1 => ctx.send_in(
                        delay,
                        Addr::<Green>::first_tenant(next / 3),
                        EntityMessage::EventDue,
                    ),
                    _ => ctx.send_in(
                        delay,
                        Addr::<Blue>::first_tenant(next / 3),
                        EntityMessage::EventDue,
                    ),
                }
                Ok(())
            }
        }
    };
}

entity!(Red);
entity!(Green);
entity!(Blue);

skyhaul_engine::system! {
    /// PHOLD with three types of actor.
    pub system Phold {
        shared: u32,
        event: (),
        actors: PholdActors { reds: Red, greens: Green, blues: Blue },
        messages: PholdMessage,
        spawned: PholdSpawned,
    }
}

/// Runs PHOLD.
#[must_use]
pub fn run(size: Size) -> Run {
    let measure = Measure::begin();
    let mut engine = Engine::<Phold>::new(Arc::new(size.actors));
    for index in 0..size.actors {
        let (at, order) = (SimTime::ZERO + first_delay(index), u64::from(index));
        let state = State::new(index);
        match index % 3 {
            0 => found(&mut engine, at, order, Red(state)),
            1 => found(&mut engine, at, order, Green(state)),
            _ => found(&mut engine, at, order, Blue(state)),
        }
    }
    let slices = size.time(|horizon| advance(&mut engine, horizon));
    let digest = |index: u32| match index % 3 {
        0 => engine
            .get(Addr::<Red>::first_tenant(index / 3))
            .map(|red| red.0.digest()),
        1 => engine
            .get(Addr::<Green>::first_tenant(index / 3))
            .map(|green| green.0.digest()),
        _ => engine
            .get(Addr::<Blue>::first_tenant(index / 3))
            .map(|blue| blue.0.digest()),
    };
    let sum = (0..size.actors).filter_map(digest).fold(0, u64::wrapping_add);
    measure.end(slices, sum)
}

/// Spawns an entity and gives it its first event.
fn found<A>(engine: &mut Engine<Phold>, at: SimTime, order: u64, entity: A)
where
    A: Actor<System = Phold, Message = EntityMessage> + skyhaul_engine::kernel::Member,
{
    let addr = engine.spawn(entity);
    engine.inject(at, order, addr, EntityMessage::EventDue);
}
