//! PHOLD on actix: an actor an entity. Actix has no virtual time, so the driver keeps the queue, a binary heap, and hands each event
//! over with `send().await`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use actix::{Actor, Addr, Context, Handler, Message};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::{Measure, Run, SEED, Size, State, first_delay};
use crate::slices::{Slices, thread_time};

struct Entity {
    state: State,
    actors: u32,
}

impl Actor for Entity {
    type Context = Context<Self>;
}

struct EventDue;

impl Message for EventDue {
    type Result = (u32, SimDuration);
}

impl Handler<EventDue> for Entity {
    type Result = actix::MessageResult<EventDue>;

    fn handle(&mut self, _: EventDue, _: &mut Context<Self>) -> Self::Result {
        actix::MessageResult(self.state.next(self.actors))
    }
}

struct GetDigest;

impl Message for GetDigest {
    type Result = u64;
}

impl Handler<GetDigest> for Entity {
    type Result = u64;

    fn handle(&mut self, _: GetDigest, _: &mut Context<Self>) -> u64 {
        self.state.digest()
    }
}

/// Runs PHOLD, the driver's heap included, then `send().await` to random actors and nothing else: nanoseconds a message.
#[must_use]
pub fn run(size: Size) -> (Run, Slices) {
    actix_rt::System::new().block_on(async {
        let measure = Measure::begin();
        let entities: Vec<Addr<Entity>> = (0..size.actors)
            .map(|index| {
                Entity {
                    state: State::new(index),
                    actors: size.actors,
                }
                .start()
            })
            .collect();
        let (slices, states) = phold(&entities, size).await;
        let run = measure.end(slices, states);
        (run, messages(&entities, size).await)
    })
}

async fn phold(entities: &[Addr<Entity>], size: Size) -> (Slices, u64) {
    let mut queue: BinaryHeap<Reverse<(SimTime, u32)>> = (0..size.actors)
        .map(|index| Reverse((SimTime::ZERO + first_delay(index), index)))
        .collect();
    let mut slices = Slices::default();
    for (slice, horizon) in size.horizons().enumerate() {
        let (started, mut events) = (thread_time(), 0);
        while let Some(Reverse((time, index))) = queue.pop() {
            if time > horizon {
                queue.push(Reverse((time, index)));
                break;
            }
            let (next, delay) = entities[index as usize]
                .send(EventDue)
                .await
                .expect("the entity lives");
            queue.push(Reverse((time + delay, next)));
            events += 1;
        }
        if slice > 0 {
            slices.note(started, events);
        }
    }
    let mut states: u64 = 0;
    for entity in entities {
        states = states.wrapping_add(entity.send(GetDigest).await.expect("the entity lives"));
    }
    (slices, states)
}

async fn messages(entities: &[Addr<Entity>], size: Size) -> Slices {
    let mut random = RandomStream::new(SEED, 0);
    let mut slices = Slices::default();
    for _ in 0..size.slices {
        let started = thread_time();
        for _ in 0..size.events {
            let entity = &entities[random.index(entities.len())];
            entity.send(EventDue).await.expect("the entity lives");
        }
        slices.note(started, size.events);
    }
    slices
}
