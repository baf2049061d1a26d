//! What tokens say, and when they say nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

/// The modulus of an RSA key that nobody holds any more, in base 64.
const MODULUS: &[&str] = &[
    "xfTRJbL0FJFL9bpdwTs-Na3X4CeFsH8B4LBtKwzUGFFf8ti2enxnefiFvcIr5t-pDS0elRwpd7x8tjzakXzB5p",
    "EmZDWvXlQJIMN2fbSSmHQkRXWfOJQNYiKE6iFnl6wx1bOi7vNRTKC9ZZJPnSyUlL7x081nYoCQMlw5Jjahs7R6",
    "j31qsgKxQaqPZILOQmlC6ge-F_QN45GB_qU9uzKmNl01shV7Xq-6vMaAwVIauLePxlVOKTXQORA4U8judfu4do",
    "McPZgz_XMdAuPF0oJOfbZ2noKfoKUndEpVSyUjij0xdJy14VAlS4NeQdMKifZmoWiUZtV1IpPbOleDyT_wMQ",
];

/// What it once signed.
const SIGNED: (&str, &str) = (
    r#"{"alg":"RS256","kid":"rsa","typ":"JWT"}"#,
    r#"{"sub":"olga","iss":"https://id.example","aud":"skyhaul","exp":4102444800,"roles":["staff","operator"]}"#,
);

/// Its signature, in base 64.
const SIGNATURE: &[&str] = &[
    "CpzZgOYmz3YVgtXzStrpvS-Q2bEDUbBrVFqcfCOnItYxUwEdULNcTmgrsvAUJfsAk-CaIEYDlcTWeDk158u9pM",
    "62qaoCBqOfw8CRo0b6AOLmTU2kWHh8wUdEllKlE_9EKf5Wksi0INrE0k-oy-LO1JKULxH1KmhG8JEA-jxhHuZb",
    "NS2qeT8UXwS1eRYFbHj0vogpl512HJNZEcDtkYPTtGm0v15mLIFZ8IW5GiA9JMJCJlhqICXJtzTNkM0IGryrT9",
    "0OOq0RvOqnXket7OAYZM2ecXr9SjraseVknLL5F5N2tAr8hqFLSjScaSAWSAPjr5y-3QC8I6SPrVIcRYt18g",
];

/// Keys that are always the same.
struct Set(Vec<u8>);

impl KeySource for Set {
    fn fetch(&self) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }
}

/// An identity provider with one key.
struct Provider {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    set: Vec<u8>,
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Provider {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
        let point = pair.public_key().as_ref();
        let set = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
             "x": base64(&point[1..33]), "y": base64(&point[33..])},
            {"kty": "RSA", "kid": "rsa", "n": MODULUS.concat(), "e": "AQAB"},
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        ]});
        Self {
            pair,
            random,
            set: set.to_string().into_bytes(),
        }
    }

    /// A reader that has looked up the provider's keys.
    async fn tokens(&self) -> Tokens {
        let settings = TokenSettings {
            audience: "skyhaul".to_owned(),
            issuer: "https://id.example".to_owned(),
        };
        let tokens = Tokens::new(settings, Arc::new(Set(self.set.clone())));
        tokens.seek(&self.sign(&header(), &claims())).await;
        tokens
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let head = base64(header.to_string().as_bytes());
        let body = format!("{head}.{}", base64(claims.to_string().as_bytes()));
        let signature = self.pair.sign(&self.random, body.as_bytes()).expect("signed");
        format!("{body}.{}", base64(signature.as_ref()))
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "ec"})
}

fn claims() -> Value {
    json!({
        "sub": "ann", "iss": "https://id.example", "aud": ["other", "skyhaul"],
        "exp": jsonwebtoken::get_current_timestamp() + 600,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

#[tokio::test]
async fn a_good_token_says_who_holds_it_and_what_they_may_do() {
    let provider = Provider::new();
    let tokens = provider.tokens().await;
    let plain = tokens.read(&provider.sign(&header(), &claims())).expect("good");
    assert_eq!((plain.role, plain.owner.as_str()), (Role::Customer, "ann"));
    let admin = with(with(claims(), "role", json!("admin")), "ownerId", json!("shop"));
    let admin = tokens.read(&provider.sign(&header(), &admin)).expect("good");
    assert_eq!(
        (admin.role, admin.owner.as_str(), admin.subject.as_str()),
        (Role::Admin, "shop", "ann")
    );
    let (soonest, latest) = (
        Duration::from_secs(600),
        Duration::from_secs(600 + u64::from(SKEW_S)),
    );
    let left = admin.ends_at.duration_since(Instant::now());
    assert!(left > soonest && left <= latest, "{left:?}");
    let head = base64(SIGNED.0.as_bytes());
    let rsa = format!("{head}.{}.{}", base64(SIGNED.1.as_bytes()), SIGNATURE.concat());
    assert_eq!(tokens.read(&rsa).map(|bearer| bearer.role), Some(Role::Operator));
}

#[tokio::test]
async fn a_token_that_is_not_good_now_here_or_from_there_says_nothing() {
    let provider = Provider::new();
    let (tokens, now) = (provider.tokens().await, jsonwebtoken::get_current_timestamp());
    let skew = u64::from(SKEW_S);
    for (name, value) in [
        ("exp", json!(now - skew - 5)),
        ("exp", Value::Null),
        ("nbf", json!(now + skew + 60)),
        ("aud", json!("other")),
        ("aud", Value::Null),
        ("iss", json!("https://evil.example")),
        ("sub", Value::Null),
    ] {
        let token = provider.sign(&header(), &with(claims(), name, value.clone()));
        assert_eq!(tokens.read(&token), None, "{name}: {value}");
    }
    for (name, value) in [("exp", json!(now - skew / 2)), ("nbf", json!(now + skew / 2))] {
        let token = provider.sign(&header(), &with(claims(), name, value));
        assert!(
            tokens.read(&token).is_some(),
            "clocks may differ a little: {name}"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_changed_or_signed_otherwise_says_nothing() {
    let provider = Provider::new();
    let tokens = provider.tokens().await;
    let good = provider.sign(&header(), &claims());
    let (body, _) = good.rsplit_once('.').expect("three parts");
    let other = Provider::new().sign(&header(), &claims());
    let (_, foreign) = other.rsplit_once('.').expect("three parts");
    for wrong in [
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{body}."),
        format!("{body}.{foreign}"),
        good.replacen('.', "A.", 1),
        format!("{good}.x"),
        "x".repeat(TOKEN_BYTES_MAX + 1),
        provider.sign(&json!({"alg": "none", "kid": "ec"}), &claims()),
        provider.sign(&json!({"alg": "HS256", "kid": "ec"}), &claims()),
        provider.sign(&json!({"alg": "HS256", "kid": "shared"}), &claims()),
        provider.sign(&json!({"alg": "RS256", "kid": "ec"}), &claims()),
        provider.sign(&json!({"alg": "ES256", "kid": "rsa"}), &claims()),
        provider.sign(&json!({"alg": "ES256", "kid": "unknown"}), &claims()),
        provider.sign(&json!({"alg": "ES256"}), &claims()),
    ] {
        assert_eq!(tokens.read(&wrong), None, "{wrong}");
    }
    assert!(tokens.read(&good).is_some());
}

#[tokio::test]
async fn no_text_makes_the_reader_fail() {
    let provider = Provider::new();
    let tokens = provider.tokens().await;
    let good = provider.sign(&header(), &claims());
    let texts = (
        r"[A-Za-z0-9_=.-]{0,200}",
        proptest::num::usize::ANY,
        proptest::num::u8::ANY,
    );
    let mut runner = proptest::test_runner::TestRunner::default();
    let outcome = runner.run(&texts, |(text, at, byte)| {
        proptest::prop_assert_eq!(tokens.read(&text), None);
        let mut bent = good.clone().into_bytes();
        let at = at % bent.len();
        bent[at] = byte;
        let bent = String::from_utf8_lossy(&bent);
        let is_same = bent == good;
        // The last letter of a signature has bits that say nothing.
        let is_last = at + 1 == good.len();
        proptest::prop_assert!(is_same || is_last || tokens.read(&bent).is_none());
        Ok(())
    });
    outcome.expect("nothing but what was signed is read");
}
