//! What the host needs of a world, so that tests can bring one that fails.

use std::sync::Arc;

use parking_lot::RwLock;
use skyhaul_actors::command::Command;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::CommandId;
use skyhaul_actors::world::World;
use skyhaul_engine::kernel::{DeadLetter, HandlerTime};
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;
use skyhaul_telemetry::tracks::Tracks;
use skyhaul_web::ports::simulation::{EngineState, ParkedMessage};

use super::{handlers, shown};

/// A world that lives: asked, run, saved.
pub trait LiveWorld: Send {
    /// Lets a command take effect at its stamp.
    fn submit(&mut self, id: CommandId, stamp: SimTime, command: Command);

    /// Lets who asked be told that the command is not carried out, at its stamp.
    fn turn_down(&mut self, id: CommandId, stamp: SimTime, command: Command);

    /// Runs up to and including `horizon` and gives what happened.
    ///
    /// # Errors
    /// Where going on makes no sense.
    fn run_until(&mut self, horizon: SimTime) -> Result<Vec<Numbered<Event>>, String>;

    /// The number the next event will get.
    fn next_event(&self) -> u64;

    /// How far it has run.
    fn now(&self) -> SimTime;

    /// A running digest of all that was handled: equal runs have equal digests, however they were cut.
    fn digest(&self) -> u64;

    /// The engine's inside, to be shown.
    fn state(&self) -> EngineState;

    /// What the engine has parked, oldest first, to be shown.
    fn parked(&self) -> Vec<ParkedMessage>;

    /// Messages to actors that were gone, the latest ones, oldest first.
    fn dead_letters(&self) -> Vec<DeadLetter> {
        Vec::new()
    }

    /// How long handlers took, by type of actor; nothing where nobody measures.
    fn handler_times(&self) -> Vec<(&'static str, HandlerTime)> {
        Vec::new()
    }

    /// The whole state as bytes.
    ///
    /// # Errors
    /// Where it cannot be encoded.
    fn save(&self) -> Result<Vec<u8>, String>;
}

/// Makes worlds.
pub trait WorldFactory: Send + Sync {
    /// A world at time zero.
    fn found(&self) -> Box<dyn LiveWorld>;

    /// The world whose state `bytes` hold.
    ///
    /// # Errors
    /// Where another build wrote them or they are damaged.
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn LiveWorld>, String>;
}

impl LiveWorld for World {
    fn submit(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        Self::submit(self, id, stamp, command);
    }

    fn turn_down(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        Self::turn_down(self, id, stamp, command);
    }

    fn run_until(&mut self, horizon: SimTime) -> Result<Vec<Numbered<Event>>, String> {
        let mut events = Vec::new();
        Self::run_until(self, horizon, &mut events).map_err(|halt| halt.to_string())?;
        Ok(events)
    }

    fn next_event(&self) -> u64 {
        Self::next_event(self)
    }

    fn now(&self) -> SimTime {
        Self::now(self)
    }

    fn digest(&self) -> u64 {
        Self::digest(self)
    }

    fn state(&self) -> EngineState {
        shown::state_of(self)
    }

    fn parked(&self) -> Vec<ParkedMessage> {
        shown::parked_of(self)
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        Self::dead_letters(self).into_iter().cloned().collect()
    }

    fn handler_times(&self) -> Vec<(&'static str, HandlerTime)> {
        Self::handler_times(self)
    }

    fn save(&self) -> Result<Vec<u8>, String> {
        Self::save(self).map_err(|error| error.to_string())
    }
}

/// Makes the worlds of a scenario.
pub struct ScenarioWorlds(pub Arc<Environment>);

impl WorldFactory for ScenarioWorlds {
    fn found(&self) -> Box<dyn LiveWorld> {
        let mut world = World::found(&self.0);
        world.measure_handlers(handlers::nanos);
        Box::new(world)
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn LiveWorld>, String> {
        let mut world = World::load(Arc::clone(&self.0), bytes).map_err(|error| error.to_string())?;
        world.measure_handlers(handlers::nanos);
        Ok(Box::new(world))
    }
}

/// The live picture that goes into snapshots beside the world.
pub trait LivePicture: Send + Sync {
    /// Takes events in, in order; those it knows change nothing.
    fn apply(&self, events: &[Numbered<Event>]);

    /// The picture as bytes.
    fn save(&self) -> Vec<u8>;

    /// Becomes the picture that `bytes` hold; an empty one where there are none.
    ///
    /// # Errors
    /// Where another build wrote them or they are damaged.
    fn restore(&self, bytes: Option<&[u8]>) -> Result<(), String>;
}

/// The tracks, shared with those who show them.
pub struct SharedTracks {
    /// The world as it was planned.
    pub environment: Arc<Environment>,
    /// The tracks.
    pub tracks: Arc<RwLock<Tracks>>,
}

impl LivePicture for SharedTracks {
    fn apply(&self, events: &[Numbered<Event>]) {
        let mut tracks = self.tracks.write();
        for event in events {
            tracks.apply(event);
        }
    }

    fn save(&self) -> Vec<u8> {
        self.tracks.read().save()
    }

    fn restore(&self, bytes: Option<&[u8]>) -> Result<(), String> {
        let environment = Arc::clone(&self.environment);
        let tracks = match bytes {
            Some(bytes) => Tracks::load(environment, bytes).map_err(|error| error.to_string())?,
            None => Tracks::new(environment),
        };
        *self.tracks.write() = tracks;
        Ok(())
    }
}
