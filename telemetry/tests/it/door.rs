//! Who may look, and at what.

use std::sync::Arc;

use serde_json::json;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::door::{Door, Sight};
use skyhaul_telemetry::server::TelemetryLimits;

use crate::city::{environment, place};
use crate::live::{Live, upgrade};

/// A door that knows an operator and one customer, whose delivery is the first.
struct Porter;

impl Door for Porter {
    fn sight(&self, key: Option<&str>) -> Option<Sight> {
        match key? {
            "operator" => Some(Sight::All),
            "customer" => Some(Sight::Owner("ann".to_owned())),
            _ => None,
        }
    }

    fn owns(&self, owner: &str, delivery: DeliveryId) -> bool {
        owner == "ann" && delivery == DeliveryId(1)
    }
}

async fn live() -> Live {
    Live::start_behind(Arc::new(Porter), environment(1), TelemetryLimits::default()).await
}

#[tokio::test]
async fn nobody_comes_in_without_a_key_that_opens() {
    let live = live().await;
    for (path, headers, status) in [
        ("/telemetry", "", 401),
        ("/telemetry?access_token=wrong", "", 401),
        ("/telemetry?access_token=operator", "", 101),
        ("/telemetry", "Authorization: Bearer customer\r\n", 101),
    ] {
        let answer = live.answer(&upgrade(path, headers)).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_customer_sees_deliveries_of_their_own_and_nothing_else() {
    let mut live = live().await;
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.city.request(2, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    let mut peer = live.connect_raw("X-Api-Key: customer\r\n").await;
    assert_eq!(peer.next().await["type"], "hello");
    let others = format!("delivery:{}", DeliveryId(2));
    for (topic, code) in [
        ("fleet", "forbidden"),
        ("stats", "forbidden"),
        ("drone:drone-0", "forbidden"),
        (others.as_str(), "unknown_delivery"),
    ] {
        peer.say(&json!({"op": "subscribe", "id": "s", "topic": topic}).to_string())
            .await;
        let error = peer.next_of("error").await;
        assert_eq!(error["code"], code, "{topic}");
    }
    let own = format!("delivery:{}", DeliveryId(1));
    peer.say(&json!({"op": "subscribe", "id": "own", "topic": own}).to_string())
        .await;
    assert_eq!(peer.next_for("own").await["type"], "snapshot");
}
