//! What the program says where nobody reads it, or it cannot be written.

use std::fs::OpenOptions;
use std::process::{Output, Stdio};

use crate::service::{data, repository, skyhaul};

/// Runs the program with its standard output, or else its standard error too, in a pipe that nobody reads.
fn unheard(args: &[&str], is_error_heard: bool) -> Output {
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        writer
    };
    let mut program = skyhaul();
    program.args(args).stdout(closed()).stderr(Stdio::piped());
    if !is_error_heard {
        program.stderr(closed());
    }
    let child = program.spawn().expect("the program can be started");
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_pipe_that_nobody_reads_changes_no_exit_code() {
    let folder = data();
    let out = folder.path().display().to_string();
    let smoke = repository("scenarios/library/smoke.toml").display().to_string();
    for args in [
        &["run", &smoke, "--out", &out, "--format", "none", "--json"][..],
        &["run", &smoke, "--out", &out, "--format", "none"],
        &["scenario", "check", &smoke],
        &["config", "show"],
        &["fuzz", "--runs", "1", "--seed", "1", "--json"],
    ] {
        let done = unheard(args, true);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!((done.status.code(), &*said), (Some(0), ""), "{args:?}");
        assert_eq!(unheard(args, false).status.code(), Some(0), "{args:?}");
    }
    let missing = ["run", "there-is-none.toml"];
    assert_eq!(unheard(&missing, false).status.code(), Some(64));
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = OpenOptions::new().write(true).open("/dev/full");
    let full = full.expect("this system has one");
    let mut program = skyhaul();
    program
        .args(["config", "show"])
        .stdout(full)
        .stderr(Stdio::piped());
    let done = program.output().expect("the program can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(75), "{said}");
    assert!(
        said.contains("standard output") && said.contains("space"),
        "{said}"
    );
}
