//! Contained failures: a handler that fails leaves no trace, and its actor goes on from its last recorded state.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use super::actor::{Actor, ActorError, AtLimit, Member, Recording, System, SystemEvent};
use super::address::RawAddr;
use super::context::{Ctx, Mode};
use super::core::{Core, Parked};
use super::diagnosis::Halt;
use super::slab::Slab;
use super::watch::{EndReason, Ended};
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
        /// Who it is.
        actor: RawAddr,
        /// Its name, where it has one.
        name: Option<String>,
        /// What failed.
        cause: String,
    },
    /// It was stopped.
    GivenUp {
        /// Its type.
        kind: &'static str,
        /// Who it is.
        actor: RawAddr,
        /// Its name, where it has one.
        name: Option<String>,
        /// What failed.
        cause: String,
    },
}

/// Failures put into handlers on purpose, to try the supervision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultPlan {
    /// The seed of the streams that decide, one a region.
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

impl FaultState {
    /// The plan as it is carried out in region number `region`.
    pub(super) fn new(plan: FaultPlan, region: u16) -> Self {
        Self {
            stream: RandomStream::new(plan.seed, u64::MAX - u64::from(region)),
            panic_per_message: plan.panic_per_message,
        }
    }
}

/// Restarts of an actor.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Restarts {
    count: u32,
    since: SimTime,
}

/// What an actor is asked to handle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Work<M> {
    /// A message.
    Message(M),
    /// The end of an actor it watches.
    Ended(Ended),
}

impl<M> Work<M> {
    /// The same with its message in another form; for [`system!`](crate::system).
    pub fn map<N>(self, wrap: impl FnOnce(M) -> N) -> Work<N> {
        match self {
            Self::Message(message) => Work::Message(wrap(message)),
            Self::Ended(ended) => Work::Ended(ended),
        }
    }
}

/// How a handler failed.
pub enum Failure {
    /// It answered `Err`.
    Refused(ActorError),
    /// It panicked.
    Panicked(Box<dyn Any + Send>),
    /// The fault plan struck.
    Injected,
}

/// That a handler failed; why is kept in the [`Core`], so that success costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

impl Failure {
    fn cause(&self) -> String {
        match self {
            Self::Refused(ActorError(cause)) => cause.clone(),
            Self::Injected => "injected fault".to_owned(),
            Self::Panicked(payload) => payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "panic".to_owned()),
        }
    }
}

/// What it takes to try the present message again.
pub(super) enum Kept<A: Actor> {
    /// Copies from before it.
    Whole(A, Work<A::Message>),
    /// It is the last one in the actor's log.
    InLog,
}

/// A recorded state and what was handled since.
pub(super) struct Record<A: Actor> {
    state: A,
    since: Vec<Handled<A>>,
    /// The slots given to the actors that were spawned since, in order.
    spawned: Vec<(u32, u32)>,
}

/// A message that was handled, with what its handler was told besides.
struct Handled<A: Actor> {
    at: SimTime,
    work: Work<A::Message>,
    /// How many of the record's slots were given when it was handled.
    spawned_before: usize,
}

/// Hands a message to the actor at `to`. For [`system!`](crate::system).
///
/// # Errors
/// [`Failed`], where the handler answered so.
#[inline(always)]
pub fn deliver<S, A>(
    slab: &mut Slab<A>,
    core: &mut Core<S>,
    to: RawAddr,
    message: A::Message,
) -> Result<(), Failed>
where
    S: System,
    A: Member<System = S>,
{
    let work = Work::Message(message.clone());
    let Some(actor) = begin(slab, core, to, work) else {
        return Ok(());
    };
    let outcome = actor.handle(message, &mut Ctx::live(core));
    complete(&mut slab.records, core, to, outcome)
}

/// Tells the actor at `to` of the end of one it watches. For [`system!`](crate::system).
///
/// # Errors
/// [`Failed`], where the handler answered so.
pub fn tell<S, A>(slab: &mut Slab<A>, core: &mut Core<S>, to: RawAddr, ended: Ended) -> Result<(), Failed>
where
    S: System,
    A: Member<System = S>,
{
    let work = Work::Ended(ended.clone());
    let Some(actor) = begin(slab, core, to, work) else {
        return Ok(());
    };
    let outcome = actor.on_ended(ended, &mut Ctx::live(core));
    complete(&mut slab.records, core, to, outcome)
}

/// The actor at `to`, unless it is gone, after keeping what it takes to have it handle something again.
#[inline(always)]
fn begin<'a, S, A>(
    slab: &'a mut Slab<A>,
    core: &mut Core<S>,
    to: RawAddr,
    work: Work<A::Message>,
) -> Option<&'a mut A>
where
    S: System,
    A: Member<System = S>,
{
    let Some(actor) = slab.slots.get_mut(to.index(), to.generation()) else {
        core.bury(to);
        return None;
    };
    match A::RECORDING {
        Recording::EachMessage => match &mut slab.kept {
            // Written over where it lies, not made anew and moved there.
            Some(Kept::Whole(state, last)) => {
                state.clone_from(actor);
                *last = work;
            }
            kept => *kept = Some(Kept::Whole(actor.clone(), work)),
        },
        Recording::Log => {
            note_in_log(&mut slab.records, to.index(), actor, core.now, work);
            slab.kept = Some(Kept::InLog);
        }
    }
    core.begin();
    Some(actor)
}

/// The handler has returned: what it did takes effect, unless it forgot something or the fault plan strikes.
#[inline(always)]
fn complete<S, A>(
    records: &mut [Option<Box<Record<A>>>],
    core: &mut Core<S>,
    to: RawAddr,
    outcome: Result<(), ActorError>,
) -> Result<(), Failed>
where
    S: System,
    A: Member<System = S>,
{
    if let Err(refusal) = outcome {
        return core.fail(Failure::Refused(refusal));
    }
    if core.staged.is_touched && core.staged.taken.len() != core.staged.spawns.len() {
        let what = "an address was reserved for nobody".to_owned();
        return core.fail(Failure::Refused(ActorError(what)));
    }
    if core.faults.is_some() && draws_fault(core) {
        return core.fail(Failure::Injected);
    }
    if A::RECORDING == Recording::Log {
        complete_log(records, to.index(), &core.staged.taken);
    }
    Ok(())
}

/// Adds the message to the actor's log, which begins anew with a copy of the state when it is long.
fn note_in_log<A: Actor>(
    records: &mut Vec<Option<Box<Record<A>>>>,
    index: u32,
    actor: &A,
    at: SimTime,
    work: Work<A::Message>,
) {
    let place = index as usize;
    if records.len() <= place {
        records.resize_with(place + 1, || None);
    }
    let handled = |spawned_before| Handled {
        at,
        work,
        spawned_before,
    };
    match &mut records[place] {
        Some(record) if record.since.len() < LOG_MAX => {
            let handled = handled(record.spawned.len());
            record.since.push(handled);
        }
        Some(record) => {
            record.state.clone_from(actor);
            record.since.clear();
            record.spawned.clear();
            record.since.push(handled(0));
        }
        record => {
            *record = Some(Box::new(Record {
                state: actor.clone(),
                since: vec![handled(0)],
                spawned: Vec::new(),
            }));
        }
    }
}

/// Notes which slots were taken while the last message of the log was handled.
fn complete_log<A: Actor>(records: &mut [Option<Box<Record<A>>>], index: u32, taken: &[RawAddr]) {
    let record = records.get_mut(index as usize).and_then(Option::as_mut);
    if let Some(record) = record {
        let slots = taken.iter().map(|addr| (addr.index(), addr.generation()));
        record.spawned.extend(slots);
    }
}

/// Whether the fault plan strikes this message.
fn draws_fault<S: System>(core: &mut Core<S>) -> bool {
    core.faults
        .as_mut()
        .is_some_and(|faults| faults.stream.chance(faults.panic_per_message))
}

/// Drops what the failed handler did, puts its actor back into its last recorded state, and decides: answers with what is to be tried again,
/// or gives it up. For [`system!`](crate::system).
pub fn contain<S, A>(
    slab: &mut Slab<A>,
    core: &mut Core<S>,
    to: RawAddr,
    failure: &Failure,
) -> Option<Work<A::Message>>
where
    S: System,
    A: Member<System = S>,
{
    core.discard_staged(to);
    let (actor, work) = restore(slab, core, to)?;
    let is_whole = actor.is_some();
    let name = actor.as_ref().and_then(Actor::name);
    if let Some(actor) = actor {
        slab.slots.insert(to.index(), to.generation(), actor);
    }
    if is_whole && may_restart::<S, A>(core, to) {
        core.counters.restarts += 1;
        let notice = SupervisionNotice::Restarted {
            kind: S::KINDS[usize::from(to.kind())],
            actor: to,
            name,
            cause: failure.cause(),
        };
        if let Some(event) = S::Event::of_supervision(notice) {
            core.emit_for_good(event);
        }
        return Some(work);
    }
    let actor = slab
        .slots
        .get_mut(to.index(), to.generation())
        .filter(|_| is_whole);
    give_up::<S, A>(actor, core, to, work, failure.cause());
    None
}

/// The actor's last recorded state, `None` where it cannot be rebuilt, and the message it failed on.
fn restore<S, A>(slab: &mut Slab<A>, core: &mut Core<S>, to: RawAddr) -> Option<(Option<A>, Work<A::Message>)>
where
    S: System,
    A: Member<System = S>,
{
    match slab.kept.take()? {
        Kept::Whole(state, work) => Some((Some(state), work)),
        Kept::InLog => {
            let record = slab.records.get_mut(to.index() as usize)?.as_deref_mut()?;
            let handled = record.since.pop()?;
            let rebuilt = rebuild(record, core);
            // The next failure shall not pay for this log again.
            if let Some(actor) = rebuilt.as_ref().filter(|_| !record.since.is_empty()) {
                record.state = actor.clone();
                record.since.clear();
                record.spawned.clear();
            }
            Some((rebuilt, handled.work))
        }
    }
}

/// The recorded state with the messages since handled again; `None` where one of them fails now.
fn rebuild<S, A>(record: &Record<A>, core: &mut Core<S>) -> Option<A>
where
    S: System,
    A: Actor<System = S>,
{
    let mut actor = record.state.clone();
    let now = core.now;
    let is_whole = record.since.iter().all(|handled| {
        core.now = handled.at;
        let mode = Mode::Rebuild {
            spawned: record.spawned[handled.spawned_before..].iter(),
        };
        let mut ctx = Ctx {
            core: &mut *core,
            mode,
        };
        let again = catch_unwind(AssertUnwindSafe(|| match handled.work.clone() {
            Work::Message(message) => actor.handle(message, &mut ctx),
            Work::Ended(ended) => actor.on_ended(ended, &mut ctx),
        }));
        matches!(again, Ok(Ok(())))
    });
    core.now = now;
    core.staged.stop = None;
    core.staged.is_touched = false;
    is_whole.then_some(actor)
}

/// Counts a restart and says whether the policy allows it.
fn may_restart<S: System, A: Actor>(core: &mut Core<S>, to: RawAddr) -> bool {
    let now = core.now;
    let restarts = core
        .restarts
        .entry(to)
        .or_insert(Restarts { count: 0, since: now });
    if now.since(restarts.since) > A::RESTART.within {
        *restarts = Restarts { count: 0, since: now };
    }
    restarts.count += 1;
    restarts.count <= A::RESTART.restarts_max
}

/// Parks the message, lets the actor make good what is lost with it, and stops the actor unless its policy is otherwise. `actor` is `None`
/// where it could not be rebuilt.
fn give_up<S, A>(
    actor: Option<&mut A>,
    core: &mut Core<S>,
    to: RawAddr,
    work: Work<A::Message>,
    cause: String,
) where
    S: System,
    A: Member<System = S>,
{
    let stops = actor.is_none() || A::RESTART.at_limit != AtLimit::SkipMessage;
    let view = actor.as_ref().map_or_else(String::new, |actor| actor.shown());
    let name = actor.as_ref().and_then(|actor| actor.name());
    if stops {
        core.counters.given_up += 1;
        let notice = SupervisionNotice::GivenUp {
            kind: S::KINDS[usize::from(to.kind())],
            actor: to,
            name: name.clone(),
            cause: cause.clone(),
        };
        if let Some(event) = S::Event::of_supervision(notice) {
            core.emit_for_good(event);
        }
    } else {
        core.counters.skipped += 1;
    }
    if let (Some(actor), Work::Message(message)) = (actor, &work) {
        core.begin();
        let mut ctx = Ctx::live(&mut *core);
        if catch_unwind(AssertUnwindSafe(|| actor.on_given_up(message, &mut ctx))).is_err() {
            core.discard_staged(to);
        }
    }
    core.staged.stop = stops.then(|| EndReason::GivenUp { cause: cause.clone() });
    core.staged.is_touched |= stops;
    if A::RESTART.at_limit == AtLimit::Escalate {
        core.escalated = Some(Halt::Escalated {
            at: core.now,
            actor: to.shown(S::KINDS),
            cause: cause.clone(),
        });
    }
    core.park(Parked {
        at: core.now,
        to,
        name,
        message: match work {
            Work::Message(message) => Some(A::wrap(message)),
            Work::Ended(_) => None,
        },
        cause,
        view,
    });
}
