//! Rerun: gives a world the commands of the journal, runs it, and holds it against everything that was recorded on the way.

use std::collections::VecDeque;

use serde::Serialize;
use skyhaul_actors::command::Command;
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::CommandId;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{EventSink, RecordNumber, SnapshotMark};
use skyhaul_engine::time::{SimDuration, SimTime};

use super::recorded::{Recorded, Start};
use crate::exit::Failure;
use crate::parting::{self, Milestone, Parting};
use crate::record::{Reached, Record};
use crate::runtime::recovery;

/// Commands held until it is known how far the engine had come when they were written. Beyond it, as in a journal that does not say so, they
/// are let in all the same, and what is said of the time before is passed over.
const HELD_MAX: usize = 500_000;

/// How far the world runs at once, so that progress can be shown.
const SLICE: SimDuration = SimDuration::from_mins(10);

/// Commands between the last point of agreement and the first of disagreement that are listed.
pub(super) const LISTED_MAX: usize = 20;

/// What a rerun has gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    pub(super) records: u64,
    pub(super) commands: u64,
    /// Commands put aside.
    pub(super) quarantined: u64,
    pub(super) seals: u64,
    /// Points at which what was recorded came again.
    pub(super) agreed: u64,
    /// Snapshots whose state came again.
    pub(super) snapshots: u64,
}

/// Why a rerun does not come to what was recorded.
#[derive(Clone, Debug)]
pub(super) enum Disagreement {
    /// The journal says otherwise.
    Journal {
        parting: Parting,
        /// What took effect in between, as far as it is listed, and how much there was.
        commands: Vec<String>,
        count: u64,
    },
    /// A snapshot holds otherwise.
    Snapshot { mark: SnapshotMark, why: String },
}

/// A world under way through its journal.
pub(super) struct Rerun<'a> {
    recorded: &'a Recorded,
    pub(super) world: World,
    next: RecordNumber,
    until: SimTime,
    held: VecDeque<(CommandId, SimTime, Command)>,
    /// Snapshots still to be held against the world, oldest first.
    marks: VecDeque<SnapshotMark>,
    good: Milestone,
    since_good: Vec<String>,
    since_good_count: u64,
    build: Option<String>,
    /// Whether what was recorded is to come again.
    compares: bool,
    pub(super) tally: Tally,
    pub(super) disagreement: Option<Disagreement>,
    pub(super) unreadable_snapshots: Vec<String>,
}

/// Told how far a rerun is.
pub(super) type Watcher<'a> = &'a mut dyn FnMut(SimTime);

impl<'a> Rerun<'a> {
    /// A rerun from `start`.
    pub(super) fn new(recorded: &'a Recorded, start: Start) -> Self {
        let build = recovery::build_at(&recorded.summary.builds, start.from).map(str::to_owned);
        let good = Milestone {
            record: start.from,
            reached: parting::stands(&start.world),
            build: build.clone(),
        };
        Self {
            recorded,
            until: start.world.now(),
            world: start.world,
            next: start.from,
            held: VecDeque::new(),
            marks: VecDeque::new(),
            good,
            since_good: Vec::new(),
            since_good_count: 0,
            build,
            compares: true,
            tally: Tally::default(),
            disagreement: None,
            unreadable_snapshots: Vec::new(),
        }
    }

    /// The same journal from here on for another world, which is not expected to come to what was recorded.
    pub(super) fn fork(&self, world: World) -> Self {
        Self {
            recorded: self.recorded,
            until: world.now(),
            next: self.next,
            held: self.held.clone(),
            marks: VecDeque::new(),
            good: self.good.clone(),
            since_good: Vec::new(),
            since_good_count: 0,
            build: None,
            compares: false,
            tally: Tally::default(),
            disagreement: None,
            unreadable_snapshots: Vec::new(),
            world,
        }
    }

    /// Also holds the world against these snapshots.
    pub(super) fn hold_against(&mut self, marks: Vec<SnapshotMark>) {
        self.marks = marks.into();
    }

    /// Runs on to `until`, or to the first disagreement.
    pub(super) fn run_until(
        &mut self,
        until: SimTime,
        sink: &mut dyn EventSink<Event>,
        watcher: Watcher<'_>,
    ) -> Result<(), Failure> {
        self.until = until;
        self.let_in_until(until);
        let mut halted = Ok(());
        let recorded = self.recorded;
        recovery::records_while(&recorded.journal, self.next, &mut |number, stamp, record| {
            if matches!(record, Record::Reached(reached) if reached.at > until) {
                return false;
            }
            self.next = number.next();
            halted = self.take(number, stamp, record, sink, watcher);
            halted.is_ok() && self.disagreement.is_none()
        })
        .map_err(Failure::broken)?;
        halted?;
        if self.disagreement.is_none() {
            self.let_in_until(until);
            self.run_world(until, sink, watcher)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        number: RecordNumber,
        stamp: SimTime,
        record: Record,
        sink: &mut dyn EventSink<Event>,
        watcher: Watcher<'_>,
    ) -> Result<(), Failure> {
        self.tally.records += 1;
        match record {
            Record::Command(command) => {
                self.note(number, stamp, &command);
                self.held.push_back((CommandId(number.0), stamp, command));
                if self.held.len() > HELD_MAX {
                    self.let_in_until(self.until);
                    let before = SimTime::from_micros(stamp.micros().saturating_sub(1));
                    self.run_world(before.min(self.until), sink, watcher)?;
                }
            }
            Record::Reached(reached) if reached.at >= self.world.now() => {
                self.let_in_until(reached.at);
                self.run_world(reached.at, sink, watcher)?;
                if self.compares && self.disagreement.is_none() {
                    self.compare(number, reached);
                }
            }
            Record::Seal { .. } => self.tally.seals += 1,
            Record::Started { build } => self.build = Some(build),
            Record::Identity(_)
            | Record::Pacing(_)
            | Record::PacingKept(_)
            | Record::Reached(_)
            | Record::Quarantined { .. } => {}
        }
        Ok(())
    }

    /// Gives the world the commands that take effect until `at`.
    fn let_in_until(&mut self, at: SimTime) {
        while let Some((id, stamp, command)) = self.held.pop_front_if(|(_, stamp, _)| *stamp <= at) {
            let quarantine = &self.recorded.summary.quarantine;
            if quarantine.holds(id) {
                self.tally.quarantined += 1;
            }
            self.tally.commands += 1;
            quarantine.admit(&mut self.world, id, stamp, command);
        }
    }

    fn run_world(
        &mut self,
        until: SimTime,
        sink: &mut dyn EventSink<Event>,
        watcher: Watcher<'_>,
    ) -> Result<(), Failure> {
        while self.disagreement.is_none() {
            let mark = self.marks.front().filter(|mark| mark.at <= until).copied();
            let stop = mark.map_or(until, |mark| mark.at).max(self.world.now());
            let next = stop.min(self.world.now() + SLICE);
            self.world.run_until(next, sink).map_err(Failure::broken)?;
            watcher(next);
            if next < stop {
                continue;
            }
            let Some(mark) = mark else { break };
            self.marks.pop_front();
            self.compare_with_snapshot(mark);
        }
        Ok(())
    }

    fn compare(&mut self, record: RecordNumber, recorded: Reached) {
        let milestone = Milestone {
            record,
            reached: recorded,
            build: self.build.clone(),
        };
        let replayed = parting::stands(&self.world);
        if replayed == recorded {
            self.tally.agreed += 1;
            self.good = milestone;
            self.since_good.clear();
            self.since_good_count = 0;
        } else {
            let parting = Parting {
                good: self.good.clone(),
                bad: milestone,
                replayed,
            };
            self.disagreement = Some(Disagreement::Journal {
                parting,
                commands: std::mem::take(&mut self.since_good),
                count: self.since_good_count,
            });
        }
    }

    fn compare_with_snapshot(&mut self, mark: SnapshotMark) {
        let kept = match self.recorded.load(mark) {
            Ok(kept) => kept,
            Err(error) => {
                let said = format!("the snapshot at {} s: {error}", mark.at);
                self.unreadable_snapshots.push(said);
                return;
            }
        };
        let (held, comes) = (parting::stands(&kept), parting::stands(&self.world));
        if held != comes {
            let why = format!(
                "it holds digest {:016x} and {} events, the journal alone comes to {:016x} and {}",
                held.digest, held.next_event, comes.digest, comes.next_event
            );
            self.disagreement = Some(Disagreement::Snapshot { mark, why });
        } else if kept.save().ok() != self.world.save().ok() {
            let why = "the same was handled, but its actors are not in the same state".to_owned();
            self.disagreement = Some(Disagreement::Snapshot { mark, why });
        } else {
            self.tally.snapshots += 1;
        }
    }

    fn note(&mut self, number: RecordNumber, stamp: SimTime, command: &Command) {
        self.since_good_count += 1;
        if self.since_good.len() < LISTED_MAX {
            self.since_good
                .push(format!("record {}, {stamp} s: {}", number.0, in_words(command)));
        }
    }
}

fn in_words(command: &Command) -> String {
    match command {
        Command::RequestDelivery(request) => format!("RequestDelivery {}", request.delivery),
        Command::CancelDelivery { delivery } => format!("CancelDelivery {delivery}"),
        Command::RescheduleDelivery { delivery, .. } => format!("RescheduleDelivery {delivery}"),
        Command::RecordPackage(package) => format!("RecordPackage {}", package.label),
        Command::RequestNotification(request) => format!("RequestNotification {}", request.delivery),
        Command::RecordConfirmation(confirmation) => {
            format!("RecordConfirmation {}", confirmation.delivery)
        }
        Command::DeclareZone { zone } => format!("DeclareZone {}", zone.name),
        Command::LiftZone { name } => format!("LiftZone {name}"),
        Command::RecallDrone { drone } => format!("RecallDrone {drone}"),
        Command::GroundDepot { depot } => format!("GroundDepot {}", depot.0),
        Command::ReleaseDepot { depot } => format!("ReleaseDepot {}", depot.0),
        Command::ChangeAccount(record) => format!("ChangeAccount {}", record.account),
        Command::Operate(operation) => format!("{} asks: {}", operation.by, in_words(&operation.command)),
        Command::Traced(traced) => {
            format!(
                "traced by {:032x}: {}",
                traced.context.trace,
                in_words(&traced.command)
            )
        }
        Command::ReleaseDelivery { delivery } => format!("ReleaseDelivery {delivery}"),
        Command::RetryDelivery { delivery, request } => {
            format!("RetryDelivery {delivery} as {}", request.delivery)
        }
        Command::AcknowledgeAlert { alert } => format!("AcknowledgeAlert {alert}"),
        Command::ErasePerson { owner } => format!("ErasePerson {owner}"),
    }
}
