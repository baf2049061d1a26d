//! Entity tags: nobody's change is lost unseen.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::city::City;
use crate::client::{NOBODYS, request};

fn asked(method: &Method, path: &str, header: (&str, &str), body: &Value) -> TestRequest {
    let request = TestRequest::with_uri(path).method(method.clone());
    request.insert_header(header).set_json(body)
}

#[actix_web::test]
async fn a_change_of_what_is_no_longer_so_is_refused_and_of_what_was_seen_is_made() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let delivery = format!("/api/deliveries/{id}");
    client.put("/api/packages/box", &json!({"size": "Small"})).await;
    let account = client
        .post("/api/accounts", &json!({"name": "Flowers"}))
        .await
        .json();
    let account = format!("/api/accounts/{}", account["id"].as_str().expect("an id"));
    let put = json!({
        "id": id,
        "owner": {"userId": "myowner"},
        "pickup": {"latitude": 43.775, "longitude": 11.255},
        "dropoff": {"latitude": 43.79, "longitude": 11.25},
        "confirmationRequired": "None",
    });
    for (method, path, body, done) in [
        (
            Method::PATCH,
            delivery.as_str(),
            json!({"deadline": "2026-05-13T10:00:00Z"}),
            200,
        ),
        (Method::PUT, delivery.as_str(), put, 204),
        (Method::PATCH, "/api/packages/box", json!({"weight": 2}), 204),
        (Method::PUT, "/api/packages/box", json!({"size": "Large"}), 204),
        (Method::PATCH, account.as_str(), json!({"contact": "door 7"}), 200),
    ] {
        let seen = client.get(path).await.header("etag").expect("a tag").to_owned();
        let same = TestRequest::get()
            .uri(path)
            .insert_header(("If-None-Match", seen.as_str()));
        assert_eq!(client.send(same).await.status, 304, "{path}");
        let first = client
            .send(asked(&method, path, ("If-Match", &seen), &body))
            .await;
        assert_eq!(first.status, done, "{method} {path}: {}", first.text());
        let second = client
            .send(asked(&method, path, ("If-Match", &seen), &body))
            .await;
        assert_eq!(second.status, 412, "{method} {path}: {}", second.text());
        assert_eq!(second.json()["type"], "urn:skyhaul:problem:stale");
        let any = client.send(asked(&method, path, ("If-Match", "*"), &body)).await;
        assert_eq!(any.status, done, "{method} {path}: {}", any.text());
        let garbled = client
            .send(asked(&method, path, ("If-Match", "no tag"), &body))
            .await;
        assert_eq!(garbled.status, 400, "{}", garbled.text());
    }
}

#[actix_web::test]
async fn what_must_not_be_there_is_made_once() {
    let client = City::new().client().await;
    let body = json!({"size": "Small"});
    let once = || asked(&Method::PUT, "/api/packages/box", ("If-None-Match", "*"), &body);
    assert_eq!(client.send(once()).await.status, 201);
    assert_eq!(client.send(once()).await.status, 412);
    let absent = asked(&Method::PUT, "/api/packages/other", ("If-Match", "*"), &body);
    assert_eq!(client.send(absent).await.status, 412);
    assert_eq!(client.get("/api/packages/other").await.status, 404);
}

#[actix_web::test]
async fn of_two_who_saw_the_same_one_is_told_so() {
    let client = City::new().client().await;
    client.put("/api/packages/box", &json!({"size": "Small"})).await;
    let seen = client
        .get("/api/packages/box")
        .await
        .header("etag")
        .expect("a tag")
        .to_owned();
    let change = |weight: u32| {
        let body = json!({"weight": weight});
        client.send(asked(
            &Method::PATCH,
            "/api/packages/box",
            ("If-Match", &seen),
            &body,
        ))
    };
    let (one, other) = futures_util::future::join(change(1), change(2)).await;
    let mut told = [one.status, other.status];
    told.sort_unstable();
    assert_eq!(told, [204, 412]);
}

#[actix_web::test]
async fn a_tag_does_not_hide_that_nothing_is_there() {
    let client = City::new().client().await;
    let path = format!("/api/deliveries/{NOBODYS}");
    let patch = asked(&Method::PATCH, &path, ("If-Match", "\"x\""), &json!({}));
    assert_eq!(client.send(patch).await.status, 404);
}
