//! IN-1: a request answered 202 survives any crash, flying deliveries go on, and nothing is delivered twice.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::service::{Service, data, parcel};

/// Clients that send requests without pause.
const CLIENTS: usize = 8;

/// How often the service is killed, where `CRASH_ROUNDS` does not say otherwise.
const KILLS: usize = 3;

/// Requests answered before each kill.
const BEFORE_KILL: usize = 60;

/// Sends requests until the service is gone, and gives the ids that were answered 202.
fn load(service: &Service, answered: &Mutex<Vec<String>>, stop: &AtomicBool) {
    let mut number = 0_usize;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let mut request = parcel();
        request["dropOffLocation"] = json!(format!("a place number {}", number % 40));
        request["packageInfo"]["weight"] = json!(0.5);
        let answer = service.post("/api/deliveryrequests", &request);
        match (answer.status, answer.body["deliveryId"].as_str()) {
            (202, Some(id)) => answered.lock().expect("no panic holds it").push(id.to_owned()),
            _ => break,
        }
    }
}

/// Loads the service until enough was answered, then kills it in the middle.
fn kill_under_load(service: &Service, answered: &Mutex<Vec<String>>) {
    let stop = AtomicBool::new(false);
    let wanted = answered.lock().expect("no panic holds it").len() + BEFORE_KILL;
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| load(service, answered, &stop));
        }
        crate::service::eventually("enough answers", || {
            (answered.lock().expect("no panic holds it").len() >= wanted).then_some(())
        });
        service.crash();
        stop.store(true, Ordering::Relaxed);
    });
}

fn rounds() -> usize {
    let said = std::env::var("CRASH_ROUNDS").ok();
    said.map_or(KILLS, |said| said.parse().expect("CRASH_ROUNDS is a number"))
}

#[test]
fn every_request_answered_202_survives_kill_9_under_load_and_nothing_is_delivered_twice() {
    let data = data();
    let answered = Mutex::new(Vec::new());
    let kills = rounds();
    for _ in 0..kills {
        let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
        kill_under_load(&service, &answered);
    }
    let service = Service::start(data.path(), &["--speed", "1000", "--no-demand"]);
    let answered = answered.into_inner().expect("no panic holds it");
    assert!(answered.len() >= kills * BEFORE_KILL);
    for id in &answered {
        assert_eq!(
            service.get(&format!("/api/deliveries/{id}")).status,
            200,
            "{id} is gone"
        );
    }
    for id in &answered {
        service.wait_for_stage(id, "Completed");
    }
    for id in &answered {
        let history = service.get(&format!("/api/deliveries/{id}/history")).body;
        let milestones = history.as_array().expect("a list").iter();
        let times = milestones
            .filter(|milestone| milestone["stage"] == "Completed")
            .count();
        assert_eq!(times, 1, "{id}: {history}");
    }
}

#[test]
fn a_flying_delivery_goes_on_from_where_it_was() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "10", "--no-demand"]);
    let id = service.request_delivery(&parcel());
    service.wait_for_stage(&id, "HeadedToDropoff");
    let before = service.get(&format!("/api/deliveries/{id}")).body;
    let eta = service.status(&id)["deliveryETA"].clone();
    service.kill();
    let service = Service::start(data.path(), &["--speed", "10", "--no-demand"]);
    assert_eq!(service.stage(&id), "HeadedToDropoff");
    assert_eq!(
        service.get(&format!("/api/deliveries/{id}")).body["droneId"],
        before["droneId"]
    );
    assert_eq!(
        service.status(&id)["deliveryETA"],
        eta,
        "the same flight arrives when it would have"
    );
    service.wait_for_stage(&id, "Completed");
}

#[test]
fn a_repeated_key_is_one_delivery_also_after_a_crash() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    let key = [("Idempotency-Key", "order 7")];
    let first = service.call("POST", "/api/deliveryrequests", Some(&parcel()), &key);
    assert_eq!(first.status, 202);
    service.kill();
    let service = Service::start(data.path(), &["--no-demand"]);
    let again = service.call("POST", "/api/deliveryrequests", Some(&parcel()), &key);
    assert_eq!(
        (again.status, &again.body["deliveryId"]),
        (202, &first.body["deliveryId"])
    );
    let mut other = parcel();
    other["packageInfo"]["weight"] = json!(0.7);
    assert_eq!(
        service
            .call("POST", "/api/deliveryrequests", Some(&other), &key)
            .status,
        422
    );
}

#[test]
fn what_operators_did_stands_after_a_crash() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    let depot = service.get("/api/depots").body[0]["name"]
        .as_str()
        .expect("a depot")
        .to_owned();
    let zone = json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [11.30, 43.80]},
        "properties": {"name": "fire", "radius": 200},
    });
    for (path, body, status) in [
        (format!("/api/depots/{depot}/ground"), json!({}), 200),
        ("/api/zones".to_owned(), zone, 201),
        ("/api/drones/drone-1/recall".to_owned(), json!({}), 200),
    ] {
        let answer = service.post(&path, &body);
        assert_eq!(answer.status, status, "{path}: {:?}", answer.body);
    }
    service.kill();
    let service = Service::start(data.path(), &["--no-demand"]);
    let depots = service.get("/api/depots").body;
    let grounded = depots.as_array().expect("a list").iter();
    let grounded: Vec<_> = grounded
        .filter(|depot| depot["isGrounded"] == true)
        .map(|depot| &depot["name"])
        .collect();
    assert_eq!(grounded, [&json!(depot)]);
    let zones = service.get("/api/zones").body;
    let names = zones["features"].as_array().expect("features").iter();
    assert!(names.map(|zone| &zone["id"]).any(|id| id == "fire"), "{zones}");
    let audit = service.get("/api/audit").body;
    let done = audit["items"].as_array().expect("items").iter();
    let done: Vec<_> = done
        .map(|item| item["action"].as_str().expect("a text"))
        .collect();
    assert_eq!(
        done,
        ["recallDrone", "declareZone", "groundDepot"],
        "newest first"
    );
}
