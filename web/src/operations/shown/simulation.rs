//! What is answered about the simulation.

use serde::Serialize;
use skyhaul_engine::kernel::DeadLetter;
use skyhaul_engine::time::SimTime;
use utoipa::ToSchema;

use super::finite;
use crate::calendar::{Calendar, unix_micros_text};
use crate::http::query::cursor_text;
use crate::operations::Operations;
use crate::ports::simulation::{Deed, EngineState, OperatorAction, ParkedMessage};

/// How the world runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimulationResponse {
    /// The scenario's name.
    scenario: String,
    /// Virtual time now.
    now: String,
    /// Virtual seconds a second, while it runs; `null` where that is as fast as it can.
    speed: Option<f64>,
    /// Whether virtual time stands still.
    paused: bool,
    /// Up to where a step goes that is under way.
    stepping_to: Option<String>,
    /// How far the engine lags behind the clock, virtual seconds.
    behind_s: f64,
    /// Since when it has lagged by more than a moment, by the wall clock; `null` where it does not.
    behind_since: Option<String>,
    /// What keeps it: `hostDown`, `journalStuck`, `storeSlow` or `engineBusy`.
    behind_cause: Option<&'static str>,
    /// What is done about it: `catchingUp` (the engine runs as fast as it can until it is level; events show late, no time is skipped) or
    /// `clockWaits` (besides, the clock waits for it, so that time goes slower than its speed says).
    behind_remedy: Option<&'static str>,
    /// The engine's inside.
    engine: EngineResponse,
    /// The parts of the service.
    parts: Vec<PartResponse>,
}

/// The engine's inside at the end of its last run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EngineResponse {
    /// How far it has run.
    at: String,
    /// When something is next due in it; `null`: nothing is.
    next_due: Option<String>,
    /// Events so far.
    events: u64,
    /// Digest of all messages it handled, in order: equal runs have equal digests.
    digest: String,
    /// Messages on their way.
    queued_messages: u64,
    /// Messages handled so far.
    handled_messages: u64,
    /// Messages to actors that were gone.
    undeliverable_messages: u64,
    /// Messages their actors failed on too often: see `/api/simulation/parked`.
    parked_messages: u64,
    /// Actors rebuilt after a failure.
    actor_restarts: u64,
    /// Actors stopped after failing too often.
    actors_given_up: u64,
}

/// A part of the service.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PartResponse {
    /// Its name.
    name: String,
    /// How often it was rebuilt after a failure, since the service started.
    restarts: u64,
}

impl SimulationResponse {
    /// The state as it is now.
    pub(crate) fn new(service: &Operations) -> Self {
        let context = &service.context;
        let state = service.simulation.state();
        let remedy = |waits: bool| if waits { "clockWaits" } else { "catchingUp" };
        Self {
            scenario: context.environment.name.clone(),
            now: context.calendar.text(context.clock.now()),
            speed: finite(state.speed.factor()),
            paused: state.is_paused,
            stepping_to: state.stepping_to.map(|until| context.calendar.text(until)),
            behind_s: context.clock.behind_s(),
            behind_since: state.lag.map(|lag| unix_micros_text(lag.since_unix_micros)),
            behind_cause: state.lag.map(|lag| lag.cause.name()),
            behind_remedy: state.lag.map(|lag| remedy(lag.clock_waits)),
            engine: EngineResponse::new(&state.engine, &context.calendar),
            parts: state
                .parts
                .into_iter()
                .map(|(name, restarts)| PartResponse { name, restarts })
                .collect(),
        }
    }
}

impl EngineResponse {
    fn new(engine: &EngineState, calendar: &Calendar) -> Self {
        Self {
            at: calendar.text(engine.at),
            next_due: engine.next_due.map(|at| calendar.text(at)),
            events: engine.next_event,
            digest: format!("{:016x}", engine.digest),
            queued_messages: engine.queued,
            handled_messages: engine.handled,
            undeliverable_messages: engine.undeliverable,
            parked_messages: engine.parked,
            actor_restarts: engine.restarts,
            actors_given_up: engine.given_up,
        }
    }
}

/// A page of parked messages, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParkedResponse {
    /// The messages.
    items: Vec<ParkedItem>,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// A message that its actor failed on too often.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ParkedItem {
    /// Its place among all that were parked, from 0.
    number: u64,
    /// When it was given up.
    at: String,
    /// The actor, such as `drone-7`.
    actor: String,
    /// What the actor was asked.
    message: String,
    /// What failed.
    cause: String,
    /// The actor's last recorded state, as it shows itself.
    view: String,
}

impl ParkedResponse {
    /// The newest of `parked`, which are oldest first, of those before a number.
    pub(crate) fn new(
        parked: &[ParkedMessage],
        before: Option<u64>,
        limit: usize,
        calendar: &Calendar,
    ) -> Self {
        let item = |message: &ParkedMessage| ParkedItem {
            number: message.number,
            at: calendar.text(message.at),
            actor: message.actor.clone(),
            message: message.message.clone(),
            cause: message.cause.clone(),
            view: message.view.clone(),
        };
        let older = parked
            .iter()
            .rev()
            .filter(|message| before.is_none_or(|before| message.number < before));
        let (items, is_last) = page(older.map(item), limit);
        let last = items.last().filter(|_| !is_last);
        let next_cursor = last.map(|item| cursor_text(item.number));
        Self { items, next_cursor }
    }
}

/// The latest messages to actors that were gone, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeadLettersResponse {
    /// The messages.
    items: Vec<DeadLetterItem>,
}

/// A message to an actor that was gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DeadLetterItem {
    /// When it was to be handled.
    at: String,
    /// Who was gone, by type and number.
    to: String,
    /// Who wrote; `outside`: a command.
    from: String,
}

impl DeadLettersResponse {
    /// The newest of `letters`, which are oldest first.
    pub(crate) fn new(letters: &[DeadLetter], limit: usize, calendar: &Calendar) -> Self {
        let item = |letter: &DeadLetter| DeadLetterItem {
            at: calendar.text(letter.at),
            to: letter.to.clone(),
            from: letter.from.clone(),
        };
        Self {
            items: letters.iter().rev().take(limit).map(item).collect(),
        }
    }
}

/// A page of what operators did, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActionsResponse {
    /// What they did.
    items: Vec<ActionItem>,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// Something an operator did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ActionItem {
    /// The number of the journal's record that says so.
    number: u64,
    /// `pause`, `resume`, `step` or `speed`.
    action: &'static str,
    /// Virtual time when it took effect.
    at: String,
    /// The wall clock then.
    wall: String,
    /// Who, as far as it is known.
    by: String,
    /// Up to where it was stepped.
    to: Option<String>,
    /// The speed that was set; `null` for other actions, and where that is as fast as it can.
    speed: Option<f64>,
}

impl ActionsResponse {
    /// The newest of `actions`, which are newest first, of those before a number.
    pub(crate) fn new(
        actions: &[OperatorAction],
        before: Option<u64>,
        limit: usize,
        calendar: &Calendar,
    ) -> Self {
        let older = actions
            .iter()
            .filter(|action| before.is_none_or(|before| action.number < before));
        let (items, is_last) = page(older.map(|action| ActionItem::new(action, calendar)), limit);
        let last = items.last().filter(|_| !is_last);
        let next_cursor = last.map(|item| cursor_text(item.number));
        Self { items, next_cursor }
    }
}

impl ActionItem {
    fn new(done: &OperatorAction, calendar: &Calendar) -> Self {
        let text = |at: SimTime| Some(calendar.text(at));
        let (action, to, speed) = match done.deed {
            Deed::Paused => ("pause", None, None),
            Deed::Resumed => ("resume", None, None),
            Deed::Stepped(until) => ("step", text(until), None),
            Deed::SpeedSet(speed) => ("speed", None, finite(speed.factor())),
        };
        Self {
            number: done.number,
            action,
            at: calendar.text(done.at),
            wall: unix_micros_text(done.unix_micros),
            by: done.by.clone(),
            to,
            speed,
        }
    }
}

/// The first `limit` of `all`, and whether they are all there are.
fn page<T>(mut all: impl Iterator<Item = T>, limit: usize) -> (Vec<T>, bool) {
    let items: Vec<T> = all.by_ref().take(limit).collect();
    let is_last = all.next().is_none();
    (items, is_last)
}
