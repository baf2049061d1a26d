//! `skyhaul load`: a scenario's requests for a running service.

use serde_json::Value;
use tempfile::TempDir;

use crate::service::{Service, finished, repository};

fn scenario() -> String {
    repository("scenarios/library/florence.toml")
        .to_string_lossy()
        .into_owned()
}

#[test]
fn every_request_is_answered_and_found_again() {
    let data = TempDir::new().expect("a folder");
    let service = Service::start(data.path(), &["--no-demand", "--speed", "max"]);

    let scenario = scenario();
    let output = finished(&[
        "load",
        &scenario,
        "--target",
        &service.rest,
        "--rate",
        "200",
        "--duration",
        "1s",
        "--connections",
        "8",
        "--wait",
        "60s",
        "--json",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON and nothing else");
    assert_eq!(report["requests"]["due"], 200, "{report}");
    assert_eq!(report["requests"]["accepted"], 200, "{report}");
    assert_eq!(report["deliveries"]["known"], 200, "{report}");
    assert_eq!(report["deliveries"]["lost"], Value::Array(Vec::new()), "{report}");
    assert_eq!(report["deliveries"]["stages"]["Completed"], 200, "{report}");
    let p50 = report["latency_ms"]["p50"].as_f64().expect("a number");
    let max = report["latency_ms"]["max"].as_f64().expect("a number");
    assert!(0.0 < p50 && p50 <= max, "{report}");
}

#[test]
fn says_what_is_wrong_with_a_flag_and_that_nobody_answers() {
    let scenario = scenario();
    for (flags, code, words) in [
        (["--target", "localhost"], 64, "--target"),
        (["--rate", "0"], 64, "--rate"),
        (["--duration", "soon"], 64, "--duration"),
        (["--owner", "a b"], 64, "--owner"),
        // Nobody listens at port 1.
        (["--target", "http://127.0.0.1:1"], 75, "no connection"),
    ] {
        let output = finished(&["load", &scenario, flags[0], flags[1]]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{flags:?}: {said}");
        assert!(said.contains(words), "{flags:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{flags:?}: {said}");
    }
}
