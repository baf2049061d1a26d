//! Clients that read slowly or not at all, and those beside them.

use std::time::Duration;

use serde_json::json;
use skyhaul_telemetry::server::TelemetryLimits;

use crate::city::{environment, place};
use crate::live::{Live, Peer};

/// Enough drones that a few snapshots fill every buffer on the way.
const DRONES_EACH: u32 = 500;

/// Subscribes to everything many times over and reads nothing of it.
async fn choke(live: &Live) -> Peer {
    let mut slow = live.connect_slow().await;
    for n in 0..20 {
        slow.say(&json!({"op": "subscribe", "id": n.to_string(), "topic": "fleet"}).to_string())
            .await;
    }
    slow
}

#[tokio::test]
async fn a_slow_client_is_told_what_it_missed_and_gets_the_latest() {
    let mut live = Live::start(environment(DRONES_EACH)).await;
    let mut slow = choke(&live).await;
    let mut quick = live.connect().await;
    quick.say(r#"{"op":"subscribe","id":"q","topic":"fleet"}"#).await;
    quick.next_of("snapshot").await;
    let slow_clients = |live: &Live| live.metric("skyhaul_telemetry_slow_clients");
    let mut flights = 0;
    while live.metric("skyhaul_telemetry_conflated_ticks_total") < 60.0 {
        live.city
            .request(flights, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
        flights += 1;
        live.advance(1);
        assert_eq!(
            quick.next_for("q").await["type"],
            "delta",
            "the others are served"
        );
    }
    assert!((slow_clients(&live) - 1.0).abs() < f64::EPSILON);
    assert_eq!(slow.next_of("snapshot").await["seq"], 1);
    let gap = slow.next_of("gap").await;
    let missed = gap["missed"].as_u64().expect("a number");
    assert!(missed >= 3, "{missed}");
    let snapshot = slow.next_for(gap["id"].as_str().expect("a name")).await;
    assert_eq!(
        (&snapshot["type"], &snapshot["seq"]),
        (&json!("snapshot"), &json!(missed + 2))
    );
    let told = snapshot["legs"].as_array().map(Vec::len);
    assert_eq!(told, usize::try_from(flights).ok());
}

#[tokio::test]
async fn the_metrics_tell_how_far_clients_lag() {
    let live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    peer.next_of("snapshot").await;
    peer.settled().await;
    let writes = live.metric("skyhaul_telemetry_writes_total");
    let (count, _) = live.lag();
    assert!(count >= 2 && f64::from(u32::try_from(count).expect("few")) <= writes);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_closed_with_1013() {
    let limits = TelemetryLimits {
        stalled_after: Duration::from_millis(300),
        ..TelemetryLimits::default()
    };
    let live = Live::start_with(environment(DRONES_EACH), limits).await;
    let mut slow = choke(&live).await;
    let mut quick = live.connect().await;
    live.clock.set_speed(f64::INFINITY);
    while live.metric("skyhaul_telemetry_closed_total") < 1.0 {
        quick.next_of("clock").await;
    }
    assert_eq!(slow.close_code().await, Some(1013));
    assert!(live.lag().1 >= 0.3, "its lag is among the others");
}

#[tokio::test]
async fn stages_of_a_delivery_wait_for_a_slow_client() {
    let mut live = Live::start(environment(DRONES_EACH)).await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(1);
    let mut slow = live.connect_slow().await;
    slow.say(&json!({"op": "subscribe", "id": "d", "topic": format!("delivery:{id}")}).to_string())
        .await;
    assert_eq!(slow.next_for("d").await["stage"], "HeadedToPickup");
    for n in 0..20 {
        slow.say(&json!({"op": "subscribe", "id": n.to_string(), "topic": "fleet"}).to_string())
            .await;
    }
    let mut quick = live.connect().await;
    quick.say(r#"{"op":"subscribe","id":"q","topic":"fleet"}"#).await;
    quick.next_of("snapshot").await;
    for _ in 0..10 {
        live.advance(60);
        quick.settled().await;
    }
    let mut seq = 1;
    let mut stages = vec![json!("HeadedToPickup")];
    while stages.last() != Some(&json!("Completed")) {
        let frame = slow.next_for("d").await;
        assert_eq!(
            (&frame["type"], &frame["seq"]),
            (&json!("delivery"), &json!(seq + 1))
        );
        seq += 1;
        stages.push(frame["stage"].clone());
    }
    stages.dedup();
    assert_eq!(
        stages,
        ["HeadedToPickup", "HeadedToDropoff", "Completed"].map(|stage| json!(stage))
    );
    assert!(live.lag().1 > 0.1, "it lagged by more than a tick");
}

#[tokio::test]
async fn all_that_is_due_goes_out_in_one_write() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    let hello = live.metric("skyhaul_telemetry_writes_total");
    for n in 0..30 {
        peer.say(&json!({"op": "subscribe", "id": n.to_string(), "topic": "fleet"}).to_string())
            .await;
    }
    for n in 0..30 {
        peer.next_for(&n.to_string()).await;
    }
    let subscribed = live.metric("skyhaul_telemetry_writes_total");
    assert!(subscribed - hello <= 3.0, "{subscribed}");
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    for n in 0..30 {
        peer.next_for(&n.to_string()).await;
    }
    assert_eq!(live.metric("skyhaul_telemetry_writes_total") - subscribed, 1.0);
    assert_eq!(live.metric("skyhaul_telemetry_clients"), 1.0);
}
