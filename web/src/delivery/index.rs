//! Indexes: which deliveries there are, in the order in which they were asked for. Those that were asked for one after the other share a row, since a
//! store's work is by rows.

use skyhaul_actors::ids::DeliveryId;

use super::row::{BY_OWNER, BY_TIME, OPEN};
use crate::ports::StoreError;
use crate::store::{Key, Rows, Table};

/// How many events share a row: a delivery has a dozen, so a row holds some eighty deliveries, and never more than this.
const EVENTS_PER_ROW: u64 = 1_024;

/// Deliveries by the events that told of them, oldest first.
type IndexRow = Vec<(u64, DeliveryId)>;

/// One of the indexes.
pub(crate) struct Index(Key);

impl Index {
    /// All deliveries.
    pub(crate) fn all() -> Self {
        Self(Key::of(BY_TIME))
    }

    /// An owner's.
    pub(crate) fn of(owner: &str) -> Self {
        Self(Key::of(BY_OWNER).text(owner))
    }

    /// Those that are open.
    pub(crate) fn open() -> Self {
        Self(Key::of(OPEN))
    }

    fn row(&self, number: u64) -> Key {
        self.0.clone().number(number / EVENTS_PER_ROW)
    }

    /// Adds a delivery. Numbers only grow.
    pub(super) fn add(&self, number: u64, id: DeliveryId, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        rows.change_or_default(self.row(number), |row: &mut IndexRow| row.push((number, id)))
    }

    /// Takes a delivery out.
    pub(super) fn remove(&self, number: u64, rows: &mut Rows<'_>) -> Result<(), StoreError> {
        let key = self.row(number);
        let mut is_empty = false;
        rows.change(key.clone(), |row: &mut IndexRow| {
            row.retain(|(other, _)| *other != number);
            is_empty = row.is_empty();
        })?;
        if is_empty {
            rows.delete(key);
        }
        Ok(())
    }

    /// Those that were asked for before the one with this number, or all; newest first, and as many as `enough` or some more.
    pub(super) fn older(
        &self,
        table: &Table,
        before: Option<u64>,
        enough: usize,
    ) -> Result<Vec<(u64, DeliveryId)>, StoreError> {
        let end = before.map_or_else(|| self.0.end(), |number| self.row(number).after());
        let mut found = Vec::with_capacity(enough);
        table.scan((&self.0, &end), true, &mut |_, row: IndexRow| {
            let is_older = |(number, _): &(u64, DeliveryId)| before.is_none_or(|before| *number < before);
            found.extend(row.into_iter().rev().filter(is_older));
            found.len() < enough
        })?;
        Ok(found)
    }

    /// Those from a number on, oldest first, `most` at most.
    pub(super) fn from(
        &self,
        table: &Table,
        number: u64,
        most: usize,
    ) -> Result<Vec<(u64, DeliveryId)>, StoreError> {
        let mut found = Vec::new();
        table.scan(
            (&self.row(number), &self.0.end()),
            false,
            &mut |_, row: IndexRow| {
                found.extend(row.into_iter().filter(|(other, _)| *other >= number));
                found.len() < most
            },
        )?;
        found.truncate(most);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ports::memory::MemoryStore;

    /// An index of deliveries that were told of by these events, whose ids are the same numbers.
    fn indexed(numbers: impl IntoIterator<Item = u64>) -> (Index, Table) {
        let (index, table) = (
            Index::all(),
            Table::new("a test's", Arc::new(MemoryStore::default())),
        );
        for number in numbers {
            let mut rows = table.rows();
            index
                .add(number, DeliveryId(u128::from(number)), &mut rows)
                .expect("memory works");
            rows.commit();
        }
        (index, table)
    }

    fn numbers(found: Result<Vec<(u64, DeliveryId)>, StoreError>) -> Vec<u64> {
        let found = found.expect("memory works");
        let same = |(number, id): &(u64, DeliveryId)| id.0 == u128::from(*number);
        assert!(found.iter().all(same), "{found:?}");
        found.into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn deliveries_come_in_their_order_whatever_rows_they_share() {
        let all: Vec<u64> = (0..40).map(|place| place * EVENTS_PER_ROW / 3).collect();
        let (index, table) = indexed(all.iter().copied());
        for place in [0, 1, 2, 20, 39] {
            let number = all[place];
            let newer: Vec<u64> = all[place..].to_vec();
            let older: Vec<u64> = all[..place].iter().rev().copied().collect();
            assert_eq!(numbers(index.from(&table, number, 99)), newer);
            assert_eq!(numbers(index.older(&table, Some(number), 99)), older);
        }
        assert_eq!(numbers(index.older(&table, None, 99)).len(), 40);
        assert_eq!(numbers(index.from(&table, 1, 4)), all[1..5]);
        let some = numbers(index.older(&table, None, 4));
        assert!((4..=6).contains(&some.len()), "{some:?}");
    }

    #[test]
    fn what_is_taken_out_is_gone_with_its_row() {
        let (index, table) = indexed([1, 2, EVENTS_PER_ROW]);
        for number in [1, EVENTS_PER_ROW] {
            let mut rows = table.rows();
            index.remove(number, &mut rows).expect("memory works");
            rows.commit();
        }
        assert_eq!(numbers(index.from(&table, 0, 9)), [2]);
        let rows: Vec<IndexRow> = table.all(&index.0).expect("memory works");
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn an_owner_s_deliveries_are_no_others() {
        let (_, table) = indexed([1]);
        let mut rows = table.rows();
        for (number, owner) in [(2, "ann"), (3, "anna"), (4, "ann")] {
            let id = DeliveryId(u128::from(number));
            Index::of(owner).add(number, id, &mut rows).expect("memory works");
        }
        rows.commit();
        assert_eq!(numbers(Index::of("ann").older(&table, None, 9)), [4, 2]);
        assert_eq!(numbers(Index::of("anna").from(&table, 0, 9)), [3]);
        assert_eq!(numbers(Index::open().from(&table, 0, 9)), [0_u64; 0]);
    }
}
