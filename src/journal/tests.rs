//! The file journal against the port's suite, torn tails, corrupt middles and full disks.

use std::os::unix::fs::FileExt as _;

use proptest::prelude::*;
use skyhaul_engine::ports::suite;
use skyhaul_engine::rng::RandomStream;
use skyhaul_scenarios::garble::garbled;
use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// A journal with `flushes` flushes of three records each, closed again; gives its only segment.
fn filled(folder: &TempDir, flushes: u64) -> PathBuf {
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    for flush in 0..flushes {
        for record in 0..3_u64 {
            let payload =
                vec![u8::try_from(flush).expect("small"); 20 + usize::try_from(record).expect("small")];
            journal
                .append(SimTime::from_micros(flush), &payload)
                .expect("appends");
        }
        journal.flush().expect("flushes");
    }
    folder.path().join("00000000000000000000.seg")
}

fn numbers(journal: &FileJournal) -> Vec<u64> {
    let mut numbers = Vec::new();
    journal
        .read(RecordNumber(0), &mut |record| {
            numbers.push(record.number.0);
            true
        })
        .expect("reads");
    numbers
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let file = File::options().write(true).open(path).expect("opens");
    file.write_all_at(bytes, at).expect("writes");
}

#[test]
fn passes_the_suite_of_its_port() {
    let folder = folder();
    suite::reopened_journal(&mut || FileJournal::open(folder.path()).expect("opens").0);
}

#[test]
fn goes_on_in_a_new_segment_and_releases_old_ones() {
    let folder = folder();
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    let payload = vec![1; 3 * 1024 * 1024];
    for number in 0..20 {
        assert_eq!(
            journal.append(SimTime::ZERO, &payload).expect("appends"),
            RecordNumber(number)
        );
        if number % 7 == 0 {
            journal.flush().expect("flushes");
        }
    }
    journal.flush().expect("flushes");
    assert_eq!(numbers(&journal), (0..20).collect::<Vec<_>>());
    journal.release_before(RecordNumber(12)).expect("releases");
    drop(journal);
    let (mut journal, report) = FileJournal::open(folder.path()).expect("opens with a released part");
    assert_eq!(report.cut, None);
    let kept = numbers(&journal);
    assert!(kept.contains(&0) && !kept.contains(&6) && kept.ends_with(&[12, 13, 14, 15, 16, 17, 18, 19]));
    assert!(matches!(
        journal.read(RecordNumber(6), &mut |_| true),
        Err(JournalError::Gone(_))
    ));
    assert_eq!(
        journal.append(SimTime::ZERO, b"more").expect("appends"),
        RecordNumber(20)
    );
}

#[test]
fn refuses_a_payload_beyond_the_limit() {
    let folder = folder();
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    let refused = journal.append(SimTime::ZERO, &vec![0; PAYLOAD_BYTES_MAX + 1]);
    assert!(matches!(refused, Err(JournalError::TooLarge { .. })));
    assert_eq!(journal.next_number(), RecordNumber(0));
}

#[test]
fn a_flush_that_fails_takes_everything_back_and_may_be_tried_again() {
    let folder = folder();
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    journal.append(SimTime::ZERO, b"kept").expect("appends");
    journal.flush().expect("flushes");
    let big = vec![9; 4 * 1024 * 1024];
    let blocked = folder.path().join(format!("{:020}.making", 4));
    fs::create_dir(&blocked).expect("something stands where the next segment would be made");
    for _ in 1..=4 {
        journal.append(SimTime::ZERO, &big).expect("appends");
    }
    assert!(matches!(journal.flush(), Err(JournalError::Device(_))));
    assert_eq!(journal.next_number(), RecordNumber(1));
    assert_eq!(numbers(&journal), [0]);
    fs::remove_dir(&blocked).expect("the way is free again");
    assert_eq!(
        journal.append(SimTime::ZERO, b"again").expect("appends"),
        RecordNumber(1)
    );
    journal.flush().expect("flushes");
    drop(journal);
    let (journal, report) = FileJournal::open(folder.path()).expect("opens");
    assert_eq!((numbers(&journal), report.cut), (vec![0, 1], None));
}

/// Appends records of three megabytes, of which five fill a segment.
fn append_large(journal: &mut FileJournal, count: usize) {
    for _ in 0..count {
        journal
            .append(SimTime::ZERO, &vec![7; 3 * 1024 * 1024])
            .expect("appends");
    }
}

#[test]
fn the_next_segment_is_made_while_the_last_one_is_filled() {
    let folder = folder();
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    append_large(&mut journal, 3);
    journal.flush().expect("flushes");
    assert!(journal.ahead.is_some(), "it was begun");
    let in_place = folder.path().join(format!("{:020}.making", 5));
    fs::create_dir(&in_place).expect("something stands where it would be made when it is needed");
    append_large(&mut journal, 3);
    journal.flush().expect("flushes into what was made ahead");
    assert_eq!(journal.segments.len(), 2);
    let segment = fs::metadata(journal.segments[1].path()).expect("is there");
    assert_eq!(segment.len(), SEGMENT_BYTES);
    drop(journal);
    fs::remove_dir(&in_place).expect("goes");
    let (journal, report) = FileJournal::open(folder.path()).expect("opens");
    assert_eq!((numbers(&journal), report.cut), ((0..6).collect(), None));
}

#[test]
fn what_was_made_ahead_is_gone_with_the_journal_and_needed_by_no_other() {
    let folder = folder();
    let ahead = folder.path().join("next.making");
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    append_large(&mut journal, 3);
    journal.flush().expect("flushes");
    drop(journal);
    assert!(!ahead.exists(), "it went with the journal");
    fs::write(&ahead, b"what a crash left").expect("writes");
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    assert!(!ahead.exists(), "opening clears it away");
    fs::create_dir(&ahead).expect("something stands in the way of making one");
    for _ in 0..4 {
        append_large(&mut journal, 1);
        journal.flush().expect("flushes all the same");
    }
    assert_eq!(journal.segments.len(), 2);
}

#[test]
fn a_corrupt_middle_is_refused_and_named() {
    let folder = folder();
    let segment = filled(&folder, 3);
    overwrite(&segment, HEADER_BYTES_IN_TEST + 40, &[0xFF]);
    match FileJournal::open(folder.path()) {
        Err(JournalError::Corrupt { segment, offset, .. }) => {
            assert_eq!(
                (segment.as_str(), offset),
                ("00000000000000000000.seg", HEADER_BYTES_IN_TEST)
            );
        }
        other => panic!("opened a corrupt journal: {other:?}"),
    }
}

#[test]
fn a_journal_that_is_only_read_is_not_changed_not_even_where_its_tail_is_torn() {
    let folder = folder();
    let segment = filled(&folder, 3);
    overwrite(&segment, HEADER_BYTES_IN_TEST + 2 * 159 + 53 + 10, &[0xFF; 4]);
    let before = fs::read(&segment).expect("reads");
    let (journal, report) = FileJournal::open_to_read(folder.path()).expect("opens");
    assert_eq!(numbers(&journal), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(report.cut.map(|cut| cut.record), Some(RecordNumber(7)));
    drop(journal);
    assert!(before == fs::read(&segment).expect("reads"), "not a byte changed");
    assert!(FileJournal::open_to_read(&folder.path().join("none")).is_err());
}

#[test]
fn a_missing_segment_is_refused() {
    let folder = folder();
    let (mut journal, _) = FileJournal::open(folder.path()).expect("opens");
    let payload = vec![1; 4 * 1024 * 1024];
    for _ in 0..12 {
        journal.append(SimTime::ZERO, &payload).expect("appends");
        journal.flush().expect("flushes");
    }
    let second = journal.segments[1].path().to_path_buf();
    drop(journal);
    fs::remove_file(second).expect("removes");
    assert!(matches!(
        FileJournal::open(folder.path()),
        Err(JournalError::Corrupt { .. })
    ));
}

#[test]
fn no_bytes_make_the_reader_of_frames_fail() {
    let mut valid = Vec::new();
    for number in 0..3 {
        let frame = frame::Frame {
            number: RecordNumber(number),
            batch: RecordNumber(0),
            stamp: SimTime::from_micros(number),
            payload: b"a payload",
        };
        frame.encode(&mut valid);
    }
    for seed in 0..u64::from(ProptestConfig::default().cases) {
        let bytes = garbled(&valid, &mut RandomStream::new(seed, 0));
        let (mut at, mut read) = (0, 0);
        while let Some(frame::Found::Good(frame)) = bytes.get(at..).map(frame::Frame::decode) {
            at += frame.bytes();
            read += 1;
        }
        // A part that was put in again may be a whole frame, and no more than one a change is.
        assert!(read <= 9, "seed {seed}");
    }
}

const HEADER_BYTES_IN_TEST: u64 = 8;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_happens_to_the_last_flush_costs_that_flush_only(at in 0..156_u64, garbage in prop::collection::vec(any::<u8>(), 1..40)) {
        let folder = folder();
        let segment = filled(&folder, 3);
        let last_flush = HEADER_BYTES_IN_TEST + 2 * 159;
        overwrite(&segment, last_flush + at, &garbage);
        let (mut journal, _) = FileJournal::open(folder.path()).expect("a torn tail is cut off");
        let kept = numbers(&journal);
        prop_assert!(kept.len() >= 6 && kept.len() <= 9);
        prop_assert_eq!(&kept, &(0..kept.len() as u64).collect::<Vec<_>>());
        journal.append(SimTime::ZERO, b"new").expect("appends");
        journal.flush().expect("flushes");
        drop(journal);
        let (journal, report) = FileJournal::open(folder.path()).expect("opens");
        prop_assert_eq!(report.cut, None);
        prop_assert_eq!(numbers(&journal).len(), kept.len() + 1);
    }
}
