//! An operator's hand on the world, as the services hold it: does what it is asked at once, and remembers it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use skyhaul_engine::kernel::DeadLetter;
use skyhaul_engine::time::SimTime;
use skyhaul_web::ports::SubmitError;
use skyhaul_web::ports::simulation::{
    Control, ControlError, Deed, OperatorAction, ParkedMessage, Progress, SimulationPort, SimulationState,
};

/// The hand.
#[derive(Default)]
pub(crate) struct Hand(Mutex<Held>);

#[derive(Default)]
struct Held {
    state: SimulationState,
    asked: Vec<(Control, String)>,
    parked: Vec<ParkedMessage>,
    dead_letters: Vec<DeadLetter>,
    answer: Option<Result<Progress, ControlError>>,
}

impl Hand {
    /// What was asked, and by whom.
    pub(crate) fn asked(&self) -> Vec<(Control, String)> {
        self.0.lock().asked.clone()
    }

    /// Shows this state from now on.
    pub(crate) fn show(&self, state: SimulationState) {
        self.0.lock().state = state;
    }

    /// Parks a message.
    pub(crate) fn park(&self, message: ParkedMessage) {
        self.0.lock().parked.push(message);
    }

    /// Has a message that nobody was there for.
    pub(crate) fn bury(&self, letter: DeadLetter) {
        self.0.lock().dead_letters.push(letter);
    }

    /// Answers so from now on.
    pub(crate) fn answer(&self, answer: Result<Progress, ControlError>) {
        self.0.lock().answer = Some(answer);
    }

    /// Refuses to take anything from now on.
    pub(crate) fn refuse(&self, refusal: SubmitError) {
        self.answer(Err(refusal.into()));
    }
}

impl SimulationPort for Hand {
    fn control(&self, control: Control, by: String) -> BoxFuture<'static, Result<Progress, ControlError>> {
        let mut held = self.0.lock();
        held.asked.push((control, by));
        match control {
            Control::Pause => held.state.is_paused = true,
            Control::Resume => held.state.is_paused = false,
            Control::SetSpeed(speed) => held.state.speed = speed,
            Control::Step(_) => {}
        }
        let answer = held.answer.unwrap_or(Ok(Progress::Done));
        async move { answer }.boxed()
    }

    fn state(&self) -> SimulationState {
        self.0.lock().state.clone()
    }

    fn parked(&self) -> Arc<[ParkedMessage]> {
        self.0.lock().parked.clone().into()
    }

    fn dead_letters(&self) -> Arc<[DeadLetter]> {
        self.0.lock().dead_letters.clone().into()
    }

    fn actions(&self) -> Vec<OperatorAction> {
        let held = self.0.lock();
        let actions = (1..)
            .zip(&held.asked)
            .map(|(number, (control, by))| OperatorAction {
                number,
                at: SimTime::from_micros(number * 1_000_000),
                unix_micros: 0,
                by: by.clone(),
                deed: match control {
                    Control::Pause => Deed::Paused,
                    Control::Resume => Deed::Resumed,
                    Control::Step(span) => Deed::Stepped(SimTime::ZERO + span.unwrap_or_default()),
                    Control::SetSpeed(speed) => Deed::SpeedSet(*speed),
                },
            });
        let mut actions: Vec<_> = actions.collect();
        actions.reverse();
        actions
    }
}
