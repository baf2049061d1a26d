//! A small city whose commands take effect at once, and whose clock runs when it is told to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::init_service;
use actix_web::{App, Error};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending};
use parking_lot::{Mutex, RwLock};
use prometheus::Registry;
use skyhaul_actors::command::Command;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::CommandId;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::gazetteer::Gazetteer;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::tracks::Tracks;
use skyhaul_web::notification::NotificationSettings;
use skyhaul_web::ports::memory::MemoryStore;
use skyhaul_web::ports::{CommandPort, Decision, KeyValueStore, Projection, SubmitError};
use skyhaul_web::trace::span::Spans;
use skyhaul_web::{Basemap, GatewaySettings, LinkKey, Parts, Readiness, Services, Settings, Stores, Tokens};
use tokio::sync::watch;

use crate::client::Client;
use crate::hand::Hand;

/// One depot with two light drones, a courier who carries more, and a wagon for what no courier takes.
const SCENARIO: &str = r#"
name     = "a small city"
seed     = 7
start    = 2026-05-12T11:00:00+02:00
duration = "2h"

[area]
centre = [43.77, 11.25]
radius = 20_000

[demand]
kind = "uniform"
requests_per_day = 1_000
weight_kg = { mean = 0.6, max = 1.0 }

[[depots]]
name = "middle"
at = [43.77, 11.25]
pads = 2
spare_batteries = 4

[[fleets]]
depot = "middle"
aircraft = "matternet-m2"
count = 2

[[carriers]]
name = "courier"

[[carriers]]
name = "wagon"
base_usd = 30
payload_max_kg = 40
"#;

/// A base map that an operator brings.
const ARCHIVE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/dashboard/public/basemap/firenze.pmtiles"
);

/// What runs in the background of a test.
struct State {
    world: World,
    projections: Vec<Box<dyn Projection>>,
    events: Vec<Numbered<Event>>,
    decisions: HashMap<CommandId, Decision>,
    next_command: u64,
    refusal: Option<SubmitError>,
    is_held: bool,
    is_undecided: bool,
}

impl State {
    fn new(environment: &Arc<Environment>) -> Self {
        Self {
            world: World::found(environment),
            projections: Vec::new(),
            events: Vec::new(),
            decisions: HashMap::new(),
            next_command: 1,
            refusal: None,
            is_held: false,
            is_undecided: false,
        }
    }
}

/// The world behind the services' ports.
pub(crate) struct Port {
    state: Mutex<State>,
    tracks: Arc<RwLock<Tracks>>,
    now: AtomicU64,
    taken: watch::Sender<bool>,
}

impl Port {
    /// Runs on by a span, and shows what happened.
    fn run(&self, state: &mut State, span: SimDuration) {
        let horizon = state.world.now() + span;
        let mut events = Vec::new();
        state
            .world
            .run_until(horizon, &mut events)
            .expect("the world goes on");
        self.now.store(horizon.micros(), Ordering::Release);
        let mut tracks = self.tracks.write();
        for event in events {
            tracks.apply(&event);
            note(&event.event, &mut state.decisions);
            state.events.push(event);
        }
        drop(tracks);
        if !state.is_held {
            project(state);
        }
    }

    fn take(&self, command: Command) -> Result<CommandId, SubmitError> {
        let mut state = self.state.lock();
        if let Some(refusal) = state.refusal {
            return Err(refusal);
        }
        let id = CommandId(state.next_command);
        state.next_command += 1;
        let stamp = state.world.now() + SimDuration::from_micros(1);
        state.world.submit(id, stamp, command);
        self.run(&mut state, SimDuration::from_millis(1));
        Ok(id)
    }
}

fn project(state: &mut State) {
    for projection in &mut state.projections {
        projection.apply(&state.events).expect("memory works");
    }
}

fn note(event: &Event, decisions: &mut HashMap<CommandId, Decision>) {
    match event {
        Event::DeliveryCancelled {
            command: Some(id), ..
        }
        | Event::DeliveryReleased {
            command: Some(id), ..
        }
        | Event::DeliveryRescheduled {
            command: Some(id), ..
        } => {
            decisions.insert(*id, Decision::Accepted);
        }
        Event::DeliveryReleaseRefused {
            command: Some(id),
            reason,
            ..
        }
        | Event::DeliveryCancelRefused {
            command: Some(id),
            reason,
            ..
        }
        | Event::DeliveryRescheduleRefused {
            command: Some(id),
            reason,
            ..
        } => {
            decisions.insert(*id, Decision::Refused(*reason));
        }
        _ => {}
    }
}

/// The port as the services hold it.
struct Handle(Arc<Port>);

impl CommandPort for Handle {
    fn submit(&self, command: Command) -> BoxFuture<'static, Result<CommandId, SubmitError>> {
        let port = Arc::clone(&self.0);
        async move {
            let mut taken = port.taken.subscribe();
            taken
                .wait_for(|taken| *taken)
                .await
                .map_err(|_| SubmitError::NotReady)?;
            port.take(command)
        }
        .boxed()
    }

    fn decision(&self, command: CommandId) -> BoxFuture<'static, Decision> {
        let state = self.0.state.lock();
        match state
            .decisions
            .get(&command)
            .copied()
            .filter(|_| !state.is_undecided)
        {
            Some(decision) => async move { decision }.boxed(),
            None => pending().boxed(),
        }
    }
}

impl VirtualClock for Port {
    fn now(&self) -> SimTime {
        SimTime::from_micros(self.now.load(Ordering::Acquire))
    }

    fn speed(&self) -> f64 {
        1.0
    }

    fn behind_s(&self) -> f64 {
        0.0
    }
}

/// Stores that outlive the services on them.
#[derive(Clone, Default)]
pub(crate) struct Kept(pub(crate) [Arc<MemoryStore>; 8]);

impl Kept {
    fn stores(&self) -> Stores {
        let store = |index: usize| -> Arc<dyn KeyValueStore> { Arc::clone(&self.0[index]) as _ };
        Stores {
            ingestion: store(0),
            delivery: store(1),
            package: store(2),
            drone: store(3),
            carrier: store(4),
            account: store(5),
            operations: store(6),
            people: store(7),
        }
    }
}

/// A city with its services.
pub(crate) struct City {
    pub(crate) services: Services,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) kept: Kept,
    pub(crate) environment: Arc<Environment>,
    pub(crate) hand: Arc<Hand>,
    port: Arc<Port>,
}

impl City {
    pub(crate) fn new() -> Self {
        Self::that_records(Spans::default())
    }

    /// A city whose spans go somewhere.
    pub(crate) fn that_records(spans: Spans) -> Self {
        Self::with(false, Kept::default(), GatewaySettings::default(), (None, spans))
    }

    /// A city that guesses no places.
    pub(crate) fn strict() -> Self {
        let gateway = GatewaySettings::default();
        Self::with(true, Kept::default(), gateway, Default::default())
    }

    /// A city behind a gateway.
    pub(crate) fn behind(gateway: GatewaySettings) -> Self {
        Self::with(false, Kept::default(), gateway, Default::default())
    }

    /// The same where tokens of a provider are taken as well.
    pub(crate) fn that_takes(tokens: Tokens, gateway: GatewaySettings) -> Self {
        Self::with(false, Kept::default(), gateway, (Some(tokens), Spans::default()))
    }

    /// A city without carriers, where a request waits a minute before one is asked, and then waits on.
    pub(crate) fn without_carriers() -> Self {
        let planned = SCENARIO.split("[[carriers]]").next().unwrap_or_default();
        Self::planned(format!(
            "carriers = []\n{planned}\n[dispatch]\nwait_max = \"1m\"\n"
        ))
    }

    /// A city whose courier is alone.
    pub(crate) fn with_one_courier() -> Self {
        Self::planned(SCENARIO.replace("name = \"courier\"", "name = \"courier\"\ncouriers = 1"))
    }

    fn planned(text: String) -> Self {
        let gateway = GatewaySettings::default();
        Self::of(text, false, Kept::default(), gateway, Default::default())
    }

    fn with(
        strict_geocoding: bool,
        kept: Kept,
        gateway: GatewaySettings,
        traced: (Option<Tokens>, Spans),
    ) -> Self {
        Self::of(SCENARIO.to_owned(), strict_geocoding, kept, gateway, traced)
    }

    fn of(
        text: String,
        strict_geocoding: bool,
        kept: Kept,
        gateway: GatewaySettings,
        (tokens, spans): (Option<Tokens>, Spans),
    ) -> Self {
        let bundle = ScenarioBundle {
            name: "a test's".to_owned(),
            text,
            files: Default::default(),
        };
        let scenario = Scenario::parse(&bundle).expect("the scenario is right");
        let options = BuildOptions {
            demand: false,
            ..BuildOptions::default()
        };
        let environment = Arc::new(scenario.environment(options));
        let tracks = Arc::new(RwLock::new(Tracks::new(Arc::clone(&environment))));
        let port = Arc::new(Port {
            state: Mutex::new(State::new(&environment)),
            tracks: Arc::clone(&tracks),
            now: AtomicU64::new(0),
            taken: watch::Sender::new(true),
        });
        let readiness = Arc::new(Readiness::default());
        let hand = Arc::new(Hand::default());
        let parts = Parts {
            gazetteer: Arc::new(Gazetteer::new(&scenario, &environment)),
            environment: Arc::clone(&environment),
            tracks,
            clock: Arc::clone(&port) as _,
            commands: Arc::new(Handle(Arc::clone(&port))),
            simulation: Arc::clone(&hand) as _,
            stores: kept.stores(),
            registry: Registry::new(),
            readiness: Arc::clone(&readiness),
            settings: Settings {
                strict_geocoding,
                notifications: NotificationSettings::default(),
                telemetry_address: "127.0.0.1:8081".parse().expect("an address"),
                is_secured: false,
                gateway,
                basemap: Some(Basemap::read(ARCHIVE).expect("it is an archive")),
            },
            tokens,
            links: LinkKey::new(b"a test's"),
            spans,
        };
        let (services, projections) = Services::new(parts).expect("memory works");
        port.state.lock().projections = projections;
        let city = Self {
            services,
            readiness,
            kept,
            environment,
            hand,
            port,
        };
        city.run(SimDuration::from_millis(1));
        city
    }

    /// The services anew on the same stores and the same world, as after a restart.
    pub(crate) fn restarted(self) -> Self {
        self.restarted_behind(GatewaySettings::default())
    }

    /// The same behind a gateway.
    pub(crate) fn restarted_behind(self, gateway: GatewaySettings) -> Self {
        let next = Self::with(false, self.kept.clone(), gateway, Default::default());
        let State {
            world,
            events,
            decisions,
            next_command,
            ..
        } = std::mem::replace(&mut *self.port.state.lock(), State::new(&self.environment));
        {
            let mut state = next.port.state.lock();
            let mut tracks = Tracks::new(Arc::clone(&next.environment));
            for event in &events {
                tracks.apply(event);
            }
            *next.port.tracks.write() = tracks;
            next.port.now.store(world.now().micros(), Ordering::Release);
            (state.world, state.events, state.decisions, state.next_command) =
                (world, events, decisions, next_command);
            project(&mut state);
        }
        next
    }

    pub(crate) fn run(&self, span: SimDuration) {
        self.port.run(&mut self.port.state.lock(), span);
    }

    pub(crate) fn run_s(&self, seconds: u64) {
        self.run(SimDuration::from_secs(seconds));
    }

    /// Lets the stores let go of all that hangs on deliveries that ended longer ago than `kept`.
    pub(crate) fn forget(&self, kept: SimDuration) {
        for projection in &mut self.port.state.lock().projections {
            while projection.forget(kept).expect("memory works") {}
        }
    }

    /// The engine's whole state.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        self.port.state.lock().world.save().expect("between two runs")
    }

    /// Refuses commands from now on.
    pub(crate) fn refuse(&self, refusal: SubmitError) {
        self.port.state.lock().refusal = Some(refusal);
    }

    /// Keeps events from being projected, or lets them again.
    pub(crate) fn hold_projections(&self, is_held: bool) {
        let mut state = self.port.state.lock();
        state.is_held = is_held;
        if !is_held {
            project(&mut state);
        }
    }

    /// Keeps commands from being taken, or lets them again.
    pub(crate) fn hold_commands(&self, is_held: bool) {
        self.port.taken.send_replace(!is_held);
    }

    /// Decides nothing from now on.
    pub(crate) fn leave_undecided(&self) {
        self.port.state.lock().is_undecided = true;
    }

    /// How many commands were taken.
    pub(crate) fn commands_count(&self) -> u64 {
        self.port.state.lock().next_command - 1
    }

    /// How many events of a kind there were.
    pub(crate) fn count(&self, wanted: fn(&Event) -> bool) -> usize {
        let state = self.port.state.lock();
        state.events.iter().filter(|event| wanted(&event.event)).count()
    }

    /// Virtual time on the calendar.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        let micros = self.environment.epoch.unix_micros_at(self.port.now());
        jiff::Timestamp::from_microsecond(micros).expect("within the calendar")
    }

    /// Gives the stores all that was projected.
    pub(crate) fn flush(&self) {
        for projection in &mut self.port.state.lock().projections {
            projection.flush(&mut || ()).expect("memory works");
        }
    }

    /// The projections, to be given events by hand.
    pub(crate) fn take_projections(&self) -> Vec<Box<dyn Projection>> {
        std::mem::take(&mut self.port.state.lock().projections)
    }

    /// Everything that happened.
    pub(crate) fn events(&self) -> Vec<Numbered<Event>> {
        self.port.state.lock().events.clone()
    }

    pub(crate) async fn client(
        &self,
    ) -> Client<impl Service<actix_http::Request, Response = ServiceResponse, Error = Error> + use<>> {
        let services = self.services.clone();
        Client::new(init_service(App::new().configure(|config| services.configure(config))).await)
    }
}
