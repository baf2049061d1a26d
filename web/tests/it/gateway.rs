//! The gateway: who may call what, and how often.

use std::num::NonZeroU32;

use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use skyhaul_web::{AdminKey, GatewaySettings};

use crate::city::City;
use crate::client::{Answer, Client, NOBODYS, with};

/// The key that opens everything.
const ADMIN: &str = "an-administrator's-key-for-this-test";

/// What a caller is answered, by role: nobody, customer, operator, administrator. `401`, `403` and `404` as they are, 0 for anything else.
const EXPECTED: [(&str, &str, [u16; 4]); 85] = [
    ("POST", "/api/deliveryrequests", [401, 0, 0, 0]),
    ("PATCH", "/api/deliveryrequests/{bobs}", [401, 404, 0, 0]),
    ("DELETE", "/api/deliveryrequests/{id}", [401, 404, 404, 404]),
    ("GET", "/api/deliveries", [401, 400, 0, 0]),
    ("GET", "/api/deliveries?ownerId=ann", [401, 0, 0, 0]),
    ("GET", "/api/deliveries?ownerId=bob", [401, 403, 0, 0]),
    (
        "GET",
        "/api/deliveries/summary?ownerId=ann&year=2026&month=5",
        [401, 0, 0, 0],
    ),
    (
        "GET",
        "/api/deliveries/summary?ownerId=bob&year=2026&month=5",
        [401, 403, 0, 0],
    ),
    ("GET", "/api/deliveries/{anns}", [401, 0, 0, 0]),
    ("GET", "/api/deliveries/{bobs}", [401, 404, 0, 0]),
    ("GET", "/api/deliveries/public/{bobs}", [401, 404, 0, 0]),
    ("PUT", "/api/deliveries/{id}", [401, 0, 0, 0]),
    ("PATCH", "/api/deliveries/{bobs}", [401, 404, 0, 0]),
    ("DELETE", "/api/deliveries/{id}", [401, 404, 404, 404]),
    ("GET", "/api/deliveries/{bobs}/owner", [401, 404, 0, 0]),
    ("GET", "/api/deliveries/{bobs}/status", [401, 404, 0, 0]),
    ("GET", "/api/deliveries/{anns}/history", [401, 0, 0, 0]),
    ("GET", "/api/deliveries/{bobs}/history", [401, 404, 0, 0]),
    ("GET", "/api/deliveries/{bobs}/track", [401, 404, 0, 0]),
    ("POST", "/api/deliveries/{anns}/trackinglinks", [401, 0, 0, 0]),
    ("POST", "/api/deliveries/{bobs}/trackinglinks", [401, 404, 0, 0]),
    ("GET", "/api/deliveries/{anns}/trackinglinks", [401, 0, 0, 0]),
    ("GET", "/api/deliveries/{bobs}/trackinglinks", [401, 404, 0, 0]),
    ("DELETE", "/api/deliveries/{bobs}/trackinglinks", [401, 404, 0, 0]),
    (
        "DELETE",
        "/api/deliveries/{id}/trackinglinks/0",
        [401, 404, 404, 404],
    ),
    ("GET", "/api/deliveries/{id}/events", [401, 404, 404, 404]),
    ("GET", "/api/deliveries/{bobs}/confirmations", [401, 404, 0, 0]),
    ("POST", "/api/deliveries/{bobs}/confirmations", [401, 404, 0, 0]),
    ("GET", "/api/deliveries/{bobs}/notifymerequests", [401, 404, 0, 0]),
    (
        "POST",
        "/api/deliveries/{bobs}/notifymerequests",
        [401, 404, 0, 0],
    ),
    ("PUT", "/api/packages/", [401, 0, 0, 0]),
    ("GET", "/api/packages/anns-label", [401, 0, 0, 0]),
    ("GET", "/api/packages/bobs-label", [401, 404, 0, 0]),
    ("PUT", "/api/packages/{id}", [401, 0, 0, 0]),
    ("PATCH", "/api/packages/bobs-label", [401, 0, 0, 0]),
    (
        "GET",
        "/api/packages/summary/ann?year=2026&month=5",
        [401, 0, 0, 0],
    ),
    (
        "GET",
        "/api/packages/summary/bob?year=2026&month=5",
        [401, 403, 0, 0],
    ),
    ("GET", "/api/drones", [401, 403, 0, 0]),
    ("GET", "/api/drones.geojson", [401, 403, 0, 0]),
    ("GET", "/api/remote-id", [401, 403, 0, 0]),
    ("GET", "/api/drones/drone-0", [401, 403, 0, 0]),
    (
        "GET",
        "/api/dronedeliveries/utilization?ownerId=bob&year=2026&month=5",
        [401, 403, 404, 404],
    ),
    ("PUT", "/api/dronedeliveries/{anns}", [401, 0, 0, 0]),
    ("PUT", "/api/dronedeliveries/{bobs}", [401, 404, 0, 0]),
    ("DELETE", "/api/dronedeliveries/{bobs}", [401, 404, 0, 0]),
    ("POST", "/api/deliveries/{id}/retry", [401, 403, 404, 404]),
    ("GET", "/api/thirdpartydeliveries/{bobs}", [401, 404, 404, 404]),
    ("PUT", "/api/thirdpartydeliveries/{id}", [401, 0, 0, 0]),
    ("GET", "/api/carriers", [401, 403, 0, 0]),
    ("GET", "/api/account/ann", [401, 0, 0, 0]),
    ("GET", "/api/account/bob", [401, 403, 0, 0]),
    ("POST", "/api/accounts", [401, 403, 403, 0]),
    ("GET", "/api/accounts/{account}", [401, 0, 0, 0]),
    ("GET", "/api/accounts/{bobs-account}", [401, 404, 0, 0]),
    ("PATCH", "/api/accounts/{bobs-account}", [401, 404, 0, 0]),
    ("POST", "/api/accounts/{bobs-account}/keys", [401, 404, 0, 0]),
    (
        "DELETE",
        "/api/accounts/{bobs-account}/keys",
        [401, 404, 400, 400],
    ),
    (
        "GET",
        "/api/invoices?ownerId=ann&year=2026&month=5",
        [401, 0, 0, 0],
    ),
    (
        "GET",
        "/api/invoices?ownerId=bob&year=2026&month=5",
        [401, 403, 0, 0],
    ),
    ("POST", "/api/quotes", [401, 0, 0, 0]),
    ("GET", "/api/config", [401, 0, 0, 0]),
    ("GET", "/api/simulation", [401, 403, 0, 0]),
    ("POST", "/api/simulation/pause", [401, 403, 0, 0]),
    ("POST", "/api/simulation/resume", [401, 403, 0, 0]),
    ("POST", "/api/simulation/step", [401, 403, 0, 0]),
    ("POST", "/api/simulation/speed", [401, 403, 0, 0]),
    ("GET", "/api/simulation/parked", [401, 403, 0, 0]),
    ("GET", "/api/simulation/dead-letters", [401, 403, 0, 0]),
    ("GET", "/api/simulation/actions", [401, 403, 0, 0]),
    ("GET", "/metrics", [401, 403, 0, 0]),
    ("GET", "/api/depots", [401, 403, 0, 0]),
    ("POST", "/api/depots/{id}/ground", [401, 403, 404, 404]),
    ("POST", "/api/depots/{id}/release", [401, 403, 404, 404]),
    ("POST", "/api/drones/drone-0/recall", [401, 403, 0, 0]),
    ("POST", "/api/zones", [401, 403, 0, 0]),
    ("DELETE", "/api/zones/{id}", [401, 403, 404, 404]),
    ("POST", "/api/alerts/{id}/acknowledge", [401, 403, 404, 404]),
    ("GET", "/api/audit", [401, 403, 403, 0]),
    ("GET", "/api/places", [401, 0, 0, 0]),
    (
        "DELETE",
        "/api/owners/no-body/personal-data",
        [401, 403, 403, 404],
    ),
    ("GET", "/api/landmarks", [401, 0, 0, 0]),
    ("GET", "/api/performance", [401, 403, 0, 0]),
    ("GET", "/api/weather", [401, 403, 0, 0]),
    ("GET", "/api/playback", [401, 403, 400, 400]),
    ("GET", "/api/drones/drone-99", [401, 403, 404, 404]),
];

/// Open to everyone, or to operators only: the rest of the routes.
const REST: [(&str, [u16; 4]); 8] = [
    ("/api/zones", [401, 403, 0, 0]),
    ("/api/alerts", [401, 403, 0, 0]),
    ("/api/probe", [0, 0, 0, 0]),
    ("/healthz", [0, 0, 0, 0]),
    ("/readyz", [0, 0, 0, 0]),
    ("/", [0, 0, 0, 0]),
    ("/openapi.json", [0, 0, 0, 0]),
    ("/asyncapi.json", [0, 0, 0, 0]),
];

fn settings() -> GatewaySettings {
    GatewaySettings {
        asks_who_calls: true,
        admin_key: Some(AdminKey::new(ADMIN).expect("long enough")),
        ..GatewaySettings::default()
    }
}

async fn call<S>(client: &Client<S>, key: Option<&str>, method: &str, path: &str, body: &Value) -> Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = Error>,
{
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut request = TestRequest::with_uri(path).method(method);
    if !body.is_null() {
        request = request.set_json(body);
    }
    if let Some(key) = key {
        request = request.insert_header(("X-Api-Key", key));
    }
    client.send(request).await
}

/// An account for an owner: its id and its key.
async fn account<S>(client: &Client<S>, owner: &str) -> (String, String)
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = Error>,
{
    let body = json!({"name": "a business", "ownerId": owner});
    let opened = call(client, Some(ADMIN), "POST", "/api/accounts", &body).await;
    assert_eq!(opened.status, 201, "{}", opened.text());
    let opened = opened.json();
    let text = |name: &str| opened[name].as_str().expect("a text").to_owned();
    (text("id"), text("apiKey"))
}

/// A delivery of an owner's, asked for with a key.
async fn order<S>(client: &Client<S>, key: &str, owner: &str) -> String
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = Error>,
{
    let mut body = with("ownerId", json!(owner));
    body["packageInfo"]["packageId"] = json!(format!("{owner}s-label"));
    let answer = call(client, Some(key), "POST", "/api/deliveryrequests", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["deliveryId"].as_str().expect("an id").to_owned()
}

#[actix_web::test]
async fn each_role_may_call_what_is_its_own_and_nothing_else() {
    let city = City::behind(settings());
    let client = city.client().await;
    let (anns_account, customer) = account(&client, "ann").await;
    let (bobs_account, bobs_key) = account(&client, "bob").await;
    let keys = format!("/api/accounts/{anns_account}/keys");
    let operator = call(&client, Some(ADMIN), "POST", &keys, &json!({"role": "operator"})).await;
    let operator = operator.json()["apiKey"].as_str().expect("a key").to_owned();
    let (anns, bobs) = (
        order(&client, &customer, "ann").await,
        order(&client, &bobs_key, "bob").await,
    );
    let callers = [
        None,
        Some(customer.as_str()),
        Some(operator.as_str()),
        Some(ADMIN),
    ];
    let rest = REST.iter().map(|(path, expected)| ("GET", *path, *expected));
    for (method, path, expected) in EXPECTED.into_iter().chain(rest) {
        let address = path
            .replace("{id}", NOBODYS)
            .replace("{anns}", &anns)
            .replace("{bobs}", &bobs)
            .replace("{account}", &anns_account)
            .replace("{bobs-account}", &bobs_account);
        for (key, expected) in callers.into_iter().zip(expected) {
            let answer = call(&client, key, method, &address, &Value::Null).await;
            let is_expected = [400, 401, 403, 404].contains(&expected);
            let is_refused = [401, 403, 404].contains(&answer.status) && !is_of_handler(&answer);
            let told = if is_expected || is_refused {
                answer.status
            } else {
                0
            };
            assert_eq!(told, expected, "{method} {path} with {key:?}: {}", answer.text());
            if answer.status == 401 {
                let asked = answer.header("www-authenticate").expect("how to be known");
                assert!(asked.starts_with("Bearer"), "{asked}");
            }
        }
    }
}

/// Whether the answer comes from behind the guard: what is not there, or not decided, though one may ask for it.
fn is_of_handler(answer: &Answer) -> bool {
    answer.status == 404 && answer.json()["detail"] == "no package has this id"
}

#[actix_web::test]
async fn every_operation_is_in_the_walk() {
    let client = City::new().client().await;
    let document = client.get("/openapi.json").await.json();
    let known = |method: &str, path: &str| {
        let shape = |text: &str| -> Vec<String> {
            let path = text.split('?').next().unwrap_or_default();
            let words = [
                "api",
                "deliveries",
                "deliveryrequests",
                "packages",
                "drones",
                "accounts",
            ];
            let parts = path.split('/').map(|part| {
                let is_word = words.contains(&part) || (!part.contains(['{', '-']) && part.len() > 3);
                if is_word { part.to_owned() } else { "{}".to_owned() }
            });
            parts.collect()
        };
        let walked = EXPECTED.iter().map(|(method, path, _)| (*method, *path));
        let rest = REST.iter().map(|(path, _)| ("GET", *path));
        walked
            .chain(rest)
            .any(|(with, walked)| with == method && shape(walked) == shape(path))
    };
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            let method = method.to_uppercase();
            assert!(known(&method, path), "{method} {path} is not in the walk");
        }
    }
}

#[actix_web::test]
async fn a_key_opens_until_it_is_revoked_or_its_account_suspended() {
    let city = City::behind(settings());
    let client = city.client().await;
    let (id, key) = account(&client, "ann").await;
    let path = "/api/deliveries?ownerId=ann";
    let bearer = TestRequest::get()
        .uri(path)
        .insert_header(("Authorization", format!("Bearer {key}")));
    assert_eq!(client.send(bearer).await.status, 200);
    for wrong in ["", "Basic eA==", "Bearer", "Bearer nonsense"] {
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("Authorization", wrong));
        assert_eq!(client.send(request).await.status, 401, "{wrong}");
    }
    let address = format!("/api/accounts/{id}");
    let suspend = json!({"status": "suspended"});
    assert_eq!(
        call(&client, Some(&key), "PATCH", &address, &suspend)
            .await
            .status,
        403
    );
    let suspended = call(&client, Some(ADMIN), "PATCH", &address, &suspend).await;
    assert_eq!(suspended.status, 200, "{}", suspended.text());
    assert_eq!(
        call(&client, Some(&key), "GET", path, &Value::Null).await.status,
        403
    );
    let active = json!({"status": "active"});
    call(&client, Some(ADMIN), "PATCH", &address, &active).await;
    assert_eq!(
        call(&client, Some(&key), "GET", path, &Value::Null).await.status,
        200
    );
    let name = key.split('_').nth(1).expect("a name");
    let one = format!("{address}/keys?keyId={name}");
    assert_eq!(
        call(&client, Some(&key), "DELETE", &one, &Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        call(&client, Some(&key), "GET", path, &Value::Null).await.status,
        401
    );
}

#[actix_web::test]
async fn a_customer_asks_for_their_own_owner_and_makes_no_operators() {
    let client = City::behind(settings()).client().await;
    let (id, key) = account(&client, "ann").await;
    let body = with("ownerId", json!("bob"));
    let answer = call(&client, Some(&key), "POST", "/api/deliveryrequests", &body).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    for (shown, owner) in [(key.as_str(), json!("ann")), (ADMIN, Value::Null)] {
        let config = call(&client, Some(shown), "GET", "/api/config", &Value::Null).await;
        assert_eq!(config.json()["ownerId"], owner, "for whom its page orders");
    }
    let keys = format!("/api/accounts/{id}/keys");
    let operator = json!({"role": "operator"});
    assert_eq!(
        call(&client, Some(&key), "POST", &keys, &operator).await.status,
        403
    );
    assert_eq!(
        call(&client, Some(&key), "POST", &keys, &json!({})).await.status,
        201
    );
}

#[actix_web::test]
async fn labels_of_packages_are_each_owners_own() {
    let client = City::behind(settings()).client().await;
    let (_, ann) = account(&client, "ann").await;
    let (_, bob) = account(&client, "bob").await;
    let path = "/api/packages/box";
    let (small, large) = (json!({"size": "Small"}), json!({"size": "Large"}));
    assert_eq!(call(&client, Some(&ann), "PUT", path, &small).await.status, 201);
    assert_eq!(
        call(&client, Some(&bob), "GET", path, &Value::Null).await.status,
        404
    );
    assert_eq!(call(&client, Some(&bob), "PUT", path, &large).await.status, 201);
    for (key, size) in [(&ann, "Small"), (&bob, "Large")] {
        let read = call(&client, Some(key), "GET", path, &Value::Null).await;
        assert_eq!(read.json()["size"], size);
    }
}

#[actix_web::test]
async fn the_guard_cannot_be_walked_round_by_writing_an_address_otherwise() {
    let client = City::behind(settings()).client().await;
    for path in [
        "/%61pi/drones",
        "/api/%64rones",
        "/api/drones?",
        "/api/drones#x",
        "/api/drones;x",
        "//api/drones",
        "/api//drones",
        "/./api/drones",
        "/docs/../api/drones",
    ] {
        let status = client.get(path).await.status;
        assert!([307, 401, 404].contains(&status), "{path}: {status}");
    }
}

#[actix_web::test]
async fn whoever_asks_too_often_is_told_when_to_ask_again() {
    let few = GatewaySettings {
        per_key: NonZeroU32::new(2),
        ..settings()
    };
    let client = City::behind(few).client().await;
    let mut last = None;
    for _ in 0..4 {
        last = Some(call(&client, Some(ADMIN), "GET", "/api/depots", &Value::Null).await);
    }
    let last = last.expect("it answered");
    assert_eq!((last.status, last.header("retry-after")), (429, Some("1")));
    assert_eq!(client.get("/healthz").await.status, 200);
}

#[actix_web::test]
async fn only_addresses_that_are_allowed_may_call() {
    let near = GatewaySettings {
        allowed_addresses: vec!["10.0.0.0/8".parse().expect("a range")],
        ..GatewaySettings::default()
    };
    let client = City::behind(near).client().await;
    for (address, status) in [("10.1.2.3:1", 200), ("192.0.2.1:1", 403)] {
        let from = address.parse().expect("an address");
        let request = TestRequest::get().uri("/api/depots").peer_addr(from);
        assert_eq!(client.send(request).await.status, status, "{address}");
    }
}

#[actix_web::test]
async fn pages_of_other_sites_may_call_only_where_that_is_configured() {
    let open = GatewaySettings {
        origins: vec!["https://shop.example".to_owned()],
        ..settings()
    };
    let client = City::behind(open).client().await;
    for (origin, allowed) in [
        ("https://shop.example", Some("https://shop.example")),
        ("https://evil.example", None),
    ] {
        let ask = TestRequest::with_uri("/api/deliveryrequests")
            .method(Method::OPTIONS)
            .insert_header(("Origin", origin))
            .insert_header(("Access-Control-Request-Method", "POST"));
        let answer = client.send(ask).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.status, if allowed.is_some() { 204 } else { 401 });
        let get = TestRequest::get()
            .uri("/healthz")
            .insert_header(("Origin", origin));
        assert_eq!(
            client.send(get).await.header("access-control-allow-origin"),
            allowed
        );
    }
}

#[actix_web::test]
async fn an_invoice_counts_what_was_flown_and_is_priced_by_the_plan() {
    let city = City::new();
    let client = city.client().await;
    client
        .post(
            "/api/accounts",
            &json!({"name": "n", "ownerId": "myowner", "plan": "Enterprise"}),
        )
        .await;
    client.order(&crate::client::request()).await;
    city.run_s(3_600);
    let path = "/api/invoices?ownerId=myowner&year=2026&month=5";
    let invoice = client.get(path).await.json();
    assert_eq!(invoice["deliveries"], json!({"count": 1}), "{invoice}");
    assert_eq!(invoice["packages"], json!({"totalWeight": 1}));
    let miles = invoice["drones"]["traveledMiles"].as_f64().expect("miles");
    assert!(miles > 1.0, "{invoice}");
    let amount = |part: &str| invoice["amount"][part].as_f64().expect("an amount");
    assert_eq!((amount("base"), amount("weight")), (2.9, 0.3));
    assert!((amount("distance") - 0.3 * miles).abs() < 0.01, "{invoice}");
    let sum = amount("base") + amount("weight") + amount("distance");
    assert!((amount("total") - sum).abs() < 1e-9, "{invoice}");
    assert_eq!(
        (&invoice["amount"]["plan"], &invoice["missing"]),
        (&json!("Enterprise"), &json!([]))
    );
    assert_eq!(client.get("/api/invoices?ownerId=o").await.status, 400);
}
