//! More drones in view than can be told one by one.

use serde_json::{Value, json};

use crate::city::{environment, place};
use crate::live::{Live, Peer};

/// Together more than are told one by one; each depot's are fewer.
const DRONES_EACH: u32 = 10_050;

fn total(frame: &Value, what: &str) -> u64 {
    let counts = frame["counts"].as_array().expect("a list");
    counts
        .iter()
        .map(|count| count[what].as_u64().expect("a number"))
        .sum()
}

async fn look(peer: &mut Peer, bbox: &Value) -> Value {
    let ask = json!({"op": "subscribe", "id": "a", "topic": "fleet", "bbox": bbox});
    peer.say(&ask.to_string()).await;
    peer.next_for("a").await
}

#[tokio::test]
async fn too_many_drones_are_counted_and_fewer_are_told_one_by_one() {
    let mut live = Live::start(environment(DRONES_EACH)).await;
    let mut peer = live.connect().await;
    let world = json!([-180.0, -85.0, 180.0, 85.0]);
    let all = look(&mut peer, &world).await;
    assert_eq!(
        (&all["type"], &all["positions"]),
        (&json!("snapshot"), &json!([]))
    );
    assert_eq!((total(&all, "standing"), total(&all, "flying")), (20_100, 0));
    let (west, east) = (place(-4_000.0, 0.0), place(4_000.0, 0.0));
    let holds = |at: skyhaul_engine::geo::Position| {
        let counts = all["counts"].as_array().expect("a list");
        counts.iter().any(|count| {
            let bbox: Vec<f64> = serde_json::from_value(count["bbox"].clone()).expect("numbers");
            (bbox[0]..bbox[2]).contains(&at.lon()) && (bbox[1]..bbox[3]).contains(&at.lat())
        })
    };
    assert!(holds(west) && holds(east) && !holds(place(0.0, 9_000.0)));
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(5);
    let later = peer.next_for("a").await;
    assert_eq!((&later["type"], &later["seq"]), (&json!("delta"), &json!(2)));
    assert_eq!((total(&later, "standing"), total(&later, "flying")), (20_099, 1));
    let near = json!([
        west.lon() - 0.01,
        west.lat() - 0.01,
        west.lon() + 0.02,
        west.lat() + 0.01
    ]);
    let few = look(&mut peer, &near).await;
    assert_eq!((&few["type"], &few["seq"]), (&json!("snapshot"), &json!(3)));
    assert_eq!(few["counts"], Value::Null);
    assert_eq!(few["positions"].as_array().map(Vec::len), Some(10_049));
    assert_eq!(few["legs"].as_array().map(Vec::len), Some(1));
    let again = look(&mut peer, &world).await;
    assert_eq!(
        (&again["type"], total(&again, "standing")),
        (&json!("snapshot"), 20_099)
    );
}

#[tokio::test]
async fn counts_come_as_bytes_to_whoever_speaks_them() {
    let live = Live::start(environment(DRONES_EACH)).await;
    let mut peer = live
        .connect_raw("Sec-WebSocket-Protocol: skyhaul.v1.bin\r\n")
        .await;
    peer.say(r#"{"op":"subscribe","id":"abcd","topic":"fleet"}"#)
        .await;
    let frame = peer.bytes().await;
    let word = |n: usize| u32::from_le_bytes(frame[n..n + 4].try_into().expect("four bytes"));
    let tiles = word(32) as usize;
    assert_eq!((frame[0], frame[2], word(24), word(28)), (5, 3, 1, 13));
    assert_eq!(frame.len(), 44 + 12 * tiles);
    let standing: u32 = (0..tiles).map(|n| word(44 + 8 * tiles + 4 * n)).sum();
    assert_eq!(standing, 20_100);
}
