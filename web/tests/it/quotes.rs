//! By whom a request would be brought, when, and at what price.

use serde_json::{Value, json};

use crate::city::City;
use crate::client::{request, with, without};

const QUOTES: &str = "/api/quotes";

#[actix_web::test]
async fn a_quote_by_a_ready_drone_is_what_the_delivery_then_comes_to() {
    let city = City::new();
    let client = city.client().await;
    let before = city.commands_count();
    let quoted = client.post(QUOTES, &request()).await;
    assert_eq!(quoted.status, 200, "{}", quoted.text());
    let quoted = quoted.json();
    assert_eq!(
        (&quoted["by"], &quoted["reason"], &quoted["carrier"]),
        (&json!("drone"), &json!("Ready"), &Value::Null)
    );
    assert_eq!(city.commands_count(), before, "nothing is reserved");
    let id = client.order(&request()).await;
    let status = client.get(&format!("/api/deliveries/{id}/status")).await.json();
    let micros = |text: &Value| {
        let at: jiff::Timestamp = text.as_str().expect("a time").parse().expect("RFC 3339");
        at.as_millisecond()
    };
    for eta in ["pickupETA", "deliveryETA"] {
        let apart = micros(&quoted[eta]) - micros(&status[eta]);
        assert!(apart.abs() <= 20_000, "{eta}: {quoted} {status}");
    }
    city.run_s(3_600);
    let invoice = client
        .get("/api/invoices?ownerId=myowner&year=2026&month=5")
        .await
        .json();
    let (asked, owed) = (quoted["price"].as_f64(), invoice["amount"]["total"].as_f64());
    let apart = asked.expect("a price") - owed.expect("an amount");
    assert!(apart.abs() < 0.25, "{quoted} {invoice}");
}

#[actix_web::test]
async fn what_no_drone_brings_is_quoted_by_a_carrier_with_why() {
    let city = City::new();
    let client = city.client().await;
    let heavy = client
        .post(QUOTES, &with("packageInfo.weight", json!(5)))
        .await
        .json();
    assert_eq!(
        (&heavy["by"], &heavy["reason"]),
        (&json!("carrier"), &json!("TooHeavy"))
    );
    assert!(heavy["carrier"].is_string(), "{heavy}");
    assert_eq!(heavy["price"], json!(4.9 + 5.0 * 0.5), "no drone flies for it");
    client.post("/api/depots/middle/ground", &json!({})).await;
    let grounded = client.post(QUOTES, &request()).await.json();
    assert_eq!(
        (&grounded["by"], &grounded["reason"]),
        (&json!("carrier"), &json!("Grounded"))
    );
}

/// Minutes until the courier would be there for a heavy parcel, so many seconds after so many others were asked for.
async fn minutes_to_pickup(orders: u8, later_s: u64) -> i64 {
    let city = City::with_one_courier();
    let client = city.client().await;
    let heavy = with("packageInfo.weight", json!(5));
    for _ in 0..orders {
        client.order(&heavy).await;
    }
    city.run_s(later_s);
    let quoted = client.post(QUOTES, &heavy).await.json();
    assert_eq!(quoted["carrier"], "courier", "{quoted}");
    let pickup = quoted["pickupETA"].as_str().expect("a time");
    let pickup: jiff::Timestamp = pickup.parse().expect("RFC 3339");
    (pickup.as_second() - city.now().as_second()) / 60
}

#[actix_web::test]
async fn a_courier_who_is_on_the_way_is_waited_for_and_one_who_is_back_is_not() {
    let free = minutes_to_pickup(0, 60).await;
    let busy = minutes_to_pickup(1, 60).await;
    assert!(busy > free + 12, "{busy} {free}");
    assert_eq!(minutes_to_pickup(1, 7_000).await, free);
}

#[actix_web::test]
async fn a_busy_fleet_is_waited_for_and_a_later_pickup_finds_it_home() {
    let city = City::new();
    let client = city.client().await;
    for _ in 0..2 {
        client.order(&request()).await;
    }
    city.run_s(30);
    let quoted = client.post(QUOTES, &request()).await.json();
    assert_eq!(
        (&quoted["by"], &quoted["reason"]),
        (&json!("drone"), &json!("Waits")),
        "{quoted}"
    );
    let later = client
        .post(QUOTES, &with("pickupTime", json!("2026-05-12T15:00:00Z")))
        .await
        .json();
    assert_eq!(later["reason"], "Ready", "{later}");
    assert!(
        later["pickupETA"].as_str() > Some("2026-05-12T15:00:00Z"),
        "{later}"
    );
}

#[actix_web::test]
async fn a_zone_that_was_declared_counts() {
    let city = City::new();
    let client = city.client().await;
    let zone = json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [11.24, 43.78]},
        "properties": {"name": "fire", "radius": 300},
    });
    assert_eq!(client.post("/api/zones", &zone).await.status, 201);
    city.run_s(180);
    let quoted = client.post(QUOTES, &request()).await.json();
    assert_eq!(
        (&quoted["by"], &quoted["reason"]),
        (&json!("carrier"), &json!("NoFlyZone")),
        "{quoted}"
    );
    let places = json!({
        "pickup": {"latitude": 43.775, "longitude": 11.255},
        "dropoff": {"latitude": 43.78, "longitude": 11.24},
    });
    let must = client.put("/api/thirdpartydeliveries/x", &places).await.json();
    assert_eq!(must, json!(true));
    client.delete("/api/zones/fire").await;
    let quoted = client.post(QUOTES, &request()).await.json();
    assert_eq!(quoted["by"], "drone", "{quoted}");
}

#[actix_web::test]
async fn a_quote_is_priced_by_the_plan_of_the_owners_account() {
    let client = City::new().client().await;
    let body = json!({"name": "n", "ownerId": "myowner", "plan": "Enterprise"});
    client.post("/api/accounts", &body).await;
    let quoted = client.post(QUOTES, &request()).await.json();
    assert_eq!(
        (&quoted["amount"]["plan"], &quoted["amount"]["base"]),
        (&json!("Enterprise"), &json!(2.9))
    );
}

#[actix_web::test]
async fn a_question_is_checked_like_a_request() {
    let client = City::new().client().await;
    for (body, status, field) in [
        (without("ownerId"), 400, "ownerId"),
        (without("packageInfo.size"), 400, "packageInfo.size"),
        (with("pickupLocation", json!("1,200")), 422, "pickupLocation"),
    ] {
        let answer = client.post(QUOTES, &body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.json()["errors"][field][0].is_string(), "{}", answer.text());
    }
}

#[actix_web::test]
async fn a_quote_says_which_points_it_is_of_and_which_texts_name_no_place() {
    let city = City::new();
    let client = city.client().await;
    let quoted = |pickup: &str, dropoff: &str| {
        let mut body = request();
        (body["pickupLocation"], body["dropOffLocation"]) = (json!(pickup), json!(dropoff));
        body
    };
    let known = client
        .post(QUOTES, &quoted("middle", "43.78, 11.24"))
        .await
        .json();
    assert_eq!(known["placeholders"], json!([]), "{known}");
    assert!(known.get("locationResolution").is_none(), "{known}");
    assert_eq!(
        known["dropoff"],
        json!({"altitude": 0.0, "latitude": 43.78, "longitude": 11.24})
    );
    let body = quoted("middle", "Via che non esiste 99");
    let derived = client.post(QUOTES, &body).await.json();
    assert_eq!(derived["pickup"], known["pickup"]);
    assert_eq!(
        (&derived["placeholders"], &derived["locationResolution"]),
        (&json!(["dropOffLocation"]), &json!("placeholder"))
    );
    let id = client.order(&body).await;
    let ordered = client.get(&format!("/api/deliveries/{id}")).await.json();
    assert_eq!(
        ordered["dropoff"], derived["dropoff"],
        "it would go where it was quoted to go"
    );
}
