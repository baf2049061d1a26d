//! A wall clock that jumps, and a data folder that nothing can be written to: errors, then recovery, and nothing lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::service::{Answer, Service, data, eventually, parcel, repository, skyhaul};

/// An hour, in seconds.
const HOUR: i64 = 3_600;

/// Faults of one service, to be made and mended while it runs.
struct Faults(TempDir);

impl Faults {
    fn none() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// The library that makes them, compiled once.
    fn library() -> &'static Path {
        static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
        let (_, library) = LIBRARY.get_or_init(|| {
            let folder = TempDir::new().expect("a temporary folder");
            let library = folder.path().join("faults.so");
            let compiled = Command::new("cc")
                .args(["-O1", "-shared", "-fPIC", "-o"])
                .arg(&library)
                .arg(repository("tests/it/faults.c"))
                .status();
            assert!(
                compiled
                    .expect("a C compiler, as Rust needs one to link")
                    .success()
            );
            (folder, library)
        });
        library
    }

    fn environment(&self) -> [(&'static str, String); 2] {
        let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
        [
            ("LD_PRELOAD", text(Self::library())),
            ("FAULTS", text(self.0.path())),
        ]
    }

    fn start(&self, data: &Path, args: &[&str]) -> Service {
        let environment = self.environment();
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Service::start_with(data, args, &environment)
    }

    /// Sets the wall clock to so much from the right time.
    fn set_clock(&self, seconds_off: i64) {
        let aside = self.0.path().join("aside");
        fs::write(&aside, seconds_off.to_string()).expect("written");
        fs::rename(aside, self.0.path().join("clock")).expect("renamed");
    }

    fn set_read_only(&self, is_read_only: bool) {
        let path = self.0.path().join("read-only");
        if is_read_only {
            fs::write(path, "").expect("written");
        } else {
            fs::remove_file(path).expect("removed");
        }
    }
}

fn ask_once(service: &Service, key: &str) -> String {
    let answer = service.call(
        "POST",
        "/api/deliveryrequests",
        Some(&parcel()),
        &[("Idempotency-Key", key)],
    );
    id_of(&answer)
}

fn id_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.body["deliveryId"].as_str().expect("an id").to_owned()
}

#[test]
fn a_wall_clock_that_jumps_an_hour_either_way_loses_nothing_and_delivers_nothing_twice() {
    let (data, faults) = (data(), Faults::none());
    let args = ["--speed", "60", "--no-demand"];
    let service = faults.start(data.path(), &args);
    let mut asked = Vec::new();
    for (round, seconds_off) in [0, HOUR, -HOUR].into_iter().enumerate() {
        faults.set_clock(seconds_off);
        asked.push(ask_once(&service, &format!("key {round}")));
        for (before, id) in asked.iter().enumerate() {
            assert_eq!(ask_once(&service, &format!("key {before}")), *id, "{seconds_off}");
        }
    }
    for id in &asked {
        service.wait_for_stage(id, "Completed");
    }
    // Killed where it is an hour earlier than it was, and then found where it is an hour later than it ever was.
    service.kill();
    for seconds_off in [-HOUR, HOUR] {
        faults.set_clock(seconds_off);
        let service = faults.start(data.path(), &args);
        for (before, id) in asked.iter().enumerate() {
            assert_eq!(service.stage(id), "Completed");
            assert_eq!(ask_once(&service, &format!("key {before}")), *id);
        }
        asked.push(ask_once(&service, &format!("key {}", asked.len())));
        service.wait_for_stage(asked.last().expect("one was just asked for"), "Completed");
        service.kill();
    }
    let service = faults.start(data.path(), &args);
    let listed = service.get("/api/deliveries?limit=100").body;
    let listed: Vec<_> = listed["items"].as_array().expect("a page").iter().collect();
    assert_eq!(listed.len(), asked.len(), "{listed:?}");
}

#[test]
fn while_nothing_can_be_written_requests_are_refused_and_afterwards_all_goes_on() {
    let (data, faults) = (data(), Faults::none());
    let service = faults.start(data.path(), &["--speed", "60", "--no-demand"]);
    let before = service.request_delivery(&parcel());
    faults.set_read_only(true);
    let refused = eventually("a request to be refused", || {
        let answer = service.post("/api/deliveryrequests", &parcel());
        (answer.status != 202).then_some(answer)
    });
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.retry_after.as_deref(), Some("5"));
    assert_eq!(service.get("/healthz").status, 200);
    assert_eq!(service.get(&format!("/api/deliveries/{before}")).status, 200);
    faults.set_read_only(false);
    let after = eventually("a request to be taken", || {
        let answer = service.post("/api/deliveryrequests", &parcel());
        (answer.status == 202).then(|| id_of(&answer))
    });
    for id in [&before, &after] {
        service.wait_for_stage(id, "Completed");
    }
    service.kill();
    let service = faults.start(data.path(), &["--no-demand"]);
    for id in [&before, &after] {
        assert_eq!(service.stage(id), "Completed");
    }
    let listed: Value = service.get("/api/deliveries?limit=100").body;
    assert_eq!(
        listed["items"].as_array().map(Vec::len),
        Some(2),
        "what was refused is not there: {listed}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named_at_the_start_with_what_to_do() {
    let (data, faults) = (data(), Faults::none());
    let start = || {
        let started = skyhaul()
            .args([
                "serve",
                "--bind",
                "127.0.0.1:0",
                "--telemetry-bind",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(data.path())
            .envs(faults.environment())
            .output();
        started.expect("the program can be started")
    };
    faults.set_read_only(true);
    let refused = start();
    assert_eq!(refused.status.code(), Some(64));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let line = said.lines().last().unwrap_or_default();
    let folder = data.path().to_str().expect("a plain path");
    for wanted in [folder, "Read-only file system", "--data"] {
        assert!(line.contains(wanted), "{wanted}: {said}");
    }
    // A world that is there is not harmed by the attempt.
    faults.set_read_only(false);
    let service = faults.start(data.path(), &["--speed", "60", "--no-demand"]);
    let id = service.request_delivery(&parcel());
    service.kill();
    faults.set_read_only(true);
    assert_eq!(start().status.code(), Some(64));
    faults.set_read_only(false);
    let service = faults.start(data.path(), &["--speed", "60", "--no-demand"]);
    service.wait_for_stage(&id, "Completed");
    assert!(service.stop());
}
