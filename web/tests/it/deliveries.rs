//! Reading deliveries: as they stand, as they fly, as they were.

use actix_http::Request;
use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use serde_json::{Value, json};
use skyhaul_actors::event::Event;

use crate::city::City;
use crate::client::{Client, NOBODYS, request, with};

#[actix_web::test]
async fn a_delivery_is_seen_flying_until_it_is_completed() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let path = format!("/api/deliveries/{id}");
    let shown = client.get(&path).await.json();
    assert_eq!(
        shown,
        json!({
            "id": id,
            "owner": {"userId": "myowner", "accountId": null},
            "pickup": {"altitude": 0.0, "latitude": 43.775, "longitude": 11.255},
            "dropoff": {"altitude": 0.0, "latitude": 43.78, "longitude": 11.24},
            "deadline": "",
            "expedited": false,
            "confirmationRequired": "None",
            "droneId": shown["droneId"],
            "carrier": null,
        })
    );
    assert_eq!(client.get(&format!("{path}/owner")).await.json(), shown["owner"]);
    let (mut stages, mut places) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        let status = client.get(&format!("{path}/status")).await.json();
        for field in ["pickupETA", "deliveryETA"] {
            let eta: jiff::Timestamp = status[field]
                .as_str()
                .expect("always there")
                .parse()
                .expect("RFC 3339");
            assert!(
                status["stage"] == "Completed" || eta >= city.now() || field == "pickupETA",
                "{status}"
            );
        }
        stages.push(status["stage"].clone());
        places.push(status["lastKnownLocation"].to_string());
        city.run_s(5);
    }
    stages.dedup();
    places.dedup();
    assert_eq!(
        stages[stages.len() - 3..],
        ["HeadedToPickup", "HeadedToDropoff", "Completed"]
    );
    assert!(places.len() > 5, "the parcel moves: {places:?}");
    let ended = client.get(&path).await.json();
    assert!(
        ended["droneId"]
            .as_str()
            .expect("a drone brought it")
            .starts_with("drone-")
    );
    let status = client.get(&format!("{path}/status")).await.json();
    assert_eq!(
        status["lastKnownLocation"],
        json!({"altitude": 0.0, "latitude": 43.78, "longitude": 11.24})
    );
}

#[actix_web::test]
async fn the_history_holds_every_milestone_in_order() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    city.run_s(3_600);
    let history = client.get(&format!("/api/deliveries/{id}/history")).await.json();
    let stages: Vec<&Value> = history
        .as_array()
        .expect("a list")
        .iter()
        .map(|milestone| &milestone["stage"])
        .collect();
    assert_eq!(
        stages,
        ["Created", "HeadedToPickup", "HeadedToDropoff", "Completed"]
    );
    assert_eq!(history[0]["droneId"], Value::Null);
    assert!(history[1]["droneId"].is_string());
    assert_eq!(history[0]["location"]["latitude"], 43.775);
    assert_eq!(history[3]["location"]["latitude"], 43.78);
    let times: Vec<&str> = (0..4)
        .map(|index| history[index]["at"].as_str().expect("a time"))
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[actix_web::test]
async fn the_track_shows_what_was_flown_and_what_is_planned() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let path = format!("/api/deliveries/{id}/track");
    let states = |track: &Value| -> Vec<String> {
        let features = track["features"].as_array().expect("features").iter();
        features
            .filter_map(|feature| feature["properties"]["state"].as_str().map(str::to_owned))
            .collect()
    };
    city.run_s(5);
    let answer = client.get(&path).await;
    assert_eq!(answer.header("content-type"), Some("application/geo+json"));
    assert_eq!(states(&answer.json()), ["flying", "planned"]);
    city.run_s(3_600);
    let track = client.get(&path).await.json();
    assert_eq!(states(&track), ["flown", "flown"]);
    let line = &track["features"][1]["geometry"];
    assert_eq!(line["type"], "LineString");
    let last = line["coordinates"]
        .as_array()
        .and_then(|path| path.last())
        .expect("a path");
    assert_eq!(
        (&last[0], &last[1]),
        (&json!(11.24), &json!(43.78)),
        "longitude comes first"
    );
    let roles = track["features"].as_array().expect("features").iter();
    let roles: Vec<&str> = roles
        .filter_map(|feature| feature["properties"]["role"].as_str())
        .collect();
    assert_eq!(roles, ["pickup", "dropoff", "parcel"]);
}

/// The ids of all deliveries that fit a filter, two a page.
async fn listed<S>(client: &Client<S>, filter: &str) -> Vec<String>
where
    S: Service<Request, Response = ServiceResponse, Error = Error>,
{
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .get(&format!("/api/deliveries?limit=2{filter}{cursor}"))
            .await
            .json();
        let items = page["items"].as_array().expect("a list");
        assert!(items.len() <= 2);
        seen.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().expect("an id").to_owned()),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

#[actix_web::test]
async fn pages_go_through_all_deliveries_newest_first() {
    let city = City::new();
    let client = city.client().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        let owner = if number % 3 == 0 { "third" } else { "others" };
        ids.push(client.order(&with("ownerId", json!(owner))).await);
    }
    ids.reverse();
    for (filter, wanted) in [
        ("", ids.clone()),
        ("&ownerId=third", ids.iter().step_by(3).cloned().collect()),
    ] {
        assert_eq!(listed(&client, filter).await, wanted, "{filter}");
    }
    let item = &client.get("/api/deliveries?limit=1").await.json()["items"][0];
    assert_eq!(
        (&item["stage"], &item["owner"]["userId"]),
        (&json!("Created"), &json!("third"))
    );
    assert!(item["requestedAt"].is_string());
}

#[actix_web::test]
async fn lists_and_counts_know_stages() {
    let city = City::new();
    let client = city.client().await;
    let done = client.order(&request()).await;
    city.run_s(3_600);
    let cancelled = client.order(&request()).await;
    assert_eq!(
        client
            .delete(&format!("/api/deliveryrequests/{cancelled}"))
            .await
            .status,
        204
    );
    let open = client.order(&request()).await;
    city.run_s(2);
    for (stage, id) in [("completed", &done), ("5", &cancelled), ("HeadedToPickup", &open)] {
        for owner in ["", "&ownerId=myowner"] {
            let page = client
                .get(&format!("/api/deliveries?stage={stage}{owner}"))
                .await
                .json();
            let ids: Vec<&Value> = page["items"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|item| &item["id"])
                .collect();
            assert_eq!(ids, [id], "{stage}{owner}");
        }
    }
    assert_eq!(
        client
            .get("/api/deliveries?stage=completed&ownerId=nobody")
            .await
            .json()["items"],
        json!([])
    );
    let summary = "/api/deliveries/summary?ownerId=myowner&year=2026";
    assert_eq!(
        client.get(&format!("{summary}&month=5")).await.json(),
        json!({"count": 2})
    );
    assert_eq!(
        client.get(&format!("{summary}&month=6")).await.json(),
        json!({"count": 0})
    );
}

#[actix_web::test]
async fn queries_that_cannot_be_understood_are_named_with_400() {
    let client = City::new().client().await;
    for (path, field) in [
        ("/api/deliveries?limit=0", "limit"),
        ("/api/deliveries?limit=1001", "limit"),
        ("/api/deliveries?cursor=%20", "cursor"),
        ("/api/deliveries?stage=Lost", "stage"),
        ("/api/deliveries/summary?ownerId=o&year=2026", "month"),
        ("/api/deliveries/summary?ownerId=o&year=2026&month=0", "month"),
        ("/api/deliveries/summary?year=x&month=1", "year"),
        ("/api/packages/summary/o?month=1", "year"),
        (
            "/api/dronedeliveries/utilization?ownerId=o&year=0&month=1",
            "year",
        ),
        ("/api/drones?bbox=1,2,3", "bbox"),
        ("/api/drones?state=lost", "state"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert!(
            answer.json()["errors"][field].is_array(),
            "{path}: {}",
            answer.text()
        );
    }
    let upside_down = client.get("/api/drones.geojson?bbox=0,90,0,-90").await;
    assert_eq!(upside_down.status, 422, "{}", upside_down.text());
}

#[actix_web::test]
async fn what_nobody_asked_for_is_not_found() {
    let client = City::new().client().await;
    for id in [NOBODYS, "nonsense", "%00", "..%2F"] {
        for path in ["", "/owner", "/status", "/history", "/track", "/confirmations"] {
            let answer = client.get(&format!("/api/deliveries/{id}{path}")).await;
            assert_eq!(answer.status, 404, "{id}{path}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
}

#[actix_web::test]
async fn lists_know_what_is_late_and_who_brings_it() {
    let city = City::new();
    let client = city.client().await;
    let late = client
        .order(&with("deadline", json!("2026-05-12T09:00:30Z")))
        .await;
    let heavy = client.order(&with("packageInfo.weight", json!(4))).await;
    for seconds in [60, 7_000] {
        city.run_s(seconds);
        let page = client.get("/api/deliveries?late=true").await.json();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (&page["items"][0]["id"], &page["items"][0]["by"]),
            (&json!(late), &json!("drone"))
        );
        let others = client.get("/api/deliveries?late=false&by=carrier").await.json();
        assert_eq!(others["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (&others["items"][0]["id"], &others["items"][0]["late"]),
            (&json!(heavy), &json!(false))
        );
        assert!(others["items"][0]["deliveryETA"].is_string(), "{others}");
    }
    assert_eq!(client.get("/api/deliveries?by=donkey").await.status, 400);
}

#[actix_web::test]
async fn a_request_that_no_carrier_took_and_that_waits_on_is_nobody_s_and_not_refused() {
    let city = City::without_carriers();
    let client = city.client().await;
    for _ in 0..3 {
        client.order(&request()).await;
    }
    city.run_s(90);
    let refused = |event: &Event| matches!(event, Event::DroneAssignmentRefused { .. });
    assert!(city.count(refused) > 0, "it has waited a minute");
    assert_eq!(listed(&client, "&by=drone").await.len(), 2);
    assert_eq!(listed(&client, "&by=carrier").await, [""; 0]);
    let waiting = &client.get("/api/deliveries").await.json()["items"][0];
    assert_eq!(waiting["by"], Value::Null);
    let id = waiting["id"].as_str().expect("an id");
    let shown = client.get(&format!("/api/deliveries/{id}")).await.json();
    assert_eq!(shown.get("droneRefusal"), None);
}

#[actix_web::test]
async fn pages_go_through_a_carrier_s_deliveries_alone() {
    let city = City::new();
    let client = city.client().await;
    let names = client.get("/api/carriers").await.json();
    assert_eq!(names, json!([{"name": "courier"}, {"name": "wagon"}]));
    assert_eq!(
        listed(&client, "&carrier=wagon").await,
        [""; 0],
        "nobody was booked yet"
    );
    let (mut light, mut heavy) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        client.order(&request()).await;
        light.insert(0, client.order(&with("packageInfo.weight", json!(6))).await);
        heavy.insert(0, client.order(&with("packageInfo.weight", json!(30))).await);
    }
    city.run_s(60);
    assert_eq!(listed(&client, "&carrier=wagon").await, heavy);
    assert_eq!(listed(&client, "&carrier=Courier").await, light);
    assert_eq!(listed(&client, "&carrier=wagon&by=carrier").await, heavy);
    assert_eq!(listed(&client, "&carrier=wagon&by=drone").await, [""; 0]);
    let first = client.get("/api/deliveries?limit=3").await.json();
    let carriers = [0, 1, 2].map(|row| first["items"][row]["carrier"].clone());
    assert_eq!(carriers, [json!("wagon"), json!("courier"), Value::Null]);
    let unknown = client.get("/api/deliveries?carrier=donkey").await;
    assert_eq!(unknown.status, 422, "{}", unknown.text());
    let said = unknown.json()["errors"]["carrier"].to_string();
    assert!(said.contains("courier, wagon"), "{said}");
}

#[actix_web::test]
async fn the_carrier_is_named_on_the_way_and_after_it_in_status_delivery_and_history() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&with("packageInfo.weight", json!(4))).await;
    let path = format!("/api/deliveries/{id}");
    let answers = async || {
        let status = client.get(&format!("{path}/status")).await.json();
        (
            status["stage"].clone(),
            status["carrier"].clone(),
            client.get(&path).await.json()["carrier"].clone(),
        )
    };
    city.run_s(60);
    let courier = json!("courier");
    assert_eq!(
        answers().await,
        (json!("HeadedToPickup"), courier.clone(), courier.clone())
    );
    city.run_s(4 * 3_600);
    assert_eq!(
        answers().await,
        (json!("Completed"), courier.clone(), courier.clone())
    );
    let history = client.get(&format!("{path}/history")).await.json();
    let named = history.as_array().expect("a list").iter();
    let named: Vec<_> = named
        .map(|each| (each["stage"].as_str(), &each["carrier"]))
        .collect();
    assert_eq!(
        named,
        [
            (Some("Created"), &Value::Null),
            (Some("HeadedToPickup"), &courier),
            (Some("HeadedToDropoff"), &courier),
            (Some("Completed"), &courier),
        ]
    );
    let flown = client.order(&request()).await;
    city.run_s(3_600);
    let status = client
        .get(&format!("/api/deliveries/{flown}/status"))
        .await
        .json();
    assert_eq!(
        (&status["stage"], &status["carrier"]),
        (&json!("Completed"), &Value::Null)
    );
}
