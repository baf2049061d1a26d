//! `skyhaul run` and `skyhaul scenario check`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::service::{data, finished, repository};

fn smoke() -> String {
    repository("scenarios/library/smoke.toml").display().to_string()
}

fn run_into(out: &Path, more: &[&str]) -> (Vec<u8>, Value) {
    let out_text = out.display().to_string();
    let done = finished(&[&["run", &smoke(), "--out", &out_text], more].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let events = fs::read(out.join("events.ndjson")).expect("the event log");
    let summary = fs::read(out.join("summary.json")).expect("the summary");
    (events, serde_json::from_slice(&summary).expect("JSON"))
}

#[test]
fn the_same_file_and_seed_give_the_same_bytes_whatever_the_threads() {
    let folder = data();
    let (first, summary) = run_into(&folder.path().join("first"), &["--threads", "1"]);
    let (second, _) = run_into(&folder.path().join("second"), &["--threads", "3"]);
    assert!(first == second, "two runs differ");
    let (other, _) = run_into(&folder.path().join("other"), &["--seed", "99"]);
    assert!(first != other, "another seed is another run");
    assert_eq!(summary["invariant_violations"], 0, "{summary}");
    assert!(
        summary["deliveries"]["completed"]
            .as_u64()
            .is_some_and(|count| count > 0),
        "{summary}"
    );
    let last: Value = serde_json::from_slice(
        first
            .trim_ascii_end()
            .rsplit(|byte| *byte == b'\n')
            .next()
            .expect("a line"),
    )
    .expect("JSON");
    assert_eq!(
        (&last["type"], &last["digest"]),
        (&Value::from("RunEnded"), &summary["digest"])
    );
}

#[test]
fn json_prints_the_summary_and_nothing_else() {
    let folder = data();
    let out = folder.path().display().to_string();
    let done = finished(&["run", &smoke(), "--out", &out, "--format", "none", "--json"]);
    assert!(done.status.success());
    let summary: Value = serde_json::from_slice(&done.stdout).expect("only JSON");
    assert_eq!(summary["digest"], Value::Null, "no event log, no digest of it");
    assert!(summary["state_digest"].is_string());
    assert!(!folder.path().join("events.ndjson").exists());
}

#[test]
fn a_scenario_is_checked_by_line() {
    let good = finished(&["scenario", "check", &smoke()]);
    assert!(good.status.success() && !good.stdout.is_empty());
    let folder = data();
    let path = folder.path().join("bad.toml");
    let text = fs::read_to_string(smoke())
        .expect("readable")
        .replace("seed", "sed");
    fs::write(&path, text).expect("writable");
    let bad = finished(&["scenario", "check", &path.display().to_string()]);
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert_eq!(bad.status.code(), Some(64));
    assert!(
        said.contains("bad.toml:") && said.contains("`sed`") && said.contains("seed"),
        "{said}"
    );
}
