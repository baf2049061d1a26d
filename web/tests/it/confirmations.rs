//! Confirmations: kept, and checked against the request.

use serde_json::{Value, json};

use crate::city::City;
use crate::client::{NOBODYS, with};

fn confirmation(kind: &str, blob: &str) -> Value {
    json!({
        "dateTime": {"dateTimeValue": "2026-05-12T10:00:00Z"},
        "geoCoordinates": {"altitude": 0, "latitude": 43.78, "longitude": 11.24},
        "confirmationType": kind,
        "confirmationBlob": blob,
    })
}

#[actix_web::test]
async fn what_was_asked_for_is_kept() {
    let city = City::new();
    let client = city.client().await;
    let id = client
        .order(&with("confirmationRequired", json!("Picture")))
        .await;
    let path = format!("/api/deliveries/{id}/confirmations");
    let answer = client.post(&path, &confirmation("picture", "aGVsbG8=")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kept = client.get(&path).await.json();
    assert_eq!(kept.as_array().map(Vec::len), Some(1));
    assert_eq!(kept[0]["confirmationType"], "Picture");
    assert_eq!(kept[0]["givenAt"], "2026-05-12T10:00:00.000Z");
    assert_eq!(kept[0]["blobBytes"], 8);
    assert_eq!(kept[0]["geoCoordinates"]["latitude"], 43.78);
    let city = city.restarted();
    assert_eq!(city.client().await.get(&path).await.json(), kept);
}

#[actix_web::test]
async fn what_was_not_asked_for_is_refused() {
    let city = City::new();
    let client = city.client().await;
    let id = client
        .order(&with("confirmationRequired", json!("Picture")))
        .await;
    let path = format!("/api/deliveries/{id}/confirmations");
    for (body, status, field) in [
        (confirmation("Voice", "x"), 422, Some("confirmationType")),
        (confirmation("None", ""), 422, Some("confirmationType")),
        (confirmation("Picture", ""), 422, Some("confirmationBlob")),
        (confirmation("Song", "x"), 400, Some("confirmationType")),
        (json!({"confirmationBlob": "x"}), 400, Some("confirmationType")),
        (confirmation("Picture", &"x".repeat(1024 * 1024)), 413, None),
    ] {
        let answer = client.post(&path, &body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        if let Some(field) = field {
            assert!(answer.json()["errors"][field].is_array(), "{}", answer.text());
        }
    }
    assert_eq!(
        client
            .post(&path, &confirmation("Picture", &"x".repeat(900 * 1024)))
            .await
            .status,
        200
    );
    let unknown = format!("/api/deliveries/{NOBODYS}/confirmations");
    assert_eq!(
        client.post(&unknown, &confirmation("Picture", "x")).await.status,
        404
    );
}

#[actix_web::test]
async fn a_cancelled_delivery_has_nothing_to_confirm_and_others_not_without_end() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&with("confirmationRequired", json!("None"))).await;
    let path = format!("/api/deliveries/{id}/confirmations");
    for number in 0..16 {
        let body = confirmation("Voice", &format!("take {number}"));
        assert_eq!(
            client.post(&path, &body).await.status,
            200,
            "what was not asked for may be given"
        );
    }
    assert_eq!(
        client
            .post(&path, &confirmation("Voice", "once more"))
            .await
            .status,
        409
    );
    let cancelled = client.order(&with("confirmationRequired", json!("None"))).await;
    client.delete(&format!("/api/deliveryrequests/{cancelled}")).await;
    let path = format!("/api/deliveries/{cancelled}/confirmations");
    assert_eq!(client.post(&path, &confirmation("Voice", "x")).await.status, 409);
}

#[actix_web::test]
async fn a_parcel_that_waits_for_its_receiver_says_since_when_also_after_it_has_ended() {
    let city = City::new();
    let client = city.client().await;
    let id = client
        .order(&with("confirmationRequired", json!("Picture")))
        .await;
    let path = format!("/api/deliveries/{id}/status");
    let mut status = client.get(&path).await.json();
    assert!(status["arrivedAt"].is_null(), "{status}");
    for _ in 0..60 {
        city.run_s(60);
        status = client.get(&path).await.json();
        if status["arrivedAt"].is_string() {
            break;
        }
    }
    city.run_s(5 * 60);
    let waiting = client.get(&path).await.json();
    assert_eq!(
        (&waiting["stage"], &status["stage"]),
        (&json!("HeadedToDropoff"), &waiting["stage"])
    );
    for time in ["deliveryETA", "deliveryETALow", "deliveryETAHigh"] {
        assert_eq!(waiting[time], waiting["arrivedAt"], "{time} is a fact by now");
    }
    let given = client
        .post(
            &format!("/api/deliveries/{id}/confirmations"),
            &confirmation("Picture", "x"),
        )
        .await;
    assert_eq!(given.status, 200);
    city.run_s(60);
    let ended = client.get(&path).await.json();
    assert_eq!(ended["stage"], "Completed");
    assert_eq!(
        ended["arrivedAt"], status["arrivedAt"],
        "not when it was confirmed"
    );
    let city = city.restarted();
    assert_eq!(city.client().await.get(&path).await.json(), ended);
}
