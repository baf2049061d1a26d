//! Drones as clients see them: snapshots, deltas, parts of the map.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use skyhaul_engine::geo::Position;
use skyhaul_telemetry::tracks::Tracks;

use crate::city::{environment, place, trace};
use crate::live::{Live, Peer};

/// A part of the map: so many metres east and north of the middle, from and to.
fn part(west: f64, south: f64, east: f64, north: f64) -> Value {
    let (low, high) = (place(west, south), place(east, north));
    json!([low.lon(), low.lat(), high.lon(), high.lat()])
}

fn drones(list: &Value) -> Vec<String> {
    let parts = list.as_array().expect("a list");
    parts
        .iter()
        .map(|part| {
            part["drone"]
                .as_str()
                .unwrap_or_else(|| part.as_str().expect("a name"))
        })
        .map(str::to_owned)
        .collect()
}

/// What a client knows that does what the frames say: first forget, then learn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Map(BTreeMap<String, Value>);

impl Map {
    fn follow(&mut self, frame: &Value) {
        if frame["type"] == "snapshot" {
            self.0.clear();
        }
        for drone in drones(&frame["removed"]) {
            self.0.remove(&drone);
        }
        for list in ["legs", "positions"] {
            for part in frame[list].as_array().expect("a list") {
                let drone = part["drone"].as_str().expect("a name");
                self.0.insert(drone.to_owned(), part.clone());
            }
        }
    }
}

/// Reads frames of subscription `a` into the map until the snapshot of a fresh subscription to the same comes, which is as new.
async fn catch_up(peer: &mut Peer, map: &mut Map, seq: &mut u64, bbox: &Value, mode: &str) {
    let ask = json!({"op": "subscribe", "id": "probe", "topic": "fleet", "bbox": bbox, "mode": mode});
    peer.say(&ask.to_string()).await;
    loop {
        let frame = peer.next().await;
        if frame["id"] == "a" {
            assert_eq!(frame["seq"], json!(*seq + 1), "consecutive");
            *seq += 1;
            map.follow(&frame);
        } else if frame["id"] == "probe" {
            let mut fresh = Map::default();
            fresh.follow(&frame);
            assert_eq!(*map, fresh);
            break;
        }
    }
    peer.say(r#"{"op":"unsubscribe","id":"probe"}"#).await;
}

#[tokio::test]
async fn the_first_frame_says_hello_and_the_snapshot_shows_standing_drones() {
    let live = Live::start(environment(3)).await;
    let mut peer = live.connect_raw("").await;
    let hello = peer.next().await;
    assert_eq!(hello["type"], "hello");
    assert_eq!(
        (&hello["speed"], &hello["limits"]["subscriptions"]),
        (&json!(1.0), &json!(32))
    );
    assert!(
        hello["now"]
            .as_str()
            .expect("a time")
            .starts_with("2023-11-14T22:13:2")
    );
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    let snapshot = peer.next().await;
    assert_eq!(
        (&snapshot["type"], &snapshot["seq"]),
        (&json!("snapshot"), &json!(1))
    );
    assert_eq!(drones(&snapshot["positions"]).len(), 6);
    assert_eq!(
        (&snapshot["legs"], &snapshot["removed"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_flight_comes_as_a_leg_and_goes_when_it_lands() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet","mode":"legs"}"#)
        .await;
    peer.next_of("snapshot").await;
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    let delta = peer.next_of("delta").await;
    let leg = &delta["legs"][0];
    assert_eq!(
        (&leg["drone"], &leg["purpose"]),
        (&json!("drone-0"), &json!("pickup"))
    );
    assert_eq!(leg["path"][0][3], json!(0.0));
    assert!(leg["battery_wh"].as_f64() > leg["battery_wh_end"].as_f64());
    live.advance(85);
    let landed = peer.next_of("delta").await;
    assert_eq!(drones(&landed["removed"]), ["drone-0"]);
    assert_eq!(drones(&landed["positions"]), ["drone-0"]);
    assert_eq!(landed["positions"][0]["state"], "toPickup");
}

#[tokio::test]
async fn a_part_of_the_map_shows_what_is_in_it_and_another_part_only_what_is_new() {
    let live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    let mut look = async |bbox: Value| {
        peer.say(&json!({"op": "subscribe", "id": "a", "topic": "fleet", "bbox": bbox}).to_string())
            .await;
        peer.next_for("a").await
    };
    let west = look(part(-5_000.0, -1_000.0, -3_000.0, 1_000.0)).await;
    assert_eq!(drones(&west["positions"]), ["drone-0", "drone-1"]);
    let both = look(part(-5_000.0, -1_000.0, 5_000.0, 1_000.0)).await;
    assert_eq!((&both["type"], &both["seq"]), (&json!("delta"), &json!(2)));
    assert_eq!(drones(&both["positions"]), ["drone-2", "drone-3"]);
    let east = look(part(3_000.0, -1_000.0, 5_000.0, 1_000.0)).await;
    assert_eq!(drones(&east["removed"]), ["drone-0", "drone-1"]);
    assert_eq!(east["positions"], json!([]));
    let nowhere = look(json!([-180.0, -90.0, -170.0, -80.0])).await;
    assert_eq!(drones(&nowhere["removed"]), ["drone-2", "drone-3"]);
    let same = look(json!([-180.0, -90.0, -170.0, -80.0])).await;
    assert_eq!((&same["removed"], &same["seq"]), (&json!([]), &json!(5)));
}

/// Whoever does what the frames say knows what a newcomer is told, wherever the map moves and whatever flies.
async fn follows(mode: &str) {
    let mut planned = environment(6);
    planned.faults.drone_failure_per_flight_hour = 2.0;
    planned.demand = Some(trace(80, 20));
    let mut live = Live::start(planned).await;
    let mut peer = live.connect().await;
    let parts = [
        part(-4_500.0, -2_000.0, -1_000.0, 1_500.0),
        part(-1_500.0, -600.0, 2_500.0, 400.0),
        part(-20_000.0, -20_000.0, 20_000.0, 20_000.0),
        part(1_000.0, -3_000.0, 4_200.0, 100.0),
        json!([-180.0, -85.0, 180.0, 85.0]),
    ];
    let (mut map, mut seq) = (Map::default(), 0);
    for step in 0..30 {
        let bbox = &parts[step / 2 % parts.len()];
        let ask =
            json!({"op": "subscribe", "id": "a", "topic": "fleet", "bbox": bbox, "mode": mode, "hz": 10});
        peer.say(&ask.to_string()).await;
        catch_up(&mut peer, &mut map, &mut seq, bbox, mode).await;
        live.advance(37);
        catch_up(&mut peer, &mut map, &mut seq, bbox, mode).await;
    }
    assert!(seq > 30);
}

#[tokio::test]
async fn whoever_follows_the_legs_knows_what_a_newcomer_is_told() {
    follows("legs").await;
}

#[tokio::test]
async fn whoever_follows_the_positions_knows_what_a_newcomer_is_told() {
    follows("positions").await;
}

#[tokio::test]
async fn positions_are_where_the_drones_are_now_and_in_the_part_asked_for() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    let bbox = part(-4_500.0, -500.0, -3_500.0, 500.0);
    let ask =
        json!({"op": "subscribe", "id": "a", "topic": "fleet", "bbox": bbox, "mode": "positions", "hz": 10});
    peer.say(&ask.to_string()).await;
    assert_eq!(
        drones(&peer.next_for("a").await["positions"]),
        ["drone-0", "drone-1"]
    );
    live.city.request(1, place(-1_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(20);
    let flying = &peer.next_for("a").await["positions"][0];
    let view = live
        .tracks
        .read()
        .drones(live.city.world.now())
        .find(|drone| drone.arrives_at.is_some())
        .expect("one flies");
    let seen = Position::new(
        flying["latitude"].as_f64().expect("a number"),
        flying["longitude"].as_f64().expect("a number"),
    );
    assert_eq!(flying["drone"], json!(view.drone.to_string()));
    assert_eq!(seen, Some(view.at));
    assert!(flying["eta"].is_string() && flying["speed_mps"].as_f64() > Some(10.0));
    live.advance(40);
    let gone = peer.next_for("a").await;
    assert_eq!(drones(&gone["removed"]), [view.drone.to_string()]);
}

#[tokio::test]
async fn a_drone_and_a_depot_can_be_followed() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"one","topic":"drone:drone-3"}"#)
        .await;
    assert_eq!(drones(&peer.next_for("one").await["positions"]), ["drone-3"]);
    peer.say(r#"{"op":"subscribe","id":"home","topic":"depot:west"}"#)
        .await;
    assert_eq!(
        drones(&peer.next_for("home").await["positions"]),
        ["drone-0", "drone-1"]
    );
    live.city
        .request(1, place(3_500.0, 0.0), place(3_000.0, 0.0), 0.5);
    live.city
        .request(2, place(3_500.0, 0.0), place(3_000.0, 0.0), 0.5);
    live.advance(2);
    assert_eq!(
        drones(&peer.next().await["legs"]),
        ["drone-3"],
        "and nothing of the west"
    );
}

#[tokio::test]
async fn the_figures_count_every_drone_and_delivery() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"s","topic":"stats","hz":10}"#)
        .await;
    let snapshot = peer.next_for("s").await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["drones"]["idle"], 4);
    assert_eq!(snapshot["behindS"], 0.25);
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(5);
    let stats = peer.next_of("stats").await;
    assert_eq!(
        (&stats["drones"]["toPickup"], &stats["seq"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(stats["deliveries"]["HeadedToPickup"], 1);
    live.advance(600);
    let stats = peer.next_of("stats").await;
    assert_eq!(stats["deliveries"]["Completed"], 1);
    assert!(stats["waitP50S"].as_f64() > Some(30.0));
}

#[tokio::test]
async fn tracks_that_are_rebuilt_disturb_nobody() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    peer.next_of("snapshot").await;
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    assert_eq!(peer.next_for("a").await["type"], "delta");
    *live.tracks.write() = Tracks::new(Arc::clone(live.city.world.environment()));
    assert!(peer.settled().await.is_empty());
    live.city.request(2, place(3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    let delta = peer.next_for("a").await;
    assert_eq!((&delta["type"], &delta["seq"]), (&json!("delta"), &json!(3)));
    assert_eq!(drones(&delta["legs"]).len(), 1, "only what is new");
}
