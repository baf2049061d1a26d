//! Flights: the legs that are being flown, and those of the last day. They are in memory; the store is told what has changed each time it is given
//! rows, since at speed most of them come and go in between.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;
use skyhaul_actors::event::{Event, Leg};
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::{SimDuration, SimTime};

use super::flown::{FLIGHTS_PER_ROW, Flown, Squadron, airborne_rows, flight_rows, flights_row, since_row};
use crate::ports::StoreError;
use crate::store::{Rows, Table, last_number};

/// How long flights are kept after their end.
const KEPT_FOR: SimDuration = SimDuration::from_mins(24 * 60);

/// Most flights that are kept, the latest: a day of some 50,000 deliveries, about 45 MB.
const KEPT_MAX: usize = 150_000;

/// Flights that are over, and those in the air.
#[derive(Default)]
pub(super) struct Flights {
    /// Since when all are known; `None` while nothing happened.
    since: Option<SimTime>,
    in_the_air: HashMap<DroneId, Arc<Leg>, RandomState>,
    /// In the order in which they were over.
    over: VecDeque<Flown>,
    /// The number of the first event that was not taken in.
    next_event: u64,
    saved: Saved,
}

/// What the store has, and what not.
#[derive(Default)]
struct Saved {
    /// The beginning.
    since: Option<SimTime>,
    /// Squadrons whose legs it has otherwise.
    changed: BTreeSet<Squadron>,
    /// It has the flights that were over before this event.
    next_event: u64,
    /// Its rows of flights that are over, oldest first: the events that ended the first and the last of each.
    rows: VecDeque<(u64, u64)>,
}

impl Flights {
    /// What the store has.
    pub(super) fn load(table: &Table) -> Result<Self, StoreError> {
        let mut flights = Self {
            since: table.get(&since_row())?,
            ..Self::default()
        };
        flights.saved.since = flights.since;
        let airborne: Vec<Vec<Arc<Leg>>> = table.all(&airborne_rows())?;
        let airborne = airborne.into_iter().flatten();
        flights.in_the_air = airborne.map(|leg| (leg.drone, leg)).collect();
        let all = flight_rows();
        table.scan((&all, &all.end()), false, &mut |key, row: Vec<Flown>| {
            let ends = last_number(key).zip(row.last().map(|last| last.number));
            flights.saved.rows.extend(ends);
            flights.over.extend(row);
            true
        })?;
        flights.saved.next_event = flights.over.back().map_or(0, |last| last.number + 1);
        Ok(flights)
    }

    /// Since when all are known.
    pub(super) const fn since(&self) -> Option<SimTime> {
        self.since
    }

    /// Those that are over, in the order of their ends, with these, and then those in the air.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<Leg>, Option<SimTime>)> {
        let over = self.over.iter().map(|flown| (&flown.leg, Some(flown.ended)));
        over.chain(self.in_the_air.values().map(|leg| (leg, None)))
    }

    /// Takes an event in, and gives the flight that it ends. An event that was taken in before changes nothing.
    pub(super) fn take(&mut self, event: &Numbered<Event>) -> Option<&Flown> {
        let (Event::LegStarted(_) | Event::LegEnded { .. } | Event::DroneFailed { .. }) = &event.event else {
            return None;
        };
        if event.number < self.next_event {
            let place = self
                .over
                .binary_search_by_key(&event.number, |flown| flown.number);
            return place.ok().and_then(|place| self.over.get(place));
        }
        self.next_event = event.number + 1;
        let (drone, ended) = match &event.event {
            Event::LegStarted(leg) => (leg.drone, self.in_the_air.insert(leg.drone, Arc::clone(leg))),
            Event::LegEnded { drone, .. } | Event::DroneFailed { drone, .. } => {
                (*drone, self.in_the_air.remove(drone))
            }
            _ => return None,
        };
        self.saved.changed.insert(Squadron::of(drone));
        self.over.push_back(Flown {
            number: event.number,
            leg: ended?,
            ended: event.at,
        });
        self.over.back()
    }

    /// Events were taken in for good: what is too old by then is let go of.
    pub(super) fn taken(&mut self, events: &[Numbered<Event>]) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
        self.since.get_or_insert(first.at);
        let end = last.at - KEPT_FOR;
        while let Some(oldest) = self.over.front()
            && (self.over.len() > KEPT_MAX || oldest.ended < end)
        {
            self.since = self.since.max(Some(oldest.ended));
            self.over.pop_front();
        }
    }

    /// Writes what the store has otherwise.
    pub(super) fn save(&mut self, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        if let Some(since) = self.since.filter(|_| self.since != self.saved.since) {
            rows.put(since_row(), &since)?;
        }
        self.saved.since = self.since;
        self.save_over(rows);
        self.save_airborne(rows)
    }

    fn save_airborne(&mut self, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let changed = std::mem::take(&mut self.saved.changed);
        let mut legs: BTreeMap<Squadron, Vec<Arc<Leg>>> = changed
            .into_iter()
            .map(|squadron| (squadron, Vec::new()))
            .collect();
        for leg in self.in_the_air.values() {
            if let Some(legs) = legs.get_mut(&Squadron::of(leg.drone)) {
                legs.push(Arc::clone(leg));
            }
        }
        for (squadron, legs) in legs {
            if legs.is_empty() {
                rows.delete(squadron.row());
            } else {
                rows.put(squadron.row(), &legs)?;
            }
        }
        Ok(())
    }

    fn save_over(&mut self, rows: &mut Rows<'_>) {
        let oldest = self.over.front().map_or(u64::MAX, |oldest| oldest.number);
        while let Some((first, _)) = self.saved.rows.pop_front_if(|(_, last)| *last < oldest) {
            rows.delete(flights_row(first));
        }
        let next_event = self.saved.next_event;
        let known = self.over.partition_point(|flown| flown.number < next_event);
        let new: Vec<Flown> = self.over.range(known..).cloned().collect();
        for row in new.chunks(FLIGHTS_PER_ROW) {
            if let [first, ..] = row
                && let [.., last] = row
            {
                rows.put_new(flights_row(first.number), row.to_vec());
                self.saved.rows.push_back((first.number, last.number));
                self.saved.next_event = last.number + 1;
            }
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    //! Events of flights.

    use skyhaul_actors::event::{LegPurpose, Waypoint};
    use skyhaul_engine::geo::Position;
    use skyhaul_engine::units::{Kilograms, Metres, WattHours};

    use super::*;

    /// So many seconds after the beginning.
    pub(in super::super) fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    /// A drone takes off, for five minutes.
    pub(in super::super) fn started(drone: u32, departs: u64) -> Numbered<Event> {
        let waypoint = |seconds| Waypoint {
            at: Position::new(43.77, 11.25).expect("a place"),
            altitude: Metres::ZERO,
            time: at(seconds),
        };
        let leg = Leg {
            drone: DroneId(drone),
            delivery: None,
            purpose: LegPurpose::Return,
            path: vec![waypoint(departs), waypoint(departs + 300)],
            distance: Metres::ZERO,
            payload: Kilograms::ZERO,
            energy: WattHours::ZERO,
            battery: WattHours::ZERO,
        };
        numbered(departs, Event::LegStarted(Arc::new(leg)))
    }

    /// A drone lands.
    pub(in super::super) fn ended(drone: u32, seconds: u64) -> Numbered<Event> {
        let event = Event::LegEnded {
            drone: DroneId(drone),
            delivery: None,
            at: Position::new(43.77, 11.25).expect("a place"),
            battery: WattHours::ZERO,
        };
        numbered(seconds, event)
    }

    fn numbered(seconds: u64, event: Event) -> Numbered<Event> {
        Numbered {
            number: seconds,
            at: at(seconds),
            event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{at, ended, started};
    use super::*;
    use crate::ports::memory::MemoryStore;

    fn take(flights: &mut Flights, events: &[Numbered<Event>]) {
        for event in events {
            flights.take(event);
        }
        flights.taken(events);
    }

    fn save(flights: &mut Flights, table: &Table) {
        let mut rows = table.rows();
        flights.save(&mut rows).expect("memory works");
        rows.commit();
    }

    /// Drones, and when their flights were over, without any order.
    fn known(flights: &Flights) -> BTreeSet<(u32, Option<SimTime>)> {
        flights.all().map(|(leg, ended)| (leg.drone.0, ended)).collect()
    }

    #[test]
    fn an_event_that_is_taken_again_ends_the_same_flight() {
        let mut flights = Flights::default();
        assert_eq!(flights.take(&started(1, 10)), None);
        let first = flights.take(&ended(1, 20)).cloned();
        assert_eq!(first.as_ref().map(|flown| flown.ended), Some(at(20)));
        assert_eq!(flights.take(&started(1, 10)), None);
        assert_eq!(flights.take(&ended(1, 20)).cloned(), first);
        assert_eq!(flights.all().count(), 1);
    }

    #[test]
    fn what_was_saved_is_there_again_and_nothing_else() {
        let table = Table::new("a test's", Arc::new(MemoryStore::default()));
        let mut flights = Flights::default();
        take(
            &mut flights,
            &[started(1, 10), started(2, 20), started(99, 25), ended(1, 30)],
        );
        save(&mut flights, &table);
        let known_then = known(&flights);
        take(&mut flights, &[ended(99, 40), started(1, 50)]);
        assert_eq!(known(&Flights::load(&table).expect("memory works")), known_then);
        save(&mut flights, &table);
        let mut anew = Flights::load(&table).expect("memory works");
        assert_eq!(known(&anew), known(&flights));
        take(&mut anew, &[ended(2, 60), started(2, 24 * 3_600 + 35)]);
        save(&mut anew, &table);
        let anew = Flights::load(&table).expect("memory works");
        let expected = [(99, Some(at(40))), (2, Some(at(60))), (1, None), (2, None)];
        assert_eq!(
            known(&anew),
            BTreeSet::from(expected),
            "the first one's row was let go of"
        );
        assert_eq!(anew.since(), Some(at(30)));
    }

    #[test]
    fn what_is_over_for_a_day_is_forgotten_and_said_so() {
        let mut flights = Flights::default();
        take(
            &mut flights,
            &[started(1, 10), ended(1, 20), started(2, 30), ended(2, 40)],
        );
        assert_eq!(flights.since(), Some(at(10)));
        take(&mut flights, &[started(3, 24 * 3_600 + 30)]);
        assert_eq!(known(&flights), BTreeSet::from([(2, Some(at(40))), (3, None)]));
        assert_eq!(flights.since(), Some(at(20)));
    }

    #[test]
    fn no_more_flights_are_kept_than_there_is_room_for() {
        let table = Table::new("a test's", Arc::new(MemoryStore::default()));
        let mut flights = Flights::default();
        let most = u64::try_from(KEPT_MAX).expect("some thousands");
        for second in 0..most + 300 {
            let mut events = [started(1, 2 * second), ended(1, 2 * second + 1)];
            // All within a day.
            events.iter_mut().for_each(|event| event.at = at(second / 2));
            take(&mut flights, &events);
            if second % 1_000 == 0 {
                save(&mut flights, &table);
            }
        }
        save(&mut flights, &table);
        assert_eq!(flights.over.len(), KEPT_MAX);
        let stored = Flights::load(&table).expect("memory works").over.len();
        assert!(
            (KEPT_MAX..KEPT_MAX + FLIGHTS_PER_ROW).contains(&stored),
            "a row goes with the last of its flights: {stored}"
        );
    }
}
