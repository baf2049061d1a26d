//! The main job by REST, as the contract's last lines show it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::service::{Service, data, eventually, parcel};

/// The body of the contract's `curl`, to the letter.
fn contract_request() -> Value {
    json!({
        "confirmationRequired": "None",
        "deadline": "",
        "dropOffLocation": "drop off",
        "expedited": true,
        "ownerId": "myowner",
        "packageInfo": {"packageId": "mypackage", "size": "Small", "tag": "mytag", "weight": 10},
        "pickupLocation": "my pickup",
        "pickupTime": "2019-05-08T20:00:00.000Z"
    })
}

#[test]
fn the_contracts_request_is_echoed_found_at_once_and_delivered_by_a_drone() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "120", "--no-demand"]);
    let answer = service.post("/api/deliveryrequests", &contract_request());
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    let id = answer.body["deliveryId"].as_str().expect("an id").to_owned();
    assert_eq!(
        answer.location.as_deref(),
        Some(format!("/api/deliveries/{id}").as_str())
    );
    assert_eq!(answer.body["ownerId"], "myowner");
    assert_eq!(answer.body["packageInfo"]["weight"], 10.0);
    let delivery = service.get(&format!("/api/deliveries/{id}"));
    assert_eq!(
        delivery.status, 200,
        "readable as soon as it was answered: {:?}",
        delivery.body
    );
    assert_eq!(delivery.body["owner"]["userId"], "myowner");
    assert_eq!(delivery.body["expedited"], true);
    service.wait_for_stage(&id, "Completed");
    let delivery = service.get(&format!("/api/deliveries/{id}")).body;
    assert!(
        delivery["droneId"].is_string(),
        "a heavy lifter carried it, no carrier: {delivery}"
    );
}

#[test]
fn the_status_moves_with_the_drone_and_ends_completed() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "30", "--no-demand"]);
    let id = service.request_delivery(&parcel());
    let mut stages: Vec<String> = Vec::new();
    let mut places: Vec<Value> = Vec::new();
    eventually("the delivery to be completed", || {
        let status = service.status(&id);
        for eta in ["pickupETA", "deliveryETA"] {
            assert!(status[eta].is_string(), "{eta} is always there: {status}");
        }
        let stage = status["stage"].as_str().expect("a stage").to_owned();
        if stages.last() != Some(&stage) {
            stages.push(stage.clone());
        }
        if stage == "HeadedToDropoff" && places.last() != Some(&status["lastKnownLocation"]) {
            places.push(status["lastKnownLocation"].clone());
        }
        (stage == "Completed").then_some(())
    });
    assert!(
        stages.ends_with(&["HeadedToPickup", "HeadedToDropoff", "Completed"].map(str::to_owned)),
        "{stages:?}"
    );
    assert!(places.len() > 3, "the location moves: {places:?}");
}

fn tomorrow_unix_ms() -> u128 {
    let tomorrow = SystemTime::now() + Duration::from_hours(24);
    tomorrow
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis()
}

#[test]
fn cancel_and_reschedule_take_effect_or_say_why_not() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let path = |id: &str| format!("/api/deliveryrequests/{id}");
    let unknown = "3f0c5a1e-9d3b-4f0e-8a55-0c3a1b2c3d4e";
    assert_eq!(service.delete(&path(unknown)).status, 404);

    let mut request = parcel();
    request["pickupTime"] = json!(tomorrow_unix_ms());
    let waiting = service.request_delivery(&request);
    assert_eq!(service.delete(&path(&waiting)).status, 204);
    assert_eq!(service.delete(&path(&waiting)).status, 204, "already cancelled");
    assert_eq!(service.stage(&waiting), "Cancelled");

    let moved = service.request_delivery(&request);
    let change = json!({"dropOffLocation": "43.7800,11.2600", "pickupTime": "2019-01-01T00:00:00Z"});
    let answer = service.call("PATCH", &path(&moved), Some(&change), &[]);
    assert_eq!((answer.status, &answer.body["deliveryId"]), (200, &json!(moved)));
    service.wait_for_stage(&moved, "HeadedToDropoff");
    assert_eq!(
        service.delete(&path(&moved)).status,
        409,
        "the parcel was picked up"
    );
    assert_eq!(
        service.call("PATCH", &path(&moved), Some(&change), &[]).status,
        409
    );
    service.wait_for_stage(&moved, "Completed");
    let place = &service.status(&moved)["lastKnownLocation"];
    assert_eq!(
        (&place["latitude"], &place["longitude"]),
        (&json!(43.78), &json!(11.26))
    );
}

#[test]
fn the_page_and_its_map_come_from_the_program() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    for path in ["/", "/track/3f0c5a1e-9d3b-4f0e-8a55-0c3a1b2c3d4e"] {
        let page = service.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.body.as_str().is_some_and(|text| text.contains("<html")),
            "{path}: {:?}",
            page.body
        );
    }
    assert_eq!(service.get("/api/config").status, 200);
    assert!(
        service
            .get("/metrics")
            .body
            .as_str()
            .is_some_and(|text| text.contains("skyhaul_events_total"))
    );
    assert_eq!(
        service.get("/openapi.json").body["openapi"]
            .as_str()
            .map(|version| &version[..3]),
        Some("3.1")
    );
}
