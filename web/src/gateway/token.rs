//! Tokens: JSON web tokens of an identity provider (RFC 7519, RS256 and ES256), by keys from a file (RFC 7517).
//!
//! A token says for whom it is (`aud`), by whom (`iss`), from when to when (`nbf`, `exp`), who holds it (`sub`), what they may do (`role`, or the
//! highest of `roles`; customers where neither says anything) and whose deliveries are theirs (`ownerId`, else `sub`).

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet, PublicKeyUse};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Validation, decode, decode_header};
use parking_lot::RwLock;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use skyhaul_actors::account::Role;

use crate::http::fields::Named as _;

/// How far the clocks of whoever issues tokens and of this machine may differ, seconds.
const SKEW_S: u64 = 60;

/// The longest token: those of big providers have some two kilobytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// The largest file of keys; a provider has a handful.
const FILE_BYTES_MAX: usize = 256 * 1024;

/// A key that is not known is looked for in the file again, but no more often than this.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// What is configured of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// The file of keys: a JWK set. It is read again when a token names a key that is not known.
    pub keys_file: PathBuf,
    /// For whom tokens must be.
    pub audience: String,
    /// By whom they must be.
    pub issuer: String,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    /// Who holds it.
    pub(super) subject: String,
    /// What they may do.
    pub(super) role: Role,
    /// Whose deliveries are theirs.
    pub(super) owner: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    role: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(rename = "ownerId")]
    owner_id: Option<String>,
}

/// Recognises tokens.
pub(super) struct Tokens {
    settings: TokenSettings,
    keys: RwLock<Keys>,
}

#[derive(Default)]
struct Keys {
    by_name: HashMap<String, (Algorithm, DecodingKey)>,
    read_at: Option<Instant>,
}

impl Tokens {
    /// Tokens as they are configured.
    pub(super) fn new(settings: TokenSettings) -> Self {
        // Another gateway of this process may have said so before: it says the same.
        let _ = PROVIDER.install_default();
        Self {
            settings,
            keys: RwLock::default(),
        }
    }

    /// What a token says; `None` where it is none, or none that is good now.
    pub(super) fn read(&self, token: &str) -> Option<Bearer> {
        if token.len() > TOKEN_BYTES_MAX || token.bytes().filter(|byte| *byte == b'.').count() != 2 {
            return None;
        }
        let header = decode_header(token).ok()?;
        let (algorithm, key) = self.key(&header.kid?)?;
        if header.alg != algorithm {
            return None;
        }
        let mut validation = Validation::new(algorithm);
        validation.leeway = SKEW_S;
        validation.validate_nbf = true;
        validation.set_audience(&[&self.settings.audience]);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let claims = decode::<Claims>(token, &key, &validation).ok()?.claims;
        let roles = claims.role.iter().chain(&claims.roles);
        Some(Bearer {
            role: roles.filter_map(|role| role_of(role)).max().unwrap_or_default(),
            owner: claims.owner_id.unwrap_or_else(|| claims.sub.clone()),
            subject: claims.sub,
        })
    }

    fn key(&self, name: &str) -> Option<(Algorithm, DecodingKey)> {
        if let Some(known) = self.keys.read().by_name.get(name) {
            return Some(known.clone());
        }
        let mut keys = self.keys.write();
        if keys.read_at.is_some_and(|at| at.elapsed() < READ_AGAIN_AFTER) {
            return keys.by_name.get(name).cloned();
        }
        keys.read_at = Some(Instant::now());
        match read_keys(&self.settings.keys_file) {
            Ok(by_name) => keys.by_name = by_name,
            Err(reason) => {
                let file = self.settings.keys_file.display();
                tracing::warn!(%file, reason, "the keys of tokens cannot be read; those known stay");
            }
        }
        keys.by_name.get(name).cloned()
    }
}

/// A role by its name; names that say nothing here are passed over.
fn role_of(name: &str) -> Option<Role> {
    Role::ALL.iter().find(|role| role.name() == name).copied()
}

/// Reads a JWK set; keys of other kinds are passed over.
fn read_keys(file: &std::path::Path) -> Result<HashMap<String, (Algorithm, DecodingKey)>, String> {
    let text = fs::read(file).map_err(|error| error.to_string())?;
    if text.len() > FILE_BYTES_MAX {
        return Err(format!("it is larger than {FILE_BYTES_MAX} bytes"));
    }
    let set: JwkSet = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let mut keys = HashMap::new();
    for jwk in set.keys {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            _ => continue,
        };
        if jwk
            .common
            .public_key_use
            .as_ref()
            .is_some_and(|used| *used != PublicKeyUse::Signature)
        {
            continue;
        }
        if let (Some(name), Ok(key)) = (jwk.common.key_id.clone(), DecodingKey::from_jwk(&jwk)) {
            keys.insert(name, (algorithm, key));
        }
    }
    Ok(keys)
}

/// The library's checks, with the signatures of `ring`, which TLS has as well. Nothing is signed here.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::RS256 | Algorithm::ES256 => Ok(Box::new(Checker {
            algorithm: *algorithm,
            key: key.clone(),
        })),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Checks signatures with one key.
struct Checker {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Verifier<Vec<u8>> for Checker {
    fn verify(&self, message: &[u8], given: &Vec<u8>) -> Result<(), signature::Error> {
        let is_good = match (self.algorithm, self.key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, given).is_ok()
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, given).is_ok()
            }
            _ => false,
        };
        is_good.then_some(()).ok_or_else(signature::Error::new)
    }
}

impl JwtVerifier for Checker {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

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

    /// An identity provider with one key.
    struct Provider {
        pair: EcdsaKeyPair,
        random: SystemRandom,
        file: tempfile::NamedTempFile,
    }

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let number = (0..3).fold(0_u32, |number, at| {
                (number << 8) | u32::from(group.get(at).copied().unwrap_or(0))
            });
            for letter in 0..=group.len() {
                let index = (number >> (18 - 6 * letter)) & 63;
                text.push(char::from(LETTERS[index as usize]));
            }
        }
        text
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
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            file.write_all(set.to_string().as_bytes()).expect("written");
            Self { pair, random, file }
        }

        fn tokens(&self) -> Tokens {
            Tokens::new(TokenSettings {
                keys_file: self.file.path().to_path_buf(),
                audience: "skyhaul".to_owned(),
                issuer: "https://id.example".to_owned(),
            })
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

    #[test]
    fn a_good_token_says_who_holds_it_and_what_they_may_do() {
        let provider = Provider::new();
        let tokens = provider.tokens();
        let plain = tokens.read(&provider.sign(&header(), &claims())).expect("good");
        assert_eq!((plain.role, plain.owner.as_str()), (Role::Customer, "ann"));
        let admin = with(with(claims(), "role", json!("admin")), "ownerId", json!("shop"));
        let admin = tokens.read(&provider.sign(&header(), &admin)).expect("good");
        let wanted = Bearer {
            subject: "ann".to_owned(),
            role: Role::Admin,
            owner: "shop".to_owned(),
        };
        assert_eq!(admin, wanted);
        let head = base64(SIGNED.0.as_bytes());
        let rsa = format!("{head}.{}.{}", base64(SIGNED.1.as_bytes()), SIGNATURE.concat());
        assert_eq!(tokens.read(&rsa).map(|bearer| bearer.role), Some(Role::Operator));
    }

    #[test]
    fn a_token_that_is_not_good_now_here_or_from_there_says_nothing() {
        let provider = Provider::new();
        let (tokens, now) = (provider.tokens(), jsonwebtoken::get_current_timestamp());
        for (name, value) in [
            ("exp", json!(now - SKEW_S - 5)),
            ("exp", Value::Null),
            ("nbf", json!(now + SKEW_S + 60)),
            ("aud", json!("other")),
            ("aud", Value::Null),
            ("iss", json!("https://evil.example")),
            ("sub", Value::Null),
        ] {
            let token = provider.sign(&header(), &with(claims(), name, value.clone()));
            assert_eq!(tokens.read(&token), None, "{name}: {value}");
        }
        for (name, value) in [("exp", json!(now - SKEW_S / 2)), ("nbf", json!(now + SKEW_S / 2))] {
            let token = provider.sign(&header(), &with(claims(), name, value));
            assert!(
                tokens.read(&token).is_some(),
                "clocks may differ a little: {name}"
            );
        }
    }

    #[test]
    fn a_token_that_was_changed_or_signed_otherwise_says_nothing() {
        let provider = Provider::new();
        let tokens = provider.tokens();
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

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "[A-Za-z0-9_=.-]{0,200}") {
            let provider = Provider::new();
            proptest::prop_assert_eq!(provider.tokens().read(&text), None);
        }
    }
}
