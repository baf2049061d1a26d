//! History: deliveries that ended long ago are let go of, and what was counted stays.

use serde_json::json;
use skyhaul_engine::time::SimDuration;
use skyhaul_web::ports::KeyValueStore as _;

use crate::city::City;
use crate::client::{request, with};

const DAY_S: u64 = 86_400;

/// For how long what has ended is kept here.
const KEPT: SimDuration = SimDuration::from_secs(2 * DAY_S);

/// How many rows the stores hold that bear a delivery in their key.
fn rows_of(city: &City, id: &str) -> usize {
    let id = u128::from_str_radix(&id.replace('-', ""), 16)
        .expect("an id")
        .to_be_bytes();
    city.flush();
    let mut found = 0;
    for store in &city.kept.0 {
        let mut look = |key: &[u8], _: &[u8]| {
            found += usize::from(key.windows(id.len()).any(|part| part == id));
            true
        };
        store.scan(b"", &[0xFF], false, &mut look).expect("memory works");
    }
    found
}

#[actix_web::test]
async fn deliveries_that_ended_long_ago_are_let_go_of_and_their_number_stays() {
    let city = City::new();
    let client = city.client().await;
    let old = client.order(&with("confirmationRequired", json!("Voice"))).await;
    let path = |rest: &str| format!("/api/deliveries/{old}{rest}");
    let told = json!({"emailAddress": "someone@example.org"});
    assert_eq!(client.post(&path("/notifymerequests"), &told).await.status, 204);
    let given = json!({"confirmationType": "Voice", "confirmationBlob": "bWU="});
    assert_eq!(client.post(&path("/confirmations"), &given).await.status, 200);
    let cancelled = client.order(&request()).await;
    client.delete(&format!("/api/deliveryrequests/{cancelled}")).await;
    let by_carrier = client.order(&with("packageInfo.weight", json!(10))).await;
    city.run_s(DAY_S);
    city.forget(KEPT);
    for id in [&old, &by_carrier] {
        assert_eq!(client.stage(id).await, "Completed", "it is not old yet");
    }

    city.run_s(2 * DAY_S);
    let young = client.order(&request()).await;
    city.run_s(1);
    city.forget(KEPT);
    for rest in [
        "",
        "/status",
        "/history",
        "/track",
        "/confirmations",
        "/notifymerequests",
    ] {
        let answer = client.get(&path(rest)).await;
        assert_eq!(answer.status, 404, "{rest}: {}", answer.text());
    }
    let gone = client.delete(&format!("/api/deliveryrequests/{cancelled}")).await;
    assert_eq!(gone.status, 404, "nobody knows it any more");
    let booking = client
        .get(&format!("/api/thirdpartydeliveries/{by_carrier}"))
        .await;
    assert_eq!(booking.status, 404, "{}", booking.text());
    for id in [&old, &cancelled, &by_carrier] {
        assert_eq!(rows_of(&city, id), 0, "nothing is left of {id}");
    }

    let listed = client.get("/api/deliveries?ownerId=myowner").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["items"][0]["id"], json!(young));
    let count = client
        .get("/api/deliveries/summary?ownerId=myowner&year=2026&month=5")
        .await;
    assert_eq!(count.json()["count"], 3, "what was counted stays");
}

#[actix_web::test]
async fn what_is_still_open_is_kept_however_old_it_is() {
    let city = City::new();
    let client = city.client().await;
    let later = client
        .order(&with("pickupTime", json!("2026-05-20T12:00:00Z")))
        .await;
    let done = client.order(&request()).await;
    city.run_s(5 * DAY_S);
    client.order(&request()).await;
    city.run_s(1);
    city.forget(KEPT);
    assert_eq!(client.get(&format!("/api/deliveries/{done}")).await.status, 404);
    assert_eq!(client.get(&format!("/api/deliveries/{later}")).await.status, 200);
}
