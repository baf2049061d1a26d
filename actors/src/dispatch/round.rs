//! A round: all that wait and all drones that may serve them, matched at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cost::{Urgency, of_hope};
use crate::matching::Matcher;

/// A drone that takes part in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its number, by which its price is kept.
    pub drone: u32,
    /// Whether it may be given something now; else it is about to be free, and whoever is matched to it waits on.
    pub is_free: bool,
}

/// A request that takes part in a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// How pressing it is.
    pub urgency: Urgency,
    /// Which seats could serve it, and at what cost.
    pub offers: Vec<(u32, i64)>,
    /// What a carrier costs, where one takes it.
    pub carrier: Option<i64>,
    /// What it is expected to cost where no drone of this round is for it, but a later one.
    pub later: i64,
}

/// What a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The drone of this seat, now.
    Drone(usize),
    /// Waiting: for a drone that is about to be free, or for the next round.
    Wait,
    /// A carrier: it costs less than any drone of this round that others do not need more, and less than waiting.
    Carrier,
}

/// What drones were worth in the last round: the next one starts from there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceBook {
    prices: BTreeMap<u32, i64>,
}

/// Decides a round: the cheapest for all together.
pub fn decide(seats: &[Seat], asks: &[Ask], book: &mut PriceBook) -> Vec<Verdict> {
    let mut matcher = Matcher::new(book.of(seats));
    for (row, ask) in (0..).zip(asks) {
        let hope = of_hope(&ask.urgency);
        let fallback = ask.carrier.map_or(hope, |carrier| carrier.min(hope));
        matcher.set_row(row, fallback, ask.offers.iter().copied());
    }
    matcher.settle();
    debug_assert_eq!(matcher.certificate(), Ok(()));
    book.note(seats, matcher.prices());
    (0..)
        .zip(asks)
        .map(|(row, ask)| verdict(ask, seats, matcher.column(row)))
        .collect()
}

fn verdict(ask: &Ask, seats: &[Seat], seat: Option<u32>) -> Verdict {
    match seat.map(|seat| seat as usize) {
        Some(seat) if seats[seat].is_free => Verdict::Drone(seat),
        Some(_) => Verdict::Wait,
        None if ask.carrier.is_some_and(|carrier| carrier < ask.later) => Verdict::Carrier,
        None => Verdict::Wait,
    }
}

impl PriceBook {
    fn of(&self, seats: &[Seat]) -> impl Iterator<Item = i64> {
        let price = |seat: &Seat| self.prices.get(&seat.drone).copied().unwrap_or(0);
        seats.iter().map(price)
    }

    fn note(&mut self, seats: &[Seat], prices: &[i64]) {
        let priced = seats.iter().zip(prices).filter(|(_, price)| **price != 0);
        self.prices = priced.map(|(seat, price)| (seat.drone, *price)).collect();
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::time::SimDuration;

    use super::*;

    const ORDINARY: Urgency = Urgency {
        is_expedited: false,
        until_deadline: None,
        late_by: SimDuration::ZERO,
        waited: SimDuration::ZERO,
    };

    fn seats(free: &[bool]) -> Vec<Seat> {
        let seat = |(drone, is_free): (u32, &bool)| Seat {
            drone,
            is_free: *is_free,
        };
        (0..).zip(free).map(seat).collect()
    }

    fn ask(offers: &[(u32, i64)], carrier: Option<i64>, later: i64) -> Ask {
        Ask {
            urgency: ORDINARY,
            offers: offers.to_vec(),
            carrier,
            later,
        }
    }

    fn decided(free: &[bool], asks: &[Ask]) -> Vec<Verdict> {
        decide(&seats(free), asks, &mut PriceBook::default())
    }

    #[test]
    fn all_together_pay_least_also_where_the_first_would_rather_have_anothers() {
        let asks = [
            ask(&[(0, 10_000), (1, 11_000)], None, 0),
            ask(&[(0, 10_000), (1, 90_000)], None, 0),
        ];
        assert_eq!(
            decided(&[true, true], &asks),
            [Verdict::Drone(1), Verdict::Drone(0)]
        );
    }

    #[test]
    fn who_is_matched_to_a_drone_that_is_about_to_be_free_waits_for_it() {
        let asks = [ask(&[(0, 90_000), (1, 20_000)], None, 0)];
        assert_eq!(decided(&[true, false], &asks), [Verdict::Wait]);
    }

    #[test]
    fn a_carrier_has_what_is_cheaper_with_it_than_with_a_drone_and_than_waiting() {
        let offers = [(0, 50_000)];
        assert_eq!(
            decided(&[true], &[ask(&offers, Some(40_000), 60_000)]),
            [Verdict::Carrier]
        );
        assert_eq!(
            decided(&[true], &[ask(&offers, Some(40_000), 30_000)]),
            [Verdict::Wait]
        );
        assert_eq!(
            decided(&[true], &[ask(&offers, Some(60_000), 10_000)]),
            [Verdict::Drone(0)]
        );
    }

    #[test]
    fn the_drone_goes_to_whom_a_carrier_would_cost_most() {
        let asks = [
            ask(&[(0, 10_000)], Some(20_000), 30_000),
            ask(&[(0, 15_000)], Some(90_000), 99_000),
        ];
        assert_eq!(decided(&[true], &asks), [Verdict::Carrier, Verdict::Drone(0)]);
    }

    #[test]
    fn who_has_waited_longer_goes_before_who_is_a_little_nearer() {
        let patient = Ask {
            urgency: Urgency {
                waited: SimDuration::from_mins(10),
                ..ORDINARY
            },
            ..ask(&[(0, 100_000)], None, 0)
        };
        let near = ask(&[(0, 20_000)], None, 0);
        assert_eq!(
            decided(&[true], &[near, patient.clone()]),
            [Verdict::Wait, Verdict::Drone(0)]
        );
        let nearer = ask(&[(0, 1_000)], None, 0);
        let farther = Ask {
            offers: vec![(0, 300_000)],
            ..patient
        };
        assert_eq!(
            decided(&[true], &[nearer, farther]),
            [Verdict::Drone(0), Verdict::Wait]
        );
    }

    #[test]
    fn the_book_keeps_the_prices_of_drones_that_were_wanted() {
        let mut book = PriceBook::default();
        let asks = [ask(&[(0, 10_000)], None, 0), ask(&[(0, 30_000)], None, 0)];
        let first = decide(&seats(&[true, true]), &asks, &mut book);
        assert_eq!(book.prices.keys().collect::<Vec<_>>(), [&0]);
        assert_eq!(decide(&seats(&[true, true]), &asks, &mut book), first);
    }
}
