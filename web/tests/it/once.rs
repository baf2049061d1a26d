//! Idempotency keys: one request however often it is sent.

use actix_web::test::TestRequest;
use futures_util::future::join3;
use serde_json::{Value, json};
use skyhaul_actors::event::Event;

use crate::city::City;
use crate::client::{request, with};

fn keyed(key: &str, body: &Value) -> TestRequest {
    TestRequest::post()
        .uri("/api/deliveryrequests")
        .insert_header(("Idempotency-Key", key))
        .set_json(body)
}

fn requests(city: &City) -> usize {
    city.count(|event| matches!(event, Event::DeliveryRequested { .. }))
}

#[actix_web::test]
async fn a_repetition_is_given_the_first_ones_answer() {
    let city = City::new();
    let client = city.client().await;
    let first = client.send(keyed("k", &request())).await;
    let again = client.send(keyed("k", &request())).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json(), again.json());
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(requests(&city), 1);
}

#[actix_web::test]
async fn a_repetition_is_recognised_before_it_is_projected_and_after_a_restart() {
    let city = City::new();
    let client = city.client().await;
    city.hold_projections(true);
    let first = client.send(keyed("k", &request())).await.json();
    assert_eq!(client.send(keyed("k", &request())).await.json(), first);
    city.hold_projections(false);
    let city = city.restarted();
    let client = city.client().await;
    assert_eq!(client.send(keyed("k", &request())).await.json(), first);
    assert_eq!(requests(&city), 1);
}

#[actix_web::test]
async fn concurrent_twins_wait_for_the_first_ones_commit() {
    let city = City::new();
    let client = city.client().await;
    city.hold_commands(true);
    let release = async {
        tokio::task::yield_now().await;
        city.hold_commands(false);
    };
    let body = request();
    let (first, twin, ()) = join3(
        client.send(keyed("k", &body)),
        client.send(keyed("k", &body)),
        release,
    )
    .await;
    assert_eq!((first.status, twin.status), (202, 202));
    assert_eq!(first.json(), twin.json());
    assert_eq!(requests(&city), 1);
}

#[actix_web::test]
async fn another_body_with_the_same_key_is_refused_with_422() {
    let client = City::new().client().await;
    assert_eq!(client.send(keyed("k", &request())).await.status, 202);
    let answer = client.send(keyed("k", &with("expedited", json!(true)))).await;
    assert_eq!(answer.status, 422);
    assert!(answer.json()["errors"]["Idempotency-Key"].is_array());
}

#[actix_web::test]
async fn the_same_body_written_otherwise_is_the_same() {
    let city = City::new();
    let client = city.client().await;
    client.send(keyed("k", &request())).await;
    let pretty = serde_json::to_string_pretty(&request()).expect("JSON");
    let again = TestRequest::post()
        .uri("/api/deliveryrequests")
        .insert_header(("Idempotency-Key", "k"))
        .insert_header(("content-type", "application/json"))
        .set_payload(pretty);
    assert_eq!(client.send(again).await.status, 202);
    assert_eq!(requests(&city), 1);
}

#[actix_web::test]
async fn keys_are_each_owners_own() {
    let city = City::new();
    let client = city.client().await;
    client.send(keyed("k", &request())).await;
    assert_eq!(
        client
            .send(keyed("k", &with("ownerId", json!("another"))))
            .await
            .status,
        202
    );
    assert_eq!(requests(&city), 2);
}

#[actix_web::test]
async fn a_refused_request_leaves_its_key_free() {
    let city = City::new();
    let client = city.client().await;
    let wrong = client
        .send(keyed("k", &with("packageInfo.weight", json!(-1))))
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(client.send(keyed("k", &request())).await.status, 202);
}

#[actix_web::test]
async fn keys_that_are_empty_or_too_long_are_refused() {
    let client = City::new().client().await;
    assert_eq!(client.send(keyed("", &request())).await.status, 400);
    assert_eq!(client.send(keyed(&"x".repeat(256), &request())).await.status, 400);
    assert_eq!(client.send(keyed(&"x".repeat(255), &request())).await.status, 202);
}
