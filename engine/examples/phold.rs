//! PHOLD (Fujimoto 1990), the field's measure: every event schedules one more, at an exponential delay, for an actor drawn at
//! random. Here in regions, on as many threads as one likes: the digest is the same.
//!
//! ```text
//! cargo run --release -p skyhaul-engine --example phold -- --actors 100000 --seconds 10 --regions 8 --threads 2
//! ```

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_engine::kernel::{Actor, ActorError, Addr, Ctx, Engine, RegionId, Regions};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};

/// An actor that answers every event with one for another.
#[derive(Clone, Serialize, Deserialize)]
struct Entity {
    handled: u64,
    random: RandomStream,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum EntityMessage {
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
        self.handled += 1;
        let cut = *ctx.shared();
        let next = u32::try_from(self.random.index(cut.actors as usize)).expect("one of the actors");
        ctx.send_in(
            delay(&mut self.random),
            cut.address(next),
            EntityMessage::EventDue,
        );
        Ok(())
    }
}

/// The shortest delay: what regions may rely on.
const LOOKAHEAD: SimDuration = SimDuration::from_millis(100);

/// A mean of a second, and no less than the lookahead.
fn delay(random: &mut RandomStream) -> SimDuration {
    LOOKAHEAD + SimDuration::from_seconds_f64(random.exponential(0.9))
}

/// How many actors there are, and in how many regions they live: one after the other is put into the next region.
#[derive(Clone, Copy)]
struct Cut {
    actors: u32,
    regions: u16,
}

impl Cut {
    fn region(self, index: u32) -> RegionId {
        RegionId(u16::try_from(index % u32::from(self.regions)).expect("one of the regions"))
    }

    fn address(self, index: u32) -> Addr<Entity> {
        Addr::first_tenant_in(self.region(index), index / u32::from(self.regions))
    }
}

skyhaul_engine::system! {
    /// PHOLD.
    system Phold {
        shared: Cut,
        event: (),
        actors: PholdActors { entities: Entity },
        messages: PholdMessage,
        spawned: PholdSpawned,
    }
}

/// A run from a seed up to a horizon.
fn run(seed: u64, cut: Cut, threads: usize, horizon: SimTime) -> Engine<Phold> {
    let regions = Regions {
        count: cut.regions,
        lookahead: LOOKAHEAD,
    };
    let mut engine = Engine::<Phold>::with_regions(Arc::new(cut), regions);
    engine.set_threads(threads);
    for index in 0..cut.actors {
        let mut random = RandomStream::new(seed, u64::from(index));
        let first = SimTime::ZERO + delay(&mut random);
        let entity = engine.spawn_in(cut.region(index), Entity { handled: 0, random });
        engine.inject(first, u64::from(index), entity, EntityMessage::EventDue);
    }
    engine
        .run_until(horizon, &mut Vec::new())
        .expect("time moves with every event");
    engine
}

/// The number after `--name` on the command line.
#[expect(clippy::disallowed_methods, reason = "a program does what it is told")]
fn told<N: std::str::FromStr>(name: &str, otherwise: N) -> N {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    let number = arguments.nth(1).map(|text| text.parse().ok());
    number.map_or(otherwise, |number| {
        number.unwrap_or_else(|| panic!("{name} takes a whole number"))
    })
}

fn main() {
    let (actors, seconds) = (told("--actors", 10_000), told("--seconds", 100));
    let (regions, threads) = (told("--regions", 1), told("--threads", 1));
    let horizon = SimTime::ZERO + SimDuration::from_secs(seconds);
    let engine = run(42, Cut { actors, regions }, threads, horizon);
    println!(
        "{} events among {actors} actors in {seconds} s of virtual time, digest {:016x}",
        engine.counters().handled,
        engine.digest()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTORS: u32 = 200;

    fn after_20_s(seed: u64, regions: u16, threads: usize) -> Engine<Phold> {
        let cut = Cut {
            actors: ACTORS,
            regions,
        };
        run(seed, cut, threads, SimTime::from_micros(20_000_000))
    }

    #[test]
    fn a_seed_gives_one_run_on_any_number_of_threads() {
        let digest = after_20_s(1, 4, 1).digest();
        assert_eq!(after_20_s(1, 4, 3).digest(), digest);
        assert_ne!(after_20_s(2, 4, 1).digest(), digest);
    }

    #[test]
    fn every_event_schedules_one_more() {
        let engine = after_20_s(1, 1, 1);
        assert_eq!(engine.queued(), ACTORS as usize);
        let handled = engine.counters().handled;
        assert!((3_600..4_400).contains(&handled), "{handled} of about 4,000");
    }
}
