//! The contract as a whole: every path, its methods, its document, health and metrics.

use std::path::Path;

use actix_web::http::Method;
use serde_json::Value;

use crate::city::City;
use crate::client::{NOBODYS, request};

#[actix_web::test]
async fn methods_that_a_path_has_not_are_refused_with_what_it_has() {
    let client = City::new().client().await;
    let delivery = format!("/api/deliveries/{NOBODYS}");
    for (method, path, allowed) in [
        (Method::GET, "/api/deliveryrequests", "POST"),
        (
            Method::GET,
            &format!("/api/deliveryrequests/{NOBODYS}"),
            "PATCH, DELETE",
        ),
        (Method::POST, "/api/deliveries", "GET, HEAD"),
        (Method::POST, &delivery, "GET, HEAD, PUT, PATCH, DELETE"),
        (Method::DELETE, &format!("{delivery}/status"), "GET, HEAD"),
        (
            Method::PUT,
            &format!("{delivery}/confirmations"),
            "GET, HEAD, POST",
        ),
        (Method::DELETE, "/api/packages/p", "GET, HEAD, PUT, PATCH"),
        (Method::GET, "/api/packages/", "PUT"),
        (Method::POST, "/api/drones", "GET, HEAD"),
        (
            Method::GET,
            &format!("/api/dronedeliveries/{NOBODYS}"),
            "PUT, DELETE",
        ),
        (Method::POST, "/api/thirdpartydeliveries/x", "GET, HEAD, PUT"),
        (Method::PUT, "/api/zones", "GET, HEAD, POST"),
        (Method::GET, "/api/zones/x", "DELETE"),
        (Method::GET, "/api/depots/middle/ground", "POST"),
        (Method::OPTIONS, "/api/alerts", "GET, HEAD"),
        (Method::POST, "/healthz", "GET, HEAD"),
    ] {
        let answer = client.call(method.clone(), path).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        assert_eq!(answer.json()["status"], 405);
    }
}

#[actix_web::test]
async fn addresses_that_nothing_has_are_not_found() {
    let client = City::new().client().await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/deliveries/",
        "/favicon.ico",
        "/../etc/passwd",
        "/%2e%2e/x.y",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
    }
    assert_eq!(client.call(Method::POST, "/api/nothing").await.status, 404);
}

#[actix_web::test]
async fn every_answer_keeps_browsers_safe() {
    let client = City::new().client().await;
    for path in ["/", "/api/config", "/api/nothing", "/docs/", "/healthz"] {
        let answer = client.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[actix_web::test]
async fn health_follows_the_process() {
    let city = City::new();
    let client = city.client().await;
    assert_eq!(client.get("/readyz").await.status, 503);
    city.readiness.set_ready(true);
    assert_eq!(client.get("/readyz").await.status, 200);
    city.readiness.set_draining();
    let draining = client.get("/readyz").await;
    assert_eq!(draining.status, 503);
    assert!(draining.text().contains("draining"));
    for path in ["/healthz", "/api/probe"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
        assert_eq!(client.call(Method::HEAD, path).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn requests_are_counted_by_the_template_of_their_route() {
    let city = City::new();
    let client = city.client().await;
    let id = client.order(&request()).await;
    client.get(&format!("/api/deliveries/{id}/status")).await;
    client.get("/api/nothing/at/all").await;
    client
        .call(Method::from_bytes(b"BREW").expect("a method"), "/api/probe")
        .await;
    let metrics = client.get("/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .expect("a type")
            .starts_with("text/plain")
    );
    let text = metrics.text();
    for line in [
        r#"skyhaul_http_requests_total{method="POST",route="/api/deliveryrequests",status="202"} 1"#,
        r#"skyhaul_http_requests_total{method="GET",route="/api/deliveries/{id}/status",status="200"} 1"#,
        r#"skyhaul_http_requests_total{method="other",route="/api/probe",status="405"} 1"#,
        r#"skyhaul_http_request_seconds_count{method="POST",route="/api/deliveryrequests"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!text.contains(&id), "no id is a label");
    assert!(!text.contains("nothing/at/all"), "nobody can make up labels");
}

#[actix_web::test]
async fn the_document_is_the_golden_one() {
    let client = City::new().client().await;
    let document = client.get("/openapi.json").await.json();
    let shown = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &shown).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        shown == golden,
        "the interface changed; UPDATE_GOLDEN=1 rewrites web/openapi.json, read its diff"
    );
}

#[actix_web::test]
async fn every_operation_of_the_document_is_served() {
    let client = City::new().client().await;
    let document = client.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 25, "{}", paths.len());
    for (path, operations) in paths {
        let address = path
            .replace("{id}", NOBODYS)
            .replace("{deliveryId}", NOBODYS)
            .replace("{ownerId}", "o");
        for method in operations.as_object().expect("operations").keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let answer = client.call(method.clone(), &address).await;
            assert_ne!(answer.status, 405, "{method} {path}");
            if answer.status == 404 {
                assert_ne!(
                    answer.json()["detail"],
                    Value::from("nothing has this address"),
                    "{method} {path}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn the_documents_pages_are_part_of_the_program() {
    let client = City::new().client().await;
    let redirect = client.get("/docs").await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (307, Some("/docs/"))
    );
    let page = client.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(
        !page.text().contains("https://"),
        "nothing is loaded from elsewhere"
    );
    assert_eq!(client.get("/docs/swagger-ui.css").await.status, 200);
    let begins = client.get("/docs/swagger-initializer.js").await.text();
    assert!(
        begins.contains(r#""validatorUrl": "none""#) && begins.contains("/openapi.json"),
        "{begins}"
    );
}
