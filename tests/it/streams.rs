//! Live telemetry from outside: snapshot, deltas, and a delivery's whole way.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::service::{Service, data, parcel};

type Socket = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;

async fn connect(service: &Service) -> Socket {
    let address = service
        .telemetry
        .trim_start_matches("ws://")
        .trim_end_matches("/telemetry");
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("telemetry listens");
    let (socket, _) = tokio_tungstenite::client_async(service.telemetry.as_str(), stream)
        .await
        .expect("a WebSocket");
    socket
}

async fn send(socket: &mut Socket, message: Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .expect("sent");
}

/// The next frame of the subscription, or of the type where `id` is empty.
async fn next(socket: &mut Socket, id: &str, kind: &str) -> Value {
    loop {
        let message = socket.next().await.expect("it stays open").expect("a message");
        let Ok(text) = message.to_text() else { continue };
        let Ok(frame) = serde_json::from_str::<Value>(text) else {
            continue;
        };
        if (id.is_empty() || frame["id"] == id) && (kind.is_empty() || frame["type"] == kind) {
            return frame;
        }
    }
}

#[actix_rt::test]
async fn a_client_sees_the_fleet_the_figures_and_a_delivery_to_its_end() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let mut socket = connect(&service).await;
    let hello = next(&mut socket, "", "hello").await;
    assert!(hello["now"].is_string() && hello["limits"].is_object(), "{hello}");
    let id = service.request_delivery(&parcel());
    let bbox = json!([11.15, 43.72, 11.33, 43.84]);
    send(
        &mut socket,
        json!({"op": "subscribe", "id": "f", "topic": "fleet", "bbox": bbox}),
    )
    .await;
    send(
        &mut socket,
        json!({"op": "subscribe", "id": "d", "topic": format!("delivery:{id}")}),
    )
    .await;
    send(
        &mut socket,
        json!({"op": "subscribe", "id": "s", "topic": "stats"}),
    )
    .await;
    let mut seen = (false, false, false);
    let mut last_seq = None;
    let mut stages: Vec<String> = Vec::new();
    while stages.last().map(String::as_str) != Some("Completed") {
        let frame = next(&mut socket, "", "").await;
        match frame["id"].as_str() {
            Some("d") => {
                let seq = frame["seq"].as_u64().expect("a number");
                assert!(
                    last_seq.is_none_or(|last| seq == last + 1),
                    "consecutive: {frame}"
                );
                assert!(
                    last_seq.is_some() || frame["type"] == "snapshot",
                    "the first is the snapshot: {frame}"
                );
                last_seq = Some(seq);
                let stage = frame["stage"].as_str().expect("a stage").to_owned();
                if stages.last() != Some(&stage) {
                    stages.push(stage);
                }
            }
            Some("f") => {
                seen = (
                    seen.0 || frame["type"] == "snapshot",
                    seen.1 || frame["type"] == "delta",
                    seen.2,
                );
            }
            Some("s") => seen.2 |= frame["type"] == "snapshot" && frame["drones"].is_object(),
            _ => {}
        }
    }
    assert_eq!(
        seen,
        (true, true, true),
        "fleet snapshot, fleet delta, stats snapshot"
    );
    assert!(stages.contains(&"HeadedToDropoff".to_owned()), "{stages:?}");
}

#[actix_rt::test]
async fn a_client_is_told_when_time_is_paused_stepped_and_resumed() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "60", "--no-demand"]);
    let mut socket = connect(&service).await;
    assert_eq!(next(&mut socket, "", "hello").await["speed"], 60.0);
    let paused = service.post("/api/simulation/pause", &json!({})).body;
    let clock = next_clock(&mut socket, &json!(0.0)).await;
    assert_eq!(clock["now"], paused["now"]);
    let stepped = service.post("/api/simulation/step", &json!({"by": "10m"})).body;
    let clock = next_clock(&mut socket, &json!(0.0)).await;
    assert_eq!(clock["now"], stepped["now"]);
    service.post("/api/simulation/speed", &json!({"factor": 2}));
    service.post("/api/simulation/resume", &json!({}));
    let clock = next_clock(&mut socket, &json!(2.0)).await;
    assert!(
        clock["now"].as_str() >= stepped["now"].as_str(),
        "{clock} after {stepped}"
    );
}

/// The next `clock` that tells this speed.
async fn next_clock(socket: &mut Socket, speed: &Value) -> Value {
    loop {
        let clock = next(socket, "", "clock").await;
        if clock["speed"] == *speed {
            return clock;
        }
    }
}

#[test]
fn whoever_follows_by_events_is_let_go_properly_when_the_service_stops() {
    let data = data();
    let service = Service::start(data.path(), &["--speed", "1", "--no-demand"]);
    let id = service.request_delivery(&parcel());
    let address = service.rest.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "GET /api/deliveries/{id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    .expect("it listens");
    let mut events = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert!(events.read_line(&mut line).expect("it goes on") > 0, "it goes on");
    }
    let stopping = thread::spawn(move || service.stop());
    let mut rest = Vec::new();
    events.read_to_end(&mut rest).expect("it ends");
    assert!(rest.ends_with(b"\r\n0\r\n\r\n"), "the answer is whole");
    assert!(
        stopping.join().expect("nobody panicked"),
        "the service ended well"
    );
}
