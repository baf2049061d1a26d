//! Why something was refused, given up or given to a carrier: one of the names that the document explains.

use serde_json::{Value, json};

use crate::city::City;
use crate::client::{request, with};

/// The names that a schema of the document allows, each with what it means; others that it refers to are followed.
fn names(document: &Value, schema: &Value) -> Vec<(String, String)> {
    if let Some(address) = schema["$ref"].as_str() {
        let pointed = document.pointer(address.trim_start_matches('#'));
        return names(document, pointed.expect("what is referred to"));
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let told = ways.iter().filter(|way| way["type"] != "null");
        return told.flat_map(|way| names(document, way)).collect();
    }
    let allowed = schema["enum"]
        .as_array()
        .unwrap_or_else(|| panic!("no names: {schema}"));
    let meaning = schema["description"].as_str().unwrap_or_default();
    let name = |name: &Value| name.as_str().expect("a text").to_owned();
    allowed
        .iter()
        .map(|one| (name(one), meaning.to_owned()))
        .collect()
}

/// The names that a field of an answer may have.
fn names_of(document: &Value, answer: &str, field: &str) -> Vec<String> {
    let schema = &document["components"]["schemas"][answer]["properties"][field];
    let all = names(document, schema);
    for (name, meaning) in &all {
        assert!(meaning.len() > 9, "{answer}.{field}: {name} is not explained");
    }
    all.into_iter().map(|(name, _)| name).collect()
}

const REFUSALS: [&str; 11] = [
    "TooHeavy",
    "OutsideArea",
    "NoFlyZone",
    "Wind",
    "Weather",
    "OutOfRange",
    "Grounded",
    "WaitedTooLong",
    "CarrierCheaper",
    "NobodyCan",
    "GivenBackTooOften",
];

const RELEASES: [&str; 9] = [
    "Cancelled",
    "Rescheduled",
    "DroneFailed",
    "DroneRefused",
    "Reassigned",
    "Delayed",
    "Recalled",
    "NoFlyZone",
    "LinkLost",
];

#[actix_web::test]
async fn the_document_lists_and_explains_every_reason() {
    let client = City::new().client().await;
    let document = client.get("/openapi.json").await.json();
    for (answer, field) in [
        ("DeliveryResponse", "droneRefusal"),
        ("BookingResponse", "reason"),
    ] {
        assert_eq!(names_of(&document, answer, field), REFUSALS, "{answer}");
    }
    let quoted = [&["Ready", "Waits"][..], &REFUSALS].concat();
    assert_eq!(names_of(&document, "QuotedResponse", "reason"), quoted);
    let ended = [
        "NoCourier",
        "ReturnedToPickup",
        "Requested",
        "NobodyCan",
        "AttemptsExhausted",
        "Quarantined",
        "WaitedTooLong",
    ];
    let no_drone = [&REFUSALS[..], &["Waits"], &ended[2..]].concat();
    assert_eq!(names_of(&document, "Problem", "reason"), no_drone);
    let told = [&RELEASES[..], &ended].concat();
    assert_eq!(names_of(&document, "MilestoneResponse", "reason"), told);
    let states = [
        "Booked",
        "Confirmed",
        "PickedUp",
        "Completed",
        "Failed",
        "Cancelled",
    ];
    assert_eq!(names_of(&document, "BookingResponse", "state"), states);
}

#[actix_web::test]
async fn what_is_answered_is_one_of_the_documents_names() {
    let city = City::new();
    let client = city.client().await;
    let document = client.get("/openapi.json").await.json();
    let is_listed = |answer: &str, field: &str, said: &Value, expected: &str| {
        assert_eq!(said[field], expected, "{answer}: {said}");
        let listed = names_of(&document, answer, field);
        assert!(listed.iter().any(|name| name == expected), "{answer}: {listed:?}");
    };
    let heavy = with("packageInfo.weight", json!(5));
    let quoted = client.post("/api/quotes", &heavy).await.json();
    is_listed("QuotedResponse", "reason", &quoted, "TooHeavy");
    let ready = client.post("/api/quotes", &request()).await.json();
    is_listed("QuotedResponse", "reason", &ready, "Ready");
    let by_van = client.order(&heavy).await;
    city.run_s(5);
    let booking = client
        .get(&format!("/api/thirdpartydeliveries/{by_van}"))
        .await
        .json();
    is_listed("BookingResponse", "reason", &booking, "TooHeavy");
    is_listed("BookingResponse", "state", &booking, "Confirmed");
    let delivery = client.get(&format!("/api/deliveries/{by_van}")).await.json();
    is_listed("DeliveryResponse", "droneRefusal", &delivery, "TooHeavy");
    client.delete(&format!("/api/deliveries/{by_van}")).await;
    let history = client
        .get(&format!("/api/deliveries/{by_van}/history"))
        .await
        .json();
    let last = history
        .as_array()
        .and_then(|told| told.last())
        .expect("a milestone");
    is_listed("MilestoneResponse", "reason", last, "Requested");
    let mut too_far = with("pickupLocation", json!("43.62,11.25"));
    too_far["dropOffLocation"] = json!("43.93,11.25");
    let refused = client.post("/api/quotes", &too_far).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    is_listed("Problem", "reason", &refused.json(), "OutOfRange");
}
