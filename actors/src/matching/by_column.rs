//! Edges by column.

use super::NONE;
use super::number as numbered;
use super::table::Edge;

/// An edge that came later.
#[derive(Clone, Copy, Debug)]
struct Later {
    edge: Edge,
    /// Where the edges at hand begin that its row had then.
    start: u32,
    /// The column's one before it.
    before: u32,
}

/// The edges of each column, each leading to a row: those that were there when it was filled side by side, later ones in a chain from the last to
/// the first. Rows that are replaced get other places for their edges at hand; by that those of earlier ones are known.
#[derive(Clone, Debug, Default)]
pub(super) struct ByColumn {
    /// Where each column's edges begin; one more at the end; none until it is filled.
    starts: Vec<u32>,
    edges: Vec<Edge>,
    /// The edges at hand were so many then.
    filled_with: u32,
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

    /// Takes in these rows' edges.
    pub(super) fn fill<'a>(
        &mut self,
        columns: usize,
        filled_with: usize,
        rows: impl Iterator<Item = (u32, &'a [Edge])> + Clone,
    ) {
        self.filled_with = numbered(filled_with);
        self.later.clear();
        self.last.clear();
        self.last.resize(columns, NONE);
        self.starts.clear();
        self.starts.resize(columns + 2, 0);
        for (_, edges) in rows.clone() {
            for edge in edges {
                self.starts[edge.to() as usize + 2] += 1;
            }
        }
        for column in 2..self.starts.len() {
            self.starts[column] += self.starts[column - 1];
        }
        self.edges
            .resize(self.starts[columns + 1] as usize, Edge::default());
        for (row, edges) in rows {
            for edge in edges {
                let next = &mut self.starts[edge.to() as usize + 1];
                self.edges[*next as usize] = Edge::new(row, edge.cost());
                *next += 1;
            }
        }
    }

    /// Takes in a row's edges: those from there on.
    pub(super) fn add(&mut self, row: u32, edges: &[Edge], start: usize) {
        if !self.is_filled() {
            return;
        }
        for edge in &edges[start..] {
            let number = numbered(self.later.len());
            let before = std::mem::replace(&mut self.last[edge.to() as usize], number);
            self.later.push(Later {
                edge: Edge::new(row, edge.cost()),
                start: numbered(start),
                before,
            });
        }
    }

    /// A column's edges that were there when it was filled, also those of rows that were replaced.
    pub(super) fn first(&self, column: u32) -> &[Edge] {
        let column = column as usize;
        &self.edges[self.starts[column] as usize..self.starts[column + 1] as usize]
    }

    /// Whether a row whose edges at hand begin there is one of those, and was not replaced.
    pub(super) const fn is_first(&self, start: u32) -> bool {
        start < self.filled_with
    }

    /// Its later ones, and where the edges of their rows began; some were replaced.
    pub(super) fn later(&self, column: u32) -> impl Iterator<Item = (Edge, u32)> {
        let last = self.later.get(self.last[column as usize] as usize);
        let later = std::iter::successors(last, |later| self.later.get(later.before as usize));
        later.map(|later| (later.edge, later.start))
    }
}
