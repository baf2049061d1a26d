//! Endings: which deliveries are over, in the order in which they ended, so that those of long ago can be let go of.
//!
//! Each store keeps its own. Many endings share a row, so that they cost a store next to nothing.

use serde::{Deserialize, Serialize};
use skyhaul_actors::event::Event;
use skyhaul_actors::ids::DeliveryId;
use skyhaul_actors::stage::Stage;
use skyhaul_engine::ports::Numbered;
use skyhaul_engine::time::SimTime;

use super::key::Key;
use super::rows::Rows;
use crate::ports::StoreError;

/// The table of endings, in every store that has them.
const ENDINGS: u8 = b'z';

/// How many events share a row: a delivery has a dozen, so a row holds some eighty endings, and never more than this.
const EVENTS_PER_ROW: u64 = 1_024;

/// Deliveries that ended one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct EndingsRow {
    /// When the last of them ended.
    until: SimTime,
    deliveries: Vec<DeliveryId>,
}

/// All endings, oldest first.
pub(crate) fn endings() -> Key {
    Key::of(ENDINGS)
}

impl Rows<'_> {
    /// Notes the delivery that the event ends, where it ends one. Noting it twice does no harm.
    pub(crate) fn note_ending(&mut self, event: &Numbered<Event>) -> Result<(), StoreError> {
        let Some((id, stage)) = Stage::entered_by(&event.event) else {
            return Ok(());
        };
        if !stage.is_final() {
            return Ok(());
        }
        let key = endings().number(event.number / EVENTS_PER_ROW);
        self.change_or_default(key, |row: &mut EndingsRow| {
            row.until = event.at;
            row.deliveries.push(id);
        })
    }

    /// Takes out the oldest endings where they were before an instant: a row of them, so that whoever lets go of what hangs on them does not take
    /// long. None where there are no such.
    pub(crate) fn take_endings(&mut self, before: SimTime) -> Result<Vec<DeliveryId>, StoreError> {
        let mut oldest: Option<(Key, EndingsRow)> = None;
        let all = endings();
        self.table().scan((&all, &all.end()), false, &mut |key, row| {
            oldest = Some((Key::from_bytes(key), row));
            false
        })?;
        match oldest {
            Some((key, row)) if row.until < before => {
                self.delete(key);
                Ok(row.deliveries)
            }
            _ => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use skyhaul_actors::event::CancelReason;

    use super::*;
    use crate::ports::memory::MemoryStore;
    use crate::store::Table;

    fn ended(number: u64, at_s: u64) -> Numbered<Event> {
        Numbered {
            number,
            at: SimTime::from_micros(at_s * 1_000_000),
            event: Event::DeliveryCancelled {
                command: None,
                delivery: DeliveryId(u128::from(number)),
                reason: CancelReason::Requested,
            },
        }
    }

    fn taken(table: &Table, before_s: u64) -> Vec<u128> {
        let mut rows = table.rows();
        let taken = rows.take_endings(SimTime::from_micros(before_s * 1_000_000));
        rows.commit();
        taken
            .expect("memory works")
            .into_iter()
            .map(|DeliveryId(id)| id)
            .collect()
    }

    #[test]
    fn what_ended_first_is_taken_first_once_and_only_where_all_of_its_row_is_old_enough() {
        let table = Table::new("a test's", Arc::new(MemoryStore::default()));
        for (number, at_s) in [(1, 10), (2, 20), (EVENTS_PER_ROW, 30), (9 * EVENTS_PER_ROW, 40)] {
            let mut rows = table.rows();
            rows.note_ending(&ended(number, at_s)).expect("memory works");
            rows.commit();
        }
        assert!(taken(&table, 20).is_empty(), "the second ended at 20 s");
        assert_eq!(taken(&table, 35), [1, 2]);
        assert_eq!(taken(&table, 35), [u128::from(EVENTS_PER_ROW)]);
        assert!(taken(&table, 35).is_empty());
        assert_eq!(taken(&table, 41), [u128::from(9 * EVENTS_PER_ROW)]);
    }
}
