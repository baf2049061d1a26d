//! The binary protocol over real sockets, and going on where an earlier socket ended. What frames say is tested where they are made.

use serde_json::json;

use crate::city::{environment, place};
use crate::live::{Live, Peer};

const BINARY: &str = "Sec-WebSocket-Protocol: skyhaul.v1.bin\r\n";

/// Kinds of frames.
const VIEW: u8 = 2;
const KEYFRAME: u8 = 3;
const DELTA: u8 = 4;
const DELIVERY: u8 = 6;
const STATS: u8 = 7;

fn word(frame: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(frame[at..at + 4].try_into().expect("four bytes"))
}

/// A `view` and the frames of cells that follow it.
async fn view(peer: &mut Peer) -> (Vec<u8>, Vec<Vec<u8>>) {
    let view = peer.bytes().await;
    assert_eq!(view[0], VIEW);
    let mut cells = Vec::new();
    for _ in 0..word(&view, 28) {
        cells.push(peer.bytes().await);
    }
    (view, cells)
}

#[tokio::test]
async fn a_view_comes_with_its_cells_then_with_what_changed() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect_raw(BINARY).await;
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    let (first, cells) = view(&mut peer).await;
    assert_eq!(
        (first[2], word(&first, 24)),
        (3, 1),
        "whole, the answer, and the first"
    );
    assert_eq!((cells.len(), cells[0][0]), (1, KEYFRAME));
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    let (second, cells) = view(&mut peer).await;
    assert_eq!((second[2], word(&second, 24)), (0, 2));
    assert_eq!((cells[0][0], word(&cells[0], 28)), (DELTA, 1), "a leg");
}

#[tokio::test]
async fn status_and_figures_come_as_bytes_and_errors_as_text() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect_raw(BINARY).await;
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    peer.say(&json!({"op": "subscribe", "id": "d", "topic": format!("delivery:{id}")}).to_string())
        .await;
    peer.bytes_of(DELIVERY).await;
    peer.say(r#"{"op":"subscribe","id":"s","topic":"stats"}"#).await;
    // A tick that began before the clock was put on shows the delivery as of then, and the next one shows it once more.
    peer.bytes_of(STATS).await;
    peer.say(r#"{"op":"unsubscribe","id":"x"}"#).await;
    assert_eq!(peer.next_of("error").await["code"], "unknown_subscription");
}

#[tokio::test]
async fn two_who_look_at_the_same_get_the_same_bytes() {
    let live = Live::start(environment(2)).await;
    let mut peers = Vec::new();
    for _ in 0..2 {
        let mut peer = live.connect_raw(BINARY).await;
        peer.say(r#"{"op":"subscribe","id":"a","topic":"depot:west"}"#)
            .await;
        peers.push(view(&mut peer).await.1);
    }
    let beyond_the_tick = |frame: &Vec<u8>| frame[16..].to_vec();
    assert_eq!(beyond_the_tick(&peers[0][0]), beyond_the_tick(&peers[1][0]));
}

#[tokio::test]
async fn whoever_comes_back_soon_is_told_only_what_changed() {
    let mut live = Live::start(environment(2)).await;
    let mut peer = live.connect_raw("").await;
    let epoch = peer.next().await["epoch"].clone();
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    let tick = peer.next().await["tick"].clone();
    drop(peer);
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    let back = async |epoch: &serde_json::Value| {
        let mut peer = live.connect().await;
        let ask = json!({"op": "subscribe", "id": "a", "topic": "fleet", "epoch": epoch, "tick": tick});
        peer.say(&ask.to_string()).await;
        peer.next().await
    };
    let delta = back(&epoch).await;
    assert_eq!((&delta["type"], &delta["seq"]), (&json!("delta"), &json!(1)));
    assert_eq!(delta["legs"].as_array().map(Vec::len), Some(1));
    assert_eq!(delta["positions"], json!([]), "those that stand were seen");
    let other = epoch.as_u64().map(|epoch| epoch ^ 1);
    assert_eq!(back(&json!(other)).await["type"], "snapshot");
}
