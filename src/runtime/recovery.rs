//! Recovery: the world as it was, from the newest snapshot that may be relied on and the journal since.

use serde::{Deserialize, Serialize};
use skyhaul_actors::ids::CommandId;
use skyhaul_engine::ports::{Journal, JournalError, RecordNumber, SnapshotMark, SnapshotStoreError};
use skyhaul_engine::time::SimTime;
use thiserror::Error;

use super::Shared;
use super::deaths::Suspects;
use super::world::{LivePicture, LiveWorld, WorldFactory};
use crate::pacing::PacingHistory;
use crate::parting::Milestone;
use crate::quarantine::Quarantine;
use crate::record::{Identity, Record, RecordError};

/// A world that was rebuilt, with all commands of the journal on their way.
pub struct Recovered {
    /// The world.
    pub world: Box<dyn LiveWorld>,
    /// The first journal record after what it was rebuilt from.
    pub from: RecordNumber,
    /// The first journal record that it has not been given.
    pub next_record: RecordNumber,
    /// What it must come to on its way to the journal's end, in order.
    pub milestones: Vec<Milestone>,
    /// The suspected commands among those it was given, each with its stamp, in order.
    pub suspected: Vec<(CommandId, SimTime)>,
}

/// Why a world cannot be rebuilt.
#[derive(Debug, Error)]
pub enum RecoveryError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record of it cannot be understood.
    #[error("journal record {number}: {error}")]
    Record {
        /// Which.
        number: u64,
        /// Why.
        error: RecordError,
    },
    /// The snapshots cannot be listed.
    #[error(transparent)]
    Snapshots(#[from] SnapshotStoreError),
    /// No snapshot can be used, and the journal no longer reaches back to the founding.
    #[error(
        "no snapshot can be used, and the journal's first records were let go of: restore a snapshot from a copy, or start the build that wrote them"
    )]
    NothingToBeginWith,
    /// The live picture cannot be made.
    #[error("the live picture cannot be restored: {0}")]
    Picture(String),
}

/// What the journal says about the world before it is rebuilt.
#[derive(Debug, Default)]
pub struct JournalSummary {
    /// Record 0, unless the journal is empty.
    pub identity: Option<Identity>,
    /// The last seal.
    pub sealed: SimTime,
    /// What operators did to the pace of time.
    pub pacing: PacingHistory,
    /// The builds that wrote it, each from the record on that says so.
    pub builds: Vec<(RecordNumber, String)>,
    /// The commands at which the engine died again and again.
    pub quarantine: Quarantine,
}

impl JournalSummary {
    /// How far the world has to be run so that nothing is forgotten that anyone has seen: to the last seal, or to where it is paused.
    #[must_use]
    pub fn reached(&self) -> SimTime {
        self.pacing.state.paused_at.unwrap_or(self.sealed)
    }
}

/// The build that wrote the journal at `record`, of all that it says.
#[must_use]
pub fn build_at(builds: &[(RecordNumber, String)], record: RecordNumber) -> Option<&str> {
    let later = builds.partition_point(|(from, _)| *from <= record);
    builds[..later].last().map(|(_, build)| build.as_str())
}

/// Reads through the journal: whose it is, and how far it is sealed.
///
/// # Errors
/// [`RecoveryError`].
pub fn summarise(journal: &dyn Journal) -> Result<JournalSummary, RecoveryError> {
    let mut summary = JournalSummary::default();
    let mut expected = RecordNumber(0);
    let mut unknown_from = None;
    each_record(journal, RecordNumber(0), &mut |number, stamp, record| {
        // Records were let go of here, and with them perhaps one that said which build went on. The next that says so says it again.
        if number > expected {
            unknown_from = Some(number);
        }
        expected = number.next();
        summary.pacing.note(number, stamp, &record);
        match record {
            Record::Identity(identity) => summary.identity = Some(*identity),
            Record::Seal { until } => summary.sealed = summary.sealed.max(until),
            Record::Started { build } => {
                let from = unknown_from.take().unwrap_or(number);
                if summary.builds.last().is_none_or(|(_, last)| *last != build) {
                    summary.builds.push((from, build));
                }
            }
            Record::Pacing(record) => summary.sealed = record.reach(stamp),
            Record::Quarantined { command, .. } => summary.quarantine.add(command),
            Record::Command(_) | Record::PacingKept(_) | Record::Reached(_) => {}
        }
    })?;
    Ok(summary)
}

/// Gives the journal's records from `from` on to `visit`.
///
/// # Errors
/// [`RecoveryError`], where one of them cannot be read.
pub fn each_record(
    journal: &dyn Journal,
    from: RecordNumber,
    visit: &mut dyn FnMut(RecordNumber, SimTime, Record),
) -> Result<(), RecoveryError> {
    records_while(journal, from, &mut |number, stamp, record| {
        visit(number, stamp, record);
        true
    })
}

/// Gives the journal's records from `from` on to `visit` until it answers `false`.
///
/// # Errors
/// [`RecoveryError`], where one of them cannot be read.
pub fn records_while(
    journal: &dyn Journal,
    from: RecordNumber,
    visit: &mut dyn FnMut(RecordNumber, SimTime, Record) -> bool,
) -> Result<(), RecoveryError> {
    let mut fault = None;
    journal.read(from, &mut |raw| match Record::decode(&raw.payload) {
        Ok(record) => visit(raw.number, raw.stamp, record),
        Err(error) => {
            let number = raw.number.0;
            fault = Some(RecoveryError::Record { number, error });
            false
        }
    })?;
    fault.map_or(Ok(()), Err)
}

/// A snapshot's bytes: the world and the picture beside it.
#[derive(Serialize, Deserialize)]
struct Packed {
    world: Vec<u8>,
    picture: Vec<u8>,
}

/// The state of world and picture as bytes.
///
/// # Errors
/// Where the world cannot be encoded.
pub fn pack(world: &dyn LiveWorld, picture: &dyn LivePicture) -> Result<Vec<u8>, String> {
    let packed = Packed {
        world: world.save()?,
        picture: picture.save(),
    };
    postcard::to_stdvec(&packed).map_err(|error| error.to_string())
}

/// The world's part of a snapshot's bytes.
///
/// # Errors
/// Where they are no snapshot.
pub fn world_of(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let packed: Packed = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
    Ok(packed.world)
}

/// Rebuilds world and picture; the world is not run yet. A snapshot that cannot be used is passed over for an older one.
///
/// # Errors
/// [`RecoveryError`].
pub fn recover(
    shared: &Shared,
    worlds: &dyn WorldFactory,
    picture: &dyn LivePicture,
    suspects: Option<Suspects>,
) -> Result<Recovered, RecoveryError> {
    let limit = shared.seen_by_all();
    let mut kept = shared.snapshots.lock().kept()?;
    kept.retain(|kept| kept.mark.next_event <= limit);
    let marks = kept.into_iter().rev().map(|kept| kept.mark);
    let loaded = { marks }.find_map(|mark| match load(shared, worlds, picture, mark) {
        Ok(world) => Some((world, mark.next_record)),
        Err(error) => {
            tracing::warn!(error, at = %mark.at, "a snapshot cannot be used; an older one is tried");
            None
        }
    });
    let (mut world, from) = match loaded {
        Some(loaded) => loaded,
        None => {
            picture.restore(None).map_err(RecoveryError::Picture)?;
            (worlds.found(), RecordNumber(1))
        }
    };
    let journal = shared.journal.lock();
    match journal.read(from, &mut |_| false) {
        Err(JournalError::Gone(_)) => return Err(RecoveryError::NothingToBeginWith),
        begun => begun?,
    }
    let mut build = build_at(&shared.builds, from).map(str::to_owned);
    let mut milestones = Vec::new();
    let mut suspected = Vec::new();
    let mut quarantine = Quarantine::default();
    each_record(&**journal, from, &mut |_, _, said| {
        if let Record::Quarantined { command, .. } = said {
            quarantine.add(command);
        }
    })?;
    each_record(&**journal, from, &mut |record, stamp, said| match said {
        Record::Command(command) => {
            let id = CommandId(record.0);
            if suspects.is_some_and(|suspects| suspects.hold(id)) {
                suspected.push((id, stamp));
            }
            quarantine.admit(&mut *world, id, stamp, command);
        }
        Record::Started { build: started } => build = Some(started),
        Record::Reached(reached) if reached.at >= world.now() => milestones.push(Milestone {
            record,
            reached,
            build: build.clone(),
        }),
        Record::Identity(_)
        | Record::Seal { .. }
        | Record::Pacing(_)
        | Record::PacingKept(_)
        | Record::Reached(_)
        | Record::Quarantined { .. } => {}
    })?;
    let next_record = journal.next_number();
    Ok(Recovered {
        world,
        from,
        next_record,
        milestones,
        suspected,
    })
}

fn load(
    shared: &Shared,
    worlds: &dyn WorldFactory,
    picture: &dyn LivePicture,
    mark: SnapshotMark,
) -> Result<Box<dyn LiveWorld>, String> {
    let bytes = shared
        .snapshots
        .lock()
        .load(mark)
        .map_err(|error| error.to_string())?;
    let packed: Packed = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
    let world = worlds.load(&packed.world)?;
    picture.restore(Some(&packed.picture))?;
    Ok(world)
}
