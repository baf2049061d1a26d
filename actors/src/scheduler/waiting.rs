//! Requests that wait for a drone: expedited ones first, then those that came first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Order;
use crate::ids::DeliveryId;

/// A place in the queue: expedited before others, then by ticket.
type Place = (bool, u64);

/// The queue.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Waiting {
    orders: BTreeMap<Place, Order>,
    places: BTreeMap<DeliveryId, Place>,
    next_ticket: u64,
}

impl Waiting {
    /// Lets a request wait and gives its ticket.
    pub(super) fn push(&mut self, order: Order) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let place = (!order.is_expedited, ticket);
        self.places.insert(order.id, place);
        self.orders.insert(place, order);
        ticket
    }

    /// Takes a request out.
    pub(super) fn remove(&mut self, id: DeliveryId) -> Option<Order> {
        let place = self.places.remove(&id)?;
        self.orders.remove(&place)
    }

    /// The ticket of a request that waits.
    pub(super) fn ticket_of(&self, id: DeliveryId) -> Option<u64> {
        self.places.get(&id).map(|(_, ticket)| *ticket)
    }

    /// All that wait, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.orders.len()
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::geo::Position;
    use skyhaul_engine::kernel::Addr;
    use skyhaul_engine::units::Kilograms;

    use super::*;
    use crate::mission::Errand;

    fn order(id: u128, is_expedited: bool) -> Order {
        Order {
            id: DeliveryId(id),
            delivery: Addr::first_tenant(0),
            workflow: Addr::first_tenant(0),
            errand: Errand {
                pickup: Position::default(),
                dropoff: Position::default(),
                weight: Kilograms::ZERO,
            },
            is_expedited,
        }
    }

    #[test]
    fn expedited_requests_go_first_then_the_oldest() {
        let mut waiting = Waiting::default();
        for (id, is_expedited) in [(1, false), (2, true), (3, false), (4, true)] {
            waiting.push(order(id, is_expedited));
        }
        let ids: Vec<u128> = waiting.iter().map(|order| order.id.0).collect();
        assert_eq!(ids, [2, 4, 1, 3]);
    }

    #[test]
    fn a_request_that_left_and_came_again_has_another_ticket() {
        let mut waiting = Waiting::default();
        let first = waiting.push(order(1, false));
        assert!(waiting.remove(DeliveryId(1)).is_some());
        assert!(waiting.remove(DeliveryId(1)).is_none());
        let second = waiting.push(order(1, false));
        assert_ne!(first, second);
        assert_eq!(waiting.ticket_of(DeliveryId(1)), Some(second));
    }
}
