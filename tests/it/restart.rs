//! What a restart keeps, and when it refuses.

use std::fs;

use crate::service::{Service, data, eventually, finished, parcel, repository};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_graceful_stop_ends_well_and_the_world_goes_on_after_it() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let id = service.request_delivery(&parcel());
    service.wait_for_stage(&id, "HeadedToPickup");
    assert!(service.stop(), "it ended with 0");
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    assert_ne!(service.stage(&id), "Created", "it went on from where it stopped");
    service.wait_for_stage(&id, "Completed");
}

#[test]
fn at_speed_1_virtual_time_is_the_wall_clocks_also_after_a_restart() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    let now = |service: &Service| {
        service.get("/api/simulation").body["now"]
            .as_str()
            .expect("a time")
            .to_owned()
    };
    let before = now(&service);
    service.kill();
    let service = Service::start(data.path(), &["--no-demand"]);
    let after = now(&service);
    assert!(after > before, "{after} comes after {before}");
    assert!(
        service.get("/api/simulation").body["behindS"]
            .as_f64()
            .is_some_and(|behind| behind < 5.0)
    );
}

#[test]
fn a_data_folder_of_another_scenario_is_refused_with_what_to_do() {
    let data = data();
    Service::start(data.path(), &["--no-demand"]).kill();
    let folder = data.path().display().to_string();
    let smoke = repository("scenarios/library/smoke.toml").display().to_string();
    let args = [
        "serve",
        "--bind",
        "127.0.0.1:0",
        "--telemetry-bind",
        "127.0.0.1:0",
        "--data",
        &folder,
    ];
    let refused = finished(&[&args[..], &["--no-demand", "--scenario", &smoke]].concat());
    assert_eq!(refused.status.code(), Some(64));
    assert!(
        text(&refused.stderr).contains("belongs to another scenario"),
        "{}",
        text(&refused.stderr)
    );
    let refused = finished(&args);
    assert_eq!(refused.status.code(), Some(64));
    assert!(
        text(&refused.stderr).contains("--no-demand"),
        "{}",
        text(&refused.stderr)
    );
}

/// The newest journal segment.
fn segment(data: &std::path::Path) -> std::path::PathBuf {
    let mut paths: Vec<_> = fs::read_dir(data.join("journal"))
        .expect("the journal's folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    paths.sort();
    paths.pop().expect("a segment")
}

/// Where the frames of a segment end. A frame begins with the length of its payload plus one and has 32 bytes besides it.
fn filled(bytes: &[u8]) -> usize {
    let mut end = 8;
    while let Some((length, _)) = bytes[end..].split_first_chunk::<4>()
        && let Some(payload) = u32::from_le_bytes(*length).checked_sub(1)
    {
        end += 32 + payload as usize;
    }
    end
}

#[test]
fn a_torn_tail_is_cut_back_and_said_and_a_corrupt_middle_refuses_to_start() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    let ids: Vec<_> = (0..5).map(|_| service.request_delivery(&parcel())).collect();
    eventually("a seal behind the requests", || {
        let metrics = service.get("/metrics").body;
        metrics
            .as_str()?
            .contains("skyhaul_journal_commands_total 5")
            .then_some(())
    });
    service.kill();
    let path = segment(data.path());
    let good = fs::read(&path).expect("readable");

    let mut torn = good.clone();
    let end = filled(&good);
    torn[end..end + 40].fill(0xA5);
    fs::write(&path, &torn).expect("writable");
    let service = Service::start(data.path(), &["--no-demand"]);
    for id in &ids {
        assert_eq!(service.get(&format!("/api/deliveries/{id}")).status, 200);
    }
    service.kill();

    let mut corrupt = fs::read(&path).expect("readable");
    corrupt[60] ^= 0xFF;
    fs::write(&path, &corrupt).expect("writable");
    let folder = data.path().display().to_string();
    let args = [
        "serve",
        "--no-demand",
        "--bind",
        "127.0.0.1:0",
        "--telemetry-bind",
        "127.0.0.1:0",
        "--data",
        &folder,
    ];
    let refused = finished(&args);
    assert_eq!(refused.status.code(), Some(70));
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(text(&refused.stderr).contains(&name), "{}", text(&refused.stderr));
}
