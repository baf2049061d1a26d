//! A world that is rebuilt is held against what was recorded of it.

use super::*;
use crate::exit::Exit;
use crate::record::Reached;

/// A cancellation that takes effect in the first microsecond, and what the journal says of the world after it.
fn journal_of(build: &str, digest: u64) -> Vec<Record> {
    let at = SimTime::from_micros(1_000);
    vec![
        Record::Started {
            build: build.to_owned(),
        },
        Record::Command(Command::CancelDelivery {
            delivery: DeliveryId(7),
        }),
        Record::Seal { until: at },
        Record::Reached(Reached {
            at,
            next_event: 1,
            digest,
        }),
    ]
}

fn milestones(life: &Life) -> Vec<Reached> {
    let mut milestones = Vec::new();
    let journal = life.running.shared.journal.lock();
    let read = journal.read(RecordNumber(0), &mut |raw| {
        if let Ok(Record::Reached(reached)) = Record::decode(&raw.payload) {
            milestones.push(reached);
        }
        true
    });
    read.expect("the journal can be read");
    milestones
}

#[actix_rt::test]
async fn a_world_that_comes_to_what_was_recorded_goes_on() {
    let life = Life::go_on_from(&journal_of("an older build", 1));
    life.send_until_acknowledged(8).await;
    assert_eq!(life.end().await, [7, 8]);
}

#[actix_rt::test]
async fn another_build_that_does_not_repeat_the_record_is_refused_and_lets_nothing_out() {
    let mut life = Life::go_on_from(&journal_of("an older build", 99));
    let fatal = life.fatals.recv().await.expect("it gives up");
    assert_eq!(fatal.exit, Exit::TryAgain);
    for word in [
        "an older build",
        BUILD,
        "journal record 1",
        "0.001000 s",
        "SIGTERM",
    ] {
        assert!(fatal.reason.contains(word), "{word}: {}", fatal.reason);
    }
    assert_eq!(life.send(8).await, Err(SubmitError::NotReady));
    assert_eq!(life.rows.lock().deliveries, []);
}

#[actix_rt::test]
async fn the_same_build_that_does_not_repeat_its_own_record_is_broken() {
    let mut life = Life::go_on_from(&journal_of(BUILD, 99));
    let fatal = life.fatals.recv().await.expect("it gives up");
    assert_eq!(fatal.exit, Exit::Broken);
    assert!(fatal.reason.contains("skyhaul replay"), "{}", fatal.reason);
}

#[actix_rt::test]
async fn what_the_engine_came_to_is_written_beside_the_seals_by_a_build_that_gives_its_name() {
    let life = Life::start();
    let first = life.send_until_acknowledged(1).await;
    life.commands.decision(first).await;
    until(|| milestones(&life).iter().any(|reached| reached.next_event == 1)).await;
    let shared = Arc::clone(&life.running.shared);
    life.host.put(1);
    life.send(2).await.expect("durable before the host dies of it");
    let third = life.send_until_acknowledged(3).await;
    life.commands.decision(third).await;
    assert_eq!(life.end().await, [1, 2, 3]);
    let journal = shared.journal.lock();
    let summary = recovery::summarise(&**journal).expect("it can be read");
    let builds: Vec<_> = summary.builds.iter().map(|(_, build)| build.as_str()).collect();
    assert_eq!(builds, [BUILD]);
}
