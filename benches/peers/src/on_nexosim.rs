//! PHOLD on NeXosim 1.0: a model an actor, on its single-threaded executor.
//!
//! A model schedules events for itself only; events for others go through the simulation's `Scheduler`, of which every model
//! has a handle, by the event source registered for the receiver.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nexosim::model::{BuildContext, Context, Model, ProtoModel};
use nexosim::ports::EventSource;
use nexosim::simulation::{EventId, Mailbox, Scheduler, SimInit, Simulation};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use skyhaul_benches::phold::{Measure, Run, Size, State, first_delay};

/// Messages a mailbox holds. Events at one instant for one model are rare; the default of 16 would take more memory.
const MAILBOX: usize = 2;

/// What an entity is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Told {
    /// Its event is due.
    EventDue,
    /// All slices have run: it adds its digest to the sum.
    Report,
}

/// What all entities share.
#[derive(Default)]
struct World {
    /// Known once the simulation is built.
    reach: OnceLock<Reach>,
    events: AtomicU64,
    digests: AtomicU64,
}

/// How one entity reaches another.
struct Reach {
    scheduler: Scheduler,
    sources: Vec<EventId<Told>>,
}

impl World {
    fn reach(&self) -> &Reach {
        self.reach.get().expect("told before the first event is due")
    }
}

#[derive(Serialize, Deserialize)]
struct Entity(State);

impl Entity {
    async fn input(&mut self, told: Told, _: &Context<Self>, world: &mut Arc<World>) {
        match told {
            Told::EventDue => self.event_due(world),
            Told::Report => {
                world.digests.fetch_add(self.0.digest(), Ordering::Relaxed);
            }
        }
    }

    fn event_due(&mut self, world: &World) {
        let Reach { scheduler, sources } = world.reach();
        let actors = u32::try_from(sources.len()).expect("as many as were asked for");
        let (next, delay) = self.0.next(actors);
        let delay = Duration::from_micros(delay.micros());
        scheduler
            .schedule_event(delay, &sources[next as usize], Told::EventDue)
            .expect("every delay is longer than nothing");
        world.events.fetch_add(1, Ordering::Relaxed);
    }
}

impl Model for Entity {
    type Env = Arc<World>;
}

/// An entity that is given its world.
struct Founded(State, Arc<World>);

impl ProtoModel for Founded {
    type Model = Entity;

    fn build(self, _: &mut BuildContext<Self>) -> (Entity, Arc<World>) {
        (Entity(self.0), self.1)
    }
}

/// Runs PHOLD.
///
/// # Panics
/// Where the simulation fails, which PHOLD gives it no reason for.
#[must_use]
pub fn run(size: Size) -> Run {
    let measure = Measure::begin();
    let world = Arc::new(World::default());
    let mut simulation = found(size, &world);
    let slices = size.time(|horizon| {
        let before = world.events.load(Ordering::Relaxed);
        let until = MonotonicTime::EPOCH + Duration::from_micros(horizon.micros());
        simulation.step_until(until).expect("PHOLD goes on for ever");
        world.events.load(Ordering::Relaxed) - before
    });
    let run = measure.end(slices, 0);
    for source in &world.reach().sources {
        simulation
            .process_event(source, Told::Report)
            .expect("entities live");
    }
    let states = world.digests.load(Ordering::Relaxed);
    Run { states, ..run }
}

/// A simulation with all its entities, the first event of each scheduled.
fn found(size: Size, world: &Arc<World>) -> Simulation {
    let mut bench = SimInit::with_num_threads(1);
    let mut sources = Vec::with_capacity(size.actors as usize);
    for index in 0..size.actors {
        let mailbox = Mailbox::with_capacity(MAILBOX);
        let source = EventSource::new().connect(Entity::input, &mailbox);
        sources.push(source.register(&mut bench));
        let entity = Founded(State::new(index), Arc::clone(world));
        bench = bench.add_model(entity, mailbox, &index.to_string());
    }
    let simulation = bench
        .init(MonotonicTime::EPOCH)
        .expect("every mailbox has its model");
    let scheduler = simulation.scheduler();
    for (index, source) in (0..).zip(&sources) {
        let delay = Duration::from_micros(first_delay(index).micros());
        scheduler
            .schedule_event(delay, source, Told::EventDue)
            .expect("every delay is longer than nothing");
    }
    assert!(world.reach.set(Reach { scheduler, sources }).is_ok());
    simulation
}
