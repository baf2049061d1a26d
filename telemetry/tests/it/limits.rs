//! Every limit and every error, and who may come in.

use futures_util::SinkExt;
use serde_json::{Value, json};
use skyhaul_telemetry::server::TelemetryLimits;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::city::environment;
use crate::live::{Live, upgrade};

#[tokio::test]
async fn what_is_not_understood_is_answered_and_the_socket_stays_open() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    for (message, code) in [
        ("{", "bad_message"),
        ("[]", "bad_message"),
        ("\"subscribe\"", "bad_message"),
        ("{}", "unknown_op"),
        (r#"{"op":"dance"}"#, "unknown_op"),
        (r#"{"op":7,"id":"a"}"#, "unknown_op"),
        (r#"{"op":"subscribe","topic":"fleet"}"#, "bad_id"),
        (r#"{"op":"subscribe","id":"","topic":"fleet"}"#, "bad_id"),
        (r#"{"op":"subscribe","id":"a"}"#, "unknown_topic"),
        (
            r#"{"op":"subscribe","id":"a","topic":"weather"}"#,
            "unknown_topic",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"drone:x"}"#,
            "unknown_drone",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"drone:drone-99"}"#,
            "unknown_drone",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"delivery:x"}"#,
            "unknown_delivery",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"depot:north"}"#,
            "unknown_depot",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","bbox":[1,2,3]}"#,
            "bad_bbox",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","bbox":[3,2,1,4]}"#,
            "bad_bbox",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","bbox":[1,2,3,91]}"#,
            "bad_bbox",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","bbox":"all"}"#,
            "bad_bbox",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","mode":"dots"}"#,
            "bad_mode",
        ),
        (r#"{"op":"subscribe","id":"a","topic":"fleet","hz":0}"#, "bad_hz"),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","hz":"1"}"#,
            "bad_hz",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","hz":10.5}"#,
            "hz_limit",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","tick":7}"#,
            "bad_since",
        ),
        (
            r#"{"op":"subscribe","id":"a","topic":"fleet","epoch":-1,"tick":7}"#,
            "bad_since",
        ),
        (r#"{"op":"unsubscribe","id":"a"}"#, "unknown_subscription"),
        (r#"{"op":"resume","id":"a"}"#, "bad_after"),
        (r#"{"op":"resume","id":"a","after":3}"#, "unknown_subscription"),
    ] {
        peer.say(message).await;
        let error = peer.next().await;
        assert_eq!(
            (&error["type"], &error["code"]),
            (&json!("error"), &json!(code)),
            "{message}"
        );
        assert!(error["message"].as_str().is_some_and(|text| text.len() > 10));
    }
    peer.socket
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .expect("the server listens");
    assert_eq!(peer.next().await["code"], "bad_message");
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet","hz":10}"#)
        .await;
    assert_eq!(peer.next().await["type"], "snapshot");
}

#[tokio::test]
async fn a_client_has_32_subscriptions() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    for n in 0..33 {
        peer.say(&json!({"op": "subscribe", "id": n.to_string(), "topic": "stats"}).to_string())
            .await;
    }
    assert_eq!(peer.next_of("error").await["code"], "subscription_limit");
    peer.say(r#"{"op":"subscribe","id":"7","topic":"fleet"}"#).await;
    peer.say(r#"{"op":"unsubscribe","id":"8"}"#).await;
    peer.say(r#"{"op":"subscribe","id":"new","topic":"fleet"}"#).await;
    assert_eq!(peer.next_for("7").await["type"], "snapshot");
    assert_eq!(peer.next_for("new").await["type"], "snapshot");
    assert_eq!(live.metric("skyhaul_telemetry_subscriptions"), 32.0);
}

#[tokio::test]
async fn an_address_has_so_many_clients_and_the_next_one_waits() {
    let limits = TelemetryLimits {
        clients_per_address: 1,
        ..TelemetryLimits::default()
    };
    let live = Live::start_with(environment(1), limits).await;
    let first = live.connect().await;
    let mut second = live.connect().await;
    assert_eq!(second.next().await["code"], "client_limit");
    let ask = r#"{"op":"subscribe","id":"a","topic":"fleet"}"#;
    second.say(ask).await;
    assert_eq!(second.next().await["code"], "client_limit");
    let third = live.answer(&upgrade("/telemetry", "")).await;
    assert!(third.starts_with("HTTP/1.1 503"), "{third}");
    drop(first);
    loop {
        second.say(ask).await;
        if second.next().await["type"] == "snapshot" {
            break;
        }
    }
}

#[tokio::test]
async fn a_message_over_16_kib_ends_with_1009() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let long = |bytes: usize| {
        let ask = r#"{"op":"subscribe","id":"a","topic":"fleet"}"#;
        format!("{ask}{}", " ".repeat(bytes - ask.len()))
    };
    peer.say(&long(16 * 1024)).await;
    assert_eq!(peer.next().await["type"], "snapshot");
    peer.say(&long(16 * 1024 + 1)).await;
    assert_eq!(peer.next_of("error").await["code"], "message_limit");
    assert_eq!(peer.close_code().await, Some(1009));
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_closed_with_1002() {
    let live = Live::start(environment(1)).await;
    for bytes in [
        &[0x81, 0x02, b'{', b'}'][..],
        &[0xF1, 0x80, 0, 0, 0, 0],
        &[0x83, 0x80, 0, 0, 0, 0],
        &[0x80, 0x80, 0, 0, 0, 0],
    ] {
        let mut peer = live.connect().await;
        peer.socket
            .get_mut()
            .write_all(bytes)
            .await
            .expect("the server listens");
        assert_eq!(peer.close_code().await, Some(1002), "{bytes:x?}");
    }
}

#[tokio::test]
async fn text_that_is_no_text_is_closed_with_1007() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    let stream = peer.socket.get_mut();
    stream
        .write_all(&[0x81, 0x81, 0, 0, 0, 0, 0xFF])
        .await
        .expect("the server listens");
    assert_eq!(peer.close_code().await, Some(1007));
}

#[tokio::test]
async fn whoever_floods_errors_is_closed_with_1008() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    for _ in 0..33 {
        peer.say("{").await;
    }
    let mut errors = 0;
    let code = loop {
        let Some(Ok(message)) = futures_util::StreamExt::next(&mut peer.socket).await else {
            panic!("it says why");
        };
        match message {
            Message::Text(_) => errors += 1,
            Message::Close(frame) => break frame.map(|frame| u16::from(frame.code)),
            other => panic!("not {other:?}"),
        }
    };
    assert_eq!((errors, code), (33, Some(1008)));
    assert_eq!(live.metric("skyhaul_telemetry_closed_total"), 1.0);
}

#[tokio::test]
async fn only_the_dashboards_origins_come_in() {
    let live = Live::start(environment(1)).await;
    let own = live
        .answer(&upgrade("/telemetry", "Origin: http://localhost:8080\r\n"))
        .await;
    assert!(own.starts_with("HTTP/1.1 101"), "{own}");
    let evil = live
        .answer(&upgrade("/telemetry", "Origin: http://evil.example\r\n"))
        .await;
    assert!(evil.starts_with("HTTP/1.1 403"), "{evil}");
}

#[tokio::test]
async fn other_requests_are_told_what_is_here() {
    let live = Live::start(environment(1)).await;
    for (request, status) in [
        (upgrade("/", ""), 404),
        (upgrade("/telemetry?access_token=x", ""), 101),
        (
            "GET /telemetry HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            426,
        ),
        (
            "POST /telemetry HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            405,
        ),
        ("nonsense\r\n\r\n".to_owned(), 400),
        (
            format!("GET /telemetry HTTP/1.1\r\nX: {}", "x".repeat(9_000)),
            431,
        ),
    ] {
        let answer = live.answer(&request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[tokio::test]
async fn the_protocol_is_agreed_on() {
    let live = Live::start(environment(1)).await;
    for (offer, agreed) in [
        ("skyhaul.v1.json", "skyhaul.v1.json"),
        ("skyhaul.v1.bin, skyhaul.v1.json", "skyhaul.v1.bin"),
    ] {
        let offer = format!("Sec-WebSocket-Protocol: {offer}\r\n");
        let mut peer = live.connect_raw(&offer).await;
        let agreed = format!("sec-websocket-protocol: {agreed}\r\n");
        assert!(peer.answer.contains(&agreed), "{}", peer.answer);
        assert_eq!(peer.next().await["type"], "hello", "controls are text in both");
    }
    let mut peer = live
        .connect_raw("Sec-WebSocket-Protocol: skyhaul.v9.bin\r\n")
        .await;
    assert!(!peer.answer.contains("sec-websocket-protocol"));
    assert_eq!(peer.next().await["type"], "hello");
    assert_eq!(peer.next().await["code"], "unsupported_subprotocol");
    let peer = live.connect_raw("").await;
    assert!(!peer.answer.contains("sec-websocket-protocol"));
}

#[tokio::test]
async fn the_clock_is_told_when_its_speed_changes() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    for (speed, told) in [
        (60.0, json!(60.0)),
        (0.0, json!(0.0)),
        (f64::INFINITY, Value::Null),
    ] {
        live.clock.set_speed(speed);
        assert!(peer.clock_of(&told).await["now"].is_string());
    }
    peer.clock_of(&Value::Null).await;
    peer.clock_of(&Value::Null).await;
}

#[tokio::test]
async fn a_step_of_a_paused_world_is_told_at_once() {
    let mut live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    live.clock.set_speed(0.0);
    let before = peer.clock_of(&json!(0.0)).await;
    live.advance(60);
    let after = peer.clock_of(&json!(0.0)).await;
    assert!(after["now"].as_str() > before["now"].as_str(), "{after}");
}

#[tokio::test]
async fn a_client_that_leaves_is_answered_and_forgotten() {
    let live = Live::start(environment(1)).await;
    let mut peer = live.connect().await;
    peer.say(r#"{"op":"subscribe","id":"a","topic":"fleet"}"#).await;
    peer.next_of("snapshot").await;
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "that is all".into(),
    };
    peer.socket.close(Some(frame)).await.expect("the server listens");
    assert_eq!(peer.close_code().await, Some(1000));
    let mut other = live.connect().await;
    while live.metric("skyhaul_telemetry_clients") > 1.0 {
        other.settled().await;
    }
    assert_eq!(
        live.metric("skyhaul_telemetry_closed_total"),
        0.0,
        "the server closed nobody"
    );
}

#[tokio::test]
async fn everyone_is_told_when_the_service_stops() {
    let live = Live::start(environment(1)).await;
    let mut peers = vec![live.connect().await, live.connect().await];
    let _silent = live.connect_slow().await;
    live.stop.cancel();
    for peer in &mut peers {
        assert_eq!(peer.close_code().await, Some(1001));
    }
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(30), live.server).await;
    assert!(stopped.is_ok_and(|joined| joined.is_ok()));
}
