//! Sequencer: owns the clock. Stamps what is asked, makes it durable in groups, answers those who wait, and hands it to the host.
//!
//! 1. It takes the commands that wait and stamps the first `max(virtual now, horizon + 1 µs)` and each further one 1 µs later, so that what
//!    the engine does at one instant is owed to one command.
//! 2. It appends them, and a seal where the last one does not reach far enough, with what the engine had come to; and flushes once.
//! 3. It answers, and hands commands and horizon over. The horizon never passes the last durable seal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, StreamHandler};
use skyhaul_actors::command::Command;
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::ports::{Journal, JournalError};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_web::ports::SubmitError;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::complaint::Complaint;
use super::inbox::Waiting;
use super::supervisor::{Pulse, Wake, wakes};
use super::{lag, pacer};
use crate::exit::Failure;
use crate::record::{Reached, Record, RecordError};

/// Commands in one flush: what a disk writes in a few milliseconds, so that nobody waits for a batch that never ends.
const BATCH_MAX: usize = 4_096;

/// How far apart two flushes are at least: where much comes, it is made durable together, and a flush costs its syncing and a turn of each thread that
/// answers. Whoever comes when it is quiet does not wait.
const FLUSHES_APART: Duration = Duration::from_millis(2);

/// How often the clock is looked at: events show at most this much late.
const TICK: Duration = Duration::from_millis(20);

/// How often what operators did to the pace is written down again. The journal forgets what lies behind its bounds, which are wider than this
/// also where it takes all that a disk can.
const PACING_KEPT_EVERY: Duration = Duration::from_mins(10);

/// The smallest step of virtual time.
const STEP: SimDuration = SimDuration::from_micros(1);

/// Stamps commands and makes them durable.
pub struct Sequencer {
    shared: Arc<Shared>,
    stop: CancellationToken,
    failures: Complaint,
    /// The engine's last point that was written down.
    written: Option<Reached>,
    pacing_kept: Instant,
    _pulse: Pulse,
}

/// A command that is appended, and who waits for it.
struct Appended {
    id: CommandId,
    stamp: SimTime,
    record: Record,
    answer: tokio::sync::oneshot::Sender<Result<CommandId, SubmitError>>,
}

impl Sequencer {
    /// A sequencer that goes on where the last one was.
    pub fn new(shared: Arc<Shared>, stop: CancellationToken, pulse: Pulse) -> Self {
        Self {
            shared,
            stop,
            failures: Complaint::default(),
            written: None,
            pacing_kept: Instant::now(),
            _pulse: pulse,
        }
    }

    /// Commits those who wait; at the end, and where more than a batch wait, batch after batch.
    fn turn(&mut self, is_last: bool) {
        lag::look(&self.shared);
        if !self.shared.host_is_up() {
            return;
        }
        pacer::act(&self.shared);
        self.keep_pacing();
        loop {
            let waiting = self.shared.inbox.take(BATCH_MAX);
            self.commit(waiting);
            let inbox = &self.shared.inbox;
            if inbox.is_empty() || (inbox.len() < BATCH_MAX && !is_last) {
                break;
            }
        }
        self.shared.advance_waits.notify_one();
    }

    /// Says again, once in a while, what operators did: see [`pacer::keep`].
    fn keep_pacing(&mut self) {
        if self.pacing_kept.elapsed() < PACING_KEPT_EVERY {
            return;
        }
        self.pacing_kept = Instant::now();
        if let Err(error) = pacer::keep(&self.shared) {
            tracing::error!(%error, "what operators did cannot be written down again; it is tried later");
        }
    }

    fn commit(&mut self, waiting: Vec<Waiting>) {
        let now = self.shared.clock.target();
        let horizon = self.shared.handover.horizon();
        let stamp = now.max(horizon + STEP);
        let reach = match waiting.len() as u64 {
            0 => now.max(horizon),
            count => stamp + SimDuration::from_micros(STEP.micros() * (count - 1)),
        };
        let sealed = self.shared.sealed();
        let seal = (reach > sealed).then(|| reach + self.shared.clock.per_second());
        if waiting.is_empty() && seal.is_none() {
            let next = self.shared.handover.next_record();
            self.shared.handover.put([], reach, next);
            return;
        }
        let mut journal = self.shared.journal.lock();
        let appended = append(journal.as_mut(), stamp, waiting);
        let timer = self.shared.metrics.flush_seconds.start_timer();
        let reached = self
            .shared
            .reached()
            .filter(|reached| Some(*reached) != self.written);
        let build = self.shared.unsaid_build();
        let flushed = append_seal(journal.as_mut(), seal, build, reached).and_then(|()| journal.flush());
        timer.observe_duration();
        let next_record = journal.next_number();
        drop(journal);
        match flushed {
            Ok(()) => {
                self.shared.metrics.commands.inc_by(appended.len() as u64);
                if let Some(until) = seal {
                    self.shared.set_sealed(until);
                    self.shared.build_is_said();
                    self.written = reached.or(self.written);
                }
                if !appended.is_empty() {
                    self.shared.clock.reach(reach);
                }
                let commands: Vec<_> = appended.into_iter().filter_map(answer).collect();
                self.shared.handover.put(commands, reach, next_record);
            }
            Err(error) => {
                self.shared.metrics.flush_failures.inc();
                if let Some(unsaid) = self.failures.note(Instant::now()) {
                    tracing::error!(%error, unsaid, "the journal cannot be written; requests are refused until it can");
                }
                let refusal = refusal_of(&error);
                for waiting in appended {
                    let _ = waiting.answer.send(Err(refusal));
                }
                // Without a new seal the world stands still at the last one.
                let next = self.shared.handover.next_record();
                self.shared.handover.put([], now.max(horizon).min(sealed), next);
            }
        }
    }

    /// Hands over what an earlier sequencer made durable but could not hand over any more.
    ///
    /// # Errors
    /// Where the journal cannot be written or read.
    fn take_over(&self) -> Result<(), String> {
        let mut journal = self.shared.journal.lock();
        journal.flush().map_err(|error| error.to_string())?;
        let from = self.shared.handover.next_record();
        let mut commands = Vec::new();
        let mut fault: Option<RecordError> = None;
        let read = journal.read(from, &mut |record| {
            match Record::decode(&record.payload) {
                Ok(Record::Command(command)) => {
                    commands.push((CommandId(record.number.0), record.stamp, command));
                }
                Ok(Record::Seal { until }) => self.shared.set_sealed(until),
                Ok(done @ Record::Pacing(_)) => {
                    self.shared.pacing.lock().note(record.number, record.stamp, &done);
                    if let Record::Pacing(done) = done {
                        self.shared.unseal(done.reach(record.stamp));
                        self.shared.clock.hold(record.stamp);
                        self.shared.clock.confirm(done.action);
                    }
                }
                Ok(
                    Record::Identity(_)
                    | Record::PacingKept(_)
                    | Record::Reached(_)
                    | Record::Started { .. }
                    | Record::Quarantined { .. },
                ) => {}
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        });
        read.map_err(|error| error.to_string())?;
        if let Some(error) = fault {
            return Err(error.to_string());
        }
        // An earlier sequencer may have died while it held the clock.
        self.shared.clock.let_go();
        let mut reach = commands.last().map_or(SimTime::ZERO, |(_, stamp, _)| *stamp);
        self.shared.clock.reach(reach);
        if self.shared.clock.is_paused() {
            reach = reach.max(self.shared.clock.target());
        }
        self.shared.handover.put(commands, reach, journal.next_number());
        Ok(())
    }
}

/// Appends the commands, the first to take effect at `stamp`; those that cannot be appended are answered at once.
fn append(journal: &mut dyn Journal, mut stamp: SimTime, waiting: Vec<Waiting>) -> Vec<Appended> {
    let mut appended = Vec::with_capacity(waiting.len());
    for Waiting { command, answer } in waiting {
        let record = Record::Command(command);
        match journal.append(stamp, &record.encode()) {
            Ok(number) => {
                appended.push(Appended {
                    id: CommandId(number.0),
                    stamp,
                    record,
                    answer,
                });
                stamp = stamp + STEP;
            }
            Err(error) => {
                tracing::error!(%error, "a command cannot be appended to the journal");
                let _ = answer.send(Err(refusal_of(&error)));
            }
        }
    }
    appended
}

/// Appends a seal, and beside it which build goes on and how far the engine has come: a seal is written ahead, so it cannot say what will be
/// there.
fn append_seal(
    journal: &mut dyn Journal,
    seal: Option<SimTime>,
    build: Option<String>,
    reached: Option<Reached>,
) -> Result<(), JournalError> {
    let Some(until) = seal else { return Ok(()) };
    journal.append(until, &Record::Seal { until }.encode())?;
    if let Some(build) = build {
        journal.append(until, &Record::Started { build }.encode())?;
    }
    if let Some(reached) = reached {
        journal.append(reached.at, &Record::Reached(reached).encode())?;
    }
    Ok(())
}

/// Tells who waits that the command is durable, and gives it on.
fn answer(appended: Appended) -> Option<(CommandId, SimTime, Command)> {
    // Who asked may have gone away meanwhile; the command stands all the same.
    let _ = appended.answer.send(Ok(appended.id));
    match appended.record {
        Record::Command(command) => Some((appended.id, appended.stamp, command)),
        Record::Identity(_)
        | Record::Pacing(_)
        | Record::PacingKept(_)
        | Record::Seal { .. }
        | Record::Reached(_)
        | Record::Started { .. }
        | Record::Quarantined { .. } => None,
    }
}

/// What a client is told of it.
pub(super) const fn refusal_of(error: &JournalError) -> SubmitError {
    match error {
        JournalError::Full => SubmitError::DiskFull,
        JournalError::Corrupt { .. }
        | JournalError::TooLarge { .. }
        | JournalError::Gone(_)
        | JournalError::Device(_) => SubmitError::Unavailable,
    }
}

impl Actor for Sequencer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if let Err(error) = self.take_over() {
            self.shared.give_up("sequencer", Failure::broken(error));
            ctx.stop();
            return;
        }
        let notify = Arc::clone(&self.shared.commands_wait);
        ctx.add_stream(wakes(notify, (FLUSHES_APART, TICK), self.stop.clone()));
    }
}

impl StreamHandler<Wake> for Sequencer {
    fn handle(&mut self, wake: Wake, _: &mut Context<Self>) {
        self.turn(wake.is_last);
    }
}
