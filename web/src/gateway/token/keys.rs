//! Keys of an identity provider: looked up by a thread of their own, and kept however long the provider is away.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::ports::KeySource;

/// The largest set of keys; a provider has a handful.
const SET_BYTES_MAX: usize = 256 * 1024;

/// How long a caller whose key is not known waits while the keys are looked up.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How often keys are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// A key that is not known has them looked up again, but no more often than this: anyone can make up names of keys.
    pub(super) again_after: Duration,
    /// They are looked up again after this long in any case, so that a key that was withdrawn opens nothing for longer.
    pub(super) fresh_for: Duration,
}

impl Default for Pace {
    /// A minute, and a quarter of an hour.
    fn default() -> Self {
        Self {
            again_after: Duration::from_secs(60),
            fresh_for: Duration::from_secs(15 * 60),
        }
    }
}

/// The keys that are known.
pub(super) struct Keys {
    shared: Arc<Shared>,
    ask: SyncSender<()>,
}

struct Shared {
    known: RwLock<HashMap<String, (Algorithm, DecodingKey)>>,
    look: watch::Sender<Look>,
    again_after: Duration,
}

/// The last look at what the provider says.
#[derive(Clone, Copy, Debug)]
struct Look {
    is_on: bool,
    ended_at: Option<Instant>,
}

impl Keys {
    /// Begins to look keys up.
    pub(super) fn start(source: Arc<dyn KeySource>, pace: Pace) -> Self {
        let begun = Look {
            is_on: true,
            ended_at: None,
        };
        let shared = Arc::new(Shared {
            known: RwLock::default(),
            look: watch::Sender::new(begun),
            again_after: pace.again_after,
        });
        let (ask, asked) = mpsc::sync_channel(1);
        let weak = Arc::downgrade(&shared);
        let spawned = thread::Builder::new()
            .name("token-keys".to_owned())
            .spawn(move || look_up(&*source, &weak, &asked, pace.fresh_for));
        if let Err(error) = spawned {
            tracing::error!(%error, "no keys of tokens can be looked up: there is no thread for it");
        }
        Self { shared, ask }
    }

    /// A key by its name.
    pub(super) fn get(&self, name: &str) -> Option<(Algorithm, DecodingKey)> {
        self.shared.known.read().get(name).cloned()
    }

    /// Has the keys looked up where that may help to find this one, and waits for it.
    pub(super) async fn seek(&self, name: &str) {
        if self.shared.known.read().contains_key(name) {
            return;
        }
        let mut look = self.shared.look.subscribe();
        self.ask();
        // A provider that takes longer is as good as away: the caller is told that the token opens nothing.
        let _ = tokio::time::timeout(WAIT_MAX, look.wait_for(|look| !look.is_on)).await;
    }

    /// Has the keys looked up, unless they were just now.
    pub(super) fn ask(&self) {
        let again_after = self.shared.again_after;
        let is_due = self.shared.look.send_if_modified(|look| {
            let is_due = !look.is_on && look.ended_at.is_none_or(|at| at.elapsed() >= again_after);
            look.is_on |= is_due;
            is_due
        });
        if is_due {
            // The thread takes one at a time, and nobody else may ask meanwhile.
            let _ = self.ask.try_send(());
        }
    }
}

/// Looks keys up until nobody needs them any more.
fn look_up(source: &dyn KeySource, shared: &Weak<Shared>, asked: &Receiver<()>, fresh_for: Duration) {
    loop {
        let found = source.fetch().and_then(|bytes| read_set(&bytes));
        let Some(shared) = shared.upgrade() else { return };
        match found {
            Ok(keys) => *shared.known.write() = keys,
            Err(reason) => {
                tracing::warn!(reason, "the keys of tokens cannot be looked up; those known stay");
            }
        }
        shared.look.send_replace(Look {
            is_on: false,
            ended_at: Some(Instant::now()),
        });
        drop(shared);
        if asked.recv_timeout(fresh_for) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Reads a JWK set; keys of other kinds are passed over.
pub(super) fn read_set(text: &[u8]) -> Result<HashMap<String, (Algorithm, DecodingKey)>, String> {
    if text.len() > SET_BYTES_MAX {
        return Err(format!("the set is larger than {SET_BYTES_MAX} bytes"));
    }
    let set: JwkSet = serde_json::from_slice(text).map_err(|error| format!("this is no JWK set: {error}"))?;
    let mut keys = HashMap::new();
    for jwk in set.keys {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            _ => continue,
        };
        let used = jwk.common.public_key_use.as_ref();
        if used.is_some_and(|used| *used != PublicKeyUse::Signature) {
            continue;
        }
        if let (Some(name), Ok(key)) = (jwk.common.key_id.clone(), DecodingKey::from_jwk(&jwk)) {
            keys.insert(name, (algorithm, key));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    /// A provider that answers each look with what it is given for it, and then waits.
    struct Told(Mutex<Receiver<Result<&'static str, &'static str>>>);

    impl KeySource for Told {
        fn fetch(&self) -> Result<Vec<u8>, String> {
            let told = self.0.lock().expect("nobody panicked").recv();
            let name = told.map_err(|_| "the provider is gone")??;
            Ok(set(name))
        }
    }

    fn set(name: &str) -> Vec<u8> {
        let key = json!({"kty": "RSA", "kid": name, "n": "sXch", "e": "AQAB"});
        json!({"keys": [key, {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}]})
            .to_string()
            .into_bytes()
    }

    fn keys(again_after: Duration) -> (Keys, mpsc::Sender<Result<&'static str, &'static str>>) {
        let (tell, told) = mpsc::channel();
        let pace = Pace {
            again_after,
            ..Pace::default()
        };
        (Keys::start(Arc::new(Told(Mutex::new(told))), pace), tell)
    }

    #[tokio::test]
    async fn a_key_that_is_not_known_is_looked_for_and_the_caller_waits_for_it() {
        let (keys, tell) = keys(Duration::ZERO);
        tell.send(Ok("first")).expect("it listens");
        keys.seek("first").await;
        assert!(keys.get("first").is_some() && keys.get("shared").is_none());
        tell.send(Ok("second")).expect("it listens");
        keys.seek("second").await;
        assert!(keys.get("second").is_some() && keys.get("first").is_none());
    }

    #[tokio::test]
    async fn keys_stay_while_the_provider_is_away() {
        let (keys, tell) = keys(Duration::ZERO);
        tell.send(Ok("first")).expect("it listens");
        keys.seek("first").await;
        tell.send(Err("down")).expect("it listens");
        keys.seek("other").await;
        drop(tell);
        keys.seek("other").await;
        assert!(keys.get("first").is_some() && keys.get("other").is_none());
    }

    #[tokio::test]
    async fn names_that_are_made_up_do_not_have_the_provider_asked_again_and_again() {
        let (keys, tell) = keys(Duration::from_secs(3_600));
        tell.send(Ok("first")).expect("it listens");
        keys.seek("first").await;
        // Nothing is told any more, so a second look would not end.
        for number in 0..100 {
            keys.seek(&format!("made up {number}")).await;
        }
        assert!(!keys.shared.look.borrow().is_on, "no other look was begun");
    }

    #[test]
    fn what_is_no_set_or_far_too_large_is_refused() {
        for wrong in [
            b"".to_vec(),
            b"{}".to_vec(),
            b"[]".to_vec(),
            vec![b' '; SET_BYTES_MAX + 1],
        ] {
            assert!(read_set(&wrong).is_err());
        }
        let encrypts = json!({"keys": [{"kty": "RSA", "use": "enc", "kid": "k", "n": "sXch", "e": "AQAB"}]});
        assert!(read_set(encrypts.to_string().as_bytes()).is_ok_and(|keys| keys.is_empty()));
    }
}
