//! Rows with their edges, by row and by column.

use super::by_column::ByColumn;
use super::wide::{Priced, Wide};
use super::{COST_MAX, NONE, OUT, number as numbered};

/// A row with more edges is wide: looking through all of them now and then costs less than searching among them.
const WIDE: usize = 96;

/// Edges that a wide row has at hand, at first.
const AT_HAND: usize = 48;

/// None of a row's edges is anywhere but at hand.
const NOTHING: i64 = i64::MAX;

/// Prices that have risen by so much in all are counted from zero again.
const RISEN_MAX: i64 = 1 << 60;

/// Edges of rows that were replaced are cleared away once they are more than the others, and than so many.
const LEFT_BEHIND_MAX: usize = 1 << 10;

/// What it costs that a row has a column, seen from one of both: the cost in the upper bits, so that edges are in the order of their costs, and the
/// number of the other in the lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge(u64);

/// Bits of a column's or row's number: [`COST_MAX`] leaves so many.
const NUMBER_BITS: u32 = COST_MAX.leading_zeros();

/// So many columns, and rows, have numbers that fit.
pub(super) const NUMBERS_MAX: usize = 1 << NUMBER_BITS;

impl Edge {
    pub(super) fn new(to: u32, cost: i64) -> Self {
        Self(cost.cast_unsigned() << NUMBER_BITS | u64::from(to))
    }

    pub(super) const fn cost(self) -> i64 {
        (self.0 >> NUMBER_BITS).cast_signed()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower bits are fewer than 32")]
    pub(super) const fn to(self) -> u32 {
        self.0 as u32 & ((1 << NUMBER_BITS) - 1)
    }

    /// What it costs at these prices, or, seen from a column, more than these duals.
    pub(super) fn reduced(self, worths: &[i64]) -> i64 {
        self.cost() - worths[self.to() as usize]
    }
}

/// A row, and what it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) fallback: i64,
    /// `NONE`: its fallback.
    pub(super) column: u32,
    /// Its edges at hand.
    pub(super) start: u32,
    end: u32,
    /// Where all its edges are; `NONE`: at hand.
    wide: u32,
}

/// What a row had.
pub(super) struct Had {
    pub(super) column: u32,
    pub(super) dual: i64,
}

/// All rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    /// What each row pays; `OUT`: it has nothing yet.
    pub(super) duals: Vec<i64>,
    /// Edges at hand, those of a row together, and some that were left behind. Those of a row that is not wide are in the order of their costs.
    edges: Vec<Edge>,
    /// How many are not left behind.
    living: usize,
    wide: Vec<Wide>,
    /// The same edges by column, but those of wide rows.
    pub(super) by_column: ByColumn,
    /// By how much prices have risen in all.
    risen: i64,
    /// Edges of the row that is looked at.
    nearest: Priced,
}

impl Row {
    /// One that is not there.
    const ABSENT: Self = Self {
        fallback: 0,
        column: NONE,
        start: 0,
        end: 0,
        wide: NONE,
    };

    /// Whether its edges at hand are in the order of their costs.
    pub(super) const fn is_sorted(&self) -> bool {
        self.wide == NONE
    }
}

impl Table {
    pub(super) fn row(&self, row: u32) -> &Row {
        &self.rows[row as usize]
    }

    pub(super) fn row_mut(&mut self, row: u32) -> &mut Row {
        &mut self.rows[row as usize]
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &Row)> + Clone {
        (0..).zip(&self.rows)
    }

    /// Puts another row in the place of one, without anything yet; what that had.
    pub(super) fn set(
        &mut self,
        number: u32,
        fallback: i64,
        edges: impl IntoIterator<Item = (u32, i64)>,
    ) -> Had {
        let at = number as usize;
        assert!(at < NUMBERS_MAX, "at most {NUMBERS_MAX} rows");
        if self.rows.len() <= at {
            self.rows.resize(at + 1, Row::ABSENT);
            self.duals.resize(at + 1, 0);
        }
        let before = self.rows[at];
        let had = Had {
            column: before.column,
            dual: std::mem::replace(&mut self.duals[at], OUT),
        };
        self.leave_edges_behind(number);
        let start = self.edges.len();
        let edge = |(column, cost)| Edge::new(column, cost);
        self.edges.extend(edges.into_iter().map(edge));
        let row = &mut self.rows[at];
        *row = Row {
            fallback,
            wide: before.wide,
            ..Row::ABSENT
        };
        if self.edges.len() - start > WIDE {
            if row.wide == NONE {
                row.wide = numbered(self.wide.len());
                self.wide.push(Wide::default());
            }
            self.wide[row.wide as usize].fill(&mut self.edges[start..]);
            self.edges.truncate(start);
        } else {
            if row.wide != NONE {
                self.wide[row.wide as usize].fill(&mut []);
                row.wide = NONE;
            }
            self.edges[start..].sort_unstable();
            let rows = &self.rows;
            self.by_column
                .add(number, &self.edges, start, |row| rows[row as usize].start);
        }
        self.place(number, start);
        had
    }

    /// Says that the edges from there on are those that a row has at hand.
    fn place(&mut self, row: u32, start: usize) {
        let end = self.edges.len();
        self.living += end - start;
        let row = &mut self.rows[row as usize];
        (row.start, row.end) = (numbered(start), numbered(end));
    }

    /// Leaves behind what a row has at hand, and clears away all that was left so, once that is more than the rest.
    fn leave_edges_behind(&mut self, row: u32) {
        let row = &mut self.rows[row as usize];
        self.living -= (row.end - row.start) as usize;
        (row.start, row.end) = (0, 0);
        if self.edges.len() - self.living <= self.living.max(LEFT_BEHIND_MAX) {
            return;
        }
        let edges = std::mem::take(&mut self.edges);
        self.edges.reserve(2 * self.living);
        self.by_column.clear();
        self.living = 0;
        for row in 0..numbered(self.rows.len()) {
            let Row { start, end, .. } = self.rows[row as usize];
            let new_start = self.edges.len();
            self.edges.extend_from_slice(&edges[start as usize..end as usize]);
            self.place(row, new_start);
        }
    }

    /// A row's edges at hand.
    pub(super) fn edges(&self, row: u32) -> &[Edge] {
        let row = self.row(row);
        &self.edges[row.start as usize..row.end as usize]
    }

    /// How many edges are kept, those that were left behind included.
    #[cfg(test)]
    pub(super) const fn edges_kept(&self) -> usize {
        self.edges.len()
    }

    /// All its edges.
    pub(super) fn all_edges(&self, row: u32) -> &[Edge] {
        match self.wide.get(self.row(row).wide as usize) {
            Some(wide) => wide.edges(),
            None => self.edges(row),
        }
    }

    /// None of a row's edges that are not at hand costs less than so much at the prices of now.
    pub(super) fn beyond(&self, row: u32) -> i64 {
        match self.wide.get(self.row(row).wide as usize) {
            Some(wide) => wide.beyond.saturating_sub(self.risen),
            None => NOTHING,
        }
    }

    /// Notes that some prices have risen, by so much at most.
    pub(super) fn note_rise(&mut self, by: i64) {
        self.risen += by;
        if self.risen > RISEN_MAX {
            for wide in &mut self.wide {
                wide.forget_rise(self.risen);
            }
            self.risen = 0;
        }
    }

    /// Takes those edges of a wide row at hand that cost least at these prices.
    pub(super) fn look_again(&mut self, row: u32, prices: &[i64]) {
        let count = self.edges(row).len().max(AT_HAND);
        self.leave_edges_behind(row);
        let start = self.edges.len();
        let wide = &mut self.wide[self.rows[row as usize].wide as usize];
        wide.look_again(prices, self.risen, count, &mut self.nearest);
        self.edges.extend(self.nearest.iter().map(|(_, edge)| *edge));
        self.place(row, start);
    }

    /// Whether there are rows whose edges are found by column only by looking for them.
    pub(super) fn wide_rows(&self) -> impl Iterator<Item = (u32, &Wide)> {
        let rows = if self.wide.is_empty() {
            &[]
        } else {
            self.rows.as_slice()
        };
        (0..)
            .zip(rows)
            .filter_map(|(number, row)| Some((number, self.wide.get(row.wide as usize)?)))
    }

    /// Has edges found by column.
    pub(super) fn turn_round(&mut self, columns: usize) {
        if !self.by_column.is_filled() {
            let mut by_column = std::mem::take(&mut self.by_column);
            let narrow = self.rows().filter(|(_, row)| row.wide == NONE);
            by_column.fill(
                columns,
                narrow.map(|(number, row)| (number, row.start, self.edges(number))),
            );
            self.by_column = by_column;
        }
    }
}
