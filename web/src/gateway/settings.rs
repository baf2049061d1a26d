//! What is configured of the gateway.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The shortest key that opens everything: what a password manager or `openssl rand -hex 16` gives.
const ADMIN_KEY_BYTES_MIN: usize = 32;

/// What is configured of the gateway. By default it asks nobody who calls, and limits nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Whether callers must say who they are.
    pub asks_who_calls: bool,
    /// Opens everything.
    pub admin_key: Option<AdminKey>,
    /// From where the service may be called; from everywhere where there are none.
    pub allowed_addresses: Vec<AddressRange>,
    /// Requests a second with one key.
    pub per_key: Option<NonZeroU32>,
    /// Requests a second from one address.
    pub per_address: Option<NonZeroU32>,
    /// Origins whose pages may call, such as `https://shop.example`.
    pub origins: Vec<String>,
}

/// The key that opens everything, by its digest: the key itself is let go of as soon as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminKey([u8; 32]);

impl AdminKey {
    /// The key, which must be long enough.
    ///
    /// # Errors
    /// Where it is too short to be a secret.
    pub fn new(key: &str) -> Result<Self, String> {
        if key.len() < ADMIN_KEY_BYTES_MIN {
            return Err(format!("it is shorter than {ADMIN_KEY_BYTES_MIN} bytes"));
        }
        Ok(Self(Sha256::digest(key.as_bytes()).into()))
    }

    /// Whether a caller showed it; takes as long for another as for it.
    pub(crate) fn is(&self, told: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(told.as_bytes()).into();
        given.ct_eq(&self.0).into()
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminKey")
    }
}

/// Addresses that begin alike, such as `10.0.0.0/8` or `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: u128,
    bits: u32,
}

impl AddressRange {
    /// Whether the address is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
        number(address) & mask == self.first & mask
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address and no range such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Self {
            first: number(address),
            bits: bits + (128 - most),
        })
    }
}

/// An address as a number; those of IPv4 as they are written in IPv6.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, address: &str) -> bool {
        let range: AddressRange = range.parse().expect("a range");
        range.contains(address.parse().expect("an address"))
    }

    #[test]
    fn ranges_hold_what_begins_alike_in_both_families() {
        assert!(holds("10.0.0.0/8", "10.200.3.4") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.1.1"), "as a dual socket sees it");
        assert!(holds("192.168.1.7", "192.168.1.7") && !holds("192.168.1.7", "192.168.1.8"));
        assert!(holds("fd00::/8", "fdab::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("::/0", "2001:db8::1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "::1/x", "localhost"] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_admin_key_is_long_and_never_shown() {
        assert!(AdminKey::new("short").is_err());
        let told = "0123456789abcdef0123456789abcdef";
        let key = AdminKey::new(told).expect("long enough");
        assert!(key.is(told) && !key.is("0123456789abcdef0123456789abcdeF"));
        assert_eq!(format!("{key:?}"), "AdminKey");
    }
}
