//! Limits: how many requests a second a key and an address may make.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{Quota, RateLimiter};

use super::settings::GatewaySettings;

/// After so many requests, those are forgotten who have not asked for a while: so memory follows who asks now.
const FORGET_EVERY: u32 = 4_096;

/// How many leading bits of an IPv6 address are one caller's: providers give out networks of 64.
const IPV6_NETWORK_BITS: u32 = 64;

type Buckets<K> = RateLimiter<K, governor::state::keyed::HashMapStateStore<K>, DefaultClock>;

/// A limit for each of many; each may make a second's requests at once.
struct Each<K: Clone + Eq + std::hash::Hash> {
    buckets: Buckets<K>,
    clock: DefaultClock,
    asked: AtomicU32,
}

impl<K: Clone + Eq + std::hash::Hash> Each<K> {
    fn new(per_second: NonZeroU32) -> Self {
        Self {
            buckets: RateLimiter::hashmap(Quota::per_second(per_second)),
            clock: DefaultClock::default(),
            asked: AtomicU32::new(0),
        }
    }

    /// Takes one request in, or says how long to wait.
    fn take(&self, key: &K) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.buckets.retain_recent();
        }
        let taken = self.buckets.check_key(key);
        taken.map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// The limits of the gateway.
pub(super) struct Limits {
    keys: Option<Each<String>>,
    addresses: Option<Each<u128>>,
}

impl Limits {
    /// The limits that are configured.
    pub(super) fn new(settings: &GatewaySettings) -> Self {
        Self {
            keys: settings.per_key.map(Each::new),
            addresses: settings.per_address.map(Each::new),
        }
    }

    /// Takes in a request with a key, by the caller's name.
    pub(super) fn take_key(&self, name: &String) -> Result<(), Duration> {
        self.keys.as_ref().map_or(Ok(()), |keys| keys.take(name))
    }

    /// Takes in a request from an address.
    pub(super) fn take_address(&self, address: IpAddr) -> Result<(), Duration> {
        let network = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => address.to_bits(),
            IpAddr::V6(address) => address.to_bits() >> (128 - IPV6_NETWORK_BITS),
        };
        self.addresses
            .as_ref()
            .map_or(Ok(()), |addresses| addresses.take(&network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_second: u32) -> Limits {
        Limits::new(&GatewaySettings {
            per_key: NonZeroU32::new(per_second),
            per_address: NonZeroU32::new(per_second),
            ..GatewaySettings::default()
        })
    }

    #[test]
    fn each_key_has_its_own_second() {
        let limits = limits(2);
        let (one, two) = ("one".to_owned(), "two".to_owned());
        assert_eq!((limits.take_key(&one), limits.take_key(&one)), (Ok(()), Ok(())));
        let wait = limits.take_key(&one).expect_err("that was the third");
        assert!(
            wait > Duration::ZERO && wait <= Duration::from_secs(1),
            "{wait:?}"
        );
        assert_eq!(limits.take_key(&two), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller_and_an_address_of_ipv4_is_one() {
        let limits = limits(1);
        let take = |text: &str| limits.take_address(text.parse().expect("an address")).is_ok();
        assert!(take("2001:db8::1") && !take("2001:db8::2") && take("2001:db8:0:1::1"));
        assert!(take("10.0.0.1") && take("10.0.0.2") && !take("::ffff:10.0.0.2"));
    }

    #[test]
    fn nobody_is_limited_where_nothing_is_configured() {
        let limits = Limits::new(&GatewaySettings::default());
        assert!((0..100).all(|_| limits.take_key(&String::new()).is_ok()));
    }
}
