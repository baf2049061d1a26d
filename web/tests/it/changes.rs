//! Cancelling and rescheduling.

use serde_json::{Value, json};

use crate::city::City;
use crate::client::{NOBODYS, request};

/// Runs until the parcel is in the air.
fn run_until_picked_up(city: &City) {
    use skyhaul_actors::event::Event;
    for _ in 0..600 {
        city.run_s(1);
        if city.count(|event| matches!(event, Event::PackagePickedUp { .. })) > 0 {
            return;
        }
    }
    panic!("nobody picked the parcel up");
}

#[actix_web::test]
async fn a_cancelled_delivery_is_cancelled_for_good() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    city.run_s(5);
    let path = format!("/api/deliveryrequests/{id}");
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(client.stage(&id).await, "Cancelled");
    assert_eq!(client.delete(&path).await.status, 204, "already cancelled");
    assert_eq!(client.delete(&format!("/api/deliveries/{id}")).await.status, 200);
    let later = json!({"dropOffLocation": "43.77,11.25"});
    assert_eq!(client.patch(&path, &later).await.status, 409);
    city.run_s(3_600);
    assert_eq!(client.stage(&id).await, "Cancelled");
}

#[actix_web::test]
async fn what_is_picked_up_or_completed_cannot_be_changed() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let (request_path, delivery_path) = (
        format!("/api/deliveryrequests/{id}"),
        format!("/api/deliveries/{id}"),
    );
    run_until_picked_up(&city);
    for _ in 0..2 {
        assert_eq!(client.delete(&request_path).await.status, 409);
        assert_eq!(client.delete(&delivery_path).await.status, 409);
        assert_eq!(
            client.patch(&request_path, &json!({"deadline": ""})).await.status,
            409
        );
        assert_eq!(
            client
                .patch(&delivery_path, &json!({"deadline": ""}))
                .await
                .status,
            409
        );
        city.run_s(3_600);
        assert_eq!(client.stage(&id).await, "Completed");
    }
}

#[actix_web::test]
async fn a_delivery_that_never_was_is_not_found_and_not_journalled() {
    let city = City::new();
    let client = city.client().await;
    for id in [NOBODYS, "nonsense"] {
        assert_eq!(
            client.delete(&format!("/api/deliveryrequests/{id}")).await.status,
            404
        );
        let changes = json!({"deadline": ""});
        assert_eq!(
            client
                .patch(&format!("/api/deliveryrequests/{id}"), &changes)
                .await
                .status,
            404
        );
        assert_eq!(client.delete(&format!("/api/deliveries/{id}")).await.status, 404);
        assert_eq!(
            client
                .patch(&format!("/api/deliveries/{id}"), &changes)
                .await
                .status,
            404
        );
    }
    assert_eq!(city.commands_count(), 0);
}

#[actix_web::test]
async fn a_rescheduled_delivery_goes_where_it_is_wanted_now() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    city.run_s(5);
    let changes = json!({"dropOffLocation": "43.76,11.26", "deadline": "2026-05-12T15:00:00Z"});
    let answer = client
        .patch(&format!("/api/deliveryrequests/{id}"), &changes)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json(), json!({"deliveryId": id}));
    let delivery = client.get(&format!("/api/deliveries/{id}")).await.json();
    assert_eq!(
        delivery["dropoff"],
        json!({"altitude": 0.0, "latitude": 43.76, "longitude": 11.26})
    );
    assert_eq!(delivery["deadline"], "2026-05-12T15:00:00.000Z");
    assert_eq!(delivery["pickup"]["latitude"], 43.775, "what was not said stays");
    city.run_s(3_600);
    let status = client.get(&format!("/api/deliveries/{id}/status")).await.json();
    assert_eq!(status["stage"], "Completed");
    assert_eq!(status["lastKnownLocation"]["latitude"], 43.76);
}

#[actix_web::test]
async fn nothing_to_change_changes_nothing() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let answer = client
        .patch(&format!("/api/deliveryrequests/{id}"), &json!({"deadline": null}))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(city.commands_count(), 1);
}

#[actix_web::test]
async fn changes_that_cannot_be_are_named() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    for (body, status, field) in [
        (json!({"pickupLocation": "91,0"}), 422, "pickupLocation"),
        (json!({"dropOffLocation": ""}), 422, "dropOffLocation"),
        (json!({"dropOffLocation": 5}), 400, "dropOffLocation"),
        (json!({"pickupTime": "later"}), 400, "pickupTime"),
        (json!({"deadline": 1.5}), 400, "deadline"),
    ] {
        let answer = client.patch(&format!("/api/deliveryrequests/{id}"), &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.json()["errors"][field].is_array(), "{body}");
    }
}

#[actix_web::test]
async fn a_change_is_answered_as_decided_however_late_projections_are() {
    let city = City::new();
    let client = city.client().await;
    city.hold_projections(true);
    let id = client.order(&request()).await;
    let path = format!("/api/deliveryrequests/{id}");
    let release = async {
        tokio::task::yield_now().await;
        city.hold_projections(false);
    };
    let (answer, ()) = futures_util::future::join(client.delete(&path), release).await;
    assert_eq!(answer.status, 204);
    assert_eq!(client.stage(&id).await, "Cancelled");
}

#[actix_web::test]
async fn an_undecided_change_points_to_the_status() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    city.leave_undecided();
    let answer = client.delete(&format!("/api/deliveryrequests/{id}")).await;
    assert_eq!(answer.status, 202);
    let status = format!("/api/deliveries/{id}/status");
    assert_eq!(answer.header("location"), Some(status.as_str()));
    assert_eq!(answer.bytes, Vec::<u8>::new());
}

#[actix_web::test]
async fn a_put_delivery_is_dispatched_like_a_request_and_changed_by_the_next() {
    let city = City::new();
    let client = city.client().await;
    let id = "6f1c0b0e-8a3f-4c0e-9d52-3b1f5f1f0001";
    let path = format!("/api/deliveries/{id}");
    let body = |latitude: f64| -> Value {
        json!({
            "Id": id,
            "Owner": {"UserId": "o", "AccountId": "a"},
            "Pickup": {"Altitude": 0, "Latitude": 43.775, "Longitude": 11.255},
            "Dropoff": {"Latitude": latitude, "Longitude": 11.24},
            "Deadline": "",
            "Expedited": true,
            "ConfirmationRequired": 1,
            "DroneId": "whatever",
        })
    };
    let created = client.put(&path, &body(43.78)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(created.header("location"), Some(path.as_str()));
    let delivery = client.get(&path).await.json();
    assert_eq!(delivery["owner"], json!({"userId": "o", "accountId": "a"}));
    assert_eq!(delivery["confirmationRequired"], "Picture");
    assert_eq!(client.put(&path, &body(43.79)).await.status, 204);
    assert_eq!(client.get(&path).await.json()["dropoff"]["latitude"], 43.79);
    let patched = client
        .patch(
            &path,
            &json!({"DROPOFF": {"latitude": 43.78, "longitude": 11.26}}),
        )
        .await;
    assert_eq!(
        (patched.status, &patched.json()["dropoff"]["latitude"]),
        (200, &json!(43.78))
    );
    let mut others = body(43.79);
    others["Owner"]["UserId"] = json!("another");
    assert_eq!(client.put(&path, &others).await.status, 409);
    let mut other_id = body(43.79);
    other_id["Id"] = json!(NOBODYS);
    assert_eq!(client.put(&path, &other_id).await.status, 409);
    city.run_s(3_600);
    assert_eq!(client.stage(id).await, "Completed");
    assert_eq!(client.put(&path, &body(43.79)).await.status, 409, "it has ended");
}

#[actix_web::test]
async fn put_deliveries_that_cannot_be_are_refused() {
    let client = City::new().client().await;
    let path = format!("/api/deliveries/{NOBODYS}");
    let right = json!({
        "owner": {"userId": "o"},
        "pickup": {"latitude": 43.77, "longitude": 11.25},
        "dropoff": {"latitude": 43.78, "longitude": 11.24},
    });
    for (pointer, value, status, field) in [
        ("/owner", Value::Null, 400, "owner"),
        ("/owner/userId", json!(""), 422, "owner.userId"),
        ("/pickup/latitude", json!(91), 422, "pickup.latitude"),
        ("/pickup/longitude", json!("NaN"), 422, "pickup.longitude"),
        ("/pickup/latitude", json!("north"), 400, "pickup.latitude"),
        ("/dropoff/latitude", json!(45), 422, "dropoff"),
        ("/dropoff", json!("there"), 400, "dropoff"),
    ] {
        let mut body = right.clone();
        *body.pointer_mut(pointer).expect("it is there") = value;
        let answer = client.put(&path, &body).await;
        assert_eq!(answer.status, status, "{pointer}: {}", answer.text());
        assert!(answer.json()["errors"][field].is_array(), "{}", answer.text());
    }
    assert_eq!(client.put("/api/deliveries/nonsense", &right).await.status, 400);
    assert_eq!(client.put(&path, &right).await.status, 201);
}
