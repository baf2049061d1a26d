//! A command at which the engine dies is put aside after the third death, and the world goes on without it.

use super::super::deaths::DEATHS_MAX;
use super::*;

/// All records of the journal behind its first.
fn records(life: &Life) -> Vec<Record> {
    let mut found = Vec::new();
    let journal = life.running.shared.journal.lock();
    let read = journal.read(RecordNumber(1), &mut |raw| {
        found.push(Record::decode(&raw.payload).expect("a record"));
        true
    });
    read.expect("the journal can be read");
    found
}

/// What the journal puts aside: which command, after how many deaths, and why.
fn put_aside(life: &Life) -> Vec<(CommandId, u32, String)> {
    let put_aside = records(life).into_iter().filter_map(|record| match record {
        Record::Quarantined {
            command,
            cause,
            deaths,
        } => Some((command, deaths, cause)),
        _ => None,
    });
    put_aside.collect()
}

/// The same journal for another life. Its commands take effect at other times there, so what the engine had come to is left out.
fn without_milestones(records: Vec<Record>) -> Vec<Record> {
    let nothing = |record| match record {
        Record::Reached(_) => Record::Seal { until: SimTime::ZERO },
        record => record,
    };
    records.into_iter().map(nothing).collect()
}

#[actix_rt::test]
async fn a_command_that_no_engine_survives_is_turned_down_after_three_deaths_and_after_a_restart() {
    let life = Life::start();
    life.send_until_acknowledged(1).await;
    let runaway = life.send_until_acknowledged(RUNAWAY.0).await;
    until(|| !life.running.shared.host_is_up()).await;
    assert_eq!(
        life.send(2).await,
        Err(SubmitError::NotReady),
        "told to come again"
    );
    let third = life.send_until_acknowledged(3).await;
    assert_eq!(life.commands.decision(third).await, Decision::Accepted);
    assert_eq!(
        life.commands.decision(runaway).await,
        Decision::Accepted,
        "who asked is told something"
    );
    assert_eq!(put_aside(&life), [(runaway, DEATHS_MAX, "runaway".to_owned())]);
    let records = without_milestones(records(&life));
    let told = [1, RUNAWAY.0 + TURNED_DOWN, 3];
    assert_eq!(life.end().await, told);

    let life = Life::go_on_from(&records);
    let fourth = life.send_until_acknowledged(4).await;
    life.commands.decision(fourth).await;
    let metrics = &life.running.shared.metrics;
    assert_eq!(metrics.part_restarts.with_label_values(&["host"]).get(), 0);
    assert_eq!(life.end().await, [told[0], told[1], told[2], 4]);
}

#[actix_rt::test]
async fn one_of_a_batch_is_found_and_the_others_are_carried_out() {
    let life = Life::start();
    life.send_until_acknowledged(1).await;
    let batch = [2, 3, POISON.0, 4, 5].map(|number| life.send(number));
    let answers = futures_util::future::join_all(batch).await;
    let poison = answers[2].expect("durable before the host dies of it");
    let last = life.send_until_acknowledged(6).await;
    life.commands.decision(last).await;
    let put_aside: Vec<_> = put_aside(&life)
        .into_iter()
        .map(|(command, ..)| command)
        .collect();
    assert_eq!(
        put_aside,
        [poison, poison],
        "the engine dies at turning it down as well: it is passed over without a word"
    );
    assert_eq!(life.end().await, [1, 2, 3, 4, 5, 6]);
}
