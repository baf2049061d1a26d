//! Edges by column.

use super::NONE;
use super::number as numbered;
use super::table::Edge;

/// An edge, seen from its column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) cost: i64,
    pub(super) row: u32,
    /// Where it is among the edges at hand: what is no longer there was left behind.
    pub(super) place: u32,
}

/// An edge that came later.
#[derive(Clone, Copy, Debug)]
struct Later {
    entry: Entry,
    /// The column's one before it.
    before: u32,
}

/// The edges of each column: those that were there when it was filled side by side, later ones in a chain from the last to the first.
#[derive(Clone, Debug, Default)]
pub(super) struct ByColumn {
    /// Where each column's entries begin; one more at the end; none until it is filled.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    later: Vec<Later>,
    /// Each column's last one of those.
    last: Vec<u32>,
}

impl ByColumn {
    pub(super) fn is_filled(&self) -> bool {
        !self.starts.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.starts.clear();
    }

    /// Takes in these edges, by rows and places.
    pub(super) fn fill(
        &mut self,
        columns: usize,
        edges: &[Edge],
        places: impl Iterator<Item = (u32, u32)> + Clone,
    ) {
        self.later.clear();
        self.last.clear();
        self.last.resize(columns, NONE);
        self.starts.clear();
        self.starts.resize(columns + 2, 0);
        for (_, place) in places.clone() {
            self.starts[edges[place as usize].column() as usize + 2] += 1;
        }
        for column in 2..self.starts.len() {
            self.starts[column] += self.starts[column - 1];
        }
        self.entries.clear();
        self.entries
            .resize(self.starts[columns + 1] as usize, Entry::default());
        for (row, place) in places {
            let edge = edges[place as usize];
            let next = &mut self.starts[edge.column() as usize + 1];
            self.entries[*next as usize] = Entry {
                cost: edge.cost(),
                row,
                place,
            };
            *next += 1;
        }
    }

    /// Takes in a row's edges: those from there on.
    pub(super) fn add(&mut self, row: u32, edges: &[Edge], start: usize) {
        if !self.is_filled() {
            return;
        }
        for (place, edge) in (numbered(start)..).zip(&edges[start..]) {
            let number = numbered(self.later.len());
            let before = std::mem::replace(&mut self.last[edge.column() as usize], number);
            let entry = Entry {
                cost: edge.cost(),
                row,
                place,
            };
            self.later.push(Later { entry, before });
        }
    }

    /// A column's edges, and some that were left behind.
    pub(super) fn edges(&self, column: u32) -> impl Iterator<Item = &Entry> {
        let column = column as usize;
        let first = &self.entries[self.starts[column] as usize..self.starts[column + 1] as usize];
        let later = std::iter::successors(self.later.get(self.last[column] as usize), |later| {
            self.later.get(later.before as usize)
        });
        first.iter().chain(later.map(|later| &later.entry))
    }
}
