//! Asking for deliveries.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use skyhaul_engine::rng::RandomStream;
use skyhaul_scenarios::garble::garbled;
use skyhaul_web::ports::SubmitError;

use crate::city::City;
use crate::client::{request, with, without};

#[actix_web::test]
async fn the_contracts_request_is_echoed_whole_and_readable_at_once() {
    let city = City::new();
    let client = city.client().await;
    let body = json!({
        "confirmationRequired": "None",
        "deadline": "",
        "dropOffLocation": "drop off",
        "expedited": true,
        "ownerId": "myowner",
        "packageInfo": {"packageId": "mypackage", "size": "Small", "tag": "mytag", "weight": 10},
        "pickupLocation": "my pickup",
        "pickupTime": "2019-05-08T20:00:00.000Z",
    });
    let answer = client.post("/api/deliveryrequests", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let mut echo = answer.json();
    let id = echo["deliveryId"].as_str().expect("an id").to_owned();
    assert_eq!(
        answer.header("location"),
        Some(format!("/api/deliveries/{id}").as_str())
    );
    let object = echo.as_object_mut().expect("an object");
    object.remove("deliveryId");
    assert_eq!(object.remove("locationResolution"), Some(json!("placeholder")));
    assert_eq!(echo, body);
    let delivery = client.get(&format!("/api/deliveries/{id}")).await;
    assert_eq!(delivery.status, 200);
    assert_eq!(delivery.json()["locationResolution"], "placeholder");
}

#[actix_web::test]
async fn what_was_left_out_is_echoed_as_null() {
    let client = City::new().client().await;
    let mut body = without("packageInfo.tag");
    body["packageInfo"]
        .as_object_mut()
        .expect("an object")
        .remove("packageId");
    body["deliveryId"] = json!("the client's own");
    let echo = client.post("/api/deliveryrequests", &body).await.json();
    for field in ["pickupTime", "deadline"] {
        assert_eq!(echo.get(field), Some(&Value::Null), "{field}");
    }
    for field in ["packageId", "tag"] {
        assert_eq!(echo["packageInfo"].get(field), Some(&Value::Null), "{field}");
    }
    assert_eq!(echo["expedited"], false);
    assert_ne!(echo["deliveryId"], "the client's own");
}

#[actix_web::test]
async fn what_can_be_read_in_several_ways_is() {
    let client = City::new().client().await;
    for (field, said, echoed) in [
        ("confirmationRequired", json!("picture"), json!("Picture")),
        ("confirmationRequired", json!(0), json!("FingerPrint")),
        ("confirmationRequired", json!("3"), json!("None")),
        ("packageInfo.size", json!(2), json!("Large")),
        ("packageInfo.size", json!("MEDIUM"), json!("Medium")),
        ("packageInfo.weight", json!("1.5"), json!(1.5)),
        ("packageInfo.weight", json!(0), json!(0)),
        (
            "pickupTime",
            json!(1_557_345_600_000_i64),
            json!("2019-05-08T20:00:00.000Z"),
        ),
        (
            "pickupTime",
            json!("2019-05-08T22:00:00+02:00"),
            json!("2019-05-08T20:00:00.000Z"),
        ),
        (
            "deadline",
            json!("2026-05-12T12:00:00Z"),
            json!("2026-05-12T12:00:00.000Z"),
        ),
        ("dropOffLocation", json!("MIDDLE"), json!("MIDDLE")),
        ("unheardOf", json!([1, 2]), Value::Null),
    ] {
        let answer = client
            .post("/api/deliveryrequests", &with(field, said.clone()))
            .await;
        assert_eq!(answer.status, 202, "{field} {said}: {}", answer.text());
        let echo = answer.json();
        let shown = match field.strip_prefix("packageInfo.") {
            Some(field) => echo["packageInfo"][field].clone(),
            None => echo[field].clone(),
        };
        assert_eq!(shown, echoed, "{field} {said}");
    }
}

#[actix_web::test]
async fn fields_that_are_missing_or_of_the_wrong_type_are_named_with_400() {
    let client = City::new().client().await;
    let missing = [
        "ownerId",
        "pickupLocation",
        "dropOffLocation",
        "confirmationRequired",
        "packageInfo",
        "packageInfo.size",
    ];
    let wrong = [
        ("ownerId", json!(7)),
        ("ownerId", Value::Null),
        ("pickupLocation", json!({"latitude": 1})),
        ("dropOffLocation", json!(["a"])),
        ("pickupTime", json!("tomorrow")),
        ("pickupTime", json!(1.5)),
        ("deadline", json!("soon")),
        ("expedited", json!("yes")),
        ("confirmationRequired", json!("Signature")),
        ("confirmationRequired", json!(4)),
        ("confirmationRequired", json!(-1)),
        ("packageInfo", json!([])),
        ("packageInfo.size", json!("Huge")),
        ("packageInfo.weight", json!("heavy")),
        ("packageInfo.weight", json!({})),
        ("packageInfo.tag", json!(1)),
        ("packageInfo.packageId", json!(true)),
    ];
    let bodies = missing.map(|field| (field, without(field))).into_iter();
    let bodies = bodies.chain(wrong.map(|(field, value)| (field, with(field, value))));
    for (field, body) in bodies {
        let answer = client.post("/api/deliveryrequests", &body).await;
        assert_eq!(answer.status, 400, "{field}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        assert_eq!(problem["status"], 400);
        assert!(problem["errors"][field][0].is_string(), "{field}: {problem}");
    }
}

#[actix_web::test]
async fn values_that_cannot_be_are_named_with_422() {
    let client = City::new().client().await;
    let long = "x".repeat(1_025);
    for (field, value) in [
        ("ownerId", json!("")),
        ("ownerId", json!(long)),
        ("pickupLocation", json!("91,11.25")),
        ("pickupLocation", json!("43.77,181")),
        ("pickupLocation", json!("NaN,11.25")),
        ("dropOffLocation", json!("45.0,11.25")),
        ("dropOffLocation", json!("9999,43.77,11.25")),
        ("dropOffLocation", json!(" ")),
        ("pickupTime", json!("2100-01-01T00:00:00Z")),
        ("packageInfo.weight", json!(-1)),
        ("packageInfo.weight", json!("NaN")),
        ("packageInfo.weight", json!("inf")),
        ("packageInfo.weight", json!(1e300)),
        ("packageInfo.weight", json!(500)),
        ("packageInfo.packageId", json!(long)),
        ("packageInfo.tag", json!(long)),
    ] {
        let answer = client
            .post("/api/deliveryrequests", &with(field, value.clone()))
            .await;
        assert_eq!(answer.status, 422, "{field} {value}: {}", answer.text());
        assert!(
            answer.json()["errors"][field][0].is_string(),
            "{field}: {}",
            answer.text()
        );
    }
}

#[actix_web::test]
async fn a_text_that_names_no_place_is_refused_where_places_are_not_guessed() {
    let city = City::strict();
    let client = city.client().await;
    let answer = client
        .post(
            "/api/deliveryrequests",
            &with("pickupLocation", json!("my pickup")),
        )
        .await;
    assert_eq!(answer.status, 422);
    assert!(answer.json()["errors"]["pickupLocation"].is_array());
    client.order(&with("pickupLocation", json!("middle"))).await;
    assert_eq!(city.commands_count(), 1, "what is refused is not journalled");
}

#[actix_web::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let client = City::new().client().await;
    let post = |body: &'static str, media_type: &'static str| {
        TestRequest::post()
            .uri("/api/deliveryrequests")
            .insert_header(("content-type", media_type))
            .set_payload(body)
    };
    for (body, media_type, status) in [
        ("{\"ownerId\": ", "application/json", 400),
        ("{\"ownerId\": NaN}", "application/json", 400),
        ("[]", "application/json", 400),
        ("\"text\"", "application/json", 400),
        ("", "application/json", 400),
        ("{}", "application/json; charset=utf-8", 400),
        ("{}", "text/plain", 415),
        ("a=b", "application/x-www-form-urlencoded", 415),
    ] {
        let answer = client.send(post(body, media_type)).await;
        assert_eq!(answer.status, status, "{body} as {media_type}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep = TestRequest::post()
        .uri("/api/deliveryrequests")
        .insert_header(("content-type", "application/json"));
    assert_eq!(client.send(deep.set_payload(nested)).await.status, 400);
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused_with_413() {
    let client = City::new().client().await;
    let fits = with("padding", json!("x".repeat(60 * 1024)));
    client.order(&fits).await;
    let too_large = with("padding", json!("x".repeat(64 * 1024)));
    let answer = client.post("/api/deliveryrequests", &too_large).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["type"], "urn:skyhaul:problem:large");
}

#[actix_web::test]
async fn a_request_that_cannot_be_stored_is_answered_503_and_leaves_nothing() {
    for refusal in [
        SubmitError::Saturated,
        SubmitError::DiskFull,
        SubmitError::Unavailable,
        SubmitError::NotReady,
    ] {
        let city = City::new();
        let client = city.client().await;
        city.refuse(refusal);
        let answer = client.post("/api/deliveryrequests", &request()).await;
        assert_eq!(answer.status, 503);
        assert!(answer.header("retry-after").is_some());
        assert_eq!(client.get("/api/packages/mypackage").await.status, 404);
        let metrics = client.get("/metrics").await.text();
        assert!(
            metrics.contains("skyhaul_web_unprojected_requests 0"),
            "{metrics}"
        );
    }
}

#[actix_web::test]
async fn whoever_wrote_reads_at_once_however_late_projections_are() {
    let city = City::new();
    let client = city.client().await;
    city.hold_projections(true);
    let id = client.order(&request()).await;
    for path in ["", "/owner", "/status", "/history", "/track", "/confirmations"] {
        let answer = client.get(&format!("/api/deliveries/{id}{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    assert_eq!(
        client.get(&format!("/api/deliveries/public/{id}")).await.status,
        200
    );
    assert_eq!(client.get("/api/packages/mypackage").await.json()["weight"], 1);
    let early = client.get(&format!("/api/deliveries/{id}")).await.json();
    city.hold_projections(false);
    assert_eq!(client.get(&format!("/api/deliveries/{id}")).await.json(), early);
    let metrics = client.get("/metrics").await.text();
    assert!(
        metrics.contains("skyhaul_web_unprojected_requests 0"),
        "{metrics}"
    );
}

#[actix_web::test]
async fn no_text_makes_the_reader_of_requests_fail() {
    let city = City::new();
    // Read and checked to the end, and then not taken, so that the city stays small.
    city.refuse(SubmitError::Saturated);
    let client = city.client().await;
    let valid = request().to_string();
    for seed in 0..u64::from(proptest::test_runner::Config::default().cases) {
        let bytes = garbled(valid.as_bytes(), &mut RandomStream::new(seed, 0));
        let request = TestRequest::post()
            .uri("/api/deliveryrequests")
            .insert_header((CONTENT_TYPE, "application/json"))
            .set_payload(bytes.clone());
        let answer = client.send(request).await;
        let is_known = [400, 413, 422, 503].contains(&answer.status);
        assert!(
            is_known,
            "{} for {}",
            answer.text(),
            String::from_utf8_lossy(&bytes)
        );
    }
}
