//! The clock on a source of time that a test moves.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// A source that stands until it is moved.
#[derive(Clone, Default)]
struct HandClock(Arc<AtomicU64>);

impl HandClock {
    fn pass(&self, micros: u64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    fn pass_s(&self, seconds: u64) {
        self.pass(seconds * 1_000_000);
    }
}

impl MonotonicSource for HandClock {
    fn micros(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn at(seconds: u64) -> SimTime {
    SimTime::from_micros(seconds * 1_000_000)
}

/// A clock at speed, its engine with it, an hour after the world began.
fn clock(speed: Speed) -> (LiveClock, HandClock) {
    let hand = HandClock::default();
    let clock = LiveClock::on(Box::new(hand.clone()), at(3_600), at(3_600), speed);
    (clock, hand)
}

/// What the sequencer and the host do when an operator acts: hold, make durable, confirm, run.
fn act(clock: &LiveClock, action: PacingAction) {
    clock.hold(clock.engine());
    clock.confirm(action);
    clock.engine_reached(clock.target());
}

#[test]
fn an_unpaced_clock_shows_what_has_happened_and_aims_a_step_further() {
    let (clock, _) = clock(Speed::Max);
    assert_eq!(
        (clock.now(), clock.target()),
        (at(3_600), at(3_600) + UNPACED_STEP)
    );
    clock.engine_reached(at(3_600) + UNPACED_STEP);
    assert_eq!(clock.now(), at(3_600) + UNPACED_STEP);
    assert!(clock.behind_s() == 0.0 && clock.speed().is_infinite());
}

#[test]
fn a_paced_clock_says_how_far_the_engine_is_behind() {
    let clock = LiveClock::new(at(3_600), SimTime::ZERO, Speed::REAL);
    let first = clock.now();
    assert!(first >= at(3_600) && clock.now() >= first);
    assert!(clock.behind_s() >= 3_600.0);
}

#[test]
fn a_paused_clock_stands_and_goes_on_from_there() {
    let (clock, hand) = clock(Speed::Times(10.0));
    hand.pass_s(2);
    act(&clock, PacingAction::Pause);
    hand.pass_s(1_000);
    assert_eq!((clock.now(), clock.target()), (at(3_620), at(3_620)));
    assert!(clock.speed() == 0.0 && clock.is_paused());
    assert_eq!(clock.per_second(), SimDuration::ZERO);
    act(&clock, PacingAction::Resume);
    hand.pass_s(1);
    assert_eq!(clock.now(), at(3_630));
}

#[test]
fn a_step_goes_exactly_as_far_as_it_says_and_shows_the_way() {
    let (clock, hand) = clock(Speed::REAL);
    act(&clock, PacingAction::Pause);
    clock.hold(clock.engine());
    clock.confirm(PacingAction::Step { until: at(3_660) });
    assert_eq!((clock.now(), clock.target()), (at(3_600), at(3_660)));
    clock.engine_reached(at(3_630));
    assert_eq!(clock.now(), at(3_630));
    assert!(clock.behind_s() == 0.0, "a step under way is no lag");
    clock.engine_reached(at(3_660));
    hand.pass_s(60);
    assert_eq!(clock.now(), at(3_660));
}

#[test]
fn another_speed_counts_from_when_it_was_set() {
    let (clock, hand) = clock(Speed::REAL);
    hand.pass_s(10);
    act(&clock, PacingAction::SetSpeed(Speed::Times(100.0)));
    assert_eq!(clock.now(), at(3_610));
    hand.pass_s(4);
    assert_eq!(clock.now(), at(4_010));
    act(&clock, PacingAction::SetSpeed(Speed::Max));
    assert_eq!(clock.target(), at(4_010) + UNPACED_STEP + UNPACED_STEP);
    act(&clock, PacingAction::Pause);
    act(&clock, PacingAction::SetSpeed(Speed::Times(0.5)));
    assert!(clock.is_paused());
    let stood = clock.now();
    act(&clock, PacingAction::Resume);
    hand.pass_s(10);
    assert_eq!(clock.now(), stood + SimDuration::from_secs(5));
}

#[test]
fn what_could_not_be_made_durable_did_not_happen() {
    let (clock, hand) = clock(Speed::REAL);
    clock.hold(at(3_600));
    assert!(clock.speed() == 1.0, "nobody is told of a pause that is not one");
    clock.let_go();
    hand.pass_s(1);
    assert_eq!(clock.now(), at(3_601));
}

#[test]
fn a_clock_waits_for_an_engine_that_cannot_follow_and_gives_up_the_time() {
    let (clock, hand) = clock(Speed::Times(100.0));
    hand.pass_s(60);
    assert_eq!(clock.now(), at(3_600 + 500), "five wall seconds ahead, no more");
    assert!(clock.waits_for_engine());
    clock.engine_reached(at(4_000));
    assert!(!clock.waits_for_engine());
    hand.pass_s(1);
    assert_eq!(clock.now(), at(4_200), "it goes on from where it waited");
}

#[test]
fn at_real_speed_what_was_missed_is_made_up_for() {
    let (clock, hand) = clock(Speed::REAL);
    hand.pass_s(7_200);
    assert!(!clock.waits_for_engine());
    assert_eq!((clock.now(), clock.target()), (at(10_800), at(10_800)));
}

/// Something that may happen to a clock.
#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    EngineRuns { share: u64 },
    Command,
    Act(PacingAction),
    Fail,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    let speed = prop_oneof![
        Just(Speed::Max),
        Just(Speed::REAL),
        (0.1..1_000.0).prop_map(Speed::Times)
    ];
    let action = prop_oneof![
        Just(PacingAction::Pause),
        Just(PacingAction::Resume),
        (1_u64..1_000_000_000).prop_map(|micros| PacingAction::Step {
            until: SimTime::from_micros(micros)
        }),
        speed.prop_map(PacingAction::SetSpeed),
    ];
    prop_oneof![
        (0_u64..20_000_000).prop_map(Step::Pass),
        (0_u64..=4).prop_map(|share| Step::EngineRuns { share }),
        Just(Step::Command),
        action.prop_map(Step::Act),
        Just(Step::Fail),
        Just(Step::Look),
    ]
}

/// The sequencer and the host as far as the clock knows them.
struct Runtime {
    clock: LiveClock,
    hand: HandClock,
    horizon: SimTime,
}

impl Runtime {
    fn take(&mut self, step: &Step) {
        let clock = &self.clock;
        match *step {
            Step::Pass(micros) => self.hand.pass(micros),
            Step::EngineRuns { share } => {
                self.horizon = self.horizon.max(clock.target());
                let left = self.horizon.since(clock.engine()).micros();
                clock.engine_reached(clock.engine() + SimDuration::from_micros(left / 4 * share));
            }
            Step::Command => {
                let stamp = clock.target().max(self.horizon + SimDuration::from_micros(1));
                clock.reach(stamp);
                self.horizon = stamp;
            }
            Step::Act(action) => {
                let until = clock.hold(self.horizon);
                assert!(until >= self.horizon, "nothing is stamped before the horizon");
                clock.confirm(action);
                self.horizon = self.horizon.max(until);
            }
            Step::Fail => {
                clock.hold(self.horizon);
                clock.let_go();
            }
            Step::Look => {
                clock.waits_for_engine();
            }
        }
    }
}

proptest! {
    #[test]
    fn time_never_goes_back_and_stands_while_it_is_paused(steps in proptest::collection::vec(step(), 1..60)) {
        let (clock, hand) = clock(Speed::REAL);
        let mut runtime = Runtime { horizon: clock.engine(), clock, hand };
        let (mut shown, mut target) = (runtime.clock.now(), runtime.clock.target());
        for step in &steps {
            let was_paused = runtime.clock.is_paused();
            runtime.take(step);
            let now = runtime.clock.now();
            prop_assert!(now >= shown, "{now} after {shown} by {step:?}");
            prop_assert!(runtime.clock.target() >= now, "{step:?}");
            if was_paused && matches!(step, Step::Pass(_) | Step::Look | Step::Fail) {
                prop_assert_eq!(now, shown);
                prop_assert_eq!(runtime.clock.target(), target.max(runtime.horizon));
            }
            (shown, target) = (now, runtime.clock.target());
        }
    }
}
