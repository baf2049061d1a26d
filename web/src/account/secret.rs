//! Secrets: how a key is made, written, and recognised.
//!
//! A key is `skyhaul_`, its name in sixteen hexadecimal digits, `_`, and 256 random bits in sixty-four. Of the bits only the SHA-256 is kept; since
//! nobody can try 2²⁵⁶ of them, no slower digest is needed.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use skyhaul_actors::account::{AccountKey, KeyId, Role};
use subtle::ConstantTimeEq as _;

use crate::http::problem::Problem;

/// Begins every key, so that whoever finds one lying about knows what it opens.
const PREFIX: &str = "skyhaul_";

/// How many random bytes a secret has.
const SECRET_BYTES: usize = 32;

/// A key that was just made: what is kept, and what its holder is told once.
pub(crate) struct NewKey {
    /// What is kept.
    pub(crate) kept: AccountKey,
    /// What its holder is told.
    pub(crate) told: String,
}

impl NewKey {
    /// A key for a role.
    pub(crate) fn make(role: Role) -> Result<Self, Problem> {
        let mut bytes = [0; 8 + SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|failure| {
            tracing::error!(%failure, "the system gives no random numbers");
            Problem::unavailable("no key can be made at the moment", 5)
        })?;
        let (id, secret) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let id = KeyId(u64::from_be_bytes(*id));
        let secret = hex(secret);
        let digest = Sha256::digest(secret.as_bytes()).into();
        Ok(Self {
            kept: AccountKey { id, digest, role },
            told: format!("{PREFIX}{id}_{secret}"),
        })
    }
}

/// The name and the secret of a key as its holder sends it; `None` where it is none.
pub(crate) fn parts(told: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = told.strip_prefix(PREFIX)?.split_once('_')?;
    let is_hex = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = is_hex.then(|| u64::from_str_radix(id, 16).ok())??;
    Some((KeyId(id), secret))
}

/// Whether the secret is the one whose digest is kept; takes as long for a wrong one as for a right one.
pub(crate) fn is_right(secret: &str, digest: &[u8; 32]) -> bool {
    let given: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    given.ct_eq(digest).into()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_by_its_digest_and_no_other_is() {
        let (first, second) = (NewKey::make(Role::Customer), NewKey::make(Role::Customer));
        let (first, second) = (first.expect("random numbers"), second.expect("random numbers"));
        let (id, secret) = parts(&first.told).expect("a key");
        assert_eq!((id, secret.len()), (first.kept.id, 64));
        assert!(is_right(secret, &first.kept.digest));
        assert!(!is_right(secret, &second.kept.digest) && !is_right("", &first.kept.digest));
    }

    #[test]
    fn what_is_no_key_has_no_parts() {
        for wrong in [
            "",
            "skyhaul_",
            "skyhaul_1_2",
            "skyhaul_+00000000000000a_b",
            "other_0000000000000000_x",
            "skyhaul_00000000000000éé_x",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
