//! Who hides behind pseudonyms, and how they are forgotten because they ask.

use serde_json::{Value, json};
use skyhaul_engine::time::SimDuration;
use skyhaul_web::ports::KeyValueStore as _;
use skyhaul_web::ports::memory::MemoryStore;

use crate::city::City;
use crate::client::{request, with};

/// Whether any of the texts is in the bytes.
fn tells(bytes: &[u8], texts: &[&str]) -> bool {
    texts
        .iter()
        .any(|text| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

/// Whether any of the texts is in a store.
fn holds(store: &MemoryStore, texts: &[&str]) -> bool {
    let mut is_found = false;
    let all = store.scan(&[], &[u8::MAX], false, &mut |key, row| {
        is_found |= tells(key, texts) || tells(row, texts);
        true
    });
    all.expect("memory works");
    is_found
}

fn month(path: &str) -> String {
    format!("{path}year=2026&month=5")
}

#[actix_web::test]
async fn neither_events_nor_snapshots_know_names_or_words_and_clients_do() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&with("ownerId", json!("Ann Onymous"))).await;
    let snapshot = city.snapshot();
    assert!(
        !tells(&snapshot, &["Ann Onymous", "mytag"]),
        "the engine knows who"
    );
    city.run_s(3_600);
    let events = format!("{:?}", city.events());
    assert!(events.contains("owner-"), "{events}");
    assert!(
        !tells(events.as_bytes(), &["Ann Onymous", "mytag"]),
        "events know who"
    );
    let delivery = client.get(&format!("/api/deliveries/{id}")).await.json();
    assert_eq!(delivery["owner"]["userId"], "Ann Onymous");
    assert_eq!(client.get("/api/packages/mypackage").await.json()["tag"], "mytag");
    let listed = client.get("/api/deliveries?ownerId=Ann%20Onymous").await.json();
    assert_eq!(listed["items"][0]["id"], json!(id), "{listed}");
    let count = client
        .get(&month("/api/deliveries/summary?ownerId=Ann%20Onymous&"))
        .await;
    assert_eq!(count.json()["count"], 1);
}

#[actix_web::test]
async fn who_is_erased_is_known_to_nobody_and_totals_stay() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let path = |rest: &str| format!("/api/deliveries/{id}{rest}");
    let told = json!({"emailAddress": "someone@example.org"});
    assert_eq!(client.post(&path("/notifymerequests"), &told).await.status, 204);
    city.run_s(3_600);
    let invoice = month("/api/invoices?ownerId=myowner&");
    let billed = client.get(&invoice).await.json();
    assert_eq!(billed["deliveries"]["count"], 1, "{billed}");

    let erase = "/api/owners/myowner/personal-data";
    assert_eq!(
        client.delete("/api/owners/nobody/personal-data").await.status,
        404
    );
    assert_eq!(client.delete(erase).await.status, 204);
    city.forget(SimDuration::from_secs(86_400));
    assert_eq!(
        client.delete(erase).await.status,
        404,
        "nobody is known by it any more"
    );

    let delivery = client.get(&path("")).await.json();
    let pseudonym = delivery["owner"]["userId"].as_str().expect("a text").to_owned();
    assert!(pseudonym.starts_with("owner-"), "{delivery}");
    assert_eq!(delivery["dropoff"]["latitude"], 43.8, "no address is left");
    assert_eq!(
        client.get("/api/packages/mypackage").await.json()["tag"],
        Value::Null
    );
    let still = client.get(&path("/notifymerequests")).await.text();
    assert!(!still.contains("someone@"), "{still}");
    let mut under_pseudonym = client.get(&invoice.replace("myowner", &pseudonym)).await.json();
    under_pseudonym["ownerId"] = json!("myowner");
    assert_eq!(under_pseudonym, billed, "totals stay");
    let audit = client.get("/api/audit").await.json();
    assert_eq!(audit["items"][0]["action"], "erasePerson", "{audit}");
    assert_eq!(audit["items"][0]["subject"], json!(pseudonym), "{audit}");
    city.flush();
    for store in &city.kept.0 {
        assert!(!holds(store, &["someone@example.org", "myowner"]));
    }

    let anew = client.order(&request()).await;
    let listed = client.get("/api/deliveries?ownerId=myowner").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(
        listed["items"][0]["id"],
        json!(anew),
        "who comes back is somebody new"
    );
}

#[actix_web::test]
async fn names_survive_a_restart() {
    let city = City::new();
    let id = city.client().await.order(&request()).await;
    let city = city.restarted();
    let client = city.client().await;
    let delivery = client.get(&format!("/api/deliveries/{id}")).await.json();
    assert_eq!(delivery["owner"]["userId"], "myowner");
    let again = client.order(&request()).await;
    let listed = client.get("/api/deliveries?ownerId=myowner").await.json();
    let ids: Vec<&Value> = listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| &item["id"])
        .collect();
    assert_eq!(ids, [&json!(again), &json!(id)], "one person, before and after");
}
