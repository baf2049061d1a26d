//! World: a city with its fleet, as one value: founded, asked, run, saved and loaded.

use std::sync::Arc;

use skyhaul_engine::kernel::{
    Addr, Counters, DeadLetter, Engine, FaultPlan, Halt, HandlerTime, Parked, RegionId, SnapshotError,
    Stopwatch, System as _,
};
use skyhaul_engine::ports::EventSink;
use skyhaul_engine::time::SimTime;

use crate::atlas;
use crate::carrier::Carrier;
use crate::census::Census;
use crate::command::{Command, Traced};
use crate::demand::{DemandMessage, DemandSource};
use crate::depot::{Depot, DepotMessage};
use crate::drone::Drone;
use crate::environment::{Environment, FleetSpec, Outage};
use crate::event::{Event, GroundingReason};
use crate::ids::{CarrierId, CommandId, DepotId, DroneId};
use crate::ingestion::{Ingestion, IngestionMessage};
use crate::scheduler::{Scheduler, SchedulerMessage};
use crate::tree::{DEMAND, Skyhaul, SkyhaulActors, SkyhaulMessage, Surroundings, place_name};
use crate::zoning::{ZoneChange, Zoning};

use self::routes::{Route, Routes};
use self::telling::Untold;

pub mod branch;
mod routes;
mod telling;

/// When the demand begins: the first instant after the founding.
const DEMAND_STARTS_AT: SimTime = SimTime::from_micros(1);

/// Messages from outside at one instant are ordered by number. What operators ask comes after all that others do, so that who asked is said first.
const OPERATED_FROM: u64 = 1 << 45;
/// Messages from outside at one instant are ordered by number. What belongs to a trace comes after word of the trace, and before what its operators ask.
const TRACED_FROM: u64 = 1 << 44;
/// Messages from outside at one instant are ordered by number. Those about the weather come after all commands, which are numbered from 0.
const WEATHER_ORDERS_FROM: u64 = 1 << 46;
/// Messages from outside at one instant are ordered by number. Word of planned zones comes after all commands and the weather.
const ANNOUNCED_FROM: u64 = 1 << 47;

/// Messages from outside at one instant are ordered by number. Outages come after all else.
const OUTAGES_FROM: u64 = 3 << 46;

/// The layout of actors and messages in a snapshot. Whoever changes a field of one of them gives it another number, so that a snapshot of
/// another layout is refused and never misread.
const LAYOUT: u16 = 11;

/// A city with its fleet, in virtual time.
pub struct World {
    engine: Engine<Skyhaul>,
    routes: Routes,
    zoning: Zoning,
    /// What is said before the next run.
    untold: Option<Untold>,
}

impl World {
    /// A world at time zero, with its fleet on the ground and its demand about to begin.
    ///
    /// # Panics
    /// Where [`crate::environment::Dispatch::region_delay`] is out of its range, or there are more regions than the kernel takes.
    #[must_use]
    pub fn found(environment: &Arc<Environment>) -> Self {
        let surroundings = Arc::new(Surroundings::new(Arc::clone(environment)));
        let mut engine = Engine::with_regions(Arc::clone(&surroundings), surroundings.atlas.cut());
        engine.spawn(DemandSource::new(environment.seed));
        for region in surroundings.atlas.regions() {
            engine.spawn_in(region, Ingestion::default());
            engine.spawn_in(region, Scheduler::new(environment, region));
            for (id, _) in (0..).zip(&environment.carriers) {
                engine.spawn_in(region, Carrier::new(CarrierId(id), region, environment.seed));
            }
        }
        for (id, depot) in (0..).map(DepotId).zip(&environment.depots) {
            engine.spawn_in(depot.region, Depot::new(id, depot));
        }
        let mut world = Self {
            engine,
            routes: Routes::default(),
            zoning: Zoning::default(),
            untold: Some(Untold::ALL),
        };
        world.fill(environment);
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

    /// Puts into the world what it holds at its beginning.
    fn fill(&mut self, environment: &Environment) {
        self.announce(environment, 0);
        let mut next = 0;
        for fleet in &environment.fleets {
            for _ in 0..fleet.count {
                self.commission(DroneId(next), fleet, environment);
                next += 1;
            }
        }
        self.follow_weather(DEMAND_STARTS_AT, false);
        self.plan_outages(environment);
    }

    /// Has depots go out of service and come back when it is time.
    fn plan_outages(&mut self, environment: &Environment) {
        for (order, outage) in (OUTAGES_FROM..).step_by(2).zip(&environment.faults.outages) {
            let Outage { depot, from, until } = *outage;
            let scheduler = atlas::scheduler(environment.depot(depot).region);
            let reason = GroundingReason::Outage;
            let ground = SchedulerMessage::GroundDepot { depot, reason };
            let release = SchedulerMessage::ReleaseDepot { depot, reason };
            self.engine
                .inject(from.max(DEMAND_STARTS_AT), order, scheduler, ground);
            self.engine.inject(until, order, scheduler, release);
            let addr = self.engine.shared().atlas.depot(depot);
            self.engine
                .inject(until, order + 1, addr, DepotMessage::OutageEnded);
        }
    }

    /// Has the schedulers ground and release the depots that the weather concerns, from `at` on.
    fn follow_weather(&mut self, at: SimTime, is_new_plan: bool) {
        let environment = Arc::clone(self.environment());
        for (order, depot) in (WEATHER_ORDERS_FROM..)
            .zip(0..)
            .take(environment.depots.len())
            .map(|(order, depot)| (order, DepotId(depot)))
        {
            let is_concerned = environment.grounding(depot, at).is_some()
                || environment.next_grounding_change(depot, at).is_some();
            if is_concerned || is_new_plan {
                let message = SchedulerMessage::WeatherDue { depot, is_new_plan };
                let scheduler = atlas::scheduler(environment.depot(depot).region);
                self.engine.inject(at, order, scheduler, message);
            }
        }
    }

    /// Of planned zones that nobody knows yet, from the one at that place on, lets it be said when it is time.
    fn announce(&mut self, environment: &Environment, first: u32) {
        let now = self.now();
        for (place, zone) in (first..).zip(environment.zones.iter().skip(first as usize)) {
            if let Some(announced) = zone.announced.filter(|announced| *announced > now) {
                let order = ANNOUNCED_FROM + u64::from(place);
                self.tell_of_zones(announced, order, None, &ZoneChange::Announced { place });
            }
        }
    }

    /// Tells every region what becomes of the zones.
    fn tell_of_zones(&mut self, at: SimTime, order: u64, command: Option<CommandId>, change: &ZoneChange) {
        for region in self.regions() {
            let change = Box::new(change.clone());
            let message = IngestionMessage::ZonesChanged { command, change };
            self.engine.inject(at, order, atlas::ingestion(region), message);
        }
    }

    /// Carries out a command about a zone.
    fn change_zones(&mut self, id: CommandId, (stamp, order): (SimTime, u64), change: &ZoneChange) {
        let mut surroundings = Surroundings::clone(self.engine.shared());
        match change {
            ZoneChange::Declared { zone } => surroundings.rezone(&[Arc::clone(zone)], &[]),
            ZoneChange::Lifted { .. } => {
                let last = self.zoning.lifted().len().saturating_sub(1);
                surroundings.rezone(&[], &self.zoning.lifted()[last..]);
            }
            ZoneChange::Announced { .. } | ZoneChange::Refused { .. } => {}
        }
        self.engine.set_shared(&Arc::new(surroundings));
        self.tell_of_zones(stamp, order, Some(id), change);
    }

    fn commission(&mut self, id: DroneId, fleet: &FleetSpec, environment: &Environment) -> Addr<Drone> {
        let surroundings = Arc::clone(self.engine.shared());
        let region = environment.depot(fleet.depot).region;
        let drone = Drone::new(id, fleet.depot, fleet.aircraft, &surroundings);
        self.engine.spawn_in(region, drone)
    }

    /// Lets so many threads run the regions from now on. No result depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.engine.set_threads(threads);
    }

    /// Lets a command take effect at its stamp, which lies after the present. `id` must be unique.
    pub fn submit(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        match command {
            Command::Traced(traced) => {
                self.note_trace(id, stamp, &traced);
                self.take(id, (stamp, TRACED_FROM + id.0), traced.command);
            }
            command => self.take(id, (stamp, id.0), command),
        }
    }

    /// Lets it be said to which trace a command belongs, where what comes of it is said first.
    fn note_trace(&mut self, id: CommandId, stamp: SimTime, traced: &Traced) {
        let region = match (
            &traced.command,
            self.routes.route(&traced.command, &self.engine.shared().atlas),
        ) {
            (Command::Operate(_), _) | (_, Route::ToAll) => RegionId(0),
            (_, Route::To(region)) => region,
        };
        let message = IngestionMessage::NoteTrace {
            id,
            trace: Box::new(traced.trace()),
        };
        self.engine.inject(stamp, id.0, atlas::ingestion(region), message);
    }

    fn take(&mut self, id: CommandId, (stamp, order): (SimTime, u64), command: Command) {
        match command {
            Command::Operate(operation) => {
                let asked = operation.command.clone();
                let command = Box::new(Command::Operate(operation));
                let message = IngestionMessage::TakeCommand { id, command };
                self.engine
                    .inject(stamp, order, atlas::ingestion(RegionId(0)), message);
                self.carry_out(id, (stamp, OPERATED_FROM + order), asked);
            }
            command => self.carry_out(id, (stamp, order), command),
        }
    }

    /// Lets a command take effect at its stamp, in its place among all that come from outside at that instant.
    fn carry_out(&mut self, id: CommandId, (stamp, order): (SimTime, u64), command: Command) {
        let planned = &self.engine.shared().environment.zones;
        if let Some(change) = self.zoning.decide(&command, stamp, planned) {
            self.change_zones(id, (stamp, order), &change);
            return;
        }
        let route = self.routes.route(&command, &self.engine.shared().atlas);
        let command = Box::new(command);
        match route {
            Route::To(region) => {
                let message = IngestionMessage::TakeCommand { id, command };
                self.engine
                    .inject(stamp, order, atlas::ingestion(region), message);
            }
            Route::ToAll => {
                for region in self.regions() {
                    let command = command.clone();
                    let message = IngestionMessage::TakeChange { id, command };
                    self.engine
                        .inject(stamp, order, atlas::ingestion(region), message);
                }
            }
        }
    }

    /// Lets a command be answered at its stamp as one that is not carried out. `id` must be unique.
    pub fn turn_down(&mut self, id: CommandId, stamp: SimTime, command: Command) {
        let order = match &command {
            Command::Traced(traced) => {
                self.note_trace(id, stamp, traced);
                TRACED_FROM + id.0
            }
            _ => id.0,
        };
        let region = match self.routes.route(&command, &self.engine.shared().atlas) {
            Route::To(region) => region,
            Route::ToAll => RegionId(0),
        };
        let command = Box::new(command);
        let message = IngestionMessage::TurnDownCommand { id, command };
        self.engine
            .inject(stamp, order, atlas::ingestion(region), message);
    }

    /// Runs up to and including `horizon`, and gives all events to `sink`, in order.
    ///
    /// # Errors
    /// [`Halt`], where going on makes no sense.
    pub fn run_until(&mut self, horizon: SimTime, sink: &mut dyn EventSink<Event>) -> Result<(), Halt> {
        if let Some(untold) = self.untold.take() {
            self.tell(untold, sink);
        }
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

    /// Messages to actors that were gone, the latest ones, oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<&DeadLetter> {
        self.engine.dead_letters()
    }

    /// The regions in order.
    pub fn regions(&self) -> impl Iterator<Item = RegionId> + use<> {
        self.engine.shared().atlas.regions()
    }

    /// The actors of a region, to look at.
    ///
    /// # Panics
    /// Where there is no such region.
    #[must_use]
    pub fn actors(&self, region: RegionId) -> &SkyhaulActors {
        self.engine.actors(region)
    }

    /// The name by which events know the actor that failed on the message.
    #[must_use]
    pub fn name_of(parked: &Parked<SkyhaulMessage>) -> String {
        let kind = Skyhaul::KINDS[usize::from(parked.to.kind())];
        parked.name.clone().unwrap_or_else(|| place_name(kind, parked.to))
    }

    /// What is there at the moment, counted.
    #[must_use]
    pub fn census(&self) -> Census {
        let actors = self.regions().map(|region| self.actors(region));
        Census::new(actors, self.environment())
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

    /// The whole state as bytes; to be taken between two runs.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn save(&self) -> Result<Vec<u8>, SnapshotError> {
        let mut bytes = LAYOUT.to_le_bytes().to_vec();
        let outside = (&self.routes, &self.zoning, self.untold);
        bytes = postcard::to_extend(&outside, bytes).map_err(|error| unreadable(error.to_string()))?;
        bytes.append(&mut self.engine.save()?);
        Ok(bytes)
    }

    /// The world whose state `bytes` hold. `environment` must be the one it was founded with.
    ///
    /// # Errors
    /// [`SnapshotError`], where another build wrote them or they are damaged.
    pub fn load(environment: Arc<Environment>, bytes: &[u8]) -> Result<Self, SnapshotError> {
        Self::load_into(Surroundings::new(environment), bytes)
    }

    fn load_into(mut surroundings: Surroundings, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let (layout, rest) = bytes
            .split_first_chunk()
            .ok_or_else(|| unreadable("it is empty".to_owned()))?;
        let found = u16::from_le_bytes(*layout);
        if found != LAYOUT {
            return Err(unreadable(format!(
                "its actors have layout {found}, this build reads layout {LAYOUT}"
            )));
        }
        let ((routes, zoning, untold), rest): ((Routes, Zoning, Option<Untold>), _) =
            postcard::take_from_bytes(rest).map_err(|error| unreadable(error.to_string()))?;
        surroundings.rezone(zoning.declared(), zoning.lifted());
        let cut = surroundings.atlas.cut();
        let engine = Engine::load(Arc::new(surroundings), rest)?;
        if engine.regions() == cut {
            Ok(Self {
                engine,
                routes,
                zoning,
                untold,
            })
        } else {
            Err(unreadable("it is cut into other regions".to_owned()))
        }
    }
}

fn unreadable(why: String) -> SnapshotError {
    SnapshotError::Unreadable(why)
}
