//! Pause, resume, step and speed, what was parked, and who did what.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use skyhaul_engine::kernel::DeadLetter;
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::clock::Speed;
use skyhaul_web::ports::SubmitError;
use skyhaul_web::ports::simulation::{
    Control, ControlError, EngineState, Lag, LagCause, ParkedMessage, Progress, SimulationState,
};

use crate::city::City;

const PAUSE: &str = "/api/simulation/pause";
const STEP: &str = "/api/simulation/step";
const SPEED: &str = "/api/simulation/speed";

#[actix_web::test]
async fn an_operator_pauses_steps_paces_and_resumes() {
    let city = City::new();
    let client = city.client().await;
    let paused = client.send(TestRequest::post().uri(PAUSE)).await;
    assert_eq!((paused.status, &paused.json()["paused"]), (200, &json!(true)));
    assert_eq!(
        client.post(STEP, &json!({"by": "90s"})).await.json()["now"],
        "2026-05-12T09:00:00.001Z"
    );
    assert_eq!(client.send(TestRequest::post().uri(STEP)).await.status, 200);
    let slow = client.post(SPEED, &json!({"factor": 0.1})).await;
    assert_eq!((slow.status, &slow.json()["speed"]), (200, &json!(0.1)));
    assert_eq!(
        client.post(SPEED, &json!({"factor": "max"})).await.json()["speed"],
        Value::Null
    );
    let resumed = client.post("/api/simulation/resume", &json!({})).await;
    assert_eq!((resumed.status, &resumed.json()["paused"]), (200, &json!(false)));
    let asked: Vec<_> = city
        .hand
        .asked()
        .into_iter()
        .map(|(control, _)| control)
        .collect();
    let ninety = SimDuration::from_secs(90);
    assert_eq!(
        asked,
        [
            Control::Pause,
            Control::Step(Some(ninety)),
            Control::Step(None),
            Control::SetSpeed(Speed::Times(0.1)),
            Control::SetSpeed(Speed::Max),
            Control::Resume,
        ]
    );
}

#[actix_web::test]
async fn what_cannot_be_is_refused_with_what_would_be_right() {
    let city = City::new();
    let client = city.client().await;
    for (path, body, status, field) in [
        (STEP, json!({"by": "soon"}), 400, "by"),
        (STEP, json!({"by": "2d"}), 422, "by"),
        (SPEED, json!({}), 400, "factor"),
        (SPEED, json!({"factor": "fast"}), 400, "factor"),
        (SPEED, json!({"factor": 2_000}), 422, "factor"),
    ] {
        let answer = client.post(path, &body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.json()["errors"][field][0].is_string(), "{}", answer.text());
    }
    let form = TestRequest::post().uri(STEP).set_payload("by=90s");
    assert_eq!(client.send(form).await.status, 415);
    assert!(city.hand.asked().is_empty(), "nothing of it reached the world");
    city.hand.answer(Err(ControlError::NotPaused));
    let answer = client.post(STEP, &json!({"by": 1})).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("pause it first"), "{}", answer.text());
    city.hand.refuse(SubmitError::DiskFull);
    let answer = client.post(PAUSE, &json!({})).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    city.hand.answer(Ok(Progress::UnderWay));
    assert_eq!(client.post(STEP, &json!({"by": "1d"})).await.status, 202);
}

#[actix_web::test]
async fn the_state_names_a_lag_and_shows_the_engine() {
    let city = City::new();
    let client = city.client().await;
    let calm = client.get("/api/simulation").await.json();
    for quiet in ["behindSince", "behindCause", "behindRemedy", "steppingTo"] {
        assert_eq!(calm[quiet], Value::Null, "{quiet}");
    }
    city.hand.show(SimulationState {
        stepping_to: Some(SimTime::from_micros(60_000_000)),
        lag: Some(Lag {
            since_unix_micros: 1_000_000,
            cause: LagCause::JournalStuck,
            clock_waits: true,
        }),
        engine: EngineState {
            digest: 0xAB,
            queued: 7,
            parked: 3,
            ..EngineState::default()
        },
        parts: vec![("host".to_owned(), 2)],
        ..SimulationState::default()
    });
    let shown = client.get("/api/simulation").await.json();
    assert_eq!(shown["behindSince"], "1970-01-01T00:00:01.000Z");
    assert_eq!(
        (&shown["behindCause"], &shown["behindRemedy"]),
        (&json!("journalStuck"), &json!("clockWaits"))
    );
    assert_eq!(shown["steppingTo"], "2026-05-12T09:01:00.000Z");
    assert_eq!(shown["engine"]["digest"], "00000000000000ab");
    assert_eq!(
        (
            &shown["engine"]["queuedMessages"],
            &shown["engine"]["parkedMessages"]
        ),
        (&json!(7), &json!(3))
    );
    assert_eq!(shown["parts"], json!([{"name": "host", "restarts": 2}]));
}

#[actix_web::test]
async fn parked_messages_come_newest_first_in_pages() {
    let city = City::new();
    let client = city.client().await;
    let path = "/api/simulation/parked";
    assert_eq!(
        client.get(path).await.json(),
        json!({"items": [], "nextCursor": null})
    );
    for number in 0..3 {
        city.hand.park(ParkedMessage {
            number,
            at: SimTime::from_micros(number),
            actor: format!("drone-{number}"),
            message: "ArrivalDue".to_owned(),
            cause: "a fault".to_owned(),
            view: "Drone".to_owned(),
        });
    }
    let first = client.get(&format!("{path}?limit=2")).await.json();
    assert_eq!(
        (&first["items"][0]["actor"], &first["items"][1]["actor"]),
        (&json!("drone-2"), &json!("drone-1"))
    );
    let next = first["nextCursor"].as_str().expect("there is another");
    let last = client.get(&format!("{path}?limit=2&cursor={next}")).await.json();
    assert_eq!(
        (&last["items"][0]["number"], &last["nextCursor"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(client.get(&format!("{path}?limit=0")).await.status, 400);
}

#[actix_web::test]
async fn messages_to_actors_that_were_gone_come_newest_first() {
    let city = City::new();
    let client = city.client().await;
    let path = "/api/simulation/dead-letters";
    assert_eq!(client.get(path).await.json(), json!({"items": []}));
    for second in 0..3 {
        city.hand.bury(DeadLetter {
            at: SimTime::from_micros(second * 1_000_000),
            to: format!("Delivery-{second}"),
            from: "Drone-1".to_owned(),
        });
    }
    let shown = client.get(&format!("{path}?limit=2")).await.json();
    let newest = json!({"at": "2026-05-12T09:00:02.000Z", "to": "Delivery-2", "from": "Drone-1"});
    assert_eq!(shown["items"][0], newest);
    assert_eq!(shown["items"][1]["to"], "Delivery-1");
    assert_eq!(shown["items"][2], Value::Null);
    assert_eq!(client.get(&format!("{path}?limit=0")).await.status, 400);
}

#[actix_web::test]
async fn who_did_what_is_kept() {
    let city = City::new();
    let client = city.client().await;
    let from = "192.0.2.7:5000".parse().expect("an address");
    client.send(TestRequest::post().uri(PAUSE).peer_addr(from)).await;
    client.post(SPEED, &json!({"factor": 60})).await;
    let shown = client.get("/api/simulation/actions?limit=1").await.json();
    let item = &shown["items"][0];
    assert_eq!(
        (&item["action"], &item["speed"], &item["by"]),
        (&json!("speed"), &json!(60.0), &json!("operator"))
    );
    let next = shown["nextCursor"].as_str().expect("there is another");
    let shown = client
        .get(&format!("/api/simulation/actions?cursor={next}"))
        .await
        .json();
    let item = &shown["items"][0];
    assert_eq!(
        (&item["action"], &item["by"], &shown["nextCursor"]),
        (&json!("pause"), &json!("operator at 192.0.2.7"), &Value::Null)
    );
}
