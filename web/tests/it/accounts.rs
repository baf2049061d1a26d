//! Accounts: businesses register, change, and hold keys.

use actix_web::http::Method;
use serde_json::{Value, json};
use skyhaul_actors::event::Event;
use skyhaul_web::ports::{KeyValueStore as _, SubmitError};

use crate::city::City;
use crate::client::NOBODYS;

fn shop() -> Value {
    json!({"name": "Flowers & Sons", "contact": "ann@flowers.example", "plan": "business"})
}

#[actix_web::test]
async fn a_business_registers_and_is_shown_its_key_once() {
    let client = City::new().client().await;
    let opened = client.post("/api/accounts", &shop()).await;
    assert_eq!(opened.status, 201, "{}", opened.text());
    assert_eq!(opened.header("cache-control"), Some("no-store"));
    let body = opened.json();
    let id = body["id"].as_str().expect("an id");
    let address = format!("/api/accounts/{id}");
    assert_eq!(opened.header("location"), Some(address.as_str()));
    let key = body["apiKey"].as_str().expect("a key");
    let name = body["keys"][0]["id"].as_str().expect("a name");
    assert!(
        key.starts_with(&format!("skyhaul_{name}_")) && key.len() == 89,
        "{key}"
    );
    let read = client.get(&address).await;
    assert!(!read.text().contains(key), "it is shown once");
    let mut shown = body.clone();
    shown.as_object_mut().expect("an object").remove("apiKey");
    assert_eq!(read.json(), shown);
    assert_eq!(
        (&shown["ownerId"], &shown["plan"], &shown["status"]),
        (&json!(id), &json!("Business"), &json!("Active"))
    );
    assert_eq!(client.get(&format!("/api/account/{id}")).await.json(), true);
    assert_eq!(client.get("/api/account/nobody").await.json(), false);
}

#[actix_web::test]
async fn an_owner_has_one_account() {
    let client = City::new().client().await;
    let body = json!({"name": "n", "ownerId": "myowner"});
    assert_eq!(client.post("/api/accounts", &body).await.status, 201);
    assert_eq!(client.get("/api/account/myowner").await.json(), true);
    assert_eq!(client.post("/api/accounts", &body).await.status, 409);
}

#[actix_web::test]
async fn an_account_changes_where_something_is_said_and_is_inactive_while_suspended() {
    let client = City::new().client().await;
    let id = client.post("/api/accounts", &shop()).await.json()["id"].clone();
    let id = id.as_str().expect("an id");
    let address = format!("/api/accounts/{id}");
    let changed = client.patch(&address, &json!({"status": "suspended"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let body = changed.json();
    assert_eq!(
        (&body["status"], &body["plan"], &body["name"]),
        (&json!("Suspended"), &json!("Business"), &json!("Flowers & Sons"))
    );
    assert_eq!(client.get(&format!("/api/account/{id}")).await.json(), false);
    let change = json!({"status": 0, "name": "Flowers & Daughters"});
    let body = client.patch(&address, &change).await.json();
    assert_eq!(
        (&body["name"], &body["contact"]),
        (&json!("Flowers & Daughters"), &json!("ann@flowers.example"))
    );
    assert_eq!(client.get(&address).await.json(), body);
}

#[actix_web::test]
async fn keys_come_and_go() {
    let client = City::new().client().await;
    let id = client.post("/api/accounts", &shop()).await.json()["id"].clone();
    let address = format!("/api/accounts/{}", id.as_str().expect("an id"));
    let keys = format!("{address}/keys");
    let issued = client.post(&keys, &json!({"role": "operator"})).await;
    assert_eq!(issued.status, 201, "{}", issued.text());
    let issued = issued.json();
    assert_eq!(issued["role"], "operator");
    let second = client.call(Method::POST, &keys).await;
    assert_eq!((second.status, &second.json()["role"]), (201, &json!("customer")));
    let name = issued["id"].as_str().expect("a name");
    let one = format!("{keys}?keyId={name}");
    assert_eq!(client.delete(&one).await.status, 204);
    assert_eq!(client.delete(&one).await.status, 404);
    assert_eq!(client.delete(&keys).await.status, 400);
    let left = client.get(&address).await.json();
    assert_eq!(left["keys"].as_array().map(Vec::len), Some(2));
    for number in 2..=16 {
        let wanted = if number < 16 { 201 } else { 409 };
        let answer = client.post(&keys, &json!({})).await;
        assert_eq!(answer.status, wanted, "key {}", number + 1);
    }
}

#[actix_web::test]
async fn accounts_that_cannot_be_are_refused() {
    let client = City::new().client().await;
    for (body, status, field) in [
        (json!({}), 400, "name"),
        (json!({"name": " "}), 422, "name"),
        (json!({"name": "n", "plan": "gold"}), 400, "plan"),
        (json!({"name": "n", "contact": "x".repeat(1_025)}), 422, "contact"),
        (json!({"name": "n", "ownerId": ""}), 422, "ownerId"),
    ] {
        let answer = client.post("/api/accounts", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.json()["errors"][field].is_array(), "{}", answer.text());
    }
    for id in [NOBODYS, "no-uuid"] {
        let address = format!("/api/accounts/{id}");
        assert_eq!(client.get(&address).await.status, 404);
        assert_eq!(client.patch(&address, &json!({})).await.status, 404);
        assert_eq!(
            client.post(&format!("{address}/keys"), &json!({})).await.status,
            404
        );
    }
}

#[actix_web::test]
async fn an_account_outlives_a_restart_and_names_stay_out_of_the_events() {
    let city = City::new();
    let client = city.client().await;
    let id = client.post("/api/accounts", &shop()).await.json()["id"].clone();
    let address = format!("/api/accounts/{}", id.as_str().expect("an id"));
    let before = client.get(&address).await.json();
    for event in city.events() {
        let told = format!("{event:?}");
        assert!(!told.contains("Flowers") && !told.contains("ann@"), "{told}");
    }
    assert_eq!(
        city.count(|event| matches!(event, Event::AccountChanged { .. })),
        1
    );
    drop(client);
    let client = city.restarted().client().await;
    assert_eq!(client.get(&address).await.json(), before);
}

#[actix_web::test]
async fn an_account_that_was_not_stored_leaves_nothing() {
    let city = City::new();
    city.refuse(SubmitError::DiskFull);
    let client = city.client().await;
    assert_eq!(client.post("/api/accounts", &shop()).await.status, 503);
    let mut contacts = 0;
    let mut visit = |_: &[u8], _: &[u8]| {
        contacts += 1;
        true
    };
    let scanned = city.kept.0[5].scan(b"c", b"d", false, &mut visit);
    scanned.expect("memory works");
    assert_eq!(contacts, 0, "its contact is gone");
}
