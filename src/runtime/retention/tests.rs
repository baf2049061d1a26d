use proptest::prelude::*;
use skyhaul_engine::ports::memory::MemoryJournal;
use skyhaul_engine::time::SimTime;

use super::*;

const HOUR: i64 = 3_600 * 1_000_000;

/// Each record, and the bytes of each snapshot here.
const RECORD: [u8; 10] = [0; 10];
const SNAPSHOT_BYTES: u64 = 100;

/// Nothing is needed by anyone any more.
const NOTHING: Needed = Needed {
    event: u64::MAX,
    restated: RecordNumber(u64::MAX),
};

/// Snapshots taken at these hours, behind ten records an hour, and the journal up to `end`.
fn recorded(hours: &[i64], end: i64) -> (Vec<KeptSnapshot>, MemoryJournal) {
    let number = |hour: i64| u64::try_from(hour).expect("no negative hours") * 10 + 1;
    let kept = hours.iter().map(|hour| KeptSnapshot {
        mark: SnapshotMark {
            next_record: RecordNumber(number(*hour)),
            next_event: number(*hour) * 10,
            at: SimTime::ZERO,
            taken_unix_micros: hour * HOUR,
        },
        bytes: SNAPSHOT_BYTES,
    });
    let mut journal = MemoryJournal::default();
    for _ in 0..number(end) {
        journal.append(SimTime::ZERO, &RECORD).expect("memory has room");
    }
    (kept.collect(), journal)
}

fn days(days: i64) -> Retention {
    Retention {
        keep_micros: days * 24 * HOUR,
        keep_bytes: u64::MAX,
        ..Retention::default()
    }
}

/// The hours at which what goes was taken.
fn hours(release: &Release) -> Vec<i64> {
    release
        .snapshots
        .iter()
        .map(|mark| mark.taken_unix_micros / HOUR)
        .collect()
}

#[test]
fn a_young_run_is_kept_whole() {
    let (kept, journal) = recorded(&[1, 7, 13], 14);
    assert_eq!(
        days(1).release(&kept, &journal, 14 * HOUR, NOTHING),
        Release::default()
    );
}

#[test]
fn the_window_begins_at_the_newest_snapshot_that_is_old_enough() {
    let (kept, journal) = recorded(&[0, 6, 12, 18, 24, 30, 36], 37);
    let release = days(1).release(&kept, &journal, 37 * HOUR, NOTHING);
    assert_eq!(hours(&release), [0, 6]);
    assert_eq!(release.before, Some(kept[2].mark.next_record));
}

#[test]
fn where_room_is_short_the_window_begins_at_the_oldest_that_fits() {
    let (kept, journal) = recorded(&[0, 6, 12, 18, 24, 30], 30);
    let from_18 = journal.bytes_from(kept[3].mark.next_record) + 3 * SNAPSHOT_BYTES;
    let short = Retention {
        keep_bytes: from_18 + 1,
        ..days(100)
    };
    let release = short.release(&kept, &journal, 30 * HOUR, NOTHING);
    assert_eq!(hours(&release), [0, 6, 12]);
    assert_eq!(release.before, Some(kept[3].mark.next_record));
}

#[test]
fn where_nothing_fits_the_newest_three_stay_with_what_follows_them() {
    let (kept, journal) = recorded(&[0, 6, 12, 18, 24], 25);
    let none = Retention {
        keep_bytes: 0,
        ..days(100)
    };
    let release = none.release(&kept, &journal, 25 * HOUR, NOTHING);
    assert_eq!(hours(&release), [0, 6]);
    assert_eq!(release.before, Some(kept[2].mark.next_record));
}

#[test]
fn a_store_that_is_behind_keeps_what_it_may_need() {
    let (kept, journal) = recorded(&[0, 6, 12, 18, 24, 30, 36], 37);
    let behind = Needed {
        event: kept[1].mark.next_event,
        ..NOTHING
    };
    let release = days(1).release(&kept, &journal, 37 * HOUR, behind);
    assert_eq!(hours(&release), [0]);
    assert_eq!(release.before, Some(kept[1].mark.next_record));
}

#[test]
fn what_was_not_said_again_is_not_let_go_of() {
    let (kept, journal) = recorded(&[0, 6, 12, 18, 24, 30, 36], 37);
    let early = Needed {
        restated: kept[0].mark.next_record,
        ..NOTHING
    };
    let release = days(1).release(&kept, &journal, 37 * HOUR, early);
    assert_eq!(release.before, Some(kept[0].mark.next_record));
    let never = Needed {
        restated: RecordNumber(0),
        ..NOTHING
    };
    let release = days(1).release(&kept, &journal, 37 * HOUR, never);
    assert_eq!(release, Release::default());
}

#[test]
fn of_snapshots_taken_every_hour_one_in_six_stays_and_the_newest_three() {
    let every_hour: Vec<i64> = (0..=20).collect();
    let (mut kept, journal) = recorded(&every_hour, 21);
    let release = days(1).release(&kept, &journal, 21 * HOUR, NOTHING);
    kept.retain(|kept| !release.snapshots.contains(&kept.mark));
    let left: Vec<_> = kept
        .iter()
        .map(|kept| kept.mark.taken_unix_micros / HOUR)
        .collect();
    assert_eq!(left, [0, 6, 12, 18, 19, 20]);
}

#[test]
fn a_clock_that_was_put_back_lets_nothing_go_that_is_needed() {
    let (kept, journal) = recorded(&[100, 106, 112], 113);
    let release = days(1).release(&kept, &journal, 2 * HOUR, NOTHING);
    assert_eq!(release, Release::default());
}

proptest! {
    #[test]
    fn a_restart_always_finds_a_snapshot_and_the_records_behind_it(
        mut taken in proptest::collection::btree_set(0..400_i64, 1..40),
        now in 0..500_i64,
        keep_days in 0..10_i64,
        keep_bytes in 0..10_000_u64,
        flushed in 0..4_500_u64,
        restated in 0..4_500_u64,
    ) {
        let hours: Vec<i64> = std::mem::take(&mut taken).into_iter().collect();
        let (kept, journal) = recorded(&hours, 400);
        let retention = Retention { keep_bytes, ..days(keep_days) };
        let needed = Needed { event: flushed * 10, restated: RecordNumber(restated) };
        let release = retention.release(&kept, &journal, now * HOUR, needed);
        let left: Vec<_> = kept.iter().filter(|kept| !release.snapshots.contains(&kept.mark)).collect();
        prop_assert!(left.len() >= kept.len().min(NEWEST_KEPT));
        let usable = |kept: &&KeptSnapshot| kept.mark.next_event <= needed.event;
        prop_assert_eq!(left.iter().copied().any(|kept| usable(&kept)), kept.iter().any(|kept| usable(&kept)));
        if let Some(before) = release.before {
            prop_assert!(before <= needed.restated);
            prop_assert!(left.iter().all(|kept| kept.mark.next_record >= before), "none is left that the journal does not go on from");
            prop_assert!(left.iter().any(|kept| usable(kept) && kept.mark.next_record >= before));
        }
    }
}
