//! Edges by column.

use super::number as numbered;
use super::table::Edge;

/// Room that a column has for edges that come later. Once it is used up, those of rows that were replaced since are cleared away; where that leaves
/// less than half of it, the column moves to where there is more.
const ROOM: u32 = 8;

/// Where a column's edges are.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u32,
    end: u32,
    /// Where its room ends.
    limit: u32,
}

impl Place {
    const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The edges of each column, each leading to a row: those of a column side by side, with some room behind them. Rows that are replaced get other
/// places for their edges at hand; by that those of earlier ones are known.
#[derive(Clone, Debug, Default)]
pub(super) struct ByColumn {
    /// Of each column; none until it is filled.
    places: Vec<Place>,
    edges: Vec<Edge>,
    /// Where the edges at hand began that the row of each edge had then.
    origins: Vec<u32>,
}

impl ByColumn {
    pub(super) fn is_filled(&self) -> bool {
        !self.places.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
    }

    /// Takes in these rows' edges: a row's number, where they begin, and they.
    pub(super) fn fill<'a>(
        &mut self,
        columns: usize,
        rows: impl Iterator<Item = (u32, u32, &'a [Edge])> + Clone,
    ) {
        self.places.clear();
        self.places.resize(columns, Place::default());
        for (_, _, edges) in rows.clone() {
            for edge in edges {
                self.places[edge.to() as usize].limit += 1;
            }
        }
        let mut used = 0;
        for place in &mut self.places {
            let count = place.limit;
            (place.start, place.end) = (used, used);
            used += count + ROOM;
            place.limit = used;
        }
        self.make_room(used);
        for (row, start, edges) in rows {
            for edge in edges {
                self.put(edge.to() as usize, Edge::new(row, edge.cost()), start);
            }
        }
    }

    fn make_room(&mut self, used: u32) {
        self.edges.resize(used as usize, Edge::default());
        self.origins.resize(used as usize, 0);
    }

    fn put(&mut self, column: usize, edge: Edge, origin: u32) {
        let end = &mut self.places[column].end;
        self.edges[*end as usize] = edge;
        self.origins[*end as usize] = origin;
        *end += 1;
    }

    /// Takes in a row's edges: those from there on. `start_of` tells where those of other rows begin now.
    pub(super) fn add(&mut self, row: u32, edges: &[Edge], start: usize, start_of: impl Fn(u32) -> u32) {
        if !self.is_filled() {
            return;
        }
        for edge in &edges[start..] {
            let column = edge.to() as usize;
            if self.places[column].end == self.places[column].limit {
                self.clear_away(column, &start_of);
            }
            self.put(column, Edge::new(row, edge.cost()), numbered(start));
        }
    }

    /// Clears away a column's edges of rows that were replaced, and sees to it that there is room again.
    fn clear_away(&mut self, column: usize, start_of: impl Fn(u32) -> u32) {
        let Place { start, limit, .. } = self.places[column];
        let mut kept = start as usize;
        for place in self.places[column].range() {
            let (edge, origin) = (self.edges[place], self.origins[place]);
            if start_of(edge.to()) == origin {
                (self.edges[kept], self.origins[kept]) = (edge, origin);
                kept += 1;
            }
        }
        self.places[column].end = numbered(kept);
        if limit - numbered(kept) < ROOM / 2 {
            self.move_behind(column);
        }
    }

    /// Moves a column's edges behind all others.
    fn move_behind(&mut self, column: usize) {
        let from = self.places[column].range();
        let start = numbered(self.edges.len());
        let end = start + numbered(from.len());
        let limit = end + ROOM;
        self.edges.extend_from_within(from.clone());
        self.origins.extend_from_within(from);
        self.make_room(limit);
        self.places[column] = Place { start, end, limit };
    }

    /// A column's edges, also some of rows that were replaced, and where the edges at hand began that the row of each had then.
    pub(super) fn edges(&self, column: u32) -> (&[Edge], &[u32]) {
        let range = self.places[column as usize].range();
        (&self.edges[range.clone()], &self.origins[range])
    }
}
