//! Contained failures: a handler that fails leaves no trace, and its actor goes on from its last recorded state.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use super::actor::{Actor, AtLimit, Member, Recording, System, SystemEvent};
use super::address::RawAddr;
use super::context::{Ctx, Mode};
use super::core::{Core, Parked};
use super::slab::{Handled, Record, Slab, Slot};
use crate::rng::RandomStream;
use crate::time::SimTime;

/// Messages an actor with [`Recording::Log`] handles between two copies of its state.
const LOG_MAX: usize = 4_096;

/// What became of an actor whose handler failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupervisionNotice {
    /// It was rebuilt and got the message again.
    Restarted {
        /// Its type.
        kind: &'static str,
        /// Its slot.
        index: u32,
        /// What failed.
        cause: String,
    },
    /// It was stopped.
    GivenUp {
        /// Its type.
        kind: &'static str,
        /// Its slot.
        index: u32,
        /// What failed.
        cause: String,
    },
}

/// Failures put into handlers on purpose, to try the supervision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultPlan {
    /// The seed of the stream that decides.
    pub seed: u64,
    /// Share of messages whose handler panics after it has done its work.
    pub panic_per_message: f64,
}

/// A fault plan under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FaultState {
    stream: RandomStream,
    panic_per_message: f64,
}

impl From<FaultPlan> for FaultState {
    fn from(plan: FaultPlan) -> Self {
        Self {
            stream: RandomStream::new(plan.seed, u64::MAX),
            panic_per_message: plan.panic_per_message,
        }
    }
}

/// What a failed handler left for the supervisor.
enum Failure {
    Refused(String),
    Panicked(Box<dyn Any + Send>),
    Injected,
}

impl Failure {
    fn cause(&self) -> String {
        match self {
            Self::Refused(cause) => cause.clone(),
            Self::Injected => "injected fault".to_owned(),
            Self::Panicked(payload) => payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "panic".to_owned()),
        }
    }
}

/// Hands a message to the actor at `to`, contains its failure, and restarts it as its policy says. For [`system!`](crate::system).
pub fn deliver<S, A>(slab: &mut Slab<A>, core: &mut Core<S>, to: RawAddr, message: A::Message)
where
    S: System,
    A: Member<System = S>,
{
    let Some(slot) = slab.slot_mut(to.index, to.generation) else {
        core.counters.undeliverable += 1;
        return;
    };
    if A::RESTART.at_limit == AtLimit::SkipMessage {
        slot.restarts = 0;
    }
    let mut message = message;
    while let Err(failed) = attempt(slot, core, to, message) {
        core.discard_staged();
        if !may_restart(slot, core) {
            give_up(slot, core, to, failed);
            return;
        }
        core.counters.restarts += 1;
        let notice = SupervisionNotice::Restarted {
            kind: S::KINDS[usize::from(to.kind)],
            index: to.index,
            cause: failed.failure.cause(),
        };
        if let Some(event) = S::Event::of_supervision(notice) {
            core.emit(event);
        }
        message = failed.message;
    }
}

/// A message its handler failed on, to be handled again.
struct Failed<M> {
    message: M,
    failure: Failure,
}

/// Runs the handler once. On failure the slot holds the last recorded state again; what was staged is still there.
fn attempt<S, A>(
    slot: &mut Slot<A>,
    core: &mut Core<S>,
    to: RawAddr,
    message: A::Message,
) -> Result<(), Failed<A::Message>>
where
    S: System,
    A: Member<System = S>,
{
    let Some(actor) = &mut slot.actor else {
        return Ok(());
    };
    let kept = match A::RECORDING {
        Recording::EachMessage => Kept::Whole(actor.clone(), message.clone()),
        Recording::Log => {
            note_in_log(&mut slot.record, actor, core.now, &message);
            Kept::InLog
        }
    };
    let mut ctx = Ctx {
        core,
        me: to,
        sequence: slot.sequence,
        mode: Mode::Live,
    };
    let result = catch_unwind(AssertUnwindSafe(|| actor.handle(message, &mut ctx)));
    let sequence = ctx.sequence;
    let failure = match result {
        Ok(Ok(())) if core.staged.taken.len() != core.staged.spawns.len() => {
            Failure::Refused("an address was reserved for nobody".to_owned())
        }
        Ok(Ok(())) if !draws_fault(core) => {
            slot.sequence = sequence;
            if A::RECORDING == Recording::Log {
                complete_log(&mut slot.record, &core.staged.taken);
            }
            core.commit_outputs();
            return Ok(());
        }
        Ok(Ok(())) => Failure::Injected,
        Ok(Err(error)) => Failure::Refused(error.0),
        Err(payload) => Failure::Panicked(payload),
    };
    Err(Failed {
        message: restore(slot, core, to, kept),
        failure,
    })
}
/// What it takes to try again.
enum Kept<A: Actor> {
    /// Copies from before the message.
    Whole(A, A::Message),
    /// The message is the last one in the log.
    InLog,
}

/// Adds the message to the actor's log, which begins anew with a copy of the state when it is long.
fn note_in_log<A: Actor>(record: &mut Option<Box<Record<A>>>, actor: &A, now: SimTime, message: &A::Message) {
    let handled = Handled {
        at: now,
        message: message.clone(),
        spawned: Vec::new(),
    };
    match record {
        Some(record) if record.since.len() < LOG_MAX => record.since.push(handled),
        _ => {
            *record = Some(Box::new(Record {
                state: actor.clone(),
                since: vec![handled],
            }));
        }
    }
}

/// Notes which slots were taken while the last message of the log was handled.
fn complete_log<A: Actor>(record: &mut Option<Box<Record<A>>>, taken: &[RawAddr]) {
    if let Some(handled) = record.as_mut().and_then(|record| record.since.last_mut()) {
        handled.spawned = taken.iter().map(|addr| (addr.index, addr.generation)).collect();
    }
}

/// Puts the last recorded state back, and gives the message back.
fn restore<S, A>(slot: &mut Slot<A>, core: &mut Core<S>, to: RawAddr, kept: Kept<A>) -> A::Message
where
    S: System,
    A: Member<System = S>,
{
    match kept {
        Kept::Whole(state, message) => {
            slot.actor = Some(state);
            message
        }
        Kept::InLog => {
            let record = slot.record.as_deref_mut().expect("made before the handler ran");
            let handled = record.since.pop().expect("noted before the handler ran");
            slot.actor = rebuild(record, core, to);
            handled.message
        }
    }
}

/// Whether the fault plan strikes this message.
fn draws_fault<S: System>(core: &mut Core<S>) -> bool {
    core.faults
        .as_mut()
        .is_some_and(|faults| faults.stream.chance(faults.panic_per_message))
}

/// The recorded state with the messages since handled again; `None` where one of them fails now.
fn rebuild<S, A>(record: &Record<A>, core: &mut Core<S>, to: RawAddr) -> Option<A>
where
    S: System,
    A: Actor<System = S>,
{
    let mut actor = record.state.clone();
    let stop = core.staged.stop;
    for handled in &record.since {
        let mode = Mode::Rebuild {
            now: handled.at,
            spawned: handled.spawned.iter(),
        };
        let mut ctx = Ctx {
            core: &mut *core,
            me: to,
            sequence: 0,
            mode,
        };
        let again = catch_unwind(AssertUnwindSafe(|| {
            actor.handle(handled.message.clone(), &mut ctx)
        }));
        if !matches!(again, Ok(Ok(()))) {
            return None;
        }
    }
    core.staged.stop = stop;
    Some(actor)
}

/// Counts a restart and says whether the policy allows it.
fn may_restart<S: System, A: Actor>(slot: &mut Slot<A>, core: &Core<S>) -> bool {
    if slot.actor.is_none() {
        return false;
    }
    if core.now.since(slot.restarts_since) > A::RESTART.within {
        slot.restarts = 0;
    }
    if slot.restarts == 0 {
        slot.restarts_since = core.now;
    }
    slot.restarts += 1;
    slot.restarts <= A::RESTART.restarts_max
}

/// Parks the message, lets the actor make good what is lost with it, and stops the actor unless its policy is to skip the message.
fn give_up<S, A>(slot: &mut Slot<A>, core: &mut Core<S>, to: RawAddr, failed: Failed<A::Message>)
where
    S: System,
    A: Member<System = S>,
{
    let Failed { message, failure } = failed;
    let cause = failure.cause();
    let skips = A::RESTART.at_limit == AtLimit::SkipMessage && slot.actor.is_some();
    if skips {
        core.counters.skipped += 1;
    } else {
        core.counters.given_up += 1;
        let notice = SupervisionNotice::GivenUp {
            kind: S::KINDS[usize::from(to.kind)],
            index: to.index,
            cause: cause.clone(),
        };
        if let Some(event) = S::Event::of_supervision(notice) {
            core.emit(event);
        }
    }
    if let Some(actor) = &slot.actor {
        let mut ctx = Ctx {
            core,
            me: to,
            sequence: slot.sequence,
            mode: Mode::Live,
        };
        let told = catch_unwind(AssertUnwindSafe(|| actor.on_given_up(&message, &mut ctx)));
        let sequence = ctx.sequence;
        match told {
            Ok(()) => {
                slot.sequence = sequence;
                core.commit_outputs();
            }
            Err(_) => core.discard_staged(),
        }
    }
    core.park(Parked {
        at: core.now,
        to,
        message: A::wrap(message),
        cause,
    });
    core.staged.stop = !skips;
}
