//! PHOLD on the kernel in regions, on one thread and on several: no event is due sooner than the lookahead after the one that
//! schedules it, and every second one or more goes to another region.

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Engine, RegionId, Regions};
use skyhaul_engine::time::{SimDuration, SimTime};

use super::kernel::advance;
use super::{Size, State, first_delay};
use crate::slices::Slices;

/// The shortest delay, of a mean of 1 s.
const LOOKAHEAD_S: f64 = 0.1;

/// How many actors there are, in how many regions. Actor `index` of all is the `index / regions`-th of region `index % regions`.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    actors: u32,
    regions: u16,
}

impl Cut {
    fn place(self, index: u32) -> (RegionId, u32) {
        let regions = u32::from(self.regions);
        let region = u16::try_from(index % regions).expect("below the number of regions");
        (RegionId(region), index / regions)
    }

    fn address(self, index: u32) -> Addr<Entity> {
        let (region, slot) = self.place(index);
        Addr::first_tenant_in(region, slot)
    }
}

/// An actor that answers every event with one for another, anywhere.
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
        let cut = *ctx.shared();
        let (next, delay) = self.0.next_after(cut.actors, LOOKAHEAD_S);
        ctx.send_in(delay, cut.address(next), EntityMessage::EventDue);
        Ok(())
    }
}

skyhaul_engine::system! {
    /// PHOLD in regions.
    pub system Phold {
        shared: Cut,
        event: (),
        actors: PholdActors { entities: Entity },
        messages: PholdMessage,
        spawned: PholdSpawned,
    }
}

/// What a run tells.
#[derive(Clone, Debug)]
pub struct Run {
    /// Nanoseconds an event, by the clock on the wall: it is the whole run that several threads are to make shorter.
    pub slices: Slices,
    /// The sum of the states' digests.
    pub states: u64,
    /// The kernel's own digest of the order of all events.
    pub order: u64,
}

/// Runs PHOLD in so many regions on so many threads.
#[must_use]
pub fn run(size: Size, regions: u16, threads: usize) -> Run {
    let cut = Cut {
        actors: size.actors,
        regions,
    };
    let lookahead = SimDuration::from_seconds_f64(LOOKAHEAD_S);
    let count = regions;
    let mut engine = Engine::<Phold>::with_regions(Arc::new(cut), Regions { count, lookahead });
    engine.set_threads(threads);
    for index in 0..size.actors {
        let entity = engine.spawn_in(cut.place(index).0, Entity(State::new(index)));
        let at = SimTime::ZERO + first_delay(index);
        engine.inject(at, u64::from(index), entity, EntityMessage::EventDue);
    }
    let mut slices = Slices::default();
    for (number, horizon) in size.horizons().enumerate() {
        let started = Instant::now();
        let events = advance(&mut engine, horizon);
        if number > 0 {
            slices.take_in(started.elapsed(), events);
        }
    }
    let states = (0..size.actors)
        .filter_map(|index| engine.get(cut.address(index)))
        .fold(0, |sum: u64, entity| sum.wrapping_add(entity.0.digest()));
    Run {
        slices,
        states,
        order: engine.digest(),
    }
}
