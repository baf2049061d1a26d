//! Requests that wait for a drone: expedited ones first, then those that first asked for one longest ago, however often they came back since. Those
//! that only another region's drone can serve wait apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::{SimDuration, SimTime};

use super::Order;
use super::fleet::Prospect;
use crate::ids::DeliveryId;
use crate::mission::is_news;

/// A place in the queue: those for the region's own drones before those for its neighbours', expedited before others, then by when they first asked
/// for a drone, and of one instant by ticket.
type Place = (Whose, bool, SimTime, u64);

/// For whose drones a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Whose {
    /// The region's own, or any other's.
    Own,
    /// A neighbour's: no drone of the region ever can.
    Neighbours,
}

/// A request that waits, and what it may hope for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiter {
    order: Order,
    prospect: Prospect,
    /// For when its pickup was announced.
    eta_pickup: SimTime,
}

impl Waiter {
    /// When its pickup is to be expected with `ahead` others before it, where that is news. What was announced stands as long as the next drone may
    /// come free at any time between now and a headway from now.
    fn news(&self, whose: Whose, ahead: usize, idle: usize, now: SimTime) -> Option<SimTime> {
        // Neighbours serve one as well as the other.
        let ahead = if whose == Whose::Neighbours { 0 } else { ahead };
        let may_be_next = ahead < idle;
        let wait_min = if may_be_next {
            SimDuration::ZERO
        } else {
            self.prospect.wait_min(ahead)
        };
        let earliest = self.prospect.picked_up_after(wait_min, now);
        let expected = self.prospect.picked_up_after(self.prospect.wait(ahead), now);
        let stands = (earliest..=expected).contains(&self.eta_pickup);
        (!stands && is_news(self.eta_pickup, expected, now)).then_some(expected)
    }
}

/// The queue.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Waiting {
    orders: BTreeMap<Place, Waiter>,
    places: BTreeMap<DeliveryId, Place>,
    next_ticket: u64,
}

impl Waiting {
    /// Lets a request wait whose pickup was announced for `eta_pickup`, and gives its ticket.
    pub(super) fn push(
        &mut self,
        order: Order,
        whose: Whose,
        prospect: Prospect,
        eta_pickup: SimTime,
    ) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let place = (whose, !order.is_expedited, order.asked_at, ticket);
        self.places.insert(order.id, place);
        let waiter = Waiter {
            order,
            prospect,
            eta_pickup,
        };
        self.orders.insert(place, waiter);
        ticket
    }

    /// Takes a request out.
    pub(super) fn remove(&mut self, id: DeliveryId) -> Option<Order> {
        let place = self.places.remove(&id)?;
        self.orders.remove(&place).map(|waiter| waiter.order)
    }

    /// The ticket of a request that waits.
    pub(super) fn ticket_of(&self, id: DeliveryId) -> Option<u64> {
        self.places.get(&id).map(|(.., ticket)| *ticket)
    }

    /// The request that waits with this ticket, and for whose drones.
    pub(super) fn get(&self, id: DeliveryId, ticket: u64) -> Option<(&Order, Whose)> {
        let place = self.places.get(&id).filter(|(.., known)| *known == ticket)?;
        self.orders.get(place).map(|waiter| (&waiter.order, place.0))
    }

    /// All that wait, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().map(|waiter| &waiter.order)
    }

    /// All that wait for these drones, with their tickets, in order.
    pub(super) fn queue(&self, whose: Whose) -> impl Iterator<Item = (u64, &Order)> {
        let start = (whose, false, SimTime::ZERO, 0);
        let end = (whose, true, SimTime::MAX, u64::MAX);
        self.orders
            .range(start..=end)
            .map(|((.., ticket), waiter)| (*ticket, &waiter.order))
    }

    /// All that wait for the region's own drones, in order, with what they may hope for.
    pub(super) fn prospects(&self) -> impl Iterator<Item = (&Order, &Prospect)> {
        let end = (Whose::Own, true, SimTime::MAX, u64::MAX);
        self.orders
            .range(..=end)
            .map(|(_, waiter)| (&waiter.order, &waiter.prospect))
    }

    /// All that wait, in order, with their tickets, and what they may hope for of whose drones.
    pub(super) fn all_prospects(&self) -> impl Iterator<Item = (Whose, u64, &Order, &Prospect)> {
        let waiters = self.orders.iter();
        waiters.map(|((whose, .., ticket), waiter)| (*whose, *ticket, &waiter.order, &waiter.prospect))
    }

    /// What a request may hope for, behind how many others.
    pub(super) fn outlook(&self, id: DeliveryId) -> Option<(usize, &Prospect)> {
        let place = self.places.get(&id)?;
        let ahead = match place.0 {
            Whose::Neighbours => 0,
            Whose::Own => self.before(place),
        };
        self.orders.get(place).map(|waiter| (ahead, &waiter.prospect))
    }

    /// Behind how many others a request would wait for the region's own drones.
    pub(super) fn ahead_of(&self, order: &Order) -> usize {
        self.before(&(Whose::Own, !order.is_expedited, order.asked_at, u64::MAX))
    }

    /// How many are before a place. Counted from both ends at once: most that are looked at are the newest, or have waited longest.
    fn before(&self, place: &Place) -> usize {
        let (mut before, mut after) = (self.orders.range(..place), self.orders.range(place..));
        let mut counted = 0;
        loop {
            if before.next().is_none() {
                return counted;
            }
            if after.next().is_none() {
                return self.len() - counted;
            }
            counted += 1;
        }
    }

    /// Which requests are to be told new times, while so many drones stand ready: of each its pickup and its drop-off.
    pub(super) fn review(&mut self, idle: usize, now: SimTime) -> Vec<(DeliveryId, SimTime, SimTime)> {
        let waiters = (0..).zip(&mut self.orders);
        let news = waiters.filter_map(|(ahead, ((whose, ..), waiter))| {
            waiter.eta_pickup = waiter.news(*whose, ahead, idle, now)?;
            let estimate = &waiter.prospect.estimate;
            let journey = estimate.dropped_off_at.since(estimate.picked_up_at);
            Some((waiter.order.id, waiter.eta_pickup, waiter.eta_pickup + journey))
        });
        news.collect()
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
    use skyhaul_engine::units::{Kilograms, WattHours};

    use super::*;
    use crate::mission::{Errand, MissionEstimate};
    use crate::scheduler::CarriersSaid;

    fn prospect() -> Prospect {
        let estimate = MissionEstimate {
            picked_up_at: SimTime::ZERO,
            dropped_off_at: SimTime::ZERO,
            home_at: SimTime::ZERO,
            energy: WattHours::ZERO,
        };
        Prospect::of_one(estimate, SimTime::ZERO)
    }

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
            deadline: None,
            asked_at: SimTime::ZERO,
            carriers: CarriersSaid::Nothing,
            given_back: 0,
        }
    }

    #[test]
    fn expedited_requests_go_first_then_the_oldest() {
        let mut waiting = Waiting::default();
        for (id, is_expedited) in [(1, false), (2, true), (3, false), (4, true)] {
            waiting.push(order(id, is_expedited), Whose::Own, prospect(), SimTime::ZERO);
        }
        let ids: Vec<u128> = waiting.queue(Whose::Own).map(|(_, order)| order.id.0).collect();
        assert_eq!(ids, [2, 4, 1, 3]);
    }

    #[test]
    fn a_request_that_comes_back_has_its_place_before_those_that_asked_later() {
        let mut waiting = Waiting::default();
        let asked = |id, second| Order {
            asked_at: SimTime::ZERO + SimDuration::from_secs(second),
            ..order(id, false)
        };
        for (id, second) in [(1, 10), (2, 20), (3, 30)] {
            waiting.push(asked(id, second), Whose::Own, prospect(), SimTime::ZERO);
        }
        let back = waiting.remove(DeliveryId(2)).expect("it waits");
        assert_eq!(waiting.ahead_of(&back), 1);
        assert_eq!(waiting.ahead_of(&asked(4, 40)), 2);
        assert_eq!(waiting.ahead_of(&order(5, true)), 0);
        waiting.push(back, Whose::Own, prospect(), SimTime::ZERO);
        let ids: Vec<u128> = waiting.all().map(|order| order.id.0).collect();
        assert_eq!(ids, [1, 2, 3]);
        let ahead = [1, 2, 3].map(|id| waiting.outlook(DeliveryId(id)).map(|(ahead, _)| ahead));
        assert_eq!(ahead, [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn requests_that_only_neighbours_can_serve_wait_apart() {
        let mut waiting = Waiting::default();
        for (id, whose) in [
            (1, Whose::Neighbours),
            (2, Whose::Own),
            (3, Whose::Neighbours),
            (4, Whose::Own),
        ] {
            waiting.push(order(id, false), whose, prospect(), SimTime::ZERO);
        }
        let ids = |whose| {
            waiting
                .queue(whose)
                .map(|(_, order)| order.id.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(Whose::Own), [2, 4]);
        assert_eq!(ids(Whose::Neighbours), [1, 3]);
        assert_eq!(waiting.len(), 4);
    }

    #[test]
    fn a_request_that_left_and_came_again_has_another_ticket() {
        let mut waiting = Waiting::default();
        let first = waiting.push(order(1, false), Whose::Own, prospect(), SimTime::ZERO);
        assert!(waiting.remove(DeliveryId(1)).is_some());
        assert!(waiting.remove(DeliveryId(1)).is_none());
        let second = waiting.push(order(1, false), Whose::Own, prospect(), SimTime::ZERO);
        assert_ne!(first, second);
        assert_eq!(waiting.ticket_of(DeliveryId(1)), Some(second));
    }
}
