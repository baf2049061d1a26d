//! How operators reach the running world: what they ask of its pace, and what they see of its inside.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use skyhaul_engine::kernel::DeadLetter;
use skyhaul_web::ports::SubmitError;
use skyhaul_web::ports::simulation::{
    Control, ControlError, Deed, OperatorAction, ParkedMessage, Progress, SimulationPort, SimulationState,
};

use crate::pacing::{PacingAction, PacingEntry};
use crate::runtime::Shared;

/// How long an answer waits for the engine to get where a control leads. Most are there in milliseconds; whoever is told 202 instead reads the
/// state.
const ARRIVAL_WITHIN: Duration = Duration::from_secs(5);

/// How long a control may wait to be made durable, behind steps that are under way.
const DURABLE_WITHIN: Duration = Duration::from_secs(10);

/// The running world under an operator's hand.
#[derive(Clone)]
pub struct Simulation(pub Arc<Shared>);

impl SimulationPort for Simulation {
    fn control(&self, control: Control, by: String) -> BoxFuture<'static, Result<Progress, ControlError>> {
        let shared = Arc::clone(&self.0);
        async move {
            if !shared.host_is_up() {
                return Err(SubmitError::NotReady.into());
            }
            let answered = shared.controls.put(control, by)?;
            shared.commands_wait.notify_one();
            // A sequencer that failed drops who waits: what it had made durable stands, but they cannot be told.
            let until = match tokio::time::timeout(DURABLE_WITHIN, answered).await {
                Ok(answer) => answer.unwrap_or(Err(SubmitError::Unavailable.into()))?,
                Err(_) => return Err(SubmitError::Unavailable.into()),
            };
            let mut shown = shared.engine.subscribe();
            let arrived = shown.wait_for(|shown| shown.state.at >= until);
            let is_there = tokio::time::timeout(ARRIVAL_WITHIN, arrived).await.is_ok();
            Ok(if is_there {
                Progress::Done
            } else {
                Progress::UnderWay
            })
        }
        .boxed()
    }

    fn state(&self) -> SimulationState {
        let shared = &self.0;
        let engine = shared.engine.borrow().state;
        let is_paused = shared.clock.is_paused();
        let target = shared.clock.target();
        SimulationState {
            speed: shared.clock.speed_set(),
            is_paused,
            stepping_to: (is_paused && engine.at < target).then_some(target),
            lag: shared.lag.lock().lag(),
            engine,
            parts: shared.metrics.restarts_by_part(),
        }
    }

    fn parked(&self) -> Arc<[ParkedMessage]> {
        Arc::clone(&self.0.engine.borrow().parked)
    }

    fn dead_letters(&self) -> Arc<[DeadLetter]> {
        Arc::clone(&self.0.engine.borrow().dead_letters)
    }

    fn actions(&self) -> Vec<OperatorAction> {
        self.0.pacing.lock().actions().map(shown).collect()
    }
}

fn shown(entry: &PacingEntry) -> OperatorAction {
    OperatorAction {
        number: entry.number.0,
        at: entry.at,
        unix_micros: entry.record.unix_micros,
        by: entry.record.by.clone(),
        deed: match entry.record.action {
            PacingAction::Pause => Deed::Paused,
            PacingAction::Resume => Deed::Resumed,
            PacingAction::Step { until } => Deed::Stepped(until),
            PacingAction::SetSpeed(speed) => Deed::SpeedSet(speed),
        },
    }
}
