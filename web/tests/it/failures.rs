//! Drones that give deliveries back, deliveries that were given up, and what an operator does about them.

use serde_json::{Value, json};
use skyhaul_actors::event::Event;

use crate::city::City;
use crate::client::{NOBODYS, request, with};

/// A request that neither a drone nor the van carries: it goes too far.
fn too_far() -> Value {
    let mut body = with("pickupLocation", json!("43.62,11.25"));
    body["dropOffLocation"] = json!("43.93,11.25");
    body
}

#[actix_web::test]
async fn a_drone_gives_its_delivery_back_until_it_has_the_parcel() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let path = format!("/api/dronedeliveries/{id}");
    city.run_s(20);
    let first = client.put(&path, &json!({})).await.text();
    let released = client.delete(&path).await;
    assert_eq!(released.status, 200, "{}", released.text());
    let second = client.put(&path, &json!({})).await.text();
    assert_ne!(first, second, "another drone has it");
    let history = client.get(&format!("/api/deliveries/{id}/history")).await.json();
    assert!(
        history
            .as_array()
            .expect("milestones")
            .iter()
            .any(|told| told["reason"] == "Recalled"),
        "{history}"
    );
    while client.stage(&id).await == "HeadedToPickup" {
        city.run_s(5);
    }
    assert_eq!(client.stage(&id).await, "HeadedToDropoff");
    assert_eq!(client.delete(&path).await.status, 409, "it has the parcel");
    city.run_s(3_600);
    assert_eq!(client.stage(&id).await, "Completed");
    assert_eq!(client.delete(&path).await.status, 409, "it has ended");
    assert_eq!(
        client
            .delete(&format!("/api/dronedeliveries/{NOBODYS}"))
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn what_no_drone_has_waits_already_or_is_anothers() {
    let city = City::new();
    let client = city.client().await;
    let heavy = client.order(&with("packageInfo.weight", json!(5))).await;
    city.run_s(5);
    let by_van = client.delete(&format!("/api/dronedeliveries/{heavy}")).await;
    assert_eq!(by_van.status, 409);
    assert!(by_van.text().contains("a carrier has"), "{}", by_van.text());
    let later = client
        .order(&with("pickupTime", json!("2026-05-12T15:00:00Z")))
        .await;
    assert_eq!(
        client
            .delete(&format!("/api/dronedeliveries/{later}"))
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn what_was_given_up_says_at_which_step_and_why_and_what_was_undone() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&too_far()).await;
    city.run_s(60);
    let history = client.get(&format!("/api/deliveries/{id}/history")).await.json();
    let last = history
        .as_array()
        .and_then(|all| all.last())
        .expect("a milestone");
    assert_eq!(
        (&last["stage"], &last["reason"]),
        (&json!("Cancelled"), &json!("NobodyCan")),
        "{history}"
    );
    assert_eq!(last["step"], "bookTransport");
    assert_eq!(
        last["undone"],
        json!(["bookTransport", "openDelivery", "openPackage"])
    );
    assert_eq!(last["retriedAs"], Value::Null);
    let alerts = client.get("/api/alerts").await.json();
    assert_eq!(
        (&alerts[0]["kind"], &alerts[0]["delivery"]),
        (&json!("deliveryFailed"), &json!(id))
    );
}

#[actix_web::test]
async fn an_operator_has_it_asked_for_anew_once() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&too_far()).await;
    city.run_s(60);
    let path = format!("/api/deliveries/{id}/retry");
    let retried = client.post(&path, &json!({})).await;
    assert_eq!(retried.status, 202, "{}", retried.text());
    let new = retried.json()["deliveryId"].as_str().expect("an id").to_owned();
    assert_eq!(
        retried.header("location"),
        Some(format!("/api/deliveries/{new}").as_str())
    );
    assert_eq!(retried.json()["retryOf"], json!(id));
    let [was, is] = [&id, &new].map(|id| format!("/api/deliveries/{id}"));
    let (mut was, mut is) = (client.get(&was).await.json(), client.get(&is).await.json());
    for delivery in [&mut was, &mut is] {
        let fields = delivery.as_object_mut().expect("a delivery");
        fields.remove("id");
        fields.remove("droneRefusal");
    }
    assert_eq!(was, is);
    let history = client.get(&format!("/api/deliveries/{id}/history")).await.json();
    assert_eq!(
        history
            .as_array()
            .and_then(|all| all.last())
            .expect("a milestone")["retriedAs"],
        json!(new)
    );
    assert_eq!(client.post(&path, &json!({})).await.status, 409, "once");
    assert_eq!(
        city.count(|event| matches!(event, Event::DeliveryRetried { .. })),
        1
    );
    let audit = client.get("/api/audit").await.json();
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][0]["subject"]),
        (&json!("retryDelivery"), &json!(id))
    );
    city.run_s(60);
    assert_eq!(client.stage(&new).await, "Cancelled", "nobody can still");
    let again = client
        .post(&format!("/api/deliveries/{new}/retry"), &json!({}))
        .await;
    assert_eq!(again.status, 202, "the new one may be retried in its turn");
}

#[actix_web::test]
async fn what_was_not_given_up_is_not_asked_for_anew() {
    let city = City::new();
    let client = city.client().await;
    let open = client.order(&request()).await;
    let cancelled = client.order(&request()).await;
    client.delete(&format!("/api/deliveries/{cancelled}")).await;
    for (id, status) in [(open.as_str(), 409), (cancelled.as_str(), 409), (NOBODYS, 404)] {
        let answer = client
            .post(&format!("/api/deliveries/{id}/retry"), &json!({}))
            .await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[actix_web::test]
async fn a_delivery_that_asked_for_a_picture_waits_for_it() {
    let city = City::new();
    let client = city.client().await;
    let id = client
        .order(&with("confirmationRequired", json!("Picture")))
        .await;
    city.run_s(900);
    let status = client.get(&format!("/api/deliveries/{id}/status")).await.json();
    assert_eq!(status["stage"], "HeadedToDropoff");
    let arrived = status["deliveryETA"].as_str().expect("a time").to_owned();
    assert!(
        arrived < city.now().to_string(),
        "{arrived}: it says when the parcel arrived"
    );
    let body = json!({"confirmationType": "Picture", "confirmationBlob": "aGVsbG8="});
    let path = format!("/api/deliveries/{id}/confirmations");
    assert_eq!(client.post(&path, &body).await.status, 200);
    let status = client.get(&format!("/api/deliveries/{id}/status")).await.json();
    assert_eq!(
        (&status["stage"], &status["deliveryETA"]),
        (&json!("Completed"), &json!(arrived))
    );
}

#[actix_web::test]
async fn whose_receiver_gives_nothing_is_completed_in_time_with_an_alert() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&with("confirmationRequired", json!("Voice"))).await;
    city.run_s(3_600);
    assert_eq!(client.stage(&id).await, "Completed");
    let alerts = client.get("/api/alerts").await.json();
    assert_eq!(alerts[0]["kind"], "confirmationMissed", "{alerts}");
}
