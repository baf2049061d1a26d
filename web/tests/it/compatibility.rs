//! A client that was written for the original services: each endpoint of the contract as it would call it, with the letter case, numbers and
//! gaps of its bodies, one after another.

use actix_web::http::Method;
use actix_web::http::header::ACCEPT;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::city::City;

/// A delivery that the client puts itself.
const OWN: &str = "8d3a7c52-5d0e-4b1f-9a51-0d8d6a1b7c11";

/// One call, and what must come of it: the status, and some of the body. `{id}` in a path is the delivery that was requested first.
type Step = (Method, &'static str, Value, u16, Vec<(&'static str, Value)>);

fn ingestion() -> Vec<Step> {
    let request = json!({
        "confirmationRequired": 3,
        "deadline": "",
        "dropOffLocation": "43.78,11.24",
        "expedited": true,
        "ownerId": "myowner",
        "packageInfo": {"packageId": "mypackage", "size": 0, "tag": "mytag", "weight": "1"},
        "pickupLocation": "43.775,11.255",
        "pickupTime": "2019-05-08T20:00:00.000Z",
        "deliveryId": "chosen by the client, and ignored",
        "partitionKey": "unknown, and ignored",
    });
    vec![
        (
            Method::POST,
            "/api/deliveryrequests",
            request,
            202,
            vec![
                ("/ownerId", json!("myowner")),
                ("/confirmationRequired", json!("None")),
                ("/packageInfo/size", json!("Small")),
                ("/packageInfo/weight", json!(1)),
                ("/deadline", json!("")),
            ],
        ),
        (
            Method::PATCH,
            "/api/deliveryrequests/{id}",
            json!({"dropOffLocation": "43.781,11.241", "pickupTime": 1_557_345_600_000_i64}),
            200,
            vec![],
        ),
    ]
}

fn delivery() -> Vec<Step> {
    let put = json!({
        "Id": OWN,
        "Owner": {"UserId": "myowner", "AccountId": "myaccount"},
        "Pickup": {"Altitude": 0.0, "Latitude": 43.775, "Longitude": 11.255},
        "Dropoff": {"Altitude": 0.0, "Latitude": 43.78, "Longitude": 11.24},
        "Deadline": "",
        "Expedited": true,
        "ConfirmationRequired": 0,
        "DroneId": "AssignedDroneId01ba4d0b",
    });
    let confirmation = json!({
        "DateTime": {"DateTimeValue": "2026-05-12T12:00:00Z"},
        "GeoCoordinates": {"Altitude": 0.0, "Latitude": 43.78, "Longitude": 11.24},
        "ConfirmationType": 0,
        "ConfirmationBlob": "Zm9v",
    });
    vec![
        (Method::PUT, "/api/deliveries/OWN", put.clone(), 201, vec![]),
        (Method::PUT, "/api/deliveries/OWN", put, 204, vec![]),
        (
            Method::GET,
            "/api/deliveries/public/OWN",
            Value::Null,
            200,
            vec![
                ("/owner", json!({"userId": "myowner", "accountId": "myaccount"})),
                ("/confirmationRequired", json!("FingerPrint")),
            ],
        ),
        (
            Method::GET,
            "/api/deliveries/OWN/owner",
            Value::Null,
            200,
            vec![("/userId", json!("myowner")), ("/accountId", json!("myaccount"))],
        ),
        (
            Method::GET,
            "/api/deliveries/{id}/status",
            Value::Null,
            200,
            vec![("/lastKnownLocation/latitude", json!(43.775))],
        ),
        (
            Method::PATCH,
            "/api/deliveries/OWN",
            json!({"Dropoff": {"Latitude": 43.781, "Longitude": 11.241}}),
            200,
            vec![("/dropoff/latitude", json!(43.781))],
        ),
        (
            Method::POST,
            "/api/deliveries/OWN/notifymerequests",
            json!({"EmailAddress": "someone@example.org", "SMS": "+39 055 000000"}),
            204,
            vec![],
        ),
        (
            Method::POST,
            "/api/deliveries/OWN/confirmations",
            confirmation,
            200,
            vec![],
        ),
        (
            Method::GET,
            "/api/deliveries/summary?ownerId=myowner&year=2026&month=5",
            Value::Null,
            200,
            vec![("/count", json!(2))],
        ),
    ]
}

fn package() -> Vec<Step> {
    let path = "/api/packages/mypackage2";
    vec![
        (
            Method::PUT,
            path,
            json!({"Id": "mypackage2", "Size": 2, "Weight": "12.5", "Tag": "mytag"}),
            201,
            vec![],
        ),
        (Method::PUT, path, json!({"size": "large"}), 204, vec![]),
        (Method::PATCH, path, json!({"Weight": 3}), 204, vec![]),
        (
            Method::GET,
            path,
            Value::Null,
            200,
            vec![(
                "",
                json!({"id": "mypackage2", "size": "Large", "weight": 3, "tag": null}),
            )],
        ),
        (
            Method::PUT,
            "/api/packages/",
            json!({"size": 1, "weight": 2}),
            201,
            vec![("/size", json!("Medium"))],
        ),
        (
            Method::GET,
            "/api/packages/summary/myowner?year=2026&month=5",
            Value::Null,
            200,
            vec![("/totalWeight", json!(1))],
        ),
    ]
}

fn transport() -> Vec<Step> {
    let original = json!({
        "DeliveryId": "whatever",
        "PackageDetail": {"Id": "mypackage", "Size": 0},
        "Pickup": {"Altitude": 0, "Latitude": 0, "Longitude": 0},
        "Expedited": true,
        "ConfirmationRequired": 1,
    });
    vec![
        (Method::PUT, "/api/dronedeliveries/{id}", original, 200, vec![]),
        (
            Method::PUT,
            "/api/thirdpartydeliveries/mydelivery",
            json!({
                "Pickup": {"Altitude": 0, "Latitude": 43.775, "Longitude": 11.255},
                "Dropoff": {"Altitude": 0, "Latitude": 43.78, "Longitude": 11.24},
            }),
            200,
            vec![("", json!(false))],
        ),
        (
            Method::GET,
            "/api/account/nobody",
            Value::Null,
            200,
            vec![("", json!(false))],
        ),
        (
            Method::GET,
            "/api/invoices?ownerId=myowner&year=2026&month=5",
            Value::Null,
            200,
            vec![("/deliveries/count", json!(2))],
        ),
        (Method::GET, "/api/probe", Value::Null, 200, vec![]),
        (Method::DELETE, "/api/deliveries/OWN", Value::Null, 200, vec![]),
        (
            Method::DELETE,
            "/api/deliveryrequests/{id}",
            Value::Null,
            204,
            vec![],
        ),
    ]
}

#[actix_web::test]
async fn a_client_of_the_original_services_is_served_as_it_calls() {
    let client = City::new().client().await;
    let mut id = String::new();
    for (method, path, body, status, parts) in [ingestion(), delivery(), package(), transport()].concat() {
        let path = path.replace("{id}", &id).replace("OWN", OWN);
        let call = format!("{method} {path}");
        let request = TestRequest::with_uri(&path)
            .method(method)
            .insert_header((ACCEPT, "application/json"));
        let answer = client
            .send(if body.is_null() {
                request
            } else {
                request.set_json(&body)
            })
            .await;
        assert_eq!(answer.status, status, "{call}: {}", answer.text());
        for (pointer, value) in parts {
            assert_eq!(
                answer.json().pointer(pointer),
                Some(&value),
                "{call} {pointer}: {}",
                answer.text()
            );
        }
        if status == 202 {
            id = answer.json()["deliveryId"].as_str().expect("an id").to_owned();
        }
    }
    assert!(!id.is_empty());
}
