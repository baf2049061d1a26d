//! World: a city with its fleet, as one value: founded, asked, run, saved and loaded.

use std::sync::Arc;

use skyhaul_engine::kernel::{
    Counters, Engine, FaultPlan, Halt, HandlerTime, Parked, RegionId, SnapshotError, Stopwatch,
};
use skyhaul_engine::ports::EventSink;
use skyhaul_engine::time::SimTime;

use crate::carrier::Carrier;
use crate::census::Census;
use crate::command::Command;
use crate::demand::{DemandMessage, DemandSource};
use crate::depot::Depot;
use crate::drone::Drone;
use crate::environment::{Environment, FleetSpec};
use crate::event::{Event, GroundingReason};
use crate::ids::{CarrierId, CommandId, DepotId, DroneId};
use crate::ingestion::{Ingestion, IngestionMessage};
use crate::scheduler::Scheduler;
use crate::tree::{DEMAND, INGESTION, Skyhaul, SkyhaulActors, SkyhaulMessage, Surroundings};

pub mod branch;

/// When the demand begins: the first instant after the founding.
const DEMAND_STARTS_AT: SimTime = SimTime::from_micros(1);

/// The layout of actors and messages in a snapshot. Whoever changes a field of one of them gives it another number, so that a snapshot of
/// another layout is refused and never misread.
const LAYOUT: u16 = 2;

/// A city with its fleet, in virtual time.
pub struct World {
    engine: Engine<Skyhaul>,
}

impl World {
    /// A world at time zero, with its fleet on the ground and its demand about to begin.
    #[must_use]
    pub fn found(environment: &Arc<Environment>) -> Self {
        let mut engine = Engine::new(Arc::new(Surroundings::new(Arc::clone(environment))));
        engine.spawn(Ingestion::default());
        engine.spawn(DemandSource::new(environment.seed));
        engine.spawn(Scheduler::new(environment));
        for (id, _) in (0..).zip(&environment.carriers) {
            engine.spawn(Carrier::new(CarrierId(id), environment.seed));
        }
        for depot in &environment.depots {
            engine.spawn(Depot::new(depot));
        }
        let mut world = Self { engine };
        world.declare(environment);
        if environment.demand.is_some() {
            world
                .engine
                .inject(DEMAND_STARTS_AT, 0, DEMAND, DemandMessage::StartDue);
        }
        if environment.faults.actor_panic_per_message > 0.0 {
            world.set_panics(environment.faults.actor_panic_per_message);
        }
        world
    }

    /// Lets this share of all handlers panic from now on, whatever the environment says; with 0, none.
    pub fn set_panics(&mut self, panic_per_message: f64) {
        let seed = self.environment().seed;
        self.engine.inject_faults(FaultPlan {
            seed,
            panic_per_message,
        });
    }

    /// Says what the world holds at its beginning.
    fn declare(&mut self, environment: &Environment) {
        for (zone, _) in (0..).zip(&environment.zones) {
            self.engine.emit(Event::ZoneDeclared { zone });
        }
        let mut next = 0;
        for fleet in &environment.fleets {
            for _ in 0..fleet.count {
                self.commission(DroneId(next), fleet, environment);
                next += 1;
            }
        }
        for depot in (0..environment.depots.len())
            .filter_map(|index| u16::try_from(index).ok())
            .map(DepotId)
        {
            if is_grounded(depot, environment) {
                let reason = GroundingReason::Wind;
                self.engine.emit(Event::FleetGrounded { depot, reason });
            }
        }
    }

    fn commission(&mut self, id: DroneId, fleet: &FleetSpec, environment: &Environment) {
        let surroundings = Arc::clone(self.engine.shared());
        let spec = environment.aircraft(fleet.aircraft);
        self.engine
            .spawn(Drone::new(id, fleet.depot, fleet.aircraft, &surroundings));
        self.engine.emit(Event::DroneCommissioned {
            drone: id,
            depot: fleet.depot,
            aircraft: fleet.aircraft,
            at: environment.depot(fleet.depot).at,
            battery: spec.battery_capacity,
            speed_max: environment.speed_max(fleet.aircraft),
        });
    }

    /// Lets a command take effect at its stamp, which lies after the present. `id` must be unique.
    pub fn submit(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        let command = Box::new(command);
        let message = IngestionMessage::TakeCommand { id, command };
        self.engine.inject(stamp, id.0, INGESTION, message);
    }

    /// Lets a command be answered at its stamp as one that is not carried out. `id` must be unique.
    pub fn turn_down(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        let command = Box::new(command);
        let message = IngestionMessage::TurnDownCommand { id, command };
        self.engine.inject(stamp, id.0, INGESTION, message);
    }

    /// Runs up to and including `horizon`, and gives all events to `sink`, in order.
    ///
    /// # Errors
    /// [`Halt`], where going on makes no sense.
    pub fn run_until(&mut self, horizon: SimTime, sink: &mut dyn EventSink<Event>) -> Result<(), Halt> {
        self.engine.run_until(horizon, sink)
    }

    /// When something is next to happen by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<SimTime> {
        self.engine.next_due()
    }

    /// Virtual time: the last horizon run to.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// The number the next event will get.
    #[must_use]
    pub fn next_event(&self) -> u64 {
        self.engine.next_event()
    }

    /// Messages on their way.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.engine.queued()
    }

    /// The kernel's running digest of all messages handled: equal runs have equal digests.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.engine.digest()
    }

    /// What the kernel has counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.engine.counters()
    }

    /// Messages their actors failed on too often, oldest first.
    #[must_use]
    pub fn parked(&self) -> Vec<&Parked<SkyhaulMessage>> {
        self.engine.parked()
    }

    /// The actors, to look at.
    #[must_use]
    pub fn actors(&self) -> &SkyhaulActors {
        self.engine.actors(RegionId(0))
    }

    /// What is there at the moment, counted.
    #[must_use]
    pub fn census(&self) -> Census {
        Census::new(self.actors(), self.environment())
    }

    /// Measures how long handlers take from now on. No result depends on it.
    pub fn measure_handlers(&mut self, stopwatch: Stopwatch) {
        self.engine.measure_handlers(stopwatch);
    }

    /// How long handlers took, by type of actor.
    #[must_use]
    pub fn handler_times(&self) -> Vec<(&'static str, HandlerTime)> {
        self.engine.handler_times()
    }

    /// The world as it was planned.
    #[must_use]
    pub fn environment(&self) -> &Arc<Environment> {
        &self.engine.shared().environment
    }

    /// The whole state as bytes; to be taken between two runs, when all events have left.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn save(&self) -> Result<Vec<u8>, SnapshotError> {
        Ok([&LAYOUT.to_le_bytes(), self.engine.save()?.as_slice()].concat())
    }

    /// The world whose state `bytes` hold. `environment` must be the one it was founded with.
    ///
    /// # Errors
    /// [`SnapshotError`], where another build wrote them or they are damaged.
    pub fn load(environment: Arc<Environment>, bytes: &[u8]) -> Result<Self, SnapshotError> {
        Self::load_into(Surroundings::new(environment), bytes)
    }

    fn load_into(surroundings: Surroundings, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let unreadable = |why: String| SnapshotError::Unreadable(why);
        let (layout, rest) = bytes
            .split_first_chunk()
            .ok_or_else(|| unreadable("it is empty".to_owned()))?;
        let found = u16::from_le_bytes(*layout);
        if found != LAYOUT {
            return Err(unreadable(format!(
                "its actors have layout {found}, this build reads layout {LAYOUT}"
            )));
        }
        let engine = Engine::load(Arc::new(surroundings), rest)?;
        Ok(Self { engine })
    }
}

/// Whether the wind keeps all drones of a depot on the ground.
fn is_grounded(depot: DepotId, environment: &Environment) -> bool {
    let mut fleets = environment
        .fleets
        .iter()
        .filter(|fleet| fleet.depot == depot)
        .peekable();
    fleets.peek().is_some()
        && fleets
            .all(|fleet| environment.aircraft(fleet.aircraft).wind_max_mps < environment.weather.wind_mps)
}
