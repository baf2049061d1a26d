//! Links to deliveries: what they open, and for whom.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::door::Sight;
use skyhaul_web::{AdminKey, GatewaySettings};

use crate::city::City;
use crate::client::{NOBODYS, request};

/// The key that opens everything.
const ADMIN: &str = "an-administrator's-key-for-this-test";

fn city() -> City {
    City::behind(GatewaySettings {
        asks_who_calls: true,
        admin_key: Some(AdminKey::new(ADMIN).expect("long enough")),
        ..GatewaySettings::default()
    })
}

/// Asks with a key.
fn ask(key: &str, method: Method, path: &str) -> TestRequest {
    let request = TestRequest::with_uri(path).method(method);
    request.insert_header(("Authorization", format!("Bearer {key}")))
}

/// A delivery, and a link to it.
macro_rules! linked {
    ($client:expr) => {{
        let order = ask(ADMIN, Method::POST, "/api/deliveryrequests").set_json(request());
        let delivery = $client.send(order).await.json()["deliveryId"].as_str().expect("an id").to_owned();
        let path = format!("/api/deliveries/{delivery}/trackinglinks");
        let link = $client.send(ask(ADMIN, Method::POST, &path)).await;
        assert_eq!(link.status, 201, "{}", link.text());
        assert_eq!(link.header("cache-control"), Some("no-store"));
        let body = link.json();
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        assert_eq!(link.header("location"), Some(text("url").as_str()));
        assert!(text("expiresAt").ends_with('Z') && text("url") == format!("/track/{}", text("token")));
        (delivery, text("token"))
    }};
}

#[actix_web::test]
async fn a_link_shows_its_delivery_and_lets_cancel_it() {
    let client = city().client().await;
    let (delivery, link) = linked!(client);
    for part in ["", "/status", "/history", "/track", "/confirmations"] {
        let path = format!("/api/deliveries/{delivery}{part}");
        assert_eq!(client.send(ask(&link, Method::GET, &path)).await.status, 200, "{path}");
    }
    assert_eq!(client.send(ask(&link, Method::GET, "/api/config")).await.status, 200);
    let cancel = format!("/api/deliveryrequests/{delivery}");
    assert!([202, 204].contains(&client.send(ask(&link, Method::DELETE, &cancel)).await.status));
}

#[actix_web::test]
async fn a_link_opens_nothing_else() {
    let client = city().client().await;
    let (delivery, link) = linked!(client);
    let (other, _) = linked!(client);
    for (method, path, status) in [
        (Method::GET, format!("/api/deliveries/{other}"), 404),
        (Method::GET, format!("/api/deliveries/{other}/status"), 404),
        (Method::GET, format!("/api/deliveries/{NOBODYS}"), 404),
        (Method::DELETE, format!("/api/deliveryrequests/{other}"), 404),
        (Method::GET, format!("/api/deliveries/{delivery}/owner"), 403),
        (Method::PATCH, format!("/api/deliveries/{delivery}"), 403),
        (Method::DELETE, format!("/api/deliveries/{delivery}"), 403),
        (Method::POST, format!("/api/deliveries/{delivery}/trackinglinks"), 403),
        (Method::POST, format!("/api/deliveries/{delivery}/confirmations"), 403),
        (Method::GET, "/api/deliveries?ownerId=".to_owned(), 403),
        (Method::GET, "/api/drones".to_owned(), 403),
        (Method::POST, "/api/quotes".to_owned(), 403),
        (Method::GET, "/api/places?name=a".to_owned(), 403),
    ] {
        let answer = client.send(ask(&link, method.clone(), &path)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    let path = format!("/api/deliveries/{NOBODYS}/trackinglinks");
    assert_eq!(client.send(ask(ADMIN, Method::POST, &path)).await.status, 404, "there is nothing to show");
}

#[actix_web::test]
async fn a_link_that_was_tampered_with_opens_nothing() {
    let client = city().client().await;
    let (delivery, link) = linked!(client);
    let (_, other) = linked!(client);
    // One delivery's name with another's signature.
    let mixed = format!("{}{}", &link[..22], &other[22..]);
    let path = format!("/api/deliveries/{delivery}");
    for wrong in [mixed.as_str(), &link[1..], "", delivery.as_str()] {
        assert_eq!(client.send(ask(wrong, Method::GET, &path)).await.status, 401, "{wrong}");
    }
}

#[actix_web::test]
async fn telemetry_shows_a_link_its_delivery_for_as_long_as_it_is_good() {
    let city = city();
    let client = city.client().await;
    let (delivery, link) = linked!(client);
    let pass = city.services.door().pass(Some(&link)).expect("it opens");
    let delivery: DeliveryId = delivery.parse().expect("an id");
    assert_eq!(pass.sight, Sight::One(delivery));
    assert!(pass.lease.expect("it ends").holds());
}
