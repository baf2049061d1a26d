//! Links: a token that shows one delivery to whoever has its link, for a time, and nothing else.
//!
//! ```text
//! token = base 64 (for addresses) of: delivery, 16 bytes · number, 4 bytes · when it ends, seconds since 1970, 8 bytes · first 16 bytes of
//!         HMAC-SHA256 over all of it
//! ```
//!
//! Who has the service's key made it; whether it was revoked since is what the delivery's links say ([`crate::delivery::link`]). The page reads the
//! delivery out of the token; all else is asked of the service with it.

use std::time::{Duration, Instant, UNIX_EPOCH};

use actix_web::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use skyhaul_actors::ids::DeliveryId;
use uuid::Uuid;

/// How long a link is good for: a delivery is over within a day, and its proof is looked at for some days after it.
pub(crate) const GOOD_FOR: Duration = Duration::from_hours(14 * 24);

/// Bytes of what is signed.
const SIGNED_BYTES: usize = 28;

/// Bytes of the signature that are kept: 128 bits are out of anybody's reach, and a link is to be sent by text message.
const SIGNATURE_BYTES: usize = 16;

/// What a link opens, besides the page itself: the delivery it names, to look at and to cancel, and what a page needs to know first.
const OPENS: [(&str, Method); 9] = [
    ("/api/config", Method::GET),
    ("/api/landmarks", Method::GET),
    ("/api/deliveries/{id}", Method::GET),
    ("/api/deliveries/{id}/status", Method::GET),
    ("/api/deliveries/{id}/history", Method::GET),
    ("/api/deliveries/{id}/track", Method::GET),
    ("/api/deliveries/{id}/events", Method::GET),
    ("/api/deliveries/{id}/confirmations", Method::GET),
    ("/api/deliveryrequests/{id}", Method::DELETE),
];

/// The key by which links are signed. Whoever changes it ends all links.
#[derive(Clone)]
pub struct LinkKey(Hmac<Sha256>);

/// What a good link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The delivery that it shows.
    pub(crate) delivery: DeliveryId,
    /// Which of the delivery's links it is.
    pub(crate) number: u32,
    /// When it ends, seconds since 1970.
    pub(crate) ends_at_s: u64,
}

impl LinkKey {
    /// The key that a secret makes. It is used for nothing else, whatever else the secret is used for.
    ///
    /// # Panics
    /// Never: a key may have any length.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let keyed =
            |secret: &[u8]| Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
        let mut own = keyed(secret);
        own.update(b"skyhaul tracking links");
        Self(keyed(&own.finalize().into_bytes()))
    }

    /// The token of a link.
    pub(crate) fn sign(&self, link: Link) -> String {
        let signed = link.signed();
        let signature = self.0.clone().chain_update(signed).finalize().into_bytes();
        let token: Vec<u8> = signed
            .iter()
            .chain(&signature[..SIGNATURE_BYTES])
            .copied()
            .collect();
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The link whose token this is; `None` where it is none that was signed here, also one that has ended.
    pub(crate) fn read(&self, token: &str) -> Option<Link> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signed, signature) = bytes.split_first_chunk::<SIGNED_BYTES>()?;
        if signature.len() != SIGNATURE_BYTES {
            return None;
        }
        let mac = self.0.clone().chain_update(signed);
        mac.verify_truncated_left(signature).ok()?;
        let (delivery, rest) = signed.split_first_chunk()?;
        let (number, ends_at) = rest.split_first_chunk()?;
        let link = Link {
            delivery: DeliveryId(u128::from_be_bytes(*delivery)),
            number: u32::from_be_bytes(*number),
            ends_at_s: u64::from_be_bytes(*ends_at.first_chunk()?),
        };
        link.is_good().then_some(link)
    }
}

impl Link {
    /// A link to a delivery, from now on, whose number is drawn.
    pub(crate) fn to(delivery: DeliveryId) -> Self {
        let (number, ..) = Uuid::new_v4().as_fields();
        Self {
            delivery,
            number,
            ends_at_s: now_s() + GOOD_FOR.as_secs(),
        }
    }

    /// Whether it has not ended.
    pub(crate) fn is_good(self) -> bool {
        now_s() < self.ends_at_s
    }

    /// When it ends here, by a clock that nobody can set.
    pub(crate) fn ends_at(self) -> Instant {
        let left = self.ends_at_s.saturating_sub(now_s()).min(GOOD_FOR.as_secs());
        Instant::now() + Duration::from_secs(left)
    }

    /// Whether it opens a path for a method, for whichever delivery the path names.
    pub(crate) fn opens(path: &str, method: &Method) -> bool {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        OPENS
            .iter()
            .any(|(opened, with)| *opened == path && with == method)
    }

    fn signed(self) -> [u8; SIGNED_BYTES] {
        let mut signed = [0; SIGNED_BYTES];
        let (delivery, rest) = signed.split_at_mut(16);
        let (number, ends_at) = rest.split_at_mut(4);
        delivery.copy_from_slice(&self.delivery.0.to_be_bytes());
        number.copy_from_slice(&self.number.to_be_bytes());
        ends_at.copy_from_slice(&self.ends_at_s.to_be_bytes());
        signed
    }
}

fn now_s() -> u64 {
    UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::access::TABLE;

    fn key() -> LinkKey {
        LinkKey::new(b"a secret")
    }

    #[test]
    fn a_link_is_read_where_it_was_signed_and_nowhere_else() {
        let link = Link::to(DeliveryId(7));
        let token = key().sign(link);
        assert_eq!(key().read(&token), Some(link));
        assert_eq!(token.len(), 59);
        assert_eq!(LinkKey::new(b"another").read(&token), None);
    }

    #[test]
    fn no_bit_of_a_token_may_differ() {
        let bytes = URL_SAFE_NO_PAD
            .decode(key().sign(Link::to(DeliveryId(7))))
            .expect("base 64");
        for bit in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key().read(&URL_SAFE_NO_PAD.encode(other)), None, "bit {bit}");
        }
        for cut in 0..bytes.len() {
            assert_eq!(
                key().read(&URL_SAFE_NO_PAD.encode(&bytes[..cut])),
                None,
                "{cut} bytes"
            );
        }
    }

    #[test]
    fn a_link_ends() {
        let ended = Link {
            ends_at_s: now_s(),
            ..Link::to(DeliveryId(7))
        };
        assert_eq!(key().read(&key().sign(ended)), None);
        assert!(Link::to(DeliveryId(7)).ends_at() > Instant::now());
    }

    #[test]
    fn a_link_opens_paths_that_are_there() {
        for (path, method) in &OPENS {
            assert!(
                TABLE
                    .iter()
                    .any(|(listed, with, _)| listed == path && with == method),
                "{path}"
            );
        }
        assert!(Link::opens("/api/deliveries/{id}", &Method::HEAD));
        assert!(
            !Link::opens("/api/deliveries/{id}/owner", &Method::GET)
                && !Link::opens("/api/deliveries", &Method::GET)
        );
    }
}
