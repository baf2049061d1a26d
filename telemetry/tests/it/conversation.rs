//! A whole conversation, word for word: the golden frames.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::city::{environment, place};
use crate::live::Live;

/// Compares with the golden file, or writes it where `UPDATE_GOLDEN` is set.
fn check(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, said).expect("the golden file can be written");
    }
    let golden = fs::read_to_string(&path).expect("UPDATE_GOLDEN=1 writes the golden file");
    assert_eq!(said, golden, "UPDATE_GOLDEN=1 rewrites {name}");
}

/// A line of the conversation; which picture it was and which tick is not the same twice.
fn line(who: &str, frame: &Value) -> String {
    let mut frame = frame.clone();
    for field in ["epoch", "tick"] {
        if let Some(number) = frame.get_mut(field) {
            *number = json!(0);
        }
    }
    format!("{who} {frame}\n")
}

#[tokio::test]
async fn goes_word_for_word() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect_raw("").await;
    let mut said = line("<", &peer.next().await);
    let mut ask = async |peer: &mut crate::live::Peer, request: Value| {
        said.push_str(&line(">", &request));
        peer.say(&request.to_string()).await;
        said.push_str(&line("<", &peer.next().await));
    };
    let id = live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(20);
    let delivery = format!("delivery:{id}");
    for request in [
        json!({"op": "subscribe", "id": "fleet", "topic": "fleet"}),
        json!({"op": "unsubscribe", "id": "none"}),
        json!({"op": "subscribe", "id": "where", "topic": "drone:drone-0", "mode": "positions"}),
        json!({"op": "subscribe", "id": "mine", "topic": delivery, "hz": 10}),
        json!({"op": "subscribe", "id": "figures", "topic": "stats"}),
    ] {
        ask(&mut peer, request).await;
    }
    live.clock.set_speed(60.0);
    said.push_str(&line("<", &peer.clock_of(&json!(60.0)).await));
    peer.say(r#"{"op":"unsubscribe","id":"figures"}"#).await;
    peer.say(r#"{"op":"unsubscribe","id":"where"}"#).await;
    for seconds in [80, 30, 30] {
        live.advance(seconds);
        for frame in peer.settled().await {
            said.push_str(&line("<", &frame));
        }
    }
    check("conversation.txt", &said);
}
