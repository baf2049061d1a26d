//! The journal on disk: append-only segments of checked frames, flushed in groups.
//!
//! A journal is a folder of segments named by the number of their first record (`00000000000000000000.seg`). A segment is filled
//! with zeros when it is made, so that a flush writes data only and a full disk shows when a segment is made, not in the middle of a
//! record; and it is made while the one before it is filled, so that no flush waits for that. Its layout, little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `SKYJRNL1` |
//! | 4 | length `n` of the payload plus one; 0: nothing more in this segment |
//! | 4 | CRC-32C of all that follows in the frame |
//! | 8 | the record's number |
//! | 8 | the number of the first record of its flush |
//! | 8 | its stamp, virtual microseconds |
//! | n | the payload |
//!
//! The third number tells a torn tail from a corrupt middle: a flush that was cut off may leave any of its own frames broken, but a
//! good frame of a *later* flush proves that everything before it had been durable.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use skyhaul_engine::ports::{Journal, JournalError, JournalRecord, RecordNumber};
use skyhaul_engine::time::SimTime;

use self::frame::{FRAME_OVERHEAD, Frame};
use self::segment::{SEGMENT_BYTES, Segment};
use self::spare::Spare;

mod frame;
mod segment;
mod spare;

/// The largest payload: twice the largest body the REST interface takes, after encoding.
pub const PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Segments that are deleted at once: some 256 MB, in milliseconds, while nobody can append. A service that releases once a minute keeps up with
/// 4 MB/s, more than it is asked for by 10,000 requests a second.
const RELEASED_AT_ONCE_MAX: usize = 16;

/// The file that says up to where records were released.
const RELEASED: &str = "released";

/// A journal in a folder.
#[derive(Debug)]
pub struct FileJournal {
    folder: PathBuf,
    segments: Vec<Segment>,
    next: RecordNumber,
    /// The first record of the flush that is being gathered.
    batch: RecordNumber,
    /// What the next flush writes: whole frames, cut where a new segment begins.
    pending: Vec<Chunk>,
    kept_from: RecordNumber,
    /// The segment that comes next, once the last one is half full.
    ahead: Option<Spare>,
}

/// What a journal is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Frames that go into one segment.
#[derive(Debug)]
struct Chunk {
    /// The first record, where the chunk begins a new segment.
    begins: Option<RecordNumber>,
    bytes: Vec<u8>,
}

/// What was found when a journal was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Records that are good.
    pub records: u64,
    /// What was cut off.
    pub cut: Option<Cut>,
}

/// A torn tail that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// In which segment.
    pub segment: String,
    /// From which byte on.
    pub offset: u64,
    /// The number of the first record that is gone. Nobody was told that it was kept.
    pub record: RecordNumber,
}

impl FileJournal {
    /// Opens the journal in `folder`, which is made where it is missing. A torn tail is cut off and reported.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] where anything but the tail is damaged, [`JournalError::Device`].
    pub fn open(folder: &Path) -> Result<(Self, OpenReport), JournalError> {
        fs::create_dir_all(folder)?;
        segment::remove_half_made(folder)?;
        Self::open_as(folder, Access::Write)
    }

    /// Opens the journal in `folder` without changing a byte: a torn tail is left as it is, and not given. It cannot be appended to.
    ///
    /// # Errors
    /// As [`FileJournal::open`].
    pub fn open_to_read(folder: &Path) -> Result<(Self, OpenReport), JournalError> {
        Self::open_as(folder, Access::Read)
    }

    fn open_as(folder: &Path, access: Access) -> Result<(Self, OpenReport), JournalError> {
        let kept_from = read_released(folder)?;
        let mut journal = Self {
            folder: folder.to_path_buf(),
            segments: Vec::new(),
            next: RecordNumber(0),
            batch: RecordNumber(0),
            pending: Vec::new(),
            kept_from,
            ahead: None,
        };
        let mut report = OpenReport::default();
        let paths = segment::paths(folder)?;
        for (index, (first, path)) in paths.iter().enumerate() {
            let is_last = index + 1 == paths.len();
            journal.take_in(Segment::open(path, *first, access)?, is_last, &mut report)?;
        }
        journal.batch = journal.next;
        Ok((journal, report))
    }

    /// Reads a segment found on opening.
    fn take_in(
        &mut self,
        mut segment: Segment,
        is_last: bool,
        report: &mut OpenReport,
    ) -> Result<(), JournalError> {
        let first = segment.first;
        let follows = first == self.next || (self.segments.len() == 1 && first <= self.kept_from);
        if !follows {
            return Err(segment.corrupt(0, &format!("it should begin with record {}", self.next.0)));
        }
        let scan = segment.scan()?;
        if let Some(fault) = scan.fault {
            if !is_last || scan.later_flush_is_good {
                return Err(segment.corrupt(scan.end, &fault));
            }
            segment.cut_from(scan.end)?;
            report.cut = Some(Cut {
                segment: segment.name(),
                offset: scan.end,
                record: RecordNumber(first.0 + scan.records),
            });
        }
        segment.end = scan.end;
        self.next = RecordNumber(first.0 + scan.records);
        report.records += scan.records;
        self.segments.push(segment);
        Ok(())
    }

    /// The first record behind which none is missing; record 0 is there besides.
    #[must_use]
    pub fn kept_from(&self) -> RecordNumber {
        self.kept_from
    }

    /// Bytes that the segment being filled holds once everything pending is written.
    fn filled(&self) -> u64 {
        let mut filled = self.segments.last().map_or(SEGMENT_BYTES, |segment| segment.end);
        for chunk in &self.pending {
            if chunk.begins.is_some() {
                filled = segment::HEADER_BYTES;
            }
            filled += chunk.bytes.len() as u64;
        }
        filled
    }

    /// Writes the pending chunks; on failure the caller takes them back.
    fn write_pending(&mut self) -> io::Result<()> {
        for chunk in &self.pending {
            if let Some(first) = chunk.begins {
                let ahead = self.ahead.take();
                self.segments.push(Segment::create(&self.folder, first, ahead)?);
            }
            let segment = self
                .segments
                .last_mut()
                .expect("a chunk begins a segment or follows one");
            segment.write(&chunk.bytes)?;
        }
        for segment in self.segments.iter().rev().take(self.pending.len()) {
            segment.sync()?;
        }
        Ok(())
    }

    /// Begins to make the next segment where the last one is half full. Where that fails, it is made when it is needed, and what is wrong is said
    /// then.
    fn look_ahead(&mut self) {
        let is_half_full = |segment: &Segment| segment.end > SEGMENT_BYTES / 2;
        if self.ahead.is_none() && self.segments.last().is_some_and(is_half_full) {
            self.ahead = Spare::begin(&self.folder).ok();
        }
    }

    /// Makes the segments as if nothing had been written since `before` segments ended at `end`.
    fn take_back(&mut self, before: usize, end: u64) {
        for segment in self.segments.drain(before..) {
            // A segment that stays is empty or torn; opening the journal cuts it back.
            let _ = fs::remove_file(segment.path());
        }
        if let Some(segment) = self.segments.last_mut() {
            let _ = segment.cut_from(end);
            segment.end = end;
        }
    }
}

impl Journal for FileJournal {
    fn append(&mut self, stamp: SimTime, payload: &[u8]) -> Result<RecordNumber, JournalError> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(JournalError::TooLarge {
                bytes: payload.len(),
                max: PAYLOAD_BYTES_MAX,
            });
        }
        let number = self.next;
        let needed = (FRAME_OVERHEAD + payload.len()) as u64;
        let begins = (self.filled() + needed > SEGMENT_BYTES).then_some(number);
        if begins.is_some() || self.pending.is_empty() {
            self.pending.push(Chunk {
                begins,
                bytes: Vec::new(),
            });
        }
        let chunk = self.pending.last_mut().expect("one was just made");
        let batch = self.batch;
        Frame {
            number,
            batch,
            stamp,
            payload,
        }
        .encode(&mut chunk.bytes);
        self.next = number.next();
        Ok(number)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let before = self.segments.len();
        let end = self.segments.last().map_or(0, |segment| segment.end);
        let written = self.write_pending();
        self.pending.clear();
        match written {
            Ok(()) => {
                self.batch = self.next;
                self.look_ahead();
                Ok(())
            }
            Err(error) => {
                self.take_back(before, end);
                self.next = self.batch;
                Err(match error.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::Full,
                    _ => JournalError::Device(error),
                })
            }
        }
    }

    fn next_number(&self) -> RecordNumber {
        self.next
    }

    fn read(
        &self,
        from: RecordNumber,
        visit: &mut dyn FnMut(JournalRecord) -> bool,
    ) -> Result<(), JournalError> {
        if from < self.kept_from && from != RecordNumber(0) {
            return Err(JournalError::Gone(from));
        }
        for (index, segment) in self.segments.iter().enumerate() {
            let ends_before = self
                .segments
                .get(index + 1)
                .is_some_and(|next| next.first <= from);
            if !ends_before && !segment.read(from, visit)? {
                break;
            }
        }
        Ok(())
    }

    fn release_before(&mut self, number: RecordNumber) -> Result<(), JournalError> {
        let whole = self
            .segments
            .windows(2)
            .skip(1)
            .take_while(|pair| pair[1].first <= number)
            .take(RELEASED_AT_ONCE_MAX)
            .count();
        if whole == 0 {
            return Ok(());
        }
        let kept_from = self.segments[1 + whole].first;
        write_released(&self.folder, kept_from)?;
        self.kept_from = kept_from;
        for segment in self.segments.drain(1..=whole) {
            fs::remove_file(segment.path())?;
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.segments.len() as u64 * SEGMENT_BYTES
    }

    fn bytes_from(&self, number: RecordNumber) -> u64 {
        let goes = |pair: &&[Segment]| pair[1].first <= number;
        let gone = self.segments.windows(2).skip(1).take_while(goes).count();
        (self.segments.len() - gone) as u64 * SEGMENT_BYTES
    }
}

fn read_released(folder: &Path) -> io::Result<RecordNumber> {
    match fs::read_to_string(folder.join(RELEASED)) {
        Ok(text) => text.trim().parse().map(RecordNumber).map_err(|_| {
            let what = format!("{RELEASED} does not hold a number");
            io::Error::new(io::ErrorKind::InvalidData, what)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(RecordNumber(0)),
        Err(error) => Err(error),
    }
}

fn write_released(folder: &Path, number: RecordNumber) -> io::Result<()> {
    let aside = folder.join("released.new");
    fs::write(&aside, number.0.to_string())?;
    File::open(&aside)?.sync_all()?;
    fs::rename(&aside, folder.join(RELEASED))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
