//! One clear line for each thing a person may do wrong.

use std::net::TcpListener;

use crate::service::{Service, data, finished};

/// Runs the program, which must fail with the code and say all of the words.
fn refused(args: &[&str], code: i32, words: &[&str]) {
    let output = finished(args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?} should say {word:?}: {said}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = data();
    let path = folder.path().display().to_string();
    refused(
        &["serve", "--data", &path, "--bind", &address],
        75,
        &[&address, "in use", "--bind"],
    );
    let free = "127.0.0.1:0";
    refused(
        &[
            "serve",
            "--data",
            &path,
            "--bind",
            free,
            "--telemetry-bind",
            &address,
        ],
        75,
        &[&address, "in use", "--telemetry-bind"],
    );
    assert!(!folder.path().join("journal").exists(), "nothing was touched");
}

#[test]
fn a_second_process_on_the_same_data_is_kept_out() {
    let folder = data();
    let _service = Service::start(folder.path(), &["--no-demand"]);
    let path = folder.path().display().to_string();
    let ports = ["--bind", "127.0.0.1:0", "--telemetry-bind", "127.0.0.1:0"];
    refused(
        &[&["serve", "--data", &path], &ports[..]].concat(),
        75,
        &[&path, "another skyhaul", "--data"],
    );
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let ports = ["--bind", "127.0.0.1:0", "--telemetry-bind", "127.0.0.1:0"];
    refused(
        &[&["serve", "--data", "/dev/null/data"], &ports[..]].concat(),
        64,
        &["/dev/null/data", "--data"],
    );
}

#[test]
fn a_public_address_is_refused_unless_it_is_meant() {
    refused(
        &["serve", "--bind", "0.0.0.0:8080"],
        64,
        &["0.0.0.0:8080", "--insecure"],
    );
}

#[test]
fn what_does_not_exist_or_is_wrong_is_said() {
    refused(&["fly"], 64, &["fly"]);
    refused(&["serve", "--speed", "fast"], 64, &["world.speed", "fast"]);
    refused(&["run", "no-such-file.toml"], 64, &["no-such-file.toml"]);
    refused(
        &["scenario", "check", "no-such-file.toml"],
        64,
        &["no-such-file.toml"],
    );
    refused(
        &["serve", "--config", "no-such-file.toml"],
        64,
        &["no-such-file.toml"],
    );
    refused(
        &["run", "x.toml", "--format", "parquet"],
        64,
        &["parquet", "ndjson"],
    );
}

#[test]
fn help_and_settings_are_shown() {
    let help = finished(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        help.status.success() && text.contains("serve") && text.contains("Examples"),
        "{text}"
    );
    let shown = finished(&["config", "show", "--speed", "60"]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.status.success() && text.contains("world.speed") && text.contains("flag --speed"),
        "{text}"
    );
}
