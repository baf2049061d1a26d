//! Segments: files of frames.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use skyhaul_engine::ports::{JournalError, JournalRecord, RecordNumber};

use super::Access;
use super::frame::{Found, Frame};
use super::spare::{self, Spare};

/// Bytes of a segment: large enough that making one is rare, small enough that it is made in tens of milliseconds.
pub(super) const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes before the first frame.
pub(super) const HEADER_BYTES: u64 = MAGIC.len() as u64;

/// What a segment begins with.
pub(super) const MAGIC: &[u8; 8] = b"SKYJRNL1";

/// A segment.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    access: Access,
    pub(super) first: RecordNumber,
    /// Where the next frame goes.
    pub(super) end: u64,
}

/// What a segment holds.
#[derive(Debug)]
pub(super) struct Scan {
    /// Good records from the beginning.
    pub(super) records: u64,
    /// Where they end.
    pub(super) end: u64,
    /// What is wrong there.
    pub(super) fault: Option<String>,
    /// Whether a good frame of a later flush follows the fault.
    pub(super) later_flush_is_good: bool,
}

/// The segments of a folder with the number of their first record, in order.
pub(super) fn paths(folder: &Path) -> io::Result<Vec<(RecordNumber, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if let Some(number) = name.strip_suffix(".seg").and_then(|stem| stem.parse().ok()) {
            found.push((RecordNumber(number), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Removes what a crash left of segments that were being made.
pub(super) fn remove_half_made(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "making") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

impl Segment {
    /// Makes a segment, all its room taken, so that writing into it cannot find the disk full: of what was made ahead, or, where that came to
    /// nothing, from the beginning.
    pub(super) fn create(folder: &Path, first: RecordNumber, ahead: Option<Spare>) -> io::Result<Self> {
        let path = folder.join(format!("{:020}.seg", first.0));
        let (aside, filled) = match ahead.map(Spare::take) {
            Some(Ok(made)) => (made, Ok(())),
            Some(Err(_)) | None => {
                let aside = path.with_extension("making");
                let filled = spare::fill(&aside, |_| Ok(()));
                (aside, filled)
            }
        };
        let made = filled.and_then(|()| {
            fs::rename(&aside, &path)?;
            File::open(folder)?.sync_all()
        });
        if let Err(error) = made {
            let _ = fs::remove_file(&aside);
            return Err(error);
        }
        Ok(Self {
            file: OpenOptions::new().read(true).write(true).open(&path)?,
            access: Access::Write,
            path,
            first,
            end: HEADER_BYTES,
        })
    }

    /// Opens a segment without reading it yet.
    pub(super) fn open(path: &Path, first: RecordNumber, access: Access) -> io::Result<Self> {
        let is_written = access == Access::Write;
        Ok(Self {
            file: OpenOptions::new().read(true).write(is_written).open(path)?,
            access,
            path: path.to_path_buf(),
            first,
            end: HEADER_BYTES,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// The error that says what is wrong where.
    pub(super) fn corrupt(&self, offset: u64, reason: &str) -> JournalError {
        JournalError::Corrupt {
            segment: self.name(),
            offset,
            reason: reason.to_owned(),
        }
    }

    /// Reads all frames and looks behind the first that is not good.
    pub(super) fn scan(&self) -> Result<Scan, JournalError> {
        let bytes = fs::read(&self.path)?;
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(self.corrupt(0, "it does not begin like a journal segment"));
        }
        let mut scan = Scan {
            records: 0,
            end: HEADER_BYTES,
            fault: None,
            later_flush_is_good: false,
        };
        loop {
            let at = usize::try_from(scan.end).expect("a segment fits memory");
            match Frame::decode(&bytes[at..]) {
                Found::Good(frame) if frame.number.0 == self.first.0 + scan.records => {
                    scan.records += 1;
                    scan.end += frame.bytes() as u64;
                }
                Found::Good(_) => scan.fault = Some("a record has another number than its place".to_owned()),
                Found::Bad(reason) => scan.fault = Some(reason.to_owned()),
                Found::End => {
                    if bytes[at..].iter().any(|byte| *byte != 0) {
                        scan.fault = Some("something follows the last record".to_owned());
                    }
                    break;
                }
            }
            if scan.fault.is_some() {
                break;
            }
        }
        if scan.fault.is_some() {
            let at = usize::try_from(scan.end).expect("a segment fits memory");
            scan.later_flush_is_good = later_flush(&bytes[at..], self.first.0 + scan.records);
        }
        Ok(scan)
    }

    /// Appends bytes behind the last frame.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.end)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Overwrites everything from `offset` on with zeros, durably; leaves it where the segment is only read.
    pub(super) fn cut_from(&mut self, offset: u64) -> io::Result<()> {
        if self.access == Access::Read {
            return Ok(());
        }
        let length = self.file.metadata()?.len().max(SEGMENT_BYTES);
        let zeros = vec![0; usize::try_from(length - offset).expect("a segment fits memory")];
        self.file.write_all_at(&zeros, offset)?;
        self.file.sync_data()
    }

    /// Gives the records from `from` on to `visit`; `false` where it wants no more.
    pub(super) fn read(
        &self,
        from: RecordNumber,
        visit: &mut dyn FnMut(JournalRecord) -> bool,
    ) -> Result<bool, JournalError> {
        let mut bytes = vec![0; usize::try_from(self.end).expect("a segment fits memory")];
        self.file.read_exact_at(&mut bytes, 0)?;
        let mut at = MAGIC.len();
        while at < bytes.len() {
            let frame = match Frame::decode(&bytes[at..]) {
                Found::Good(frame) => frame,
                Found::End => return Err(self.corrupt(at as u64, "it ends too early")),
                Found::Bad(reason) => return Err(self.corrupt(at as u64, reason)),
            };
            at += frame.bytes();
            if frame.number >= from {
                let record = JournalRecord {
                    number: frame.number,
                    stamp: frame.stamp,
                    payload: frame.payload.to_vec(),
                };
                if !visit(record) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Whether a good frame stands anywhere in `bytes` whose flush began after record `broken`.
fn later_flush(bytes: &[u8], broken: u64) -> bool {
    (1..bytes.len()).any(|at| {
        bytes[at] != 0
            && matches!(Frame::decode(&bytes[at..]), Found::Good(frame) if frame.batch.0 > broken && frame.number >= frame.batch)
    })
}
