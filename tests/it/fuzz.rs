//! `skyhaul fuzz`.

use std::fs;

use serde_json::Value;

use crate::service::{data, finished};

#[test]
fn a_number_of_seeds_is_run_and_tallied() {
    let done = finished(&["fuzz", "--seed", "1", "--runs", "5", "--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).expect("only JSON");
    assert_eq!(
        (&report["runs"], &report["seed"]),
        (&Value::from(5), &Value::from(1))
    );
    assert_eq!(
        (&report["stopped"], &report["failure"]),
        (&Value::from("runs"), &Value::Null)
    );
    assert!(
        report["events"].as_u64().is_some_and(|events| events > 0),
        "{report}"
    );
}

#[test]
fn each_run_can_be_told_of_and_the_command_told_repeats_it() {
    let done = finished(&[
        "fuzz",
        "--seed",
        "7",
        "--runs",
        "2",
        "--verbose",
        "--reduce",
        "demand:a",
    ]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    for seed in [7, 8] {
        let command = format!("skyhaul fuzz --seed {seed} --runs 1 --reduce demand:a");
        assert!(said.contains(&command), "{said}");
    }
    let tally = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        tally.contains("2 runs from seed 7") && tally.contains("no invariant broke"),
        "{tally}"
    );
}

#[test]
fn a_seed_is_written_out_as_a_scenario_that_can_be_checked_and_run() {
    let folder = data();
    let case = folder.path().join("case");
    let (case_text, out) = (
        case.display().to_string(),
        folder.path().join("out").display().to_string(),
    );
    let done = finished(&["fuzz", "--seed", "4574", "--runs", "1", "--write", &case_text]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let scenario = case.join("scenario.toml").display().to_string();
    assert!(finished(&["scenario", "check", &scenario]).status.success());
    assert!(
        finished(&["run", &scenario, "--out", &out, "--quiet"])
            .status
            .success()
    );
    let asked = fs::read_to_string(case.join("commands.txt")).expect("what clients ask");
    assert!(asked.contains("request ") && asked.contains("cancel "), "{asked}");
    let events = fs::read_to_string(case.join("events.ndjson")).expect("the event log");
    assert!(
        events
            .lines()
            .last()
            .is_some_and(|line| line.contains("RunEnded"))
    );
}

#[test]
fn what_is_no_reduction_is_refused() {
    let done = finished(&["fuzz", "--reduce", "speed:a"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(64));
    assert!(
        said.contains("`speed:a`") && said.contains("commands:ab"),
        "{said}"
    );
}
