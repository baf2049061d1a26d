//! Host: owns the world. Hands it the commands, runs it up to the horizon, lets out what happened, and keeps snapshots.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, StreamHandler};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::ports::{Numbered, RecordNumber, SnapshotMark};
use skyhaul_engine::time::{SimDuration, SimTime};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::backlog::Batch;
use super::cadence::{Cadence, thread_time};
use super::deaths::Suspects;
use super::pacer::unix_micros;
use super::priority;
use super::recovery::{self, Recovered};
use super::retention::Needed;
use super::supervisor::{APART, Pulse, Wake, wakes};
use super::world::{LivePicture, LiveWorld, WorldFactory};
use crate::exit::Failure;
use crate::parting::{self, Milestone, Parting};
use crate::record::Record;
use crate::step::Step;

/// How far the world runs before what happened is let out, and it is seen whether a snapshot is due: bounds the events held in memory, and what a
/// restart has to do again of a world that is far behind. At 100 requests a virtual second it is about half a second's work.
pub(super) const SLICE: SimDuration = SimDuration::from_mins(1);

/// Events in one batch for the stores: each is one commit, which must neither fill memory nor keep readers waiting.
const BATCH_MAX: usize = 4_096;

/// How often the host looks for work nobody told it of.
const TICK: Duration = Duration::from_secs(1);

/// How long the stores may take to fold what was rebuilt, before the world goes on without them.
const STORES_WAIT_MAX: Duration = Duration::from_mins(1);

/// How often it is looked whether they have.
const STORES_LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a host is made with, again after each failure.
#[derive(Clone)]
pub struct HostParts {
    /// What all parts share.
    pub shared: Arc<Shared>,
    /// Makes the world.
    pub worlds: Arc<dyn WorldFactory>,
    /// The live picture beside it.
    pub picture: Arc<dyn LivePicture>,
    /// Stops it.
    pub stop: CancellationToken,
}

/// Owns the world while it lives.
pub struct Host {
    parts: HostParts,
    pub(super) world: Option<Box<dyn LiveWorld>>,
    next_record: RecordNumber,
    pub(super) cadence: Cadence,
    _pulse: Pulse,
}

impl Host {
    /// A host whose world is rebuilt when it starts.
    pub fn new(parts: HostParts, pulse: Pulse) -> Self {
        Self {
            parts,
            world: None,
            next_record: RecordNumber(0),
            cadence: Cadence::new(),
            _pulse: pulse,
        }
    }

    /// Rebuilds the world from snapshot and journal and runs it to where the last host was, past all that the journal says of the way.
    fn recover(&mut self) -> Result<(), Failure> {
        let begun = thread_time();
        let shared = Arc::clone(&self.parts.shared);
        let suspects = shared.suspects_left()?;
        let horizon = shared.handover.horizon();
        let recovered = recovery::recover(&shared, &*self.parts.worlds, &*self.parts.picture, suspects);
        let Recovered {
            world,
            from,
            next_record,
            milestones,
            suspected,
        } = recovered.map_err(Failure::broken)?;
        let mut good = Milestone {
            record: from,
            reached: parting::stands(&*world),
            build: None,
        };
        self.world = Some(world);
        self.next_record = next_record;
        let mut step = Step::begin("the engine's way there");
        for milestone in milestones {
            good = self.run_to_milestone(good, milestone)?;
            step.goes_on(format_args!("at {} of {horizon}", good.reached.at));
        }
        self.try_suspects(&suspected)?;
        self.run_to(horizon)?;
        step.done(format_args!("the world stands at {horizon}"));
        self.cadence.worked(thread_time().saturating_sub(begun));
        let step = Step::begin("the stores' way there");
        wait_for_stores(&shared);
        step.done("they have all that was rebuilt");
        shared.set_host_is_up(true);
        priority::give_way();
        Ok(())
    }

    /// Runs to a point of the record. What happened on the way is let out only once it has proved to be what was recorded.
    fn run_to_milestone(&mut self, good: Milestone, bad: Milestone) -> Result<Milestone, Failure> {
        let Some(world) = &mut self.world else {
            return Ok(good);
        };
        let events = world.run_until(bad.reached.at).map_err(Failure::broken)?;
        let replayed = parting::stands(&**world);
        if replayed != bad.reached {
            let parting = Parting { good, bad, replayed };
            return Err(self.parted(&parting));
        }
        self.parts.shared.publish(&*self.parts.picture, events);
        self.parts.shared.clock.engine_reached(replayed.at);
        Ok(bad)
    }

    /// Runs the commands at one of which the engine died, one by one. Those that a milestone proves to have been run before are not to blame.
    fn try_suspects(&mut self, suspected: &[(CommandId, SimTime)]) -> Result<(), Failure> {
        for &(id, stamp) in suspected {
            self.step_to(SimTime::from_micros(stamp.micros().saturating_sub(1)))?;
            self.parts.shared.deaths.begin(id, id);
            self.step_to(stamp)?;
            self.parts.shared.deaths.end();
        }
        self.parts.shared.deaths.acquit();
        Ok(())
    }

    fn step_to(&mut self, until: SimTime) -> Result<(), Failure> {
        let Some(world) = self.world.as_mut().filter(|world| world.now() < until) else {
            return Ok(());
        };
        let events = world.run_until(until).map_err(Failure::broken)?;
        self.parts.shared.publish(&*self.parts.picture, events);
        self.parts.shared.clock.engine_reached(until);
        Ok(())
    }

    /// What to do about a world that does not repeat what was recorded.
    fn parted(&self, parting: &Parting) -> Failure {
        let this = &self.parts.shared.build;
        let wrote = parting.bad.build.as_deref().unwrap_or("of an earlier version");
        if parting.is_of_another_build(this) {
            Failure::try_again(format!(
                "this build ({this}) does not repeat what the build {wrote} recorded: {parting}; start the other build and stop it with SIGTERM, so that it leaves a snapshot from which this one goes on"
            ))
        } else {
            Failure::broken(format!(
                "what was recorded does not come again: {parting}; `skyhaul replay` on a copy of the data folder tells more"
            ))
        }
    }

    /// Runs to where it may, slice after slice. A slice is given its own commands and no later ones, so that a snapshot on the way holds none that was
    /// not reached: the engine may die at those, and they are put aside then.
    pub(super) fn advance(&mut self) -> Result<(), Failure> {
        let mut advance = self.parts.shared.handover.take();
        let next = self.next_record;
        advance.commands.retain(|(id, _, _)| id.0 >= next.0);
        if let (Some((first, _, _)), Some((last, _, _))) = (advance.commands.first(), advance.commands.last())
        {
            self.parts.shared.deaths.begin(*first, *last);
        }
        let mut commands = advance.commands.into_iter().peekable();
        while let Some(world) = &mut self.world {
            let begun = thread_time();
            let until = advance.horizon.min(world.now() + SLICE);
            let is_last = until >= advance.horizon;
            while let Some((id, stamp, command)) =
                commands.next_if(|(_, stamp, _)| is_last || *stamp <= until)
            {
                world.submit(id, stamp, command);
            }
            self.next_record = match commands.peek() {
                Some((id, _, _)) => RecordNumber(id.0),
                None => self.next_record.max(advance.next_record),
            };
            self.run_slice(until)?;
            self.cadence.worked(thread_time().saturating_sub(begun));
            if is_last {
                break;
            }
            if self.cadence.is_due() {
                self.take_snapshot();
            }
        }
        self.parts.shared.deaths.end();
        self.tell_an_unpaced_clock();
        Ok(())
    }

    /// Runs to the horizon, at least once: a world that was just founded has something to say before any time has passed.
    fn run_to(&mut self, horizon: SimTime) -> Result<(), Failure> {
        while let Some(now) = self.world.as_ref().map(|world| world.now()) {
            let until = horizon.min(now + SLICE);
            self.run_slice(until)?;
            if until >= horizon {
                break;
            }
        }
        self.tell_an_unpaced_clock();
        Ok(())
    }

    /// Runs up to and including `until`, and lets out what happened.
    fn run_slice(&mut self, until: SimTime) -> Result<(), Failure> {
        let Some(world) = &mut self.world else {
            return Ok(());
        };
        let shared = &self.parts.shared;
        let events = world.run_until(until).map_err(Failure::broken)?;
        shared.publish(&*self.parts.picture, events);
        shared.set_reached(parting::stands(&**world));
        shared.clock.engine_reached(until);
        shared.show(&**world, !shared.host_is_up());
        Ok(())
    }

    /// A clock that is not paced goes on when the engine has come to where it was.
    fn tell_an_unpaced_clock(&self) {
        if self.parts.shared.clock.is_unpaced() {
            self.parts.shared.commands_wait.notify_one();
        }
    }

    /// Keeps the state of world and picture, and notes what that cost.
    fn take_snapshot(&mut self) {
        let begun = thread_time();
        self.snapshot();
        let cost = thread_time().saturating_sub(begun);
        tracing::debug!(?cost, "a snapshot was taken");
        self.cadence.taken(cost);
    }

    /// What cannot be kept is said and tried again later: the journal has it all.
    fn snapshot(&self) {
        let Some(world) = &self.world else { return };
        let mark = SnapshotMark {
            next_record: self.next_record,
            next_event: world.next_event(),
            at: world.now(),
            taken_unix_micros: unix_micros(),
        };
        let kept = recovery::pack(&**world, &*self.parts.picture)
            .and_then(|bytes| self.keep(mark, &bytes).map_err(|error| error.to_string()));
        match kept {
            Ok(()) => self.parts.shared.metrics.snapshots.inc(),
            Err(error) => tracing::error!(error, "a snapshot cannot be kept"),
        }
        if let Err(error) = self.parts.shared.let_go(mark.taken_unix_micros) {
            tracing::error!(
                error,
                "what is older than is wanted cannot be deleted; it is tried again later"
            );
        }
    }

    fn keep(
        &self,
        mark: SnapshotMark,
        bytes: &[u8],
    ) -> Result<(), skyhaul_engine::ports::SnapshotStoreError> {
        self.parts.shared.snapshots.lock().save(mark, bytes)
    }

    /// Ends: for good, or, where it failed at commands, to be rebuilt and to try them one by one.
    fn give_up(&self, failure: Failure, ctx: &mut Context<Self>) {
        if self.parts.shared.deaths.is_death(&failure.reason) {
            tracing::error!(reason = failure.reason, "the engine died at a command");
        } else {
            self.parts.shared.give_up("engine host", failure);
        }
        ctx.stop();
    }
}

/// Waits until the stores have folded what was rebuilt: before, they would not know a delivery or a key that was answered before the crash. A
/// store that cannot be written keeps nobody waiting for ever.
fn wait_for_stores(shared: &Shared) {
    let begun = Instant::now();
    while shared.backlogs().iter().any(|backlog| backlog.events() > 0) {
        if begun.elapsed() > STORES_WAIT_MAX {
            tracing::error!("a store does not take what was rebuilt; going on without it");
            return;
        }
        std::thread::sleep(STORES_LOOK_EVERY);
    }
}

impl Shared {
    /// Whom to suspect of the last host's death. A command at which the engine died too often is put aside in the journal, durably.
    fn suspects_left(&self) -> Result<Option<Suspects>, Failure> {
        let suspects = self.deaths.suspects();
        let Some((command, deaths)) = suspects.and_then(|known| Some((known.convicted()?, known.deaths)))
        else {
            return Ok(suspects);
        };
        let cause = self.deaths.cause();
        tracing::error!(
            record = command.0,
            deaths,
            cause,
            "the engine died at this command again and again: it is put aside, who asked is told, and the world goes on without it; keep a copy of the data folder and report it"
        );
        let record = Record::Quarantined {
            command,
            cause,
            deaths,
        };
        let mut journal = self.journal.lock();
        journal
            .append(self.handover.horizon(), &record.encode())
            .and_then(|_| journal.flush())
            .map_err(Failure::try_again)?;
        self.metrics.quarantined.inc();
        Ok(Some(self.deaths.put_aside(command)))
    }

    /// Lets go of what the recorded run keeps no longer: records first, so that a crash in between leaves no records that no snapshot leads to.
    pub(super) fn let_go(&self, now_unix_micros: i64) -> Result<(), String> {
        let needed = Needed {
            event: self.flushed_by_all(),
            restated: self.restated(),
        };
        let mut snapshots = self.snapshots.lock();
        let kept = snapshots.kept().map_err(|error| error.to_string())?;
        let mut journal = self.journal.lock();
        let release = self.retention.release(&kept, &**journal, now_unix_micros, needed);
        if let Some(before) = release.before {
            journal
                .release_before(before)
                .map_err(|error| error.to_string())?;
        }
        drop(journal);
        for mark in release.snapshots {
            snapshots.remove(mark).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Lets events out to all who fold them: the picture first, so that whoever hears of a decision sees it there.
    fn publish(&self, picture: &dyn LivePicture, events: Vec<Numbered<Event>>) {
        picture.apply(&events);
        let events = self.unseen(events);
        self.metrics.observe(&events);
        if events.len() <= BATCH_MAX {
            if !events.is_empty() {
                self.publish_batch(events);
            }
            return;
        }
        let mut events = events.into_iter();
        while !events.as_slice().is_empty() {
            self.publish_batch(events.by_ref().take(BATCH_MAX).collect());
        }
    }

    fn publish_batch(&self, events: Vec<Numbered<Event>>) {
        let batch: Batch = Arc::new(events);
        for backlog in self.backlogs() {
            backlog.push(Arc::clone(&batch));
        }
        for event in batch.iter() {
            self.decisions.note(&event.event);
        }
    }
}

impl Actor for Host {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        if let Err(failure) = self.recover() {
            self.give_up(failure, ctx);
            return;
        }
        let notify = Arc::clone(&self.parts.shared.advance_waits);
        ctx.add_stream(wakes(notify, (APART, TICK), self.parts.stop.clone()));
    }
}

impl StreamHandler<Wake> for Host {
    fn handle(&mut self, wake: Wake, ctx: &mut Context<Self>) {
        if let Err(failure) = self.advance() {
            self.give_up(failure, ctx);
            return;
        }
        if wake.is_last || self.cadence.is_due() {
            self.take_snapshot();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.parts.shared.set_host_is_up(false);
    }
}
