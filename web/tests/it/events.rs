//! Deliveries followed by Server-Sent Events.

use std::future::poll_fn;

use actix_web::App;
use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use serde_json::{Value, json};
use skyhaul_web::{AdminKey, GatewaySettings};

use crate::city::City;
use crate::client::{NOBODYS, request, with};

/// The key that opens everything.
const ADMIN: &str = "an-administrator's-key-for-this-test";

/// The ids and the data of events, comments left out.
fn events(text: &str) -> Vec<(u32, Value)> {
    let each = text.split("\n\n").filter_map(|event| {
        let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
        let id = event.lines().find_map(|line| line.strip_prefix("id: "));
        let id = id.map_or(0, |id| id.parse().expect("a number"));
        Some((id, serde_json::from_str(data).expect("JSON")))
    });
    each.collect()
}

fn stages(events: &[(u32, Value)]) -> Vec<(u32, &str, u64, &str)> {
    let each = events.iter().map(|(id, frame)| {
        let text = |name: &str| frame[name].as_str().expect("a text");
        (
            *id,
            text("type"),
            frame["seq"].as_u64().expect("a number"),
            text("stage"),
        )
    });
    each.collect()
}

#[actix_web::test]
async fn a_delivery_that_has_ended_is_told_once_and_then_no_more() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let path = format!("/api/deliveries/{id}/events");
    city.run_s(3_600);
    assert_eq!(client.stage(&id).await, "Completed");
    let whole = client.get(&path).await;
    assert_eq!(
        (whole.status, whole.header("content-type")),
        (200, Some("text/event-stream"))
    );
    assert_eq!(whole.header("cache-control"), Some("no-store"));
    let told = events(&whole.text());
    let (last, ..) = stages(&told)[0];
    assert_eq!(stages(&told), [(last, "snapshot", 1, "Completed")]);
    assert_eq!(
        (&told[0].1["id"], &told[0].1["deliveryId"]),
        (&json!(format!("delivery:{id}")), &json!(id))
    );
    let back = |seen: u32| {
        TestRequest::get()
            .uri(&path)
            .insert_header(("Last-Event-ID", seen.to_string()))
    };
    let rest = client.send(back(1)).await;
    let rest = events(&rest.text());
    assert_eq!(
        stages(&rest),
        [
            (2, "delivery", 1, "HeadedToDropoff"),
            (3, "delivery", 2, "Completed")
        ]
    );
    assert_eq!(client.send(back(last)).await.status, 204, "it stays away");
    assert_eq!(
        client.send(back(last + 1)).await.status,
        200,
        "what never was is not believed"
    );
    assert_eq!(
        client
            .get(&format!("/api/deliveries/{NOBODYS}/events"))
            .await
            .status,
        404
    );
}

/// What comes next of a body; `None` at its end.
pub(crate) async fn more(body: &mut std::pin::Pin<Box<BoxBody>>) -> Option<String> {
    let bytes = poll_fn(|context| body.as_mut().poll_next(context)).await?;
    let bytes = bytes.expect("the body goes on");
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[actix_web::test]
async fn a_delivery_is_followed_until_it_ends() {
    let city = City::new();
    let id = city.client().await.order(&request()).await;
    city.run_s(60);
    let services = city.services.clone();
    let app = init_service(App::new().configure(|config| services.configure(config))).await;
    let path = format!("/api/deliveries/{id}/events");
    let head = TestRequest::with_uri(&path).method(Method::HEAD).to_request();
    assert_eq!(call_service(&app, head).await.status(), 200);
    let response = call_service(&app, TestRequest::get().uri(&path).to_request()).await;
    let mut body = Box::pin(response.into_body());
    let first = more(&mut body).await.expect("it is told at once");
    assert!(first.starts_with("retry: 3000\n\n"), "{first}");
    let mut told = events(&first);
    city.run_s(3_600);
    while let Some(text) = more(&mut body).await {
        told.extend(events(&text));
    }
    let told = stages(&told);
    let seqs: Vec<u64> = told.iter().map(|(_, _, seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=told.len() as u64).collect::<Vec<_>>());
    assert_eq!((told[0].1, told[0].3), ("snapshot", "HeadedToPickup"));
    let last = told.last().expect("there were some");
    assert_eq!((last.1, last.3), ("delivery", "Completed"));
    assert!(told.iter().any(|(_, _, _, stage)| *stage == "HeadedToDropoff"));
}

#[actix_web::test]
async fn so_many_follow_at_a_time_and_no_more() {
    let city = City::new();
    let id = city.client().await.order(&request()).await;
    city.run_s(60);
    let services = city.services.clone();
    let app = init_service(App::new().configure(|config| services.configure(config))).await;
    let path = format!("/api/deliveries/{id}/events");
    let ask = |method: Method| TestRequest::with_uri(&path).method(method).to_request();
    let mut open = Vec::new();
    let refused = loop {
        let response = call_service(&app, ask(Method::GET)).await;
        if response.status() != 200 {
            break response;
        }
        open.push(response);
        assert!(open.len() <= 1_000, "there is a limit");
    };
    assert_eq!((open.len(), refused.status().as_u16()), (1_000, 503));
    assert!(refused.headers().contains_key("retry-after"));
    let head = call_service(&app, ask(Method::HEAD)).await;
    assert_eq!(head.status(), 200, "whoever only asks takes no place");
    drop(open.pop());
    assert_eq!(
        call_service(&app, ask(Method::GET)).await.status(),
        200,
        "one has left"
    );
}

#[actix_web::test]
async fn whoever_follows_is_let_go_when_the_service_stops() {
    let city = City::new();
    let id = city.client().await.order(&request()).await;
    city.run_s(60);
    let services = city.services.clone();
    let app = init_service(App::new().configure(|config| services.configure(config))).await;
    let path = format!("/api/deliveries/{id}/events");
    let response = call_service(&app, TestRequest::get().uri(&path).to_request()).await;
    let mut body = Box::pin(response.into_body());
    assert!(
        more(&mut body)
            .await
            .expect("it is told at once")
            .contains("HeadedToPickup")
    );
    city.readiness.set_draining();
    while let Some(text) = more(&mut body).await {
        assert!(!text.contains("Completed"), "it has not ended: {text}");
    }
}

#[actix_web::test]
async fn whoever_follows_is_let_go_when_the_account_is_suspended() {
    let city = City::behind(GatewaySettings {
        asks_who_calls: true,
        admin_key: Some(AdminKey::new(ADMIN).expect("long enough")),
        ..GatewaySettings::default()
    });
    let client = city.client().await;
    let admin = |request: TestRequest| request.insert_header(("X-Api-Key", ADMIN));
    let opened =
        admin(TestRequest::post().uri("/api/accounts")).set_json(json!({"name": "a", "ownerId": "ann"}));
    let opened = client.send(opened).await.json();
    let text = |name: &str| opened[name].as_str().expect("a text").to_owned();
    let order =
        admin(TestRequest::post().uri("/api/deliveryrequests")).set_json(with("ownerId", json!("ann")));
    let id = client.send(order).await.json()["deliveryId"].clone();
    let path = format!("/api/deliveries/{}/events", id.as_str().expect("an id"));
    let services = city.services.clone();
    let app = init_service(App::new().configure(|config| services.configure(config))).await;
    let follow = TestRequest::get()
        .uri(&path)
        .insert_header(("X-Api-Key", text("apiKey")));
    let response = call_service(&app, follow.to_request()).await;
    assert_eq!(response.status(), 200);
    let mut body = Box::pin(response.into_body());
    assert!(more(&mut body).await.is_some(), "it is told at once");
    let account = format!("/api/accounts/{}", text("id"));
    let suspend = admin(TestRequest::patch().uri(&account)).set_json(json!({"status": "suspended"}));
    assert_eq!(client.send(suspend).await.status, 200);
    while more(&mut body).await.is_some() {}
}

#[actix_web::test]
async fn a_page_shows_its_key_in_the_address_there_and_nowhere_else() {
    let city = City::behind(GatewaySettings {
        asks_who_calls: true,
        admin_key: Some(AdminKey::new(ADMIN).expect("long enough")),
        ..GatewaySettings::default()
    });
    let client = city.client().await;
    let admin = |request: TestRequest| request.insert_header(("X-Api-Key", ADMIN));
    let opened =
        admin(TestRequest::post().uri("/api/accounts")).set_json(json!({"name": "a", "ownerId": "ann"}));
    let key = client.send(opened).await.json()["apiKey"].clone();
    let key = key.as_str().expect("a key");
    let mut ids = Vec::new();
    for owner in ["ann", "bob"] {
        let order =
            admin(TestRequest::post().uri("/api/deliveryrequests")).set_json(with("ownerId", json!(owner)));
        let answer = client.send(order).await.json();
        ids.push(answer["deliveryId"].as_str().expect("an id").to_owned());
    }
    city.run_s(3_600);
    let path = |id: &str, what: &str| format!("/api/deliveries/{id}/{what}?access_token={key}");
    assert_eq!(client.get(&path(&ids[0], "events")).await.status, 200);
    assert_eq!(
        client.get(&path(&ids[1], "events")).await.status,
        404,
        "it is another's"
    );
    assert_eq!(client.get(&path(&ids[0], "status")).await.status, 401);
    assert_eq!(
        client
            .get(&format!("/api/deliveries/{}/events", ids[0]))
            .await
            .status,
        401
    );
}

#[actix_web::test]
async fn telemetry_is_described_where_the_interface_is() {
    let answer = City::new().client().await.get("/asyncapi.json").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/json"))
    );
    assert_eq!(answer.json()["channels"]["telemetry"]["address"], "/telemetry");
}
