//! How many clients an address may have, and all together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// All sockets together: about what a process on a small host may hold. Further ones get 503.
const CLIENTS_MAX: usize = 19_000;

/// Sockets of one address, as a multiple of its clients that may subscribe. Those past one limit are told so; those past the other get 503.
const SOCKETS_PER_CLIENT: usize = 2;

/// Counts who is there.
pub(super) struct Admission {
    per_address_max: usize,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    sockets: usize,
    by_address: HashMap<IpAddr, Address>,
}

#[derive(Default)]
struct Address {
    sockets: usize,
    admitted: usize,
}

/// A socket's place; gives it back when dropped.
pub(super) struct Seat {
    admission: Arc<Admission>,
    address: IpAddr,
    is_admitted: bool,
}

impl Admission {
    pub(super) fn new(per_address_max: usize) -> Arc<Self> {
        Arc::new(Self {
            per_address_max,
            counts: Mutex::default(),
        })
    }

    /// A place for a socket; `None` where there are too many.
    pub(super) fn seat(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut counts = self.counts.lock();
        let taken = counts
            .by_address
            .get(&address)
            .map_or(0, |address| address.sockets);
        if counts.sockets >= CLIENTS_MAX || taken >= self.per_address_max.saturating_mul(SOCKETS_PER_CLIENT) {
            return None;
        }
        counts.sockets += 1;
        counts.by_address.entry(address).or_default().sockets += 1;
        Some(Seat {
            admission: Arc::clone(self),
            address,
            is_admitted: false,
        })
    }
}

impl Seat {
    /// Whether the socket may subscribe: asks again where it might not before.
    pub(super) fn admit(&mut self) -> bool {
        if !self.is_admitted {
            let mut counts = self.admission.counts.lock();
            let address = counts.by_address.entry(self.address).or_default();
            self.is_admitted = address.admitted < self.admission.per_address_max;
            address.admitted += usize::from(self.is_admitted);
        }
        self.is_admitted
    }

    /// How many clients an address may have.
    pub(super) fn limit(&self) -> usize {
        self.admission.per_address_max.min(CLIENTS_MAX)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock();
        counts.sockets -= 1;
        if let Some(address) = counts.by_address.get_mut(&self.address) {
            address.sockets -= 1;
            address.admitted -= usize::from(self.is_admitted);
            if address.sockets == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn an_address_has_so_many_clients_and_gets_a_place_back() {
        let admission = Admission::new(1);
        let mut first = admission.seat(HOME).expect("there is room");
        let mut second = admission.seat(HOME).expect("there is room");
        assert!(first.admit() && first.admit() && !second.admit());
        assert!(admission.seat(HOME).is_none(), "twice the limit is too much");
        drop(first);
        assert!(second.admit());
        drop(second);
        assert!(admission.counts.lock().by_address.is_empty());
    }

    #[test]
    fn an_address_without_a_limit_has_what_there_is_room_for() {
        let admission = Admission::new(usize::MAX);
        let mut seats: Vec<_> = std::iter::from_fn(|| admission.seat(HOME)).collect();
        assert_eq!((seats.len(), seats[0].limit()), (CLIENTS_MAX, CLIENTS_MAX));
        assert!(seats.iter_mut().all(Seat::admit));
    }
}
