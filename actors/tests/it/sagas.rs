//! The saga of a request, tried at every step and every undo: each fails, crashes before and after it, and is answered twice. A new row of the
//! table is tried on its first day, since all is taken from the table.

use std::collections::BTreeSet;

use skyhaul_actors::workflow::saga::{Input, Output, State, Step, advance};

/// Something that goes wrong, at the so manieth thing that a saga wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    /// Nothing goes wrong.
    None,
    /// It cannot be done, or its client wants it no more.
    Abandoned,
    /// The transport fails.
    TransportLost,
    /// Its client wants it otherwise.
    Rescheduled,
    /// The answer comes twice.
    Twice,
    /// The saga dies before it has taken the answer in, is rebuilt from what was recorded, and is answered again.
    Crashed,
    /// The saga dies after that: what it wanted done is asked for a second time.
    CrashedAfter,
    /// It is done though nobody waits for it any more: the answer comes late.
    Late,
}

const MISHAPS: [Mishap; 8] = [
    Mishap::None,
    Mishap::Abandoned,
    Mishap::TransportLost,
    Mishap::Rescheduled,
    Mishap::Twice,
    Mishap::Crashed,
    Mishap::CrashedAfter,
    Mishap::Late,
];

/// More things than any saga with two mishaps wants done.
const WANTED_MAX: usize = 24;

/// The world that does what sagas want: steps are done at most once more than they are undone, whatever is asked twice.
#[derive(Default)]
struct Done(BTreeSet<Step>);

impl Done {
    /// Does it, or finds it done, and answers.
    fn answer(&mut self, wanted: Output) -> Option<Input> {
        match wanted {
            Output::Do(step) => {
                self.0.insert(step);
                Some(Input::Done(step))
            }
            Output::Undo(step) => {
                self.0.remove(&step);
                Some(Input::Undone(step))
            }
            Output::End => None,
        }
    }
}

/// As after a crash: the state as it was recorded.
fn rebuilt(state: State) -> State {
    let recorded = postcard::to_allocvec(&state).expect("states can be recorded");
    postcard::from_bytes(&recorded).expect("and read")
}

/// A saga with its mishaps, each at its place: where it came to rest, and what is left done.
fn run(mishaps: &[(usize, Mishap)]) -> (State, Done) {
    let (mut state, mut wanted) = (State::START, Some(Output::Do(Step::OpenPackage)));
    let mut done = Done::default();
    for place in 0..WANTED_MAX {
        let mishap = mishaps.iter().find(|(at, _)| *at == place);
        let mishap = mishap.map_or(Mishap::None, |(_, mishap)| *mishap);
        let Some(asked) = wanted else {
            // All is done: the parcel arrives, unless something comes in between.
            assert_eq!(state, State::Underway, "it waits for nothing, after {mishaps:?}");
            let input = match mishap {
                Mishap::Abandoned => Input::Abandoned,
                Mishap::TransportLost => Input::TransportLost,
                Mishap::Rescheduled => Input::Rescheduled,
                _ => Input::Delivered,
            };
            wanted = take(&mut state, input, mishaps);
            continue;
        };
        let Some(answer) = done.answer(asked) else {
            break;
        };
        match mishap {
            Mishap::None => wanted = take(&mut state, answer, mishaps),
            Mishap::Abandoned => wanted = disturb(&mut state, Input::Abandoned, (answer, asked), mishaps),
            Mishap::Rescheduled => wanted = disturb(&mut state, Input::Rescheduled, (answer, asked), mishaps),
            Mishap::TransportLost => {
                wanted = disturb(&mut state, Input::TransportLost, (answer, asked), mishaps);
            }
            Mishap::Twice => {
                wanted = take(&mut state, answer, mishaps);
                let before = state;
                let again = take(&mut state, answer, mishaps);
                assert_eq!(
                    (state, again),
                    (before, None),
                    "twice {answer:?}, after {mishaps:?}"
                );
            }
            Mishap::Crashed => {
                state = rebuilt(state);
                assert_eq!(done.answer(asked), Some(answer));
                wanted = take(&mut state, answer, mishaps);
            }
            Mishap::CrashedAfter => {
                wanted = take(&mut state, answer, mishaps);
                state = rebuilt(state);
                if let Some(repeated) = wanted {
                    done.answer(repeated);
                }
            }
            Mishap::Late => {
                wanted = take(&mut state, answer, mishaps);
                nothing_follows_from_late_answers(state, wanted);
            }
        }
    }
    (state, done)
}

fn nothing_follows_from_late_answers(state: State, wanted: Option<Output>) {
    let answers = Step::ALL.into_iter().flat_map(|step| {
        [
            (Output::Do(step), Input::Done(step)),
            (Output::Undo(step), Input::Undone(step)),
        ]
    });
    for (_, late) in answers.filter(|(asked, _)| wanted != Some(*asked)) {
        assert_eq!(
            advance(state, late),
            (state, None),
            "late {late:?}, where {wanted:?} is waited for"
        );
    }
}

fn take(state: &mut State, input: Input, mishaps: &[(usize, Mishap)]) -> Option<Output> {
    let was = *state;
    let output;
    (*state, output) = advance(was, input);
    assert!(was != State::Ended || *state == State::Ended, "{mishaps:?}");
    output
}

/// Something comes in between; then the answer to what was asked before, which may not fit any more.
fn disturb(
    state: &mut State,
    input: Input,
    (answer, asked): (Input, Output),
    mishaps: &[(usize, Mishap)],
) -> Option<Output> {
    let was = *state;
    let wanted = take(state, input, mishaps);
    if *state == was && wanted.is_none() {
        return take(state, answer, mishaps);
    }
    match wanted {
        Some(_) => wanted,
        None => Some(asked),
    }
}

#[test]
fn every_step_and_every_undo_may_fail_crash_and_be_answered_twice() {
    let mut tried = 0;
    for first in 0..WANTED_MAX / 3 {
        for second in first..WANTED_MAX / 2 {
            for (one, other) in MISHAPS.iter().flat_map(|one| MISHAPS.map(|other| (*one, other))) {
                let mishaps = [(first, one), (second, other)];
                let (state, done) = run(&mishaps);
                assert_eq!(state, State::Ended, "SG-1, after {mishaps:?}");
                let is_all_or_nothing = done.0.is_empty() || done.0.len() == Step::ALL.len();
                assert!(is_all_or_nothing, "{:?} are left done, after {mishaps:?}", done.0);
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}
