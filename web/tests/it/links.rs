//! Links to deliveries: what they open, and for whom.

use actix_web::App;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use skyhaul_actors::ids::DeliveryId;
use skyhaul_telemetry::door::Sight;
use skyhaul_web::{AdminKey, GatewaySettings};

use crate::city::City;
use crate::client::{NOBODYS, request};
use crate::events::more;

/// The key that opens everything.
const ADMIN: &str = "an-administrator's-key-for-this-test";

fn gateway() -> GatewaySettings {
    GatewaySettings {
        asks_who_calls: true,
        admin_key: Some(AdminKey::new(ADMIN).expect("long enough")),
        ..GatewaySettings::default()
    }
}

fn city() -> City {
    City::behind(gateway())
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
        let (_, token) = link!($client, delivery);
        (delivery, token)
    }};
}

/// A link to a delivery: its id, and its token.
macro_rules! link {
    ($client:expr, $delivery:expr) => {{
        let link = $client.send(ask(ADMIN, Method::POST, &links_of(&$delivery))).await;
        assert_eq!(link.status, 201, "{}", link.text());
        assert_eq!(link.header("cache-control"), Some("no-store"));
        let body = link.json();
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        assert_eq!(link.header("location"), Some(text("url").as_str()));
        assert!(text("expiresAt").ends_with('Z') && text("url") == format!("/track/{}", text("token")));
        (text("id"), text("token"))
    }};
}

/// What asking for a delivery by a link is answered with.
macro_rules! opened {
    ($client:expr, $delivery:expr, $link:expr) => {{
        let path = format!("/api/deliveries/{}", $delivery);
        $client.send(ask(&$link, Method::GET, &path)).await.status
    }};
}

fn links_of(delivery: &str) -> String {
    format!("/api/deliveries/{delivery}/trackinglinks")
}

#[actix_web::test]
async fn a_link_shows_its_delivery_and_lets_cancel_it() {
    let client = city().client().await;
    let (delivery, link) = linked!(client);
    for part in ["", "/status", "/history", "/track", "/confirmations"] {
        let path = format!("/api/deliveries/{delivery}{part}");
        assert_eq!(client.send(ask(&link, Method::GET, &path)).await.status, 200, "{path}");
    }
    let events = format!("/api/deliveries/{delivery}/events");
    assert_eq!(client.send(ask(&link, Method::HEAD, &events)).await.status, 200);
    for path in ["/api/config", "/api/landmarks"] {
        assert_eq!(client.send(ask(&link, Method::GET, path)).await.status, 200, "{path}");
    }
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
        (Method::GET, format!("/api/deliveries/{other}/events"), 404),
        (Method::GET, format!("/api/deliveries/{NOBODYS}"), 404),
        (Method::DELETE, format!("/api/deliveryrequests/{other}"), 404),
        (Method::GET, format!("/api/deliveries/{delivery}/owner"), 403),
        (Method::PATCH, format!("/api/deliveries/{delivery}"), 403),
        (Method::DELETE, format!("/api/deliveries/{delivery}"), 403),
        (Method::POST, links_of(&delivery), 403),
        (Method::GET, links_of(&delivery), 403),
        (Method::DELETE, links_of(&delivery), 403),
        (Method::POST, format!("/api/deliveries/{delivery}/confirmations"), 403),
        (Method::GET, "/api/deliveries?ownerId=".to_owned(), 403),
        (Method::GET, "/api/drones".to_owned(), 403),
        (Method::POST, "/api/quotes".to_owned(), 403),
        (Method::GET, "/api/places?name=a".to_owned(), 403),
    ] {
        let answer = client.send(ask(&link, method.clone(), &path)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let answer = client.send(ask(ADMIN, method, &links_of(NOBODYS))).await;
        assert_eq!(answer.status, 404, "there is nothing to show");
    }
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
    let lease = pass.lease.expect("it ends");
    assert!(lease.holds() && lease.holds());
    let (_, other) = linked!(client);
    let path = links_of(&delivery.to_string());
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &path)).await.status, 204);
    assert!(!lease.holds(), "it was revoked");
    assert!(city.services.door().pass(Some(&link)).is_none());
    let pass = city.services.door().pass(Some(&other)).expect("it opens");
    assert!(pass.lease.expect("it ends").holds(), "it is another delivery's");
}

#[actix_web::test]
async fn whoever_follows_by_a_link_in_the_address_is_let_go_when_it_is_revoked() {
    let city = city();
    let client = city.client().await;
    let (delivery, link) = linked!(client);
    city.run_s(60);
    let services = city.services.clone();
    let app = init_service(App::new().configure(|config| services.configure(config))).await;
    let path = format!("/api/deliveries/{delivery}/events?access_token={link}");
    let response = call_service(&app, TestRequest::get().uri(&path).to_request()).await;
    assert_eq!(response.status(), 200);
    let mut body = Box::pin(response.into_body());
    let told = more(&mut body).await.expect("it is told at once");
    assert!(told.contains("HeadedToPickup") && !told.contains("myowner"), "{told}");
    let revoke = ask(ADMIN, Method::DELETE, &links_of(&delivery));
    assert_eq!(client.send(revoke).await.status, 204);
    while more(&mut body).await.is_some() {}
    assert_eq!(client.get(&path).await.status, 401, "and nobody comes in by it again");
}

#[actix_web::test]
async fn a_link_says_nothing_of_whose_the_delivery_is() {
    let city = city();
    let client = city.client().await;
    let (delivery, link) = linked!(client);
    let cancel = format!("/api/deliveries/{delivery}");
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &cancel)).await.status, 200);
    for part in ["", "/status", "/history", "/track", "/confirmations"] {
        let path = format!("/api/deliveries/{delivery}{part}");
        let shown = client.send(ask(&link, Method::GET, &path)).await.text();
        let whole = client.send(ask(ADMIN, Method::GET, &path)).await.text();
        assert!(!shown.contains("myowner"), "{path}: {shown}");
        for hidden in ["owner", "deadline", "expedited", "reason", "undone", "retriedAs"] {
            assert!(!shown.contains(&format!("\"{hidden}\"")), "{path} tells {hidden}: {shown}");
        }
        match part {
            "" => assert!(whole.contains("myowner") && whole.contains("expedited")),
            "/history" => assert!(whole.contains("\"reason\":\"Requested\"")),
            _ => {}
        }
    }
}

#[actix_web::test]
async fn a_link_is_revoked_alone_or_with_all_others_also_over_a_restart() {
    let city = city();
    let client = city.client().await;
    let (delivery, first) = linked!(client);
    let (id, second) = link!(client, delivery);
    let (_, third) = link!(client, delivery);
    let (other, others) = linked!(client);
    let listed = client.send(ask(ADMIN, Method::GET, &links_of(&delivery))).await;
    assert_eq!(listed.header("cache-control"), Some("no-store"));
    let listed = listed.json();
    let tokens: Vec<_> = (0..3).map(|at| listed[at]["token"].as_str()).collect();
    assert_eq!(tokens, [Some(first.as_str()), Some(&second), Some(&third)]);
    let one = format!("{}/{id}", links_of(&delivery));
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &one)).await.status, 204);
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &one)).await.status, 404, "it is gone");
    let restarted = city.restarted_behind(gateway());
    let client = restarted.client().await;
    for (link, status) in [(&first, 200), (&second, 401), (&third, 200)] {
        assert_eq!(opened!(client, delivery, link), status);
    }
    let all = links_of(&delivery);
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &all)).await.status, 204);
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &all)).await.status, 204, "there are none");
    let (_, fourth) = link!(client, delivery);
    let client = restarted.restarted_behind(gateway()).client().await;
    for (link, status) in [(&first, 401), (&second, 401), (&third, 401), (&fourth, 200)] {
        assert_eq!(opened!(client, delivery, link), status);
    }
    assert_eq!(opened!(client, other, others), 200, "another delivery's stay");
}

#[actix_web::test]
async fn a_delivery_has_so_many_links_and_no_more() {
    let client = city().client().await;
    let (delivery, _) = linked!(client);
    let (mut last, mut made) = (String::new(), 1);
    let refused = loop {
        let answer = client.send(ask(ADMIN, Method::POST, &links_of(&delivery))).await;
        if answer.status != 201 {
            break answer;
        }
        last = answer.json()["id"].as_str().expect("an id").to_owned();
        made += 1;
    };
    assert_eq!((made, refused.status), (16, 409), "{}", refused.text());
    let one = format!("{}/{last}", links_of(&delivery));
    assert_eq!(client.send(ask(ADMIN, Method::DELETE, &one)).await.status, 204);
    link!(client, delivery);
}
