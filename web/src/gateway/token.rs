//! Tokens: JSON web tokens of an identity provider (RFC 7519, RS256 and ES256), by its keys (RFC 7517), which it is asked for.
//!
//! A token says for whom it is (`aud`), by whom (`iss`), from when to when (`nbf`, `exp`), who holds it (`sub`), what they may do (`role`, or the
//! highest of `roles`; customers where neither says anything) and whose deliveries are theirs (`ownerId`, else `sub`).

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use skyhaul_actors::account::Role;

use self::keys::{Keys, Pace};
use self::signature::PROVIDER;
use crate::http::fields::Named as _;
use crate::ports::KeySource;

mod keys;
mod signature;

/// How far the clocks of whoever issues tokens and of this machine may differ, seconds.
const SKEW_S: u32 = 60;

/// The longest token: those of big providers have some two kilobytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// The longest that a token is good for here: no provider issues any for longer than some days, and an instant must have room for it.
const GOOD_FOR_MAX_S: f64 = 366.0 * 86_400.0;

/// What is configured of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
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
    /// When it ends here, by a clock that nobody can set.
    pub(super) ends_at: Instant,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    role: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(rename = "ownerId")]
    owner_id: Option<String>,
}

/// Recognises tokens.
pub struct Tokens {
    keys: Keys,
    settings: TokenSettings,
}

impl Tokens {
    /// Tokens as they are configured, by the keys of this source, which are looked up from now on.
    #[must_use]
    pub fn new(settings: TokenSettings, source: Arc<dyn KeySource>) -> Self {
        // Another reader of this process may have said so before: it says the same.
        let _ = PROVIDER.install_default();
        Self {
            keys: Keys::start(source, Pace::default()),
            settings,
        }
    }

    /// Has the keys looked up where this token needs one that is not known, and waits for it. What is no token needs none.
    pub(super) async fn seek(&self, token: &str) {
        if let Some(name) = key_name(token) {
            self.keys.seek(&name).await;
        }
    }

    /// What a token says; `None` where it is none, or none that is good now. One whose key is not known has the keys looked up meanwhile.
    pub(super) fn read(&self, token: &str) -> Option<Bearer> {
        let Some((algorithm, key)) = self.keys.get(&key_name(token)?) else {
            self.keys.ask();
            return None;
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = u64::from(SKEW_S);
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
            ends_at: ends_at(claims.exp),
        })
    }
}

/// The key that a token says it is signed with; `None` where this is no token.
fn key_name(token: &str) -> Option<String> {
    if token.len() > TOKEN_BYTES_MAX || token.bytes().filter(|byte| *byte == b'.').count() != 2 {
        return None;
    }
    decode_header(token).ok()?.kid
}

/// When a token ends here that ends so many seconds after 1970.
fn ends_at(unix_s: f64) -> Instant {
    let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
    let left = unix_s + f64::from(SKEW_S) - now;
    Instant::now() + Duration::from_secs_f64(left.clamp(0.0, GOOD_FOR_MAX_S))
}

/// A role by its name; names that say nothing here are passed over.
fn role_of(name: &str) -> Option<Role> {
    Role::ALL.iter().find(|role| role.name() == name).copied()
}

#[cfg(test)]
mod tests;
