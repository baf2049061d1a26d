//! Tokens of an identity provider, and for how long those may stay who look at telemetry.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use skyhaul_telemetry::door::Sight;
use skyhaul_web::ports::KeySource;
use skyhaul_web::{AdminKey, GatewaySettings, TokenSettings, Tokens};

use crate::city::City;
use crate::client::with;

const ADMIN: &str = "an-administrator's-key-for-this-test";

/// An identity provider with one key, which counts how often it is asked.
#[derive(Clone)]
struct Provider {
    pair: Arc<EcdsaKeyPair>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn new() -> Self {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
        Self {
            pair: Arc::new(pair),
            asked: Arc::default(),
        }
    }

    fn token(&self, subject: &str, role: &str, seconds: u64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let ends = now + Duration::from_secs(seconds);
        let claims = json!({
            "sub": subject, "iss": "https://id.example", "aud": "skyhaul", "exp": ends.as_secs(), "roles": [role],
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let body = format!("{}.{}", part(json!({"alg": "ES256", "kid": "k"})), part(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), body.as_bytes())
            .expect("signed");
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn city(&self) -> City {
        let settings = TokenSettings {
            audience: "skyhaul".to_owned(),
            issuer: "https://id.example".to_owned(),
        };
        let gateway = GatewaySettings {
            asks_who_calls: true,
            admin_key: Some(AdminKey::new(ADMIN).expect("long enough")),
            ..GatewaySettings::default()
        };
        City::that_takes(Tokens::new(settings, Arc::new(self.clone())), gateway)
    }
}

impl KeySource for Provider {
    fn fetch(&self) -> Result<Vec<u8>, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let point = self.pair.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": part(&point[1..33]), "y": part(&point[33..])});
        Ok(json!({"keys": [key]}).to_string().into_bytes())
    }
}

fn get(path: &str, token: &str) -> TestRequest {
    TestRequest::get()
        .uri(path)
        .insert_header(("Authorization", format!("Bearer {token}")))
}

#[actix_web::test]
async fn a_token_opens_what_its_role_opens_and_a_customers_their_own() {
    let provider = Provider::new();
    let client = provider.city().client().await;
    let (ann, bob) = (
        provider.token("ann", "customer", 60),
        provider.token("bob", "customer", 60),
    );
    let order = TestRequest::post()
        .uri("/api/deliveryrequests")
        .insert_header(("X-Api-Key", ann.clone()))
        .set_json(with("ownerId", json!("ann")));
    let ordered = client.send(order).await;
    assert_eq!(ordered.status, 202, "{}", ordered.text());
    let id = ordered.json()["deliveryId"].as_str().expect("an id").to_owned();
    let path = format!("/api/deliveries/{id}");
    let operator = provider.token("olga", "operator", 60);
    for (token, path, status) in [
        (&ann, path.as_str(), 200),
        (&bob, path.as_str(), 404),
        (&operator, path.as_str(), 200),
        (&ann, "/api/depots", 403),
        (&operator, "/api/depots", 200),
        (&operator, "/openapi.json", 200),
        (&Provider::new().token("eve", "admin", 60), "/api/depots", 401),
        (&"a.b.c".to_owned(), "/api/depots", 401),
    ] {
        let answer = client.send(get(path, token)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1, "its keys are kept");
}

#[actix_web::test]
async fn whoever_looks_at_telemetry_stays_as_long_as_what_they_showed_is_good() {
    let provider = Provider::new();
    let city = provider.city();
    let client = city.client().await;
    let open = TestRequest::post()
        .uri("/api/accounts")
        .insert_header(("X-Api-Key", ADMIN))
        .set_json(json!({"name": "a business", "ownerId": "ann"}));
    let opened = client.send(open).await.json();
    let key = opened["apiKey"].as_str().expect("a key");
    let account = format!("/api/accounts/{}", opened["id"].as_str().expect("an id"));
    let token = provider.token("ann", "customer", 60);
    assert_eq!(
        client
            .send(get("/api/deliveries?ownerId=ann", &token))
            .await
            .status,
        200
    );

    let door = city.services.door();
    let admin = door.pass(Some(ADMIN)).expect("it opens");
    assert!(admin.sight == Sight::All && admin.lease.is_none());
    let by_key = door.pass(Some(key)).expect("it opens");
    assert!(matches!(&by_key.sight, Sight::Owner(owner) if owner.starts_with("owner-")));
    let by_token = door.pass(Some(&token)).expect("it opens");
    let (by_key, by_token) = (
        by_key.lease.expect("it may end"),
        by_token.lease.expect("it ends"),
    );
    assert!(by_key.holds() && by_token.holds());

    let change = |status: &str| {
        TestRequest::patch()
            .uri(&account)
            .insert_header(("X-Api-Key", ADMIN))
            .set_json(json!({"status": status}))
    };
    assert_eq!(client.send(change("suspended")).await.status, 200);
    assert!(!by_key.holds() && !by_token.holds());
    assert_eq!(client.send(change("active")).await.status, 200);
    assert!(by_key.holds() && by_token.holds());
    let name = key.split('_').nth(1).expect("a name");
    let revoke = TestRequest::delete()
        .uri(&format!("{account}/keys?keyId={name}"))
        .insert_header(("X-Api-Key", ADMIN));
    assert_eq!(client.send(revoke).await.status, 204);
    assert!(!by_key.holds() && by_token.holds(), "the token is another's");
    assert!(door.pass(Some(key)).is_none());
}
