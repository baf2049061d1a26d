//! Depots, drones, zones and alerts under an operator's hand, and who did what.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use skyhaul_actors::event::Event;
use skyhaul_web::ports::SubmitError;

use crate::city::City;
use crate::client::request;

const GROUND: &str = "/api/depots/middle/ground";
const RELEASE: &str = "/api/depots/middle/release";
const ZONES: &str = "/api/zones";

/// A circle that closes a place far from everything.
fn zone(name: &str) -> Value {
    json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [11.30, 43.80]},
        "properties": {"name": name, "radius": 200},
        "until": "2h",
    })
}

#[actix_web::test]
async fn a_depot_is_grounded_and_released_and_answers_as_it_is_then() {
    let city = City::new();
    let client = city.client().await;
    for _ in 0..2 {
        let grounded = client.post(GROUND, &json!({})).await;
        assert_eq!(grounded.status, 200, "{}", grounded.text());
        assert_eq!(
            (&grounded.json()["name"], &grounded.json()["isGrounded"]),
            (&json!("middle"), &json!(true))
        );
    }
    let released = client.send(TestRequest::post().uri(RELEASE)).await;
    assert_eq!(
        (released.status, &released.json()["isGrounded"]),
        (200, &json!(false))
    );
    assert_eq!(
        city.count(|event| matches!(event, Event::FleetGrounded { .. })),
        1
    );
    assert_eq!(
        client.post("/api/depots/nowhere/ground", &json!({})).await.status,
        404
    );
    assert_eq!(city.commands_count(), 3, "what is not there is no command");
}

#[actix_web::test]
async fn a_recalled_drone_gives_its_delivery_back_and_turns_home() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    city.run_s(20);
    let drone = client.get(&format!("/api/deliveries/{id}")).await.json();
    let drone = drone["droneId"].as_str().expect("it has a drone").to_owned();
    let recalled = client
        .post(&format!("/api/drones/{drone}/recall"), &json!({}))
        .await;
    assert_eq!(recalled.status, 200, "{}", recalled.text());
    assert_eq!(
        (&recalled.json()["id"], &recalled.json()["deliveryId"]),
        (&json!(drone), &Value::Null)
    );
    assert_eq!(
        city.count(|event| matches!(event, Event::DroneReleased { .. })),
        1
    );
    for nobody in ["drone-99", "nonsense"] {
        let answer = client
            .post(&format!("/api/drones/{nobody}/recall"), &json!({}))
            .await;
        assert_eq!(answer.status, 404, "{nobody}");
    }
    city.run_s(3_600);
    assert_eq!(client.stage(&id).await, "Completed", "another drone brought it");
}

#[actix_web::test]
async fn a_zone_is_declared_shown_and_lifted() {
    let city = City::new();
    let client = city.client().await;
    let declared = client.post(ZONES, &zone("fire / north")).await;
    assert_eq!(declared.status, 201, "{}", declared.text());
    let location = declared.header("location").expect("where it is").to_owned();
    assert_eq!(location, "/api/zones/fire%20%2F%20north");
    let shown = declared.json();
    assert_eq!(
        (&shown["id"], &shown["geometry"]["type"]),
        (&json!("fire / north"), &json!("Polygon"))
    );
    assert_eq!(
        shown["properties"]["from"], "2026-05-12T09:02:00.001Z",
        "after two minutes' notice"
    );
    assert_eq!(shown["properties"]["until"], "2026-05-12T11:00:00.001Z");
    let all = client.get(ZONES).await.json();
    assert_eq!(all["features"], json!([shown]));
    assert_eq!(client.post(ZONES, &zone("fire / north")).await.status, 409);
    assert_eq!(client.delete(&location).await.status, 204);
    assert_eq!(client.delete(&location).await.status, 404);
    assert_eq!(client.get(ZONES).await.json()["features"], json!([]));
}

#[actix_web::test]
async fn the_past_has_the_zones_that_were_in_force_then() {
    let city = City::new();
    let client = city.client().await;
    client.post(ZONES, &zone("fire")).await;
    city.run_s(600);
    assert_eq!(client.delete("/api/zones/fire").await.status, 204);
    city.run_s(600);
    let shown = async |from: &str, to: &str| {
        let path = format!("{ZONES}?from=2026-05-12T09:{from}:00Z&to=2026-05-12T09:{to}:00Z");
        client.get(&path).await.json()["features"].clone()
    };
    let then = shown("05", "06").await;
    assert_eq!(
        (&then[0]["id"], then.as_array().map(Vec::len)),
        (&json!("fire"), Some(1))
    );
    let times = &then[0]["properties"];
    assert_eq!(times["from"], "2026-05-12T09:02:00.001Z");
    assert_eq!(times["until"], "2026-05-12T09:10:00.002Z", "when it was lifted");
    assert_eq!(
        shown("00", "02").await,
        json!([]),
        "it was known, and not in force"
    );
    assert_eq!(shown("11", "20").await, json!([]));
    for (query, status) in [
        ("from=2026-05-12T09:00:00Z", 422),
        ("to=2026-05-12T09:00:00Z", 422),
        ("from=x&to=2026-05-12T09:00:00Z", 400),
        ("from=2026-05-12T09:00:00Z&to=2026-05-13T09:00:01Z", 422),
        ("from=2026-05-12T09:00:00Z&to=2026-05-12T09:00:00Z", 422),
    ] {
        let answer = client.get(&format!("{ZONES}?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
}

#[actix_web::test]
async fn landmarks_are_none_of_what_the_operator_has() {
    let client = City::new().client().await;
    let landmarks = client.get("/api/landmarks").await;
    assert_eq!(
        landmarks.json(),
        json!({"type": "FeatureCollection", "features": []})
    );
    assert!(landmarks.header("etag").is_some());
    let places = client.get("/api/places").await.json();
    assert_eq!(
        places[0]["name"], "middle",
        "a depot has a name to be asked for by"
    );
}

#[actix_web::test]
async fn what_is_shown_of_a_zone_can_be_declared_again() {
    let client = City::new().client().await;
    let shown = client.post(ZONES, &zone("fire")).await.json();
    client.delete("/api/zones/fire").await;
    let again = client.post(ZONES, &shown).await;
    assert_eq!(again.status, 201, "{}", again.text());
    assert_eq!(again.json()["geometry"], shown["geometry"]);
    assert_eq!(again.json()["properties"]["until"], shown["properties"]["until"]);
}

#[actix_web::test]
async fn what_is_no_zone_is_refused_with_why() {
    let city = City::new();
    let client = city.client().await;
    let mut over = zone("over");
    over["until"] = json!("2020-01-01T00:00:00Z");
    let mut soon_over = zone("soon over");
    soon_over["until"] = json!("30s");
    let mut line = zone("line");
    line["geometry"] = json!({"type": "LineString", "coordinates": [[1, 2], [3, 4]]});
    for (body, why) in [
        (over, "ends before"),
        (soon_over, "ends before"),
        (line, "is a LineString"),
        (json!({"type": "Feature"}), "has no geometry"),
        (json!({}), "no GeoJSON feature"),
    ] {
        let answer = client.post(ZONES, &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(why), "{}", answer.text());
    }
    let form = TestRequest::post().uri(ZONES).set_payload("x");
    assert_eq!(client.send(form).await.status, 415);
    assert_eq!(client.post(ZONES, &json!([])).await.status, 400);
    assert_eq!(client.get(ZONES).await.json()["features"], json!([]));
}

#[actix_web::test]
async fn an_alert_is_acknowledged_once_by_whoever_comes_first() {
    let city = City::new();
    let client = city.client().await;
    client.post(GROUND, &json!({})).await;
    let alert = client.get("/api/alerts").await.json()[0].clone();
    assert_eq!(
        (&alert["kind"], &alert["acknowledgedBy"]),
        (&json!("fleetGrounded"), &Value::Null)
    );
    let path = format!("/api/alerts/{}/acknowledge", alert["number"]);
    for address in ["192.0.2.1:1", "192.0.2.2:1"] {
        let from = address.parse().expect("an address");
        let seen = client.send(TestRequest::post().uri(&path).peer_addr(from)).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert_eq!(seen.json()["acknowledgedBy"], "operator at 192.0.2.1");
    }
    assert_eq!(city.commands_count(), 2, "the second one had nothing to say");
    let shown = client.get("/api/alerts").await.json();
    assert!(shown[0]["acknowledgedAt"].is_string(), "{shown}");
    for nobody in ["999999", "x", "-1"] {
        let answer = client
            .post(&format!("/api/alerts/{nobody}/acknowledge"), &json!({}))
            .await;
        assert_eq!(answer.status, 404, "{nobody}");
    }
}

#[actix_web::test]
async fn who_changed_what_is_kept_over_a_restart_in_pages_newest_first() {
    let city = City::new();
    let client = city.client().await;
    let from = "192.0.2.7:5000".parse().expect("an address");
    client.send(TestRequest::post().uri(GROUND).peer_addr(from)).await;
    client.post(ZONES, &zone("fire")).await;
    client.post(ZONES, &zone("fire")).await;
    let account = client.post("/api/accounts", &json!({"name": "Flowers"})).await;
    let account = account.json()["id"].clone();
    let city = city.restarted();
    let client = city.client().await;
    let mut told = Vec::new();
    let mut path = "/api/audit?limit=3".to_owned();
    loop {
        let page = client.get(&path).await.json();
        told.extend(page["items"].as_array().expect("items").clone());
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/audit?limit=3&cursor={cursor}");
    }
    let said: Vec<_> = told
        .iter()
        .map(|item| {
            (
                item["action"].clone(),
                item["subject"].clone(),
                item["refused"].is_null(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (json!("openAccount"), account, true),
            (json!("declareZone"), json!("fire"), false),
            (json!("declareZone"), json!("fire"), true),
            (json!("groundDepot"), json!("middle"), true),
        ]
    );
    assert_eq!(told[3]["by"], "operator at 192.0.2.7");
    assert_eq!(client.get("/api/audit?limit=0").await.status, 400);
}

#[actix_web::test]
async fn what_cannot_be_recorded_is_not_done() {
    let city = City::new();
    let client = city.client().await;
    city.refuse(SubmitError::DiskFull);
    for (path, body) in [
        (GROUND, json!({})),
        ("/api/drones/drone-0/recall", json!({})),
        (ZONES, zone("fire")),
    ] {
        let answer = client.post(path, &body).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("5")),
            "{path}"
        );
    }
    assert_eq!(client.get("/api/depots").await.json()[0]["isGrounded"], false);
}

#[actix_web::test]
async fn the_weather_is_that_of_the_plan() {
    let client = City::new().client().await;
    let weather = client.get("/api/weather").await.json();
    assert_eq!(
        (&weather["windMps"], &weather["temperatureC"]),
        (&json!(0.0), &json!(15.0))
    );
    assert_eq!(weather["changesAt"], json!(null), "it never does");
}
