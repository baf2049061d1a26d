//! The zones there were, with when they were in force: tracks know a zone until it is lifted, and the past is played back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skyhaul_actors::environment::Zone;
use skyhaul_actors::event::Event;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use crate::ports::StoreError;
use crate::store::{Key, Rows, Table};

/// Zones by their names: of each name those that had it, one after the other.
const ZONES: u8 = b'z';

/// Names that are let go of at a time.
const FORGOTTEN_MAX: usize = 1_000;

/// A zone of some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ZoneRow {
    /// The event that told of it: its number among all.
    number: u64,
    /// The zone as it was declared.
    zone: Arc<Zone>,
    /// When it was lifted, where it was.
    lifted: Option<SimTime>,
}

impl ZoneRow {
    /// It with the times at which it was in force, as far as that is known.
    fn as_it_was(&self) -> Zone {
        let until = self.zone.until.into_iter().chain(self.lifted).min();
        Zone {
            until,
            ..(*self.zone).clone()
        }
    }

    fn is_over(&self, at: SimTime) -> bool {
        self.lifted.is_some_and(|lifted| lifted <= at) || self.zone.is_over(at)
    }
}

fn row_of(name: &str) -> Key {
    Key::of(ZONES).text(name)
}

/// Takes in what becomes of a zone.
pub(in crate::operations) fn on_event(
    event: &Numbered<Event>,
    rows: &mut Rows<'_>,
) -> Result<(), StoreError> {
    match &event.event {
        Event::ZoneDeclared { zone, .. } => {
            rows.change_or_default(row_of(&zone.name), |known: &mut Vec<ZoneRow>| {
                known.retain(|earlier| earlier.number != event.number);
                known.push(ZoneRow {
                    number: event.number,
                    zone: Arc::clone(zone),
                    lifted: None,
                });
            })
        }
        Event::ZoneLifted { zone, .. } => rows.change(row_of(zone), |known: &mut Vec<ZoneRow>| {
            if let Some(last) = known.last_mut() {
                last.lifted = Some(event.at);
            }
        }),
        _ => Ok(()),
    }
}

/// Lets go of zones that were over before an instant.
pub(in crate::operations) fn forget(before: SimTime, rows: &mut Rows<'_>) -> Result<(), StoreError> {
    let (all, mut over) = (Key::of(ZONES), Vec::new());
    rows.table()
        .scan((&all, &all.end()), false, &mut |key, known: Vec<ZoneRow>| {
            if known.iter().any(|zone| zone.is_over(before)) {
                over.push(Key::from_bytes(key));
            }
            over.len() < FORGOTTEN_MAX
        })?;
    for key in over {
        let mut is_empty = false;
        rows.change(key.clone(), |known: &mut Vec<ZoneRow>| {
            known.retain(|zone| !zone.is_over(before));
            is_empty = known.is_empty();
        })?;
        if is_empty {
            rows.delete(key);
        }
    }
    Ok(())
}

/// The zones that were in force at some time from `from` to before `to`, each with its times, in the order in which they were declared.
pub(super) fn between(table: &Table, from: SimTime, to: SimTime) -> Result<Vec<Zone>, StoreError> {
    let known: Vec<Vec<ZoneRow>> = table.all(&Key::of(ZONES))?;
    let mut rows: Vec<ZoneRow> = known.into_iter().flatten().collect();
    rows.retain(|row| !row.is_over(from) && row.zone.from.is_none_or(|begins| begins < to));
    rows.sort_by_key(|row| row.number);
    let zones = rows.iter().map(ZoneRow::as_it_was);
    Ok(zones
        .filter(|zone| zone.from.is_none_or(|begins| !zone.is_over(begins)))
        .collect())
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::environment::ZoneShape;
    use skyhaul_engine::geo::Position;

    use super::*;
    use crate::ports::memory::MemoryStore;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    fn declared(number: u64, name: &str, from: Option<u64>, until: Option<u64>) -> Numbered<Event> {
        let shape = ZoneShape::Circle {
            centre: Position::new(43.8, 11.2).expect("on the sphere"),
            radius_m: 300.0,
        };
        let zone = Zone {
            from: from.map(at),
            until: until.map(at),
            ..Zone::permanent(name.to_owned(), shape)
        };
        let zone = Arc::new(zone);
        told(number, Event::ZoneDeclared { command: None, zone })
    }

    fn lifted(number: u64, name: &str) -> Numbered<Event> {
        let zone = name.to_owned();
        told(number, Event::ZoneLifted { command: None, zone })
    }

    /// An event as many seconds after the start as its number says.
    fn told(number: u64, event: Event) -> Numbered<Event> {
        Numbered {
            number,
            at: at(number),
            event,
        }
    }

    fn folded(events: &[Numbered<Event>]) -> Table {
        let table = Table::new("a test's", Arc::new(MemoryStore::default()));
        let mut rows = table.rows();
        for event in events {
            on_event(event, &mut rows).expect("memory works");
        }
        rows.commit();
        table
    }

    /// The zones of a span: name, from, until.
    fn shown(table: &Table, from: u64, to: u64) -> Vec<(String, Option<SimTime>, Option<SimTime>)> {
        let zones = between(table, at(from), at(to)).expect("memory works");
        zones
            .into_iter()
            .map(|zone| (zone.name, zone.from, zone.until))
            .collect()
    }

    #[test]
    fn a_span_has_the_zones_that_were_in_force_then_with_their_times() {
        let table = folded(&[
            declared(0, "airport", None, None),
            declared(10, "fire", Some(130), None),
            declared(20, "parade", Some(500), Some(600)),
            lifted(200, "fire"),
            declared(300, "fire", Some(420), None),
        ]);
        let airport = || ("airport".to_owned(), None, None);
        let fire = |from, until: Option<u64>| ("fire".to_owned(), Some(at(from)), until.map(at));
        let parade = ("parade".to_owned(), Some(at(500)), Some(at(600)));
        assert_eq!(shown(&table, 0, 130), [airport()]);
        assert_eq!(shown(&table, 130, 140), [airport(), fire(130, Some(200))]);
        assert_eq!(shown(&table, 200, 420), [airport()]);
        assert_eq!(shown(&table, 420, 500), [airport(), fire(420, None)]);
        assert_eq!(shown(&table, 420, 900), [airport(), parade, fire(420, None)]);
        assert_eq!(shown(&table, 600, 900), [airport(), fire(420, None)]);
    }

    #[test]
    fn a_zone_that_was_lifted_before_it_came_into_force_never_was() {
        let table = folded(&[declared(10, "fire", Some(130), None), lifted(20, "fire")]);
        assert_eq!(shown(&table, 0, 900), []);
    }

    #[test]
    fn an_event_that_comes_twice_changes_nothing() {
        let fire = declared(10, "fire", Some(130), None);
        let table = folded(&[fire.clone(), fire]);
        assert_eq!(shown(&table, 0, 900).len(), 1);
    }

    #[test]
    fn what_was_over_long_ago_is_let_go_of_and_the_rest_stays() {
        let table = folded(&[
            declared(0, "airport", None, None),
            declared(10, "fire", Some(130), None),
            lifted(200, "fire"),
            declared(300, "fire", Some(420), None),
            declared(301, "parade", Some(500), Some(600)),
        ]);
        for (before, left) in [(100, 4), (200, 3), (600, 2)] {
            let mut rows = table.rows();
            forget(at(before), &mut rows).expect("memory works");
            rows.commit();
            assert_eq!(shown(&table, 0, 900).len(), left, "before {before}");
            let mut rows = table.rows();
            forget(at(before), &mut rows).expect("memory works");
            assert!(rows.is_empty(), "nothing is left to let go of");
        }
    }
}
