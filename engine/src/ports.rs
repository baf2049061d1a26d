//! What the engine asks of the outside: a journal, a store of snapshots, somewhere to send events.

use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::SimTime;

pub mod memory;
pub mod suite;

/// Where a record stands in the journal: 0, 1, 2 … without a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordNumber(pub u64);

impl RecordNumber {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRecord {
    /// Its number.
    pub number: RecordNumber,
    /// The virtual time at which it takes effect.
    pub stamp: SimTime,
    /// What it says; the journal does not look inside.
    pub payload: Vec<u8>,
}

/// Why a journal could not do what was asked.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The device is full: nothing was lost, and appending may be tried again.
    #[error("the journal's disk is full")]
    Full,
    /// A record that is not the last one does not match its checksum.
    #[error("journal segment {segment} is corrupt at byte {offset}: {reason}; restore it from a copy")]
    Corrupt {
        /// The segment's name.
        segment: String,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The record is larger than a segment holds.
    #[error("a journal record of {bytes} bytes is larger than the limit of {max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Records before this number were archived or deleted.
    #[error("journal record {0:?} is no longer kept")]
    Gone(RecordNumber),
    /// Any other failure of the device.
    #[error("the journal's device failed: {0}")]
    Device(#[from] io::Error),
}

/// A durable, ordered, append-only list of stamped records.
///
/// Appending buffers; [`Journal::flush`] makes everything appended so far durable. A record appended but not flushed
/// may or may not survive a crash; a flushed one does. After a failed flush what was appended since the last good
/// one is taken back and may be appended again.
pub trait Journal: Send {
    /// Appends a record and gives its number. Not durable yet.
    ///
    /// # Errors
    /// [`JournalError::TooLarge`], [`JournalError::Full`] or [`JournalError::Device`]; nothing was appended then.
    fn append(&mut self, stamp: SimTime, payload: &[u8]) -> Result<RecordNumber, JournalError>;

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    /// [`JournalError::Full`] or [`JournalError::Device`]; what was appended since the last good flush is taken back.
    fn flush(&mut self) -> Result<(), JournalError>;

    /// The number the next record will get.
    fn next_number(&self) -> RecordNumber;

    /// Gives the records from `from` on, oldest first, to `visit`, until it answers `false`.
    ///
    /// # Errors
    /// [`JournalError::Gone`] where `from` is no longer kept, [`JournalError::Corrupt`], [`JournalError::Device`].
    fn read(
        &self,
        from: RecordNumber,
        visit: &mut dyn FnMut(JournalRecord) -> bool,
    ) -> Result<(), JournalError>;

    /// Lets go of records before `number`, as far as whole segments allow; of many at once, of the oldest first, so that nobody waits long: what
    /// is left goes at the next call. Record 0 is kept always.
    ///
    /// # Errors
    /// [`JournalError::Device`].
    fn release_before(&mut self, number: RecordNumber) -> Result<(), JournalError>;

    /// Bytes taken by record 0 and what is kept beside it.
    fn bytes(&self) -> u64;

    /// Bytes that would still be taken once everything before `number` was let go of.
    fn bytes_from(&self, number: RecordNumber) -> u64;
}

/// What a snapshot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotMark {
    /// The first journal record that the snapshot has *not* taken in.
    pub next_record: RecordNumber,
    /// The number the next event will get.
    pub next_event: u64,
    /// The engine's virtual time.
    pub at: SimTime,
    /// When it was taken: wall clock, microseconds since 1970. How long it is kept goes by this.
    pub taken_unix_micros: i64,
}

/// A snapshot that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptSnapshot {
    /// What it stands for.
    pub mark: SnapshotMark,
    /// Bytes that it takes.
    pub bytes: u64,
}

/// Why a snapshot could not be kept or given.
#[derive(Debug, Error)]
pub enum SnapshotStoreError {
    /// The bytes do not match their checksum.
    #[error("snapshot {0} is corrupt")]
    Corrupt(String),
    /// The device failed.
    #[error("the snapshot store failed: {0}")]
    Device(#[from] io::Error),
}

/// Keeps snapshots of the engine, each with what it stands for.
pub trait SnapshotStore: Send {
    /// Keeps a snapshot, durably: after a crash it is there whole or not at all.
    ///
    /// # Errors
    /// [`SnapshotStoreError::Device`]; older snapshots are untouched.
    fn save(&mut self, mark: SnapshotMark, bytes: &[u8]) -> Result<(), SnapshotStoreError>;

    /// All snapshots kept, oldest first. Whether one is whole shows when it is loaded.
    ///
    /// # Errors
    /// [`SnapshotStoreError::Device`].
    fn kept(&self) -> Result<Vec<KeptSnapshot>, SnapshotStoreError>;

    /// The bytes of the snapshot with this mark.
    ///
    /// # Errors
    /// [`SnapshotStoreError::Corrupt`] where they do not match their checksum, [`SnapshotStoreError::Device`].
    fn load(&self, mark: SnapshotMark) -> Result<Vec<u8>, SnapshotStoreError>;

    /// Deletes the snapshot with this mark, if there is one.
    ///
    /// # Errors
    /// [`SnapshotStoreError::Device`].
    fn remove(&mut self, mark: SnapshotMark) -> Result<(), SnapshotStoreError>;
}

/// An event with its number and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered<E> {
    /// 0, 1, 2 … without a gap, in the order in which the engine produced them.
    pub number: u64,
    /// When it happened.
    pub at: SimTime,
    /// What happened.
    pub event: E,
}

/// Takes the engine's events, in order.
pub trait EventSink<E> {
    /// Takes one event.
    fn accept(&mut self, event: Numbered<E>);
}

impl<E> EventSink<E> for Vec<Numbered<E>> {
    fn accept(&mut self, event: Numbered<E>) {
        self.push(event);
    }
}
