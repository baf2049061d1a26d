//! An operator holds time: what stands, what goes on, and what a crash does not change.

use serde_json::{Value, json};

use crate::service::{Answer, Service, data, eventually, parcel};

impl Service {
    /// Asks something of the pace of time, which is done.
    fn pace(&self, what: &str, body: &Value) -> Value {
        let answer = self.post(&format!("/api/simulation/{what}"), body);
        assert_eq!(answer.status, 200, "{what}: {:?}", answer.body);
        answer.body
    }

    fn simulation(&self) -> Value {
        self.get("/api/simulation").body
    }
}

/// Virtual time as an answer shows it, in milliseconds of its day.
fn millis(simulation: &Value) -> u64 {
    let text = simulation["now"].as_str().expect("a time");
    let (_, time) = text.split_once('T').expect("a date and a time");
    let parts: Vec<u64> = time
        .trim_end_matches('Z')
        .split([':', '.'])
        .map(|part| part.parse().expect("a number"))
        .collect();
    ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1_000 + parts[3]
}

/// Milliseconds from one answer to another, also past midnight.
fn passed(before: &Value, after: &Value) -> u64 {
    const DAY: u64 = 86_400_000;
    (millis(after) + DAY - millis(before)) % DAY
}

#[test]
fn a_paused_world_takes_requests_and_serves_them_when_it_is_stepped() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let paused = service.pace("pause", &json!({}));
    assert_eq!(
        (&paused["paused"], &paused["speed"]),
        (&json!(true), &json!(60.0))
    );
    let id = service.request_delivery(&parcel());
    assert_eq!(service.get(&format!("/api/deliveries/{id}")).status, 200);
    let stood = service.simulation();
    assert!(passed(&paused, &stood) <= 1, "{paused} and {stood}");
    assert_eq!(stood["behindS"], 0.0);
    let stepped = service.pace("step", &json!({"by": "1m"}));
    assert_eq!(passed(&stood, &stepped), 60_000);
    assert_eq!(stepped["engine"]["at"], stepped["now"]);
    eventually("the delivery to have a drone", || {
        let delivery = service.get(&format!("/api/deliveries/{id}")).body;
        delivery["droneId"].is_string().then_some(())
    });
    let next = service.pace("step", &json!({}));
    assert_eq!(
        next["now"], stepped["engine"]["nextDue"],
        "the next event, no further"
    );
    let resumed = service.pace("resume", &json!({}));
    assert_eq!(resumed["paused"], false);
    service.wait_for_stage(&id, "Completed");
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    let status = |what: &str, body: Value| {
        let Answer { status, body, .. } = service.post(&format!("/api/simulation/{what}"), &body);
        (status, body["status"].as_u64().expect("a problem"))
    };
    assert_eq!(status("step", json!({"by": "1m"})), (409, 409), "it runs");
    assert_eq!(status("speed", json!({"factor": 5_000})), (422, 422));
    assert_eq!(status("speed", json!({"factor": "quick"})), (400, 400));
    assert_eq!(status("step", json!({"by": "next week"})), (400, 400));
    assert_eq!(service.get("/api/simulation/actions").body["items"], json!([]));
}

#[test]
fn a_world_that_was_killed_while_it_was_paused_comes_back_paused_where_it_was() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    service.pace("speed", &json!({"factor": 120}));
    service.pace("pause", &json!({}));
    let id = service.request_delivery(&parcel());
    let stood = service.pace("step", &json!({"by": 30}));
    service.kill();

    let service = Service::start(data.path(), &["--no-demand"]);
    let again = service.simulation();
    for field in ["now", "paused", "speed"] {
        assert_eq!(again[field], stood[field], "{field}");
    }
    assert_eq!(again["engine"]["digest"], stood["engine"]["digest"]);
    let metrics = service.get("/metrics").body;
    assert!(
        metrics
            .as_str()
            .is_some_and(|text| text.contains("skyhaul_clock_paused 1"))
    );
    service.kill();

    let service = Service::start(data.path(), &["--no-demand", "--speed", "60"]);
    let flagged = service.simulation();
    assert_eq!(
        (&flagged["now"], &flagged["paused"], &flagged["speed"]),
        (&stood["now"], &json!(true), &json!(60.0)),
        "a flag says how fast, not that it runs"
    );
    let actions = service.get("/api/simulation/actions").body;
    let shown = |field: &str| -> Vec<Value> {
        let items = actions["items"].as_array().expect("a list").iter();
        items.map(|item| item[field].clone()).collect()
    };
    assert_eq!(shown("action"), ["speed", "step", "pause", "speed"]);
    let operator = "operator at 127.0.0.1";
    assert_eq!(shown("by"), ["--speed", operator, operator, operator]);
    service.pace("resume", &json!({}));
    service.wait_for_stage(&id, "Completed");
}

#[test]
fn another_speed_holds_over_a_crash_and_max_is_as_fast_as_it_can() {
    let data = data();
    let service = Service::start(data.path(), &["--no-demand"]);
    let id = service.request_delivery(&parcel());
    let fast = service.pace("speed", &json!({"factor": "max"}));
    assert_eq!((&fast["speed"], &fast["paused"]), (&Value::Null, &json!(false)));
    service.wait_for_stage(&id, "Completed");
    service.pace("speed", &json!({"factor": 0.5}));
    let before = service.simulation();
    service.kill();
    let service = Service::start(data.path(), &["--no-demand"]);
    let after = service.simulation();
    assert_eq!(after["speed"], 0.5);
    assert!(
        passed(&before, &after) < 3_600_000,
        "time did not go back: {before} {after}"
    );
}
