//! Drones, carriers, depots, zones, and how the world runs.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::city::City;
use crate::client::{NOBODYS, request, with};

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["id"].as_str().expect("an id"))
        .collect()
}

#[actix_web::test]
async fn drones_are_listed_by_place_and_state() {
    let city = City::new();
    let client = city.client().await;
    client.order(&request()).await;
    city.run_s(30);
    let all = client.get("/api/drones").await.json();
    assert_eq!(ids(&all), ["drone-0", "drone-1"]);
    let flying = client.get("/api/drones?state=topickup").await.json();
    assert_eq!(ids(&flying).len(), 1);
    let drone = &flying["items"][0];
    assert!(drone["speedMps"].as_f64().expect("a number") > 0.0, "{drone}");
    assert_eq!(
        (&drone["depot"], &drone["aircraft"]),
        (&json!("middle"), &json!("matternet-m2"))
    );
    let first = client.get("/api/drones?limit=1").await.json();
    let next = first["nextCursor"].as_str().expect("there is another");
    let second = client
        .get(&format!("/api/drones?limit=1&cursor={next}"))
        .await
        .json();
    assert_eq!(
        (ids(&second), &second["nextCursor"]),
        (vec!["drone-1"], &Value::Null)
    );
    assert_eq!(
        ids(&client.get("/api/drones?bbox=11.2,43.7,11.3,43.8").await.json()).len(),
        2
    );
    assert!(ids(&client.get("/api/drones?bbox=0,0,1,1").await.json()).is_empty());
    let map = client.get("/api/drones.geojson?bbox=11.2,43.7,11.3,43.8").await;
    assert_eq!(map.header("content-type"), Some("application/geo+json"));
    assert_eq!(map.json()["features"].as_array().map(Vec::len), Some(2));
    assert_eq!(map.json()["features"][0]["geometry"]["type"], "Point");
}

#[actix_web::test]
async fn remote_id_shows_flights_up_to_two_kilometres_and_counts_up_to_seven() {
    let city = City::new();
    let client = city.client().await;
    client.order(&request()).await;
    city.run_s(30);
    let drone = client.get("/api/drones?state=toPickup").await.json()["items"][0].clone();
    let place = |name: &str| drone["location"][name].as_f64().expect("a number");
    let (lat, lon) = (place("latitude"), place("longitude"));
    let look = |diagonal_m: f64| {
        let north_deg = diagonal_m / 8.0_f64.sqrt() / 111_195.0;
        let east_deg = north_deg / lat.to_radians().cos();
        let (west, east) = (lon - east_deg, lon + east_deg);
        let (south, north) = (lat - north_deg, lat + north_deg);
        format!("/api/remote-id?bbox={west},{south},{east},{north}")
    };
    let near = client.get(&look(1_990.0)).await;
    assert_eq!(near.header("cache-control"), Some("private, max-age=1"));
    let near = near.json();
    assert_eq!(near["flights"][0]["id"], drone["id"]);
    assert_eq!(near["flights"][0]["aircraftType"], "Helicopter");
    assert_eq!(
        (
            &near["flights"][0]["simulated"],
            &near["flights"][0]["operationalStatus"]
        ),
        (&json!(true), &json!("Airborne"))
    );
    assert_eq!(
        (&near["clusters"], near["flights"].as_array().map(Vec::len)),
        (&json!([]), Some(1))
    );
    for steps in
        ["lat", "lng"].map(|side| near["flights"][0]["position"][side].as_f64().expect("a number") * 1e7)
    {
        assert!((steps - steps.round()).abs() < 1e-3, "in steps of 1e-7: {steps}");
    }
    for diagonal_m in [2_010.0, 6_980.0] {
        let far = client.get(&look(diagonal_m)).await.json();
        assert_eq!(
            (&far["flights"], &far["clusters"][0]["numberOfFlights"]),
            (&json!([]), &json!(1))
        );
    }
    assert_eq!(client.get(&look(7_020.0)).await.status, 422);
    assert_eq!(client.get("/api/remote-id").await.status, 400);
}

#[actix_web::test]
async fn a_drone_shows_the_leg_it_flies() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    city.run_s(5);
    let drone = client.get("/api/drones?state=toPickup").await.json()["items"][0]["id"].clone();
    let path = format!("/api/drones/{}", drone.as_str().expect("an id"));
    let shown = client.get(&path).await.json();
    assert_eq!(shown["deliveryId"], json!(id));
    assert_eq!(shown["leg"]["purpose"], "pickup");
    assert!(shown["leg"]["path"].as_array().expect("a path").len() >= 2);
    for unknown in ["drone-99", "drone-x", "7"] {
        assert_eq!(client.get(&format!("/api/drones/{unknown}")).await.status, 404);
    }
}

#[actix_web::test]
async fn a_delivery_is_told_its_drone_and_keeps_it() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    let path = format!("/api/dronedeliveries/{id}");
    let plain = client.send(TestRequest::put().uri(&path)).await;
    assert_eq!(
        (plain.status, plain.header("content-type")),
        (200, Some("text/plain; charset=utf-8"))
    );
    assert!(plain.text().starts_with("drone-"), "{}", plain.text());
    let json = client
        .send(
            TestRequest::put()
                .uri(&path)
                .insert_header(("accept", "application/json")),
        )
        .await;
    assert_eq!(json.json(), json!(plain.text()));
    city.run_s(3_600);
    assert_eq!(
        client.send(TestRequest::put().uri(&path)).await.text(),
        plain.text(),
        "it brought it"
    );
    for unknown in [NOBODYS, "nonsense"] {
        let answer = client
            .send(TestRequest::put().uri(&format!("/api/dronedeliveries/{unknown}")))
            .await;
        assert_eq!(answer.status, 404);
    }
    let cancelled = client.order(&request()).await;
    client.delete(&format!("/api/deliveryrequests/{cancelled}")).await;
    let answer = client
        .send(TestRequest::put().uri(&format!("/api/dronedeliveries/{cancelled}")))
        .await;
    assert_eq!(
        (answer.status, &answer.json()["reason"]),
        (409, &json!("Requested"))
    );
}

#[actix_web::test]
async fn a_delivery_that_finds_no_drone_in_time_waits_and_says_so() {
    let city = City::new();
    let client = city.client().await;
    let id = client
        .order(&with("pickupTime", json!("2026-05-13T09:00:00Z")))
        .await;
    let asked = TestRequest::put().uri(&format!("/api/dronedeliveries/{id}"));
    let answer = client.send(asked).await;
    assert_eq!((answer.status, &answer.json()["reason"]), (409, &json!("Waits")));
}

#[actix_web::test]
async fn what_was_flown_for_an_owner_is_counted_by_month() {
    let city = City::new();
    let client = city.client().await;
    let path = "/api/dronedeliveries/utilization?ownerId=myowner&year=2026&month=5";
    assert_eq!(client.get(path).await.status, 404, "nothing flown yet");
    client.order(&request()).await;
    city.run_s(3_600);
    let used = client.get(path).await.json();
    let miles = used["traveledMiles"].as_f64().expect("a number");
    let hours = used["assignedHours"].as_f64().expect("a number");
    assert!((0.5..5.0).contains(&miles), "{used}");
    assert!((0.01..1.0).contains(&hours), "{used}");
}

#[actix_web::test]
async fn a_heavy_parcel_goes_by_carrier_and_says_so() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&with("packageInfo.weight", json!(10))).await;
    let path = format!("/api/thirdpartydeliveries/{id}");
    let booking = client.get(&path).await.json();
    assert_eq!(
        (&booking["state"], &booking["reason"]),
        (&json!("Confirmed"), &json!("TooHeavy"))
    );
    assert_eq!(booking["deliveryId"], json!(id));
    assert!(booking["quote"]["price"].as_f64().expect("a price") > 0.0);
    assert!(booking["quote"]["deliveryETA"].as_str() > booking["quote"]["pickupETA"].as_str());
    let drone = client
        .send(TestRequest::put().uri(&format!("/api/dronedeliveries/{id}")))
        .await;
    assert_eq!((drone.status, &drone.json()["reason"]), (409, &json!("TooHeavy")));
    city.run_s(7_200);
    assert_eq!(client.stage(&id).await, "Completed");
    assert_eq!(client.get(&path).await.json()["state"], "Completed");
    assert_eq!(
        client.get(&format!("/api/deliveries/{id}")).await.json()["droneId"],
        Value::Null
    );
    assert_eq!(
        client
            .get(&format!("/api/thirdpartydeliveries/{NOBODYS}"))
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn whether_a_third_party_must_carry_it_is_worked_out() {
    let client = City::new().client().await;
    let place = |latitude: f64, longitude: f64| json!({"latitude": latitude, "longitude": longitude});
    let ask = |pickup: Value, dropoff: Value, weight: Value| json!({"Pickup": pickup, "Dropoff": dropoff, "weight": weight});
    for (body, must) in [
        (
            ask(place(43.775, 11.255), place(43.78, 11.24), Value::Null),
            false,
        ),
        (ask(place(43.775, 11.255), place(43.78, 11.24), json!(5)), true),
        (ask(place(43.775, 11.255), place(43.65, 11.08), Value::Null), true),
        (ask(place(43.775, 11.255), place(45.0, 11.0), Value::Null), true),
    ] {
        let answer = client.put("/api/thirdpartydeliveries/any", &body).await;
        assert_eq!((answer.status, answer.json()), (200, json!(must)), "{body}");
    }
    let wrong = ask(place(91.0, 0.0), Value::Null, Value::Null);
    let answer = client.put("/api/thirdpartydeliveries/any", &wrong).await;
    assert_eq!(
        answer.status, 400,
        "a missing place weighs more than an impossible one"
    );
}

#[actix_web::test]
async fn a_page_learns_what_it_needs_before_it_begins() {
    let city = City::new();
    let client = city.client().await;
    let config = client.get("/api/config").await.json();
    assert_eq!(config["scenario"], "a small city");
    assert_eq!(
        config["telemetry"],
        json!({"host": null, "scheme": "ws", "port": 8081, "path": "/telemetry"})
    );
    assert_eq!(
        config["area"],
        json!({"centre": [43.77, 11.25], "radius": 20_000.0})
    );
    assert_eq!(config["speed"], 1.0);
    assert_eq!(config["epoch"], "2026-05-12T09:00:00.000Z");
    let simulation = client.get("/api/simulation").await.json();
    assert_eq!(simulation["scenario"], "a small city");
    assert_eq!(simulation["behindS"], 0.0);
    let depots = client.get("/api/depots").await.json();
    assert_eq!(
        (&depots[0]["name"], &depots[0]["idle"], &depots[0]["pads"]),
        (&json!("middle"), &json!(2), &json!(2))
    );
    assert_eq!(
        client.get("/api/zones").await.json(),
        json!({"type": "FeatureCollection", "features": []})
    );
    assert_eq!(client.get("/api/alerts").await.json(), json!([]));
}

#[actix_web::test]
async fn what_goes_wrong_is_an_alert() {
    let city = City::new();
    let client = city.client().await;
    let late = with("deadline", json!("2026-05-12T09:00:01Z"));
    let id = client.order(&late).await;
    city.run_s(3_600);
    let alerts = client.get("/api/alerts").await.json();
    assert_eq!(
        (&alerts[0]["kind"], &alerts[0]["delivery"]),
        (&json!("deliveryLate"), &json!(id))
    );
    assert!(alerts[0]["text"].is_string() && alerts[0]["at"].is_string());
}

#[actix_web::test]
async fn drones_are_found_by_home_charge_and_lateness() {
    let city = City::new();
    let client = city.client().await;
    client
        .order(&with("deadline", json!("2026-05-12T09:00:30Z")))
        .await;
    client
        .order(&with("deadline", json!("2026-05-12T23:00:00Z")))
        .await;
    city.run_s(60);
    let count = async |query: &str| ids(&client.get(&format!("/api/drones?{query}")).await.json()).len();
    assert_eq!(
        (count("depot=middle").await, count("depot=elsewhere").await),
        (2, 0)
    );
    assert_eq!((count("late=true").await, count("late=false").await), (1, 1));
    assert_eq!(
        (count("batteryBelow=1").await, count("batteryBelow=0.1").await),
        (2, 0)
    );
    let map = client.get("/api/drones.geojson?late=true").await.json();
    assert_eq!(map["features"].as_array().map(Vec::len), Some(1));
    for wrong in ["late=soon", "batteryBelow=20"] {
        assert_eq!(
            client.get(&format!("/api/drones?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
}

#[actix_web::test]
async fn places_are_found_by_a_part_of_their_name() {
    let client = City::new().client().await;
    let found = client.get("/api/places?name=IDD").await.json();
    let depot =
        json!([{"name": "middle", "location": {"altitude": 0.0, "latitude": 43.77, "longitude": 11.25}}]);
    assert_eq!(found, depot);
    assert_eq!(client.get("/api/places?name=nowhere").await.json(), json!([]));
    assert_eq!(client.get("/api/places?limit=0").await.status, 400);
}

#[actix_web::test]
async fn performance_tells_punctuality_estimates_and_energy() {
    let city = City::new();
    let client = city.client().await;
    let before = client.get("/api/performance").await.json();
    assert_eq!(
        (&before["onTimeShare"], &before["energyWh"]),
        (&Value::Null, &json!(0.0))
    );
    client
        .order(&with("deadline", json!("2026-05-12T09:00:30Z")))
        .await;
    client
        .order(&with("deadline", json!("2026-05-12T23:00:00Z")))
        .await;
    client.order(&request()).await;
    city.run_s(3_600);
    let after = client.get("/api/performance").await.json();
    assert_eq!(
        (&after["withDeadline"], &after["onTimeShare"]),
        (&json!(2), &json!(0.5))
    );
    assert_eq!(
        (&after["completedByDrone"], &after["withEstimate"]),
        (&json!(3), &json!(3))
    );
    let (whole, each) = (&after["energyWh"], &after["energyPerDeliveryWh"]);
    let (whole, each) = (
        whole.as_f64().expect("a number"),
        each.as_f64().expect("a number"),
    );
    assert!(whole > 0.0 && (whole / 3.0 - each).abs() < 1e-9, "{after}");
}

#[actix_web::test]
async fn the_past_is_played_back_leg_by_leg() {
    let city = City::new();
    let client = city.client().await;
    let began = city.now();
    let delivery = client.order(&request()).await;
    city.run_s(1_800);
    let span = format!(
        "from={}&to={}",
        began,
        began + jiff::SignedDuration::from_mins(30)
    );
    let past = client.get(&format!("/api/playback?{span}")).await.json();
    let flights = past["flights"].as_array().expect("a list");
    let purposes: Vec<_> = flights
        .iter()
        .map(|flight| flight["purpose"].as_str().expect("a text"))
        .collect();
    assert_eq!(purposes, ["pickup", "dropoff", "return"]);
    assert_eq!(flights[0]["deliveryId"], json!(delivery));
    for flight in flights {
        let path = flight["path"].as_array().expect("a path");
        assert!(
            path.len() >= 2 && path[0][3] == json!(0.0) && flight["ended"].is_string(),
            "{flight}"
        );
    }
    for (wrong, status) in [
        ("", 400),
        ("from=x&to=y", 400),
        ("from=2026-05-12T10:00:00Z&to=2026-05-12T09:00:00Z", 422),
        ("from=2026-05-12T10:00:00Z&to=2026-05-12T12:00:00Z", 422),
    ] {
        let answer = client.get(&format!("/api/playback?{wrong}")).await;
        assert_eq!(answer.status, status, "{wrong}: {}", answer.text());
    }
}

#[actix_web::test]
async fn playback_shows_after_a_restart_what_it_showed_before() {
    let city = City::new();
    let client = city.client().await;
    let began = city.now();
    client.order(&request()).await;
    city.run_s(600);
    client.order(&request()).await;
    city.run_s(120);
    let span = format!("from={began}&to={}", began + jiff::SignedDuration::from_mins(40));
    let path = format!("/api/playback?{span}");
    let before = client.get(&path).await.json();
    let ends = |past: &Value| -> Vec<bool> {
        let flights = past["flights"].as_array().expect("a list");
        flights.iter().map(|flight| flight["ended"].is_string()).collect()
    };
    assert!(
        ends(&before).len() > 3 && ends(&before).contains(&false),
        "{before}"
    );
    city.flush();
    let city = city.restarted();
    let client = city.client().await;
    assert_eq!(client.get(&path).await.json(), before);
    city.run_s(1_200);
    let after = client.get(&path).await.json();
    assert!(ends(&after).len() > ends(&before).len() && !ends(&after).contains(&false));
    assert_eq!(after["keptSince"], before["keptSince"]);
}
