//! What was let go of is needed by nobody: a world begins at a snapshot, and what operators did holds.

use skyhaul_engine::ports::SnapshotMark;

use super::*;
use crate::pacing::{PacingAction, PacingRecord};
use crate::runtime::pacer::{self, unix_micros};
use crate::runtime::recovery::RecoveryError;
use crate::runtime::retention::NEWEST_KEPT;

const NINE_DAYS: i64 = 9 * 86_400 * 1_000_000;

/// A world that was paused and has ended, its snapshots a microsecond apart, all that follows from its journal said again.
async fn ended() -> Arc<Shared> {
    let pause = Record::Pacing(PacingRecord {
        action: PacingAction::Pause,
        by: "operator".to_owned(),
        unix_micros: 1,
    });
    let life = Life::go_on_from(&[pause]);
    life.send_until_acknowledged(1).await;
    life.send_until_acknowledged(2).await;
    let shared = Arc::clone(&life.running.shared);
    assert_eq!(life.end().await, [1, 2]);
    {
        let mut snapshots = shared.snapshots.lock();
        let last = snapshots
            .kept()
            .expect("memory works")
            .last()
            .expect("one was taken")
            .mark;
        let bytes = snapshots.load(last).expect("it was kept");
        for later in 1..NEWEST_KEPT {
            let mark = SnapshotMark {
                taken_unix_micros: last.taken_unix_micros + i64::try_from(later).expect("few"),
                ..last
            };
            snapshots.save(mark, &bytes).expect("memory works");
        }
    }
    pacer::keep(&shared).expect("memory works");
    shared
}

fn recover(shared: &Shared) -> Result<recovery::Recovered, RecoveryError> {
    let worlds = EchoWorlds(Arc::default());
    recovery::recover(shared, &worlds, &NoPicture, None)
}

#[actix_rt::test]
async fn a_world_goes_on_from_a_snapshot_when_the_records_before_it_are_gone() {
    let shared = ended().await;
    shared.let_go(unix_micros() + NINE_DAYS).expect("memory works");
    let journal = shared.journal.lock();
    let gone = journal.read(RecordNumber(1), &mut |_| true);
    assert!(matches!(gone, Err(JournalError::Gone(_))), "{gone:?}");
    let summary = recovery::summarise(&**journal).expect("it can be read");
    assert!(summary.pacing.state.paused_at.is_some(), "it is still paused");
    let builds: Vec<_> = summary.builds.iter().map(|(_, build)| build.as_str()).collect();
    assert_eq!(builds, [BUILD]);
    drop(journal);
    let recovered = recover(&shared).expect("there is a snapshot");
    assert_eq!(recovered.world.next_event(), 2);
}

#[actix_rt::test]
async fn a_young_world_lets_nothing_go() {
    let shared = ended().await;
    shared.let_go(unix_micros()).expect("memory works");
    let mut records = 0;
    let read = shared.journal.lock().read(RecordNumber(1), &mut |_| {
        records += 1;
        true
    });
    read.expect("all of it is there");
    assert!(records > 2);
}

#[actix_rt::test]
async fn without_a_snapshot_a_journal_that_lost_its_beginning_says_what_is_missing() {
    let shared = ended().await;
    shared.let_go(unix_micros() + NINE_DAYS).expect("memory works");
    let kept = shared.snapshots.lock().kept().expect("memory works");
    for kept in kept {
        shared.snapshots.lock().remove(kept.mark).expect("memory works");
    }
    let refused = recover(&shared)
        .err()
        .expect("there is nothing to begin with")
        .to_string();
    assert!(refused.contains("no snapshot can be used"), "{refused}");
}
