//! What operators ask of the runtime: to pause, step and pace the world, and to see its inside.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use skyhaul_engine::kernel::DeadLetter;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::clock::Speed;
use thiserror::Error;

use super::SubmitError;

/// Controls the pace of virtual time, and shows the inside of the engine. No call waits for the engine but [`SimulationPort::control`].
pub trait SimulationPort: Send + Sync {
    /// Does what an operator asks, durably and with `by` as who asked, and waits a while for the engine to get where that leads.
    fn control(&self, control: Control, by: String) -> BoxFuture<'static, Result<Progress, ControlError>>;

    /// How the world runs.
    fn state(&self) -> SimulationState;

    /// Messages that their actors failed on too often, oldest first, as far as they are kept.
    fn parked(&self) -> Arc<[ParkedMessage]>;

    /// Messages to actors that were gone, the latest ones, oldest first.
    fn dead_letters(&self) -> Arc<[DeadLetter]>;

    /// What operators did, newest first, as far as it is kept.
    fn actions(&self) -> Vec<OperatorAction>;
}

/// Something an operator asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// Let time stand still.
    Pause,
    /// Let it go on.
    Resume,
    /// Let a world that is paused go on by a span, or to when something is next due in it.
    Step(Option<SimDuration>),
    /// Let time run at this speed.
    SetSpeed(Speed),
}

/// How far what was asked has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The engine is where it was to go.
    Done,
    /// It is on its way there.
    UnderWay,
}

/// Why a control was not done. Nothing of it is kept then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// Only a world that is paused can be stepped.
    #[error("the simulation runs; pause it first")]
    NotPaused,
    /// Nothing will happen by itself.
    #[error("nothing is due in the simulation, so there is no next event; step by a duration")]
    NothingDue,
    /// It could not be made durable.
    #[error(transparent)]
    NotTaken(#[from] SubmitError),
}

/// How the world runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimulationState {
    /// The speed at which it runs, or will once it is resumed.
    pub speed: Speed,
    /// Whether time stands still.
    pub is_paused: bool,
    /// Up to where a step goes that is under way.
    pub stepping_to: Option<SimTime>,
    /// Why and since when the engine has been behind its clock by more than a person would notice.
    pub lag: Option<Lag>,
    /// The engine.
    pub engine: EngineState,
    /// The parts of the service, and how often each was rebuilt after a failure.
    pub parts: Vec<(String, u64)>,
}

/// An engine that is behind its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Since when, by the wall clock: microseconds since 1970.
    pub since_unix_micros: i64,
    /// What keeps it.
    pub cause: LagCause,
    /// Whether the clock waits for it, so that virtual time goes slower than its speed says. Otherwise the engine runs as fast as it can until
    /// it is level.
    pub clock_waits: bool,
}

/// What keeps an engine behind its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LagCause {
    /// Its host starts, or is being rebuilt.
    HostDown,
    /// The journal takes no seal, so that nothing may leave the engine.
    JournalStuck,
    /// A store does not take events as fast as they come.
    StoreSlow,
    /// There is more to do than the machine can.
    EngineBusy,
}

impl LagCause {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HostDown => "hostDown",
            Self::JournalStuck => "journalStuck",
            Self::StoreSlow => "storeSlow",
            Self::EngineBusy => "engineBusy",
        }
    }
}

/// The engine's inside at the end of its last run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineState {
    /// How far it has run.
    pub at: SimTime,
    /// When something is next due in it.
    pub next_due: Option<SimTime>,
    /// The number its next event will get.
    pub next_event: u64,
    /// Digest of all messages it handled.
    pub digest: u64,
    /// Messages on their way.
    pub queued: u64,
    /// Messages handled.
    pub handled: u64,
    /// Messages to actors that were gone.
    pub undeliverable: u64,
    /// Actors rebuilt after a failure.
    pub restarts: u64,
    /// Actors stopped after failing too often.
    pub given_up: u64,
    /// Messages parked, those included that are no longer kept.
    pub parked: u64,
}

/// A message that its actor failed on too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedMessage {
    /// Its place among all that were parked, from 0.
    pub number: u64,
    /// When it was given up.
    pub at: SimTime,
    /// The actor, such as `drone-7`.
    pub actor: String,
    /// What the actor was asked to do.
    pub message: String,
    /// What failed.
    pub cause: String,
    /// The actor's last recorded state, as it shows itself.
    pub view: String,
}

/// Something an operator did.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorAction {
    /// The number of the journal's record that says so.
    pub number: u64,
    /// When, in virtual time.
    pub at: SimTime,
    /// When, by the wall clock: microseconds since 1970.
    pub unix_micros: i64,
    /// Who, as far as it is known.
    pub by: String,
    /// What.
    pub deed: Deed,
}

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    /// Time was paused.
    Paused,
    /// It was resumed.
    Resumed,
    /// It was stepped up to here.
    Stepped(SimTime),
    /// Its speed was set.
    SpeedSet(Speed),
}
