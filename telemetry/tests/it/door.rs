//! Who may look, and at what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::door::{Door, Lease, Pass, Sight};
use skyhaul_telemetry::server::TelemetryLimits;

use crate::city::{environment, place};
use crate::live::{Live, upgrade};

/// A door that knows an operator and one customer, whose delivery is the first.
#[derive(Default)]
struct Porter(Arc<Customers>);

/// Whether customers may be there.
#[derive(Default)]
struct Customers {
    are_gone: AtomicBool,
}

impl Lease for Customers {
    fn holds(&self) -> bool {
        !self.are_gone.load(Ordering::Relaxed)
    }
}

impl Door for Porter {
    fn pass(&self, key: Option<&str>) -> Option<Pass> {
        match key? {
            "operator" => Some(Pass {
                sight: Sight::All,
                lease: None,
            }),
            "link" => Some(Pass {
                sight: Sight::One(DeliveryId(1)),
                lease: None,
            }),
            "customer" => Some(Pass {
                sight: Sight::Owner("ann".to_owned()),
                lease: Some(Arc::clone(&self.0) as _),
            }),
            _ => None,
        }
    }

    fn owns(&self, owner: &str, delivery: DeliveryId) -> bool {
        owner == "ann" && delivery == DeliveryId(1)
    }
}

async fn live() -> Live {
    live_with(Porter::default()).await
}

async fn live_with(porter: Porter) -> Live {
    Live::start_behind(Arc::new(porter), environment(1), TelemetryLimits::default()).await
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
    sees_the_first_delivery_only("customer").await;
}

#[tokio::test]
async fn whoever_has_a_link_sees_its_delivery_and_nothing_else() {
    sees_the_first_delivery_only("link").await;
}

async fn sees_the_first_delivery_only(key: &str) {
    let mut live = live().await;
    live.city.request(1, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.city.request(2, place(-3_000.0, 0.0), place(0.0, 0.0), 0.5);
    live.advance(2);
    let mut peer = live.connect_raw(&format!("X-Api-Key: {key}\r\n")).await;
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

#[tokio::test]
async fn whoever_may_no_longer_be_there_is_told_so_and_shown_out() {
    let customers = Arc::new(Customers::default());
    let live = live_with(Porter(Arc::clone(&customers))).await;
    let mut customer = live.connect_raw("X-Api-Key: customer\r\n").await;
    let mut operator = live.connect_raw("X-Api-Key: operator\r\n").await;
    assert_eq!(customer.next().await["type"], "hello");
    assert_eq!(operator.next().await["type"], "hello");
    customers.are_gone.store(true, Ordering::Relaxed);
    let close = customer.closed().await.expect("with a reason");
    assert_eq!(u16::from(close.code), 1008);
    assert!(close.reason.contains("no longer"), "{}", close.reason);
    operator
        .say(&json!({"op": "subscribe", "id": "s", "topic": "stats"}).to_string())
        .await;
    assert_eq!(operator.next_for("s").await["type"], "snapshot");
}
