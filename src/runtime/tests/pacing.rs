//! An operator paces the world while it runs, and nothing but the pace is changed by it.

use skyhaul_actors::environment::Environment;
use skyhaul_actors::world::World;
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};
use skyhaul_telemetry::clock::VirtualClock as _;
use skyhaul_web::ports::simulation::{Control, ControlError, Deed, LagCause, Progress, SimulationPort as _};

use super::*;
use crate::runtime::pacer::unix_micros;
use crate::runtime::recovery::{JournalSummary, summarise};
use crate::runtime::world::ScenarioWorlds;
use crate::simulation::Simulation;

const MINUTE: SimDuration = SimDuration::from_mins(1);

impl Life {
    /// A small living world that runs, under an operator's hand.
    async fn start_with_operator() -> (Self, Simulation) {
        let life = Self::start();
        life.send_until_acknowledged(1).await;
        let simulation = Simulation(Arc::clone(&life.running.shared));
        (life, simulation)
    }

    fn now(&self) -> SimTime {
        self.running.shared.clock.now()
    }

    /// Waits until the engine shows that it has come to `at`.
    async fn engine_stands(&self, at: SimTime) {
        let mut shown = self.running.shared.engine.subscribe();
        shown
            .wait_for(|shown| shown.state.at >= at)
            .await
            .expect("the engine is there");
    }

    fn summary(&self) -> JournalSummary {
        summarise(&**self.running.shared.journal.lock()).expect("the journal can be read")
    }
}

async fn ask(simulation: &Simulation, control: Control) -> Result<Progress, ControlError> {
    simulation.control(control, "a test".to_owned()).await
}

#[actix_rt::test]
async fn a_paused_world_stands_and_still_takes_and_decides_what_is_asked() {
    let (life, simulation) = Life::start_with_operator().await;
    assert_eq!(ask(&simulation, Control::Pause).await, Ok(Progress::Done));
    let stood = life.now();
    for number in 2..5 {
        let id = life.send(number).await.expect("acknowledged");
        assert_eq!(life.commands.decision(id).await, Decision::Accepted);
    }
    // A decision is told before the clock shows its instant.
    let stands = stood + SimDuration::from_micros(3);
    life.engine_stands(stands).await;
    assert_eq!(life.now(), stands, "a microsecond for each, and no more");
    let state = simulation.state();
    assert!(state.is_paused && state.stepping_to.is_none() && state.engine.at == stands);
    assert_eq!(
        life.summary().reached(),
        life.now(),
        "a crash brings it back there"
    );
    assert_eq!(life.end().await, [1, 2, 3, 4]);
}

#[actix_rt::test]
async fn a_step_goes_exactly_as_far_as_it_says_and_only_from_a_pause() {
    let (life, simulation) = Life::start_with_operator().await;
    let step = Control::Step(Some(MINUTE));
    assert_eq!(ask(&simulation, step).await, Err(ControlError::NotPaused));
    assert_eq!(ask(&simulation, Control::Pause).await, Ok(Progress::Done));
    let stood = life.now();
    assert_eq!(
        ask(&simulation, Control::Step(None)).await,
        Err(ControlError::NothingDue)
    );
    for minutes in 1..=3 {
        assert_eq!(ask(&simulation, step).await, Ok(Progress::Done));
        let stands = stood + SimDuration::from_mins(minutes);
        assert_eq!((life.now(), simulation.state().engine.at), (stands, stands));
    }
    let deeds: Vec<_> = simulation.actions().iter().map(|action| action.deed).collect();
    let stepped = |minutes| Deed::Stepped(stood + SimDuration::from_mins(minutes));
    assert_eq!(deeds, [stepped(3), stepped(2), stepped(1), Deed::Paused]);
    assert_eq!(life.summary().reached(), life.now());
    life.end().await;
}

#[actix_rt::test]
async fn what_is_asked_twice_is_done_once() {
    let (life, simulation) = Life::start_with_operator().await;
    for control in [
        Control::Pause,
        Control::Pause,
        Control::SetSpeed(Speed::Times(7.0)),
        Control::SetSpeed(Speed::Times(7.0)),
        Control::Resume,
        Control::Resume,
    ] {
        assert_eq!(ask(&simulation, control).await, Ok(Progress::Done));
    }
    assert_eq!(simulation.actions().len(), 3);
    assert!(life.running.shared.clock.speed() == 7.0);
    life.end().await;
}

#[actix_rt::test]
async fn a_pause_that_cannot_be_recorded_is_none() {
    let (life, simulation) = Life::start_with_operator().await;
    life.journal_full.put(usize::MAX);
    let refused = Err(ControlError::NotTaken(SubmitError::DiskFull));
    assert_eq!(ask(&simulation, Control::Pause).await, refused);
    life.journal_full.put(0);
    assert!(!simulation.state().is_paused && simulation.actions().is_empty());
    let before = life.now();
    until(|| life.now() > before).await;
    life.end().await;
}

#[actix_rt::test]
async fn a_sequencer_that_dies_of_a_pause_comes_back_paused() {
    let (life, simulation) = Life::start_with_operator().await;
    life.journal_panics.put(1);
    let untold = Err(ControlError::NotTaken(SubmitError::Unavailable));
    assert_eq!(ask(&simulation, Control::Pause).await, untold);
    until(|| simulation.state().is_paused).await;
    let stood = life.now();
    assert_eq!(
        ask(&simulation, Control::Step(Some(MINUTE))).await,
        Ok(Progress::Done)
    );
    assert_eq!(life.now(), stood + MINUTE);
    life.end().await;
}

#[actix_rt::test]
async fn a_host_that_dies_of_a_command_comes_back_paused_where_it_was() {
    let (life, simulation) = Life::start_with_operator().await;
    assert_eq!(ask(&simulation, Control::Pause).await, Ok(Progress::Done));
    life.host.put(1);
    let id = life.send(2).await.expect("durable before the host dies of it");
    assert_eq!(life.commands.decision(id).await, Decision::Accepted);
    let host = ("host".to_owned(), 1);
    assert!(simulation.state().is_paused && simulation.state().parts.contains(&host));
    assert_eq!(simulation.state().engine.at, life.now());
    assert_eq!(life.end().await, [1, 2]);
}

#[actix_rt::test]
async fn a_clock_that_fell_behind_says_since_when_and_why_until_it_is_level() {
    let (life, simulation) = Life::start_with_operator().await;
    assert_eq!(simulation.state().lag, None);
    life.journal_full.put(usize::MAX);
    until(|| simulation.state().lag.is_some()).await;
    let lag = simulation.state().lag.expect("it was there");
    assert_eq!((lag.cause, lag.clock_waits), (LagCause::JournalStuck, false));
    assert!(unix_micros() - lag.since_unix_micros < 60_000_000);
    let stood = simulation.state().engine.at;
    life.journal_full.put(0);
    until(|| simulation.state().lag.is_none()).await;
    assert!(
        simulation.state().engine.at > stood,
        "what was missed is made up for"
    );
    life.end().await;
}

/// A projection that keeps every event as it was told of it.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Numbered<Event>>>>);

impl Projection for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn next_event(&self) -> u64 {
        0
    }

    fn apply(&mut self, events: &[Numbered<Event>]) -> Result<(), StoreError> {
        self.0.lock().extend(events.iter().cloned());
        Ok(())
    }

    fn forget(&mut self, _: SimDuration) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn flush(&mut self, _: &mut dyn FnMut()) -> Result<(), StoreError> {
        Ok(())
    }
}

fn florence() -> Arc<Environment> {
    let scenario = Scenario::parse(&ScenarioBundle::florence()).expect("it is built in");
    Arc::new(scenario.environment(BuildOptions::default()))
}

/// The commands of a journal with their stamps, and how far it is sealed.
fn commands_of(shared: &Shared) -> Vec<(CommandId, SimTime, Command)> {
    let mut commands = Vec::new();
    let read = shared.journal.lock().read(RecordNumber(0), &mut |record| {
        if let Ok(Record::Command(command)) = Record::decode(&record.payload) {
            commands.push((CommandId(record.number.0), record.stamp, command));
        }
        true
    });
    read.expect("the journal can be read");
    commands
}

#[actix_rt::test]
async fn a_world_that_was_paused_stepped_and_paced_lives_as_one_that_ran_through() {
    let environment = florence();
    let (fatal, _) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared::new(SharedParts {
        clock: Arc::new(LiveClock::new(
            SimTime::ZERO,
            SimTime::ZERO,
            Speed::Times(1_000.0),
        )),
        ..parts(Box::new(journal(&[])), fatal)
    }));
    let told = Told::default();
    let pairs = ProjectionAndBacklog::pair(&shared, vec![Box::new(told.clone())]);
    let worlds = Arc::new(ScenarioWorlds(Arc::clone(&environment)));
    let running = Running::start(&shared, &pairs, worlds, Arc::new(NoPicture));
    let commands = Commands(Arc::clone(&shared));
    let simulation = Simulation(Arc::clone(&shared));
    until(|| shared.host_is_up()).await;
    let hours = |hours: u64| Control::Step(Some(SimDuration::from_mins(60 * hours)));
    for control in [
        Control::Pause,
        hours(1),
        Control::Step(None),
        Control::SetSpeed(Speed::Max),
        hours(2),
        Control::Resume,
        Control::SetSpeed(Speed::Times(10.0)),
        Control::Pause,
    ] {
        assert_eq!(ask(&simulation, control).await, Ok(Progress::Done), "{control:?}");
        let delivery = DeliveryId(7);
        let id = commands.submit(Command::CancelDelivery { delivery }).await;
        id.expect("acknowledged");
    }
    assert_eq!(ask(&simulation, Control::Step(None)).await, Ok(Progress::Done));
    let end = simulation.state().engine;
    running.stop().await.expect("all parts end in time");

    let mut world = World::found(&environment);
    for (id, stamp, command) in commands_of(&shared) {
        world.submit(id, stamp, command);
    }
    let mut events = Vec::new();
    world.run_until(end.at, &mut events).expect("the world goes on");
    assert_eq!(world.digest(), end.digest);
    assert!(events.len() > 1_000, "a living city: {}", events.len());
    assert!(*told.0.lock() == events, "the same events, in the same order");
}
