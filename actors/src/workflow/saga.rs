//! The saga as data: its steps in order, and what follows from each input. Pure, so that every row can be tried.
//!
//! SG-1: a saga that was started ends. Inputs that do not fit the state, because they come late or twice, change nothing.

use serde::{Deserialize, Serialize};

/// A step. Each has an undo; both may be repeated without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// The parcel is known.
    OpenPackage,
    /// The delivery is known.
    OpenDelivery,
    /// A drone or carrier will bring it.
    BookTransport,
}

impl Step {
    /// The steps in order.
    pub const ALL: [Self; 3] = [Self::OpenPackage, Self::OpenDelivery, Self::BookTransport];

    /// It and those before it, in the order in which they are undone.
    #[must_use]
    pub fn from_last(last: Self) -> Vec<Self> {
        let mut steps: Vec<Self> = Self::ALL.into_iter().filter(|step| *step <= last).collect();
        steps.reverse();
        steps
    }

    fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    fn previous(self) -> Option<Self> {
        (self as usize).checked_sub(1).map(|index| Self::ALL[index])
    }
}

/// Where a saga stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// A step is being done; those before it are done.
    Doing(Step),
    /// All steps are done; the parcel is on its way.
    Underway,
    /// The transport is being let go, to be booked anew.
    Rebooking,
    /// It will not be; a step is being undone, then those before it.
    Undoing(Step),
    /// Nothing is left to do.
    Ended,
}

impl State {
    /// Where every saga begins.
    pub const START: Self = Self::Doing(Step::OpenPackage);

    /// The step at which it stands.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Doing(step) | Self::Undoing(step) => step,
            Self::Underway | Self::Rebooking | Self::Ended => Step::BookTransport,
        }
    }
}

/// What a saga is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The step is done.
    Done(Step),
    /// The step is undone.
    Undone(Step),
    /// The transport failed.
    TransportLost,
    /// Its client wants it otherwise.
    Rescheduled,
    /// It will not be.
    Abandoned,
    /// It arrived.
    Delivered,
}

/// What a saga wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Do this step.
    Do(Step),
    /// Undo this step.
    Undo(Step),
    /// Close everything.
    End,
}

/// The state that follows from an input, and what is to be done.
#[must_use]
pub fn advance(state: State, input: Input) -> (State, Option<Output>) {
    match (state, input) {
        (State::Doing(step), Input::Done(done)) if step == done => match step.next() {
            Some(next) => (State::Doing(next), Some(Output::Do(next))),
            None => (State::Underway, None),
        },
        (State::Underway, Input::TransportLost) => {
            let step = Step::BookTransport;
            (State::Doing(step), Some(Output::Do(step)))
        }
        (State::Underway | State::Doing(Step::BookTransport), Input::Rescheduled) => {
            (State::Rebooking, Some(Output::Undo(Step::BookTransport)))
        }
        (State::Rebooking, Input::Undone(step @ Step::BookTransport)) => {
            (State::Doing(step), Some(Output::Do(step)))
        }
        // Package and delivery are born together: whichever was opened, both are closed.
        (State::Doing(Step::OpenPackage), Input::Abandoned) => {
            let step = Step::OpenDelivery;
            (State::Undoing(step), Some(Output::Undo(step)))
        }
        (State::Doing(step), Input::Abandoned) => (State::Undoing(step), Some(Output::Undo(step))),
        (State::Underway, Input::Abandoned) => {
            let last = Step::BookTransport;
            (State::Undoing(last), Some(Output::Undo(last)))
        }
        (State::Rebooking, Input::Abandoned) => (State::Undoing(Step::BookTransport), None),
        (State::Undoing(step), Input::Undone(undone)) if step == undone => match step.previous() {
            Some(previous) => (State::Undoing(previous), Some(Output::Undo(previous))),
            None => (State::Ended, Some(Output::End)),
        },
        (State::Doing(Step::BookTransport) | State::Underway | State::Rebooking, Input::Delivered) => {
            (State::Ended, Some(Output::End))
        }
        _ => (state, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: [Input; 10] = [
        Input::Done(Step::OpenPackage),
        Input::Done(Step::OpenDelivery),
        Input::Done(Step::BookTransport),
        Input::Undone(Step::OpenPackage),
        Input::Undone(Step::OpenDelivery),
        Input::Undone(Step::BookTransport),
        Input::TransportLost,
        Input::Rescheduled,
        Input::Abandoned,
        Input::Delivered,
    ];

    const STATES: [State; 9] = [
        State::Doing(Step::OpenPackage),
        State::Doing(Step::OpenDelivery),
        State::Doing(Step::BookTransport),
        State::Underway,
        State::Rebooking,
        State::Undoing(Step::OpenPackage),
        State::Undoing(Step::OpenDelivery),
        State::Undoing(Step::BookTransport),
        State::Ended,
    ];

    /// Answers every output truthfully until the saga rests, and gives the outputs.
    fn settle(mut state: State, mut output: Option<Output>) -> (State, Vec<Output>) {
        let mut outputs = Vec::new();
        while let Some(wanted) = output {
            outputs.push(wanted);
            let input = match wanted {
                Output::Do(step) => Input::Done(step),
                Output::Undo(step) => Input::Undone(step),
                Output::End => break,
            };
            (state, output) = advance(state, input);
        }
        (state, outputs)
    }

    #[test]
    fn does_the_steps_in_order_and_then_waits() {
        let (state, outputs) = settle(State::START, Some(Output::Do(Step::OpenPackage)));
        assert_eq!(state, State::Underway);
        assert_eq!(outputs, Step::ALL.map(Output::Do));
    }

    #[test]
    fn undoes_every_step_that_was_begun_last_first_wherever_it_is_abandoned() {
        for state in STATES {
            let begun = match state {
                State::Doing(step) => step.max(Step::OpenDelivery) as usize + 1,
                State::Underway => Step::ALL.len(),
                _ => continue,
            };
            let (abandoned, output) = advance(state, Input::Abandoned);
            let (end, outputs) = settle(abandoned, output);
            let mut expected: Vec<Output> = Step::ALL[..begun]
                .iter()
                .rev()
                .map(|s| Output::Undo(*s))
                .collect();
            expected.push(Output::End);
            assert_eq!((end, outputs), (State::Ended, expected), "from {state:?}");
        }
    }

    #[test]
    fn an_input_that_comes_twice_changes_nothing_the_second_time() {
        for state in STATES {
            for input in INPUTS {
                let (once, output) = advance(state, input);
                if once == state
                    || output == Some(Output::Undo(Step::BookTransport)) && once == State::Rebooking
                {
                    continue;
                }
                let (twice, again) = advance(once, input);
                let goes_on = matches!(input, Input::Undone(_)) && state == State::Rebooking;
                assert!(
                    goes_on || (twice, again) == (once, None),
                    "{state:?} {input:?} {once:?}"
                );
            }
        }
    }

    #[test]
    fn a_saga_that_ended_stays_ended() {
        for input in INPUTS {
            assert_eq!(advance(State::Ended, input), (State::Ended, None));
        }
    }

    #[test]
    fn every_state_leads_to_the_end_once_it_is_abandoned() {
        for state in STATES {
            let (next, output) = advance(state, Input::Abandoned);
            let waiting = match (next, output) {
                (State::Undoing(step), None) => Some(Output::Undo(step)),
                (_, output) => output,
            };
            assert_eq!(settle(next, waiting).0, State::Ended, "from {state:?}");
        }
    }

    #[test]
    fn a_reschedule_books_anew() {
        let (state, output) = advance(State::Underway, Input::Rescheduled);
        let (state, outputs) = settle(state, output);
        assert_eq!(state, State::Underway);
        assert_eq!(
            outputs,
            [Output::Undo(Step::BookTransport), Output::Do(Step::BookTransport)]
        );
    }
}
