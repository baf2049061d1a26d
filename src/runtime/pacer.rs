//! Pacer: does what operators ask of the clock. The sequencer, which owns the clock, calls it; each action is a record of the journal, durable
//! before anyone is told.
//!
//! The clock is held from the moment at which an action is stamped until it is durable, so that nothing is shown or done that a crash in
//! between would take back.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use skyhaul_engine::ports::{JournalError, RecordNumber};
use skyhaul_engine::time::SimTime;
use skyhaul_web::ports::SubmitError;
use skyhaul_web::ports::simulation::{Control, ControlError};
use tokio::sync::oneshot;

use super::Shared;
use crate::pacing::{PacingAction, PacingRecord};
use crate::record::Record;

/// How many controls may wait: each takes a flush, and more than this is no operator at work. Beyond it they are answered 503.
const WAITING_MAX: usize = 64;

/// A control, and who waits for it to be durable and where it leads.
pub struct WaitingControl {
    control: Control,
    by: String,
    answer: oneshot::Sender<Result<SimTime, ControlError>>,
}

/// Controls that wait for the sequencer.
#[derive(Default)]
pub struct Controls(Mutex<VecDeque<WaitingControl>>);

impl Controls {
    /// Lets a control wait; told up to where the engine is to run once it is durable.
    ///
    /// # Errors
    /// [`SubmitError::Saturated`] where too many wait.
    pub fn put(
        &self,
        control: Control,
        by: String,
    ) -> Result<oneshot::Receiver<Result<SimTime, ControlError>>, SubmitError> {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.0.lock();
        if waiting.len() >= WAITING_MAX {
            return Err(SubmitError::Saturated);
        }
        waiting.push_back(WaitingControl { control, by, answer });
        Ok(answered)
    }

    fn take(&self) -> Option<WaitingControl> {
        self.0.lock().pop_front()
    }

    fn put_back(&self, control: WaitingControl) {
        self.0.lock().push_front(control);
    }
}

/// What a control comes to.
enum Decided {
    /// Something to be done.
    Act(PacingAction),
    /// It is so already.
    Nothing,
    /// The engine has to get where it is going first.
    NotYet,
}

/// Does what operators ask, in order, until nothing waits, or until what waits has to wait for the engine. What nobody waits for any more is not
/// done: they were told so.
pub fn act(shared: &Shared) {
    while let Some(waiting) = shared.controls.take() {
        if waiting.answer.is_closed() {
            continue;
        }
        let outcome = match decide(shared, waiting.control) {
            Ok(Decided::Act(action)) => do_durably(shared, action, &waiting.by)
                .map_err(|error| super::sequencer::refusal_of(&error).into()),
            Ok(Decided::Nothing) => Ok(shared.clock.target()),
            Ok(Decided::NotYet) => return shared.controls.put_back(waiting),
            Err(error) => Err(error),
        };
        // Who asked may have gone away meanwhile; what was done stands all the same.
        let _ = waiting.answer.send(outcome);
    }
}

fn decide(shared: &Shared, control: Control) -> Result<Decided, ControlError> {
    let clock = &shared.clock;
    let is_paused = clock.is_paused();
    Ok(match control {
        Control::Pause if is_paused => Decided::Nothing,
        Control::Pause => Decided::Act(PacingAction::Pause),
        Control::Resume if is_paused => Decided::Act(PacingAction::Resume),
        Control::Resume => Decided::Nothing,
        Control::SetSpeed(speed) if speed == clock.speed_set() => Decided::Nothing,
        Control::SetSpeed(speed) => Decided::Act(PacingAction::SetSpeed(speed)),
        Control::Step(_) if !is_paused => return Err(ControlError::NotPaused),
        Control::Step(Some(span)) => Decided::Act(PacingAction::Step {
            until: clock.target() + span,
        }),
        Control::Step(None) => {
            let engine = shared.engine.borrow().state;
            if engine.at < clock.target().max(shared.handover.horizon()) {
                Decided::NotYet
            } else {
                let until = engine.next_due.ok_or(ControlError::NothingDue)?;
                Decided::Act(PacingAction::Step { until })
            }
        }
    })
}

/// Makes an action durable and does it; up to where the engine is to run then.
fn do_durably(shared: &Shared, action: PacingAction, by: &str) -> Result<SimTime, JournalError> {
    let at = shared.clock.hold(shared.handover.horizon());
    let record = PacingRecord {
        action,
        by: by.to_owned(),
        unix_micros: unix_micros(),
    };
    let until = record.reach(at);
    let record = Record::Pacing(record);
    let written = write(shared, at, until, &record);
    let (number, next_record) = match written {
        Ok(numbers) => numbers,
        Err(error) => {
            tracing::error!(%error, ?action, by, "what an operator asked cannot be recorded, and is not done");
            shared.metrics.flush_failures.inc();
            shared.clock.let_go();
            return Err(error);
        }
    };
    shared.pacing.lock().note(number, at, &record);
    shared.unseal(until);
    shared.clock.confirm(action);
    shared.handover.put([], until, next_record);
    tracing::info!(by, ?action, %at, "an operator paced the simulation");
    Ok(until)
}

/// Appends a record, behind a seal where the last one does not reach `until`, and flushes. The seal comes first: where a crash leaves the
/// record, it leaves the seal.
fn write(
    shared: &Shared,
    at: SimTime,
    until: SimTime,
    record: &Record,
) -> Result<(RecordNumber, RecordNumber), JournalError> {
    let mut journal = shared.journal.lock();
    let must_seal = until > shared.sealed();
    if must_seal {
        journal.append(until, &Record::Seal { until }.encode())?;
    }
    let number = journal.append(at, &record.encode())?;
    let timer = shared.metrics.flush_seconds.start_timer();
    let flushed = journal.flush();
    timer.observe_duration();
    flushed?;
    if must_seal {
        shared.set_sealed(until);
    }
    Ok((number, journal.next_number()))
}

/// Says again which build writes and what follows from all that operators did, since the journal forgets its oldest records in time.
///
/// # Errors
/// Where the journal cannot be written.
pub fn keep(shared: &Shared) -> Result<(), JournalError> {
    let mut state = shared.pacing.lock().state;
    let at = shared.clock.target();
    state.paused_at = state.paused_at.map(|_| at);
    let build = shared.build.clone();
    let (restated, _) = write(shared, at, at, &Record::Started { build })?;
    let (_, next_record) = write(shared, at, at, &Record::PacingKept(state))?;
    shared.restated_from(restated);
    shared.handover.put([], SimTime::ZERO, next_record);
    Ok(())
}

/// The wall clock, microseconds since 1970.
#[must_use]
pub fn unix_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
