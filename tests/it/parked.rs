//! What actors failed on too often is kept to be looked at.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::service::{Service, data, eventually, repository};

/// The smoke scenario with more requests, and handlers that panic as often as a scenario may ask for.
fn a_town_of_failures(folder: &std::path::Path) -> PathBuf {
    let smoke = fs::read_to_string(repository("scenarios/library/smoke.toml")).expect("readable");
    let busy = smoke.replace("requests_per_day = 4_000", "requests_per_day = 8_000");
    let faulty = busy.replace("[faults]\n", "[faults]\nactor_panic_per_message = 0.1\n");
    assert!(busy != smoke && faulty != busy, "the scenario is as it was");
    let path = folder.join("faulty.toml");
    fs::write(&path, faulty).expect("writable");
    path
}

/// The messages that are parked, newest first.
fn parked(service: &Service) -> Vec<Value> {
    let page = service.get("/api/simulation/parked").body;
    page["items"].as_array().expect("a list").clone()
}

#[test]
fn parked_messages_are_shown_also_after_a_crash() {
    let data = data();
    let scenario = a_town_of_failures(data.path()).display().to_string();
    let args = ["--scenario", scenario.as_str(), "--speed", "max"];
    let service = Service::start(data.path(), &args);
    eventually("a message to be parked", || parked(&service).pop());
    eventually("a message to one who is gone", || {
        let letters = service.get("/api/simulation/dead-letters?limit=1").body;
        letters["items"].get(0).cloned()
    });
    assert_eq!(service.post("/api/simulation/pause", &json!({})).status, 200);
    let items = parked(&service);
    for item in &items {
        for field in ["actor", "message", "cause", "at"] {
            assert!(
                item[field].as_str().is_some_and(|text| !text.is_empty()),
                "{item}"
            );
        }
    }
    let engine = service.get("/api/simulation").body["engine"].clone();
    assert_eq!(engine["parkedMessages"], json!(items.len()));
    let letters = service.get("/api/simulation/dead-letters?limit=1").body;
    assert!(engine["undeliverableMessages"].as_u64() > Some(0), "{engine}");
    let letter = &letters["items"][0];
    for field in ["at", "to", "from"] {
        assert!(
            letter[field].as_str().is_some_and(|text| !text.is_empty()),
            "{letter}"
        );
    }
    let metrics = service.get("/metrics").body;
    let counted = format!("skyhaul_parked_messages_total {}", items.len());
    assert!(
        metrics.as_str().is_some_and(|text| text.contains(&counted)),
        "{counted}"
    );
    service.kill();
    let service = Service::start(data.path(), &args);
    assert_eq!(parked(&service), items);
}
