//! Notification: who wants to be told how a delivery goes, and the outbox of what they are still to be told.
//!
//! The delivery store keeps both: notices are rows of the fold that tells of a delivery's stages, so that none is lost and none is made twice. Who is
//! told, and where they are reached, stands in rows that the journal does not know: it carries a number that stands for them.

use std::net::IpAddr;

pub(crate) mod fold;
pub mod outbox;
pub(crate) mod request;
pub(crate) mod row;
pub(crate) mod shown;

/// How clients are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Whether addresses that only this machine or its network reaches may be called.
    pub allow_private_addresses: bool,
}

/// Whether everybody on the Internet means the same host by this address: what a client names and the service calls shall not reach into the
/// network that the service stands in (RFC 6890's special-purpose addresses, multicast).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_documentation()
                || address.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(address) => {
            let [first, second, ..] = address.segments();
            match address.to_ipv4() {
                Some(inside) => is_public(inside.into()),
                // NAT64 and 6to4 hide an address of the old kind, Teredo a server's.
                None => {
                    (first & 0xE000) == 0x2000
                        && first != 0x2002
                        && !(first == 0x2001 && (second < 0x0200 || second == 0x0DB8))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_machine_or_its_network_are_not_public() {
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are() {
        for address in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(address.parse().expect("an address")), "{address}");
        }
    }
}
