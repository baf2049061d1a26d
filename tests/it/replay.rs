//! `skyhaul replay`: what was recorded comes again, is told where it does not, and goes on by another plan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use skyhaul::journal::FileJournal;
use skyhaul::record::{Reached, Record};
use skyhaul_engine::ports::{Journal as _, RecordNumber};
use skyhaul_engine::time::SimTime;
use tempfile::TempDir;

use crate::service::{Service, data, eventually, finished, parcel, repository};

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).expect("readable");
            found.insert(path, bytes);
        }
    }
    found
}

fn replay(data: &Path, more: &[&str]) -> Output {
    let folder = data.display().to_string();
    finished(&[&["replay", folder.as_str()], more].concat())
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn report(data: &Path, more: &[&str]) -> Value {
    let output = replay(data, &[&["--json"], more].concat());
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).expect("only JSON")
}

/// A data folder in which two deliveries were made, one of them in a trace of its caller's, the service killed, another made, and the service stopped.
fn recorded() -> TempDir {
    let data = data();
    let args = ["--speed", "60", "--no-demand"];
    let service = Service::start(data.path(), &args);
    let trace = (
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
    for headers in [&[][..], &[trace]] {
        let asked = service.call("POST", "/api/deliveryrequests", Some(&parcel()), headers);
        let id = asked.body["deliveryId"].as_str().expect("an id");
        service.wait_for_stage(id, "Completed");
    }
    service.kill();
    let service = Service::start(data.path(), &args);
    let id = service.request_delivery(&parcel());
    service.wait_for_stage(&id, "Completed");
    assert!(service.stop(), "it ended with 0");
    data
}

#[test]
fn what_was_recorded_comes_again_with_and_without_snapshots_and_nothing_is_written() {
    let data = recorded();
    let before = files(data.path());
    let whole = report(data.path(), &["--from-start"]);
    assert_eq!(whole["agrees"], true, "{whole}");
    assert_eq!(whole["replayed"]["commands"], 3, "{whole}");
    assert_eq!(whole["replayed"]["snapshots"], 1, "{whole}");
    assert!(whole["replayed"]["agreed"].as_u64() > Some(2), "{whole}");
    let quick = report(data.path(), &[]);
    assert!(quick["snapshot_t"].as_f64() > Some(0.0), "{quick}");
    assert_eq!(
        (&quick["digest"], &quick["now_t"]),
        (&whole["digest"], &whole["now_t"])
    );
    let out = data.path().with_extension("out");
    let early = report(
        data.path(),
        &["--until", "1m30s", "--out", &out.display().to_string()],
    );
    assert_eq!(early["now_t"], 90.0, "{early}");
    let summary = fs::read(out.join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    assert_eq!(summary["invariant_violations"], 0, "{summary}");
    assert_eq!(summary["deliveries"]["requested"], 1, "{summary}");
    let log = fs::read_to_string(out.join("events.ndjson")).expect("an event log");
    assert!(log.contains("\"type\":\"DeliveryRequested\"") && log.ends_with("}\n"));
    fs::remove_dir_all(&out).expect("removable");
    assert!(before == files(data.path()), "not a byte was changed");
}

#[test]
fn a_folder_that_is_in_use_or_none_is_said() {
    let data = data();
    let nothing = replay(data.path(), &[]);
    assert_eq!(nothing.status.code(), Some(64), "{}", said(&nothing));
    let service = Service::start(data.path(), &["--no-demand"]);
    let used = replay(data.path(), &[]);
    assert_eq!(used.status.code(), Some(75), "{}", said(&used));
    assert!(
        said(&used).contains("already uses this data folder"),
        "{}",
        said(&used)
    );
    service.kill();
    let late = replay(data.path(), &["--until", "1000d"]);
    assert_eq!(late.status.code(), Some(64), "{}", said(&late));
    let odd = replay(data.path(), &["--until", "soon"]);
    assert!(
        odd.status.code() == Some(64) && said(&odd).contains("`soon`"),
        "{}",
        said(&odd)
    );
}

/// Makes the journal say that the engine had come to something else than it had.
fn falsify(data: &Path, build: &str) {
    let (mut journal, _) = FileJournal::open(&data.join("journal")).expect("a journal");
    let mut at = SimTime::ZERO;
    let read = journal.read(RecordNumber(0), &mut |raw| {
        if let Ok(Record::Seal { until }) = Record::decode(&raw.payload) {
            at = until;
        }
        true
    });
    read.expect("readable");
    let build = build.to_owned();
    let wrong = Reached {
        at,
        next_event: 1,
        digest: 0xBAD,
    };
    for record in [Record::Started { build }, Record::Reached(wrong)] {
        journal.append(at, &record.encode()).expect("there is room");
    }
    journal.flush().expect("the device works");
}

#[test]
fn a_record_that_does_not_come_again_is_told_where_and_refused_by_a_service_of_another_build() {
    let data = recorded();
    falsify(data.path(), "0.0.9+cafe");
    let parted = replay(data.path(), &[]);
    let text = said(&parted);
    assert_eq!(parted.status.code(), Some(70), "{text}");
    for word in [
        "NO; up to there",
        "they part between",
        "0000000000000bad",
        "0.0.9+cafe",
        "it is not the snapshot",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let folder = data.path().display().to_string();
    let free = "127.0.0.1:0";
    let refused = finished(&[
        "serve",
        "--bind",
        free,
        "--telemetry-bind",
        free,
        "--no-demand",
        "--data",
        &folder,
    ]);
    assert_eq!(refused.status.code(), Some(75), "{}", said(&refused));
    assert!(
        said(&refused).contains("does not repeat what the build 0.0.9+cafe recorded"),
        "{}",
        said(&refused)
    );
}

/// The smoke scenario with something changed, in a file beside its own, so that the files it names are found.
fn changed(folder: &Path, from: &str, to: &str) -> String {
    let text = fs::read_to_string(repository("scenarios/library/smoke.toml")).expect("readable");
    let other = text.replacen(from, to, 1);
    assert_ne!(text, other, "{from} is there");
    let path = folder.join("changed.toml");
    fs::write(&path, other).expect("writable");
    path.display().to_string()
}

#[test]
fn a_recorded_run_goes_on_with_more_drones_and_is_compared_with_what_came_of_it() {
    let (data, folder) = (data(), data());
    let smoke = repository("scenarios/library/smoke.toml").display().to_string();
    let service = Service::start(data.path(), &["--scenario", &smoke, "--speed", "1000"]);
    eventually("two hours to pass", || {
        let metrics = service.get("/metrics").body;
        let line = metrics
            .as_str()?
            .lines()
            .find(|line| line.starts_with("skyhaul_clock_seconds "))?;
        let seconds: f64 = line.rsplit(' ').next()?.parse().ok()?;
        (seconds > 7_200.0).then_some(())
    });
    service.kill();
    let out = folder.path().join("out").display().to_string();
    let plan = changed(folder.path(), "count = 12", "count = 16");
    let branch = ["--until", "1h", "--branch", &plan, "--for", "2h", "--out", &out];
    let report = report(data.path(), &branch);
    let branch = &report["branch"];
    let count = |way: &str, what: &str| branch[way]["drones"][what].as_u64();
    assert_eq!(
        (&branch["from_t"], &branch["to_t"]),
        (&3_600.0.into(), &10_800.0.into())
    );
    assert_eq!(
        count("branch", "count"),
        count("recorded", "count").map(|count| count + 4)
    );
    assert_eq!(
        branch["branch"]["deliveries"]["requested"], branch["recorded"]["deliveries"]["requested"],
        "the same was asked: {branch}"
    );
    assert_eq!(branch["invariant_violations"], 0, "{branch}");
    let log = fs::read_to_string(folder.path().join("out/events.ndjson")).expect("an event log");
    let joined = log
        .lines()
        .filter(|line| line.contains("DroneCommissioned") && !line.contains("\"t\":0.000000"));
    assert_eq!(joined.count(), 4);

    let plan = changed(folder.path(), "pads = 6", "pads = 7");
    let refused = replay(data.path(), &["--branch", &plan, "--for", "1h", "--out", &out]);
    assert_eq!(refused.status.code(), Some(64), "{}", said(&refused));
    assert!(
        said(&refused).contains("the depots of the recorded run"),
        "{}",
        said(&refused)
    );
}
