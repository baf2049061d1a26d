//! A delivery as its client follows it.

use serde_json::{Value, json};
use skyhaul_actors::ids::DeliveryId;

use crate::city::{environment, place};
use crate::live::{Live, Peer};

async fn follow(peer: &mut Peer, delivery: DeliveryId) {
    let ask = json!({"op": "subscribe", "id": "d", "topic": format!("delivery:{delivery}"), "hz": 10});
    peer.say(&ask.to_string()).await;
}

#[tokio::test]
async fn is_followed_from_request_to_completion() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    follow(&mut peer, id).await;
    let snapshot = peer.next_for("d").await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["deliveryId"], json!(id.to_string()));
    assert_eq!(
        (&snapshot["stage"], &snapshot["droneId"]),
        (&json!("HeadedToPickup"), &json!("drone-0"))
    );
    assert_eq!(snapshot["leg"]["purpose"], "pickup");
    let mut frames = Vec::new();
    while frames
        .last()
        .is_none_or(|last: &Value| last["stage"] != "Completed")
    {
        live.advance(15);
        frames.extend(peer.settled().await);
    }
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!(
            (&frame["type"], &frame["seq"]),
            (&json!("delivery"), &json!(index + 2))
        );
    }
    let carried: Vec<_> = frames
        .iter()
        .filter(|frame| frame["stage"] == "HeadedToDropoff" && frame["leg"].is_object())
        .map(|frame| frame["lastKnownLocation"]["longitude"].as_f64())
        .collect();
    assert!(
        carried.len() > 3 && carried.is_sorted(),
        "it moves east: {carried:?}"
    );
    let last = frames.last().expect("there are some");
    assert_eq!(
        last["lastKnownLocation"]["longitude"],
        json!(place(0.0, 0.0).lon())
    );
    let arrived = live
        .tracks
        .read()
        .delivery(id, live.city.world.now())
        .expect("it is kept");
    let arrival =
        skyhaul_telemetry::frame::rfc3339(&live.city.world.environment().epoch, arrived.delivery_eta);
    assert_eq!(last["deliveryETA"], json!(arrival));
}

#[tokio::test]
async fn every_stage_is_told_even_if_all_passed_between_two_ticks() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(1);
    follow(&mut peer, id).await;
    peer.next_for("d").await;
    live.advance(3_600);
    let mut told = Vec::new();
    while told
        .last()
        .is_none_or(|last: &Value| last["stage"] != "Completed")
    {
        told.push(peer.next_for("d").await);
    }
    let stages: Vec<_> = told.iter().map(|frame| frame["stage"].clone()).collect();
    assert_eq!(stages, [json!("HeadedToDropoff"), json!("Completed")]);
    assert_eq!(told[1]["seq"], json!(3));
}

#[tokio::test]
async fn one_that_is_not_known_yet_is_waited_for() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    follow(&mut peer, DeliveryId(1)).await;
    peer.say(r#"{"op":"subscribe","id":"s","topic":"stats"}"#).await;
    assert_eq!(peer.next().await["id"], "s", "nothing is said of the delivery");
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(1);
    assert_eq!(peer.next_for("d").await["type"], "snapshot");
}

#[tokio::test]
async fn one_that_never_comes_is_an_error() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    follow(&mut peer, DeliveryId(404)).await;
    let error = peer.next_of("error").await;
    assert_eq!(
        (&error["code"], &error["id"]),
        (&json!("unknown_delivery"), &json!("d"))
    );
}

#[tokio::test]
async fn a_carrier_is_named() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 10.0);
    live.advance(2);
    follow(&mut peer, id).await;
    let snapshot = peer.next_for("d").await;
    assert_eq!(
        (&snapshot["carrier"], &snapshot["droneId"]),
        (&json!("van"), &Value::Null)
    );
}

#[tokio::test]
async fn going_on_after_a_frame_tells_how_many_were_missed() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(1);
    follow(&mut peer, id).await;
    peer.next_for("d").await;
    live.advance(3_600);
    let mut last = peer.next_for("d").await;
    while last["stage"] != "Completed" {
        last = peer.next_for("d").await;
    }
    peer.say(r#"{"op":"resume","id":"d","after":1}"#).await;
    let gap = peer.next_for("d").await;
    assert_eq!((&gap["type"], &gap["missed"]), (&json!("gap"), &json!(2)));
    let snapshot = peer.next_for("d").await;
    assert_eq!(
        (&snapshot["type"], &snapshot["seq"]),
        (&json!("snapshot"), &json!(4))
    );
    peer.say(r#"{"op":"resume","id":"d","after":9}"#).await;
    assert_eq!(peer.next_of("error").await["code"], "bad_after");
}

#[tokio::test]
async fn more_changes_than_are_kept_are_a_gap() {
    let mut live = Live::start(environment(15)).await;
    let mut peer = live.connect().await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(1);
    follow(&mut peer, id).await;
    assert_eq!(peer.next_for("d").await["seq"], 1);
    for step in 0..20 {
        live.city.reschedule(id, place(500.0 + f64::from(step), 0.0));
        live.city.run_s(1);
    }
    live.advance(1);
    let gap = peer.next_for("d").await;
    let missed = gap["missed"].as_u64().expect("a number");
    assert!(missed > 32, "{gap}");
    let snapshot = peer.next_for("d").await;
    assert_eq!(
        (&snapshot["type"], &snapshot["seq"]),
        (&json!("snapshot"), &json!(missed + 2))
    );
}

#[tokio::test]
async fn times_are_told_anew_only_where_they_changed_so_much_that_it_matters() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 10.0);
    live.advance(2);
    follow(&mut peer, id).await;
    let mut told = vec![peer.next_for("d").await];
    for _ in 0..66 {
        live.advance(10);
        told.extend(peer.settled().await);
    }
    assert!(
        told.iter().all(|frame| frame["stage"] == "HeadedToPickup"),
        "the van is on its way"
    );
    let times: Vec<(&str, &str)> = told
        .iter()
        .map(|frame| (frame["deliveryETA"].as_str(), frame["deliveryETALow"].as_str()))
        .filter_map(|(eta, low)| eta.zip(low))
        .collect();
    assert!(
        (2..20).contains(&times.len()),
        "bounds close in, in few of 67 steps: {times:?}"
    );
    assert!(times.iter().all(|(eta, low)| low < eta && *eta == times[0].0));
    assert!(times.is_sorted_by_key(|(_, low)| *low), "{times:?}");
}
