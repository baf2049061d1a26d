//! Recovery: the world as it was, from the newest snapshot that may be relied on and the journal since.

use skyhaul_actors::ids::CommandId;
use skyhaul_engine::ports::{
    Journal, JournalError, JournalRecord, RecordNumber, SnapshotMark, SnapshotStoreError,
};
use skyhaul_engine::time::SimTime;
use thiserror::Error;

use super::Shared;
use super::deaths::Suspects;
use super::world::{LivePicture, LiveWorld, WorldFactory};
use crate::pacing::PacingHistory;
use crate::parting::Milestone;
use crate::quarantine::Quarantine;
use crate::record::{Identity, Record, RecordError};
use crate::step::Step;

/// The most that the length of a part takes in a snapshot.
const LENGTH_BYTES_MAX: usize = 10;

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
    let step = Step::begin("what the journal says");
    let mut summary = JournalSummary::default();
    let mut expected = RecordNumber(0);
    let mut unknown_from = None;
    each_but_commands(journal, RecordNumber(0), &mut |number, stamp, record| {
        // Records were let go of here, and with them perhaps one that said which build went on. The next that says so says it again.
        if number > expected {
            unknown_from = Some(number);
        }
        expected = number.next();
        let Some(record) = record else {
            summary.pacing.note_command(stamp);
            return;
        };
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
    step.done(format_args!("it is sealed up to {}", summary.sealed));
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

/// Gives the journal's records from `from` on to `visit`, commands as `None`: they are many, and are not decoded.
///
/// # Errors
/// [`RecoveryError`], where another one cannot be read.
pub fn each_but_commands(
    journal: &dyn Journal,
    from: RecordNumber,
    visit: &mut dyn FnMut(RecordNumber, SimTime, Option<Record>),
) -> Result<(), RecoveryError> {
    decoded(journal, from, &mut |raw| {
        let is_command = Record::is_command(&raw.payload);
        let record = (!is_command).then(|| Record::decode(&raw.payload)).transpose()?;
        visit(raw.number, raw.stamp, record);
        Ok(true)
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
    decoded(journal, from, &mut |raw| {
        let record = Record::decode(&raw.payload)?;
        Ok(visit(raw.number, raw.stamp, record))
    })
}

/// Gives the journal's records from `from` on to `visit` until it answers `false` or cannot read one.
fn decoded(
    journal: &dyn Journal,
    from: RecordNumber,
    visit: &mut dyn FnMut(&JournalRecord) -> Result<bool, RecordError>,
) -> Result<(), RecoveryError> {
    let mut fault = None;
    journal.read(from, &mut |raw| match visit(&raw) {
        Ok(goes_on) => goes_on,
        Err(error) => {
            let number = raw.number.0;
            fault = Some(RecoveryError::Record { number, error });
            false
        }
    })?;
    fault.map_or(Ok(()), Err)
}

/// The state of world and picture as bytes: each behind its length.
///
/// # Errors
/// Where the world cannot be encoded.
pub fn pack(world: &dyn LiveWorld, picture: &dyn LivePicture) -> Result<Vec<u8>, String> {
    let parts = [world.save()?, picture.save()];
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + LENGTH_BYTES_MAX).sum());
    for part in parts {
        bytes = postcard::to_extend(&part.len(), bytes).map_err(|error| error.to_string())?;
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// The two parts of a snapshot's bytes: world and picture.
///
/// # Errors
/// Where they are no snapshot.
pub fn unpack(bytes: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let (world, rest) = first_part(bytes)?;
    let (picture, rest) = first_part(rest)?;
    if rest.is_empty() {
        Ok((world, picture))
    } else {
        Err("it is too long".to_owned())
    }
}

/// The part that bytes begin with, and what follows it.
fn first_part(bytes: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let (length, rest): (usize, _) = postcard::take_from_bytes(bytes).map_err(|error| error.to_string())?;
    rest.split_at_checked(length)
        .ok_or_else(|| "it ends too early".to_owned())
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
    let step = Step::begin("the snapshot");
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
    step.done(format_args!(
        "the world at {}, before event {}; all stores have those before {limit}",
        world.now(),
        world.next_event()
    ));
    let step = Step::begin("the commands since");
    let journal = shared.journal.lock();
    match journal.read(from, &mut |_| false) {
        Err(JournalError::Gone(_)) => return Err(RecoveryError::NothingToBeginWith),
        begun => begun?,
    }
    let mut build = build_at(&shared.builds, from).map(str::to_owned);
    let mut milestones = Vec::new();
    let mut suspected = Vec::new();
    let mut quarantine = Quarantine::default();
    each_but_commands(&**journal, from, &mut |_, _, said| {
        if let Some(Record::Quarantined { command, .. }) = said {
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
    step.done(format_args!(
        "those of records {} to {} are given to the engine",
        from.0, next_record.0
    ));
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
    let (of_world, of_picture) = unpack(&bytes)?;
    let world = worlds.load(of_world)?;
    picture.restore(Some(of_picture))?;
    Ok(world)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_snapshot_come_back_and_nothing_else_is_taken_for_one() {
        let (world, picture) = (vec![1_u8; 300], vec![2_u8; 5]);
        let bytes = postcard::to_stdvec(&(&world, &picture)).expect("bytes can be written");
        assert_eq!(unpack(&bytes), Ok((&world[..], &picture[..])));
        assert!(unpack(&bytes[..bytes.len() - 1]).is_err(), "it is cut");
        assert!(unpack(&[&bytes[..], &[0]].concat()).is_err(), "it is too long");
        assert!(unpack(&[]).is_err());
    }
}
