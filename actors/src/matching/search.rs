//! The search for the cheapest chain of exchanges: Dijkstra's over reduced costs.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::table::Edge;
use super::{Market, NONE};

/// Where nothing was reached yet.
const FAR: i64 = i64::MAX;

/// Edges that are looked at together: first all are weighed, then those that lead on are followed, so that the processor need not guess which do.
const TOGETHER: usize = 16;

/// Marks a place to go on from that is not a column, but a row whose other edges begin there.
const BEYOND: u32 = 1 << 31;

/// A place to go on from. The nearest is the heap's greatest.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    distance: i64,
    /// A column that was reached, or, with [`BEYOND`], a row whose edges at hand are used up.
    place: u32,
}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> Ordering {
        other.distance.cmp(&self.distance)
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        self.distance == other.distance
    }
}

impl Eq for Ahead {}

/// How far columns or rows are.
#[derive(Clone, Debug, Default)]
struct Labels {
    /// `FAR` between searches.
    distances: Vec<i64>,
    /// From which row (of a column) or column (of a row) each was reached.
    from: Vec<u32>,
    /// Which were.
    reached: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// Of columns, on the way there.
    columns: Labels,
    /// Of rows, on the way back.
    rows: Labels,
    ahead: BinaryHeap<Ahead>,
    /// What is no farther than where the search is: most is reached by edges that cost nothing at these prices.
    here: Vec<u32>,
    done: Vec<u32>,
}

/// The cheapest end known of a chain.
struct End {
    length: i64,
    /// On the way there a free column, or `NONE`: a fallback. On the way back the column that goes to whoever gives up a fallback, or to nobody.
    column: u32,
    /// Whose fallback; `NONE`: nobody's.
    row: u32,
}

impl Labels {
    fn begin(&mut self, count: usize) {
        self.distances.resize(count, FAR);
        self.from.resize(count, NONE);
        for number in self.reached.drain(..) {
            self.distances[number as usize] = FAR;
        }
    }

    fn note(&mut self, number: u32, distance: i64, from: u32) {
        let known = std::mem::replace(&mut self.distances[number as usize], distance);
        if known == FAR {
            self.reached.push(number);
        }
        self.from[number as usize] = from;
    }

    fn distance(&self, number: u32) -> i64 {
        self.distances[number as usize]
    }

    /// Which of these edges lead somewhere that is closer by them than it was known to be, and than `length`: a bit for each.
    fn weigh(&self, edges: &[Edge], owed: i64, length: i64, worths: &[i64]) -> u32 {
        let distances = &self.distances[..worths.len()];
        let mut closer = 0;
        for (bit, edge) in edges.iter().enumerate() {
            let known = distances[edge.to() as usize].min(length);
            closer |= u32::from(owed + edge.reduced(worths) < known) << bit;
        }
        closer
    }
}

impl Search {
    fn begin(&mut self) {
        self.ahead.clear();
        self.here.clear();
        self.done.clear();
    }

    /// Takes in a row that has nothing.
    pub(super) fn take_in(&mut self, row: u32, market: &mut Market) {
        self.begin();
        self.columns.begin(market.prices.len());
        market.table.duals[row as usize] = 0;
        let mut end = End {
            length: i64::MAX,
            column: NONE,
            row,
        };
        self.visit(row, 0, market, &mut end);
        self.go_on_from_here(0, market, &mut end);
        while let Some(Ahead { distance, place }) = self.ahead.pop() {
            if distance >= end.length {
                break;
            }
            if place & BEYOND != 0 {
                let at = place & !BEYOND;
                market.table.look_again(at, &market.prices);
                let so_far = self.distance_of(at, row, market);
                self.follow_edges(at, so_far, market, &mut end);
            } else if distance == self.columns.distance(place) {
                self.here.push(place);
            }
            self.go_on_from_here(distance, market, &mut end);
        }
        self.take_over(row, &end, market);
    }

    fn go_on_from_here(&mut self, distance: i64, market: &Market, end: &mut End) {
        while distance < end.length
            && let Some(column) = self.here.pop()
        {
            self.done.push(column);
            self.visit(market.owners[column as usize], distance, market, end);
        }
    }

    /// How far a row is that was visited.
    fn distance_of(&self, at: u32, first: u32, market: &Market) -> i64 {
        if at == first {
            0
        } else {
            self.columns.distance(market.table.row(at).column)
        }
    }

    fn visit(&mut self, at: u32, so_far: i64, market: &Market, end: &mut End) {
        let leave = so_far - market.table.duals[at as usize] + market.table.row(at).fallback;
        if leave < end.length {
            (end.length, end.column, end.row) = (leave, NONE, at);
        }
        self.follow_edges(at, so_far, market, end);
    }

    fn follow_edges(&mut self, at: u32, so_far: i64, market: &Market, end: &mut End) {
        let owed = so_far - market.table.duals[at as usize];
        let is_sorted = market.table.row(at).is_sorted();
        for edges in market.table.edges(at).chunks(TOGETHER) {
            if is_sorted && owed + edges[0].cost() >= end.length {
                break;
            }
            let mut closer = self.columns.weigh(edges, owed, end.length, &market.prices);
            while closer != 0 {
                let edge = edges[closer.trailing_zeros() as usize];
                closer &= closer - 1;
                let distance = owed + edge.reduced(&market.prices);
                if distance < end.length {
                    self.columns.note(edge.to(), distance, at);
                    if market.owners[edge.to() as usize] == NONE {
                        (end.length, end.column) = (distance, edge.to());
                    } else {
                        self.plan(edge.to(), distance, so_far);
                    }
                }
            }
        }
        let beyond = market.table.beyond(at).saturating_add(owed).max(so_far);
        if beyond < end.length {
            self.ahead.push(Ahead {
                distance: beyond,
                place: at | BEYOND,
            });
        }
    }

    /// Has a place at a distance gone on from, once the search is so far.
    fn plan(&mut self, place: u32, distance: i64, so_far: i64) {
        if distance == so_far {
            self.here.push(place);
        } else {
            self.ahead.push(Ahead { distance, place });
        }
    }

    /// Has each row on the chain take what the next one had.
    fn take_over(&mut self, row: u32, end: &End, market: &mut Market) {
        for column in &self.done {
            let gain = end.length - self.columns.distance(*column);
            market.prices[*column as usize] -= gain;
            market.table.duals[market.owners[*column as usize] as usize] += gain;
        }
        market.table.duals[row as usize] = end.length;
        let mut free = match end.column {
            NONE => std::mem::replace(&mut market.table.row_mut(end.row).column, NONE),
            column => column,
        };
        while free != NONE {
            let taker = self.columns.from[free as usize];
            let had = std::mem::replace(&mut market.table.row_mut(taker).column, free);
            market.owners[free as usize] = taker;
            free = if taker == row { NONE } else { had };
        }
    }

    /// Finds a row for a column that has a price and no row, or a chain that ends at a column without a price.
    pub(super) fn give_back(&mut self, column: u32, market: &mut Market) {
        if market.owners[column as usize] != NONE || market.prices[column as usize] == 0 {
            return;
        }
        self.begin();
        self.rows.begin(market.table.duals.len());
        let mut end = End {
            length: i64::MAX,
            column,
            row: NONE,
        };
        self.offer(column, 0, market, &mut end);
        self.go_back_from_here(0, market, &mut end);
        while let Some(Ahead { distance, place }) = self.ahead.pop() {
            if distance >= end.length {
                break;
            }
            if distance == self.rows.distance(place) {
                self.here.push(place);
                self.go_back_from_here(distance, market, &mut end);
            }
        }
        market.prices[column as usize] += end.length;
        self.raise_prices(end.length, market);
        self.hand_on(column, &end, market);
    }

    fn go_back_from_here(&mut self, distance: i64, market: &Market, end: &mut End) {
        while distance < end.length
            && let Some(row) = self.here.pop()
        {
            self.done.push(row);
            self.offer(market.table.row(row).column, distance, market, end);
        }
    }

    /// Offers a column to all who may have it, and looks whether it may go to nobody.
    fn offer(&mut self, at: u32, so_far: i64, market: &Market, end: &mut End) {
        let owed = so_far - market.prices[at as usize];
        if owed < end.length {
            *end = End {
                length: owed,
                column: at,
                row: NONE,
            };
        }
        let table = &market.table;
        let (edges, origins) = table.by_column.edges(at);
        for (edges, origins) in edges.chunks(TOGETHER).zip(origins.chunks(TOGETHER)) {
            let mut closer = self.rows.weigh(edges, owed, end.length, &table.duals);
            while closer != 0 {
                let bit = closer.trailing_zeros() as usize;
                closer &= closer - 1;
                let edge = edges[bit];
                if table.row(edge.to()).start == origins[bit] {
                    let raise = owed + edge.reduced(&table.duals);
                    self.offer_to(edge.to(), raise, at, so_far, market, end);
                }
            }
        }
        for (row, wide) in table.wide_rows() {
            if let Some(cost) = wide.cost_of(at) {
                self.offer_to(
                    row,
                    owed + cost - table.duals[row as usize],
                    at,
                    so_far,
                    market,
                    end,
                );
            }
        }
    }

    fn offer_to(&mut self, row: u32, raise: i64, at: u32, so_far: i64, market: &Market, end: &mut End) {
        let column = market.table.row(row).column;
        if column == at || raise >= end.length.min(self.rows.distance(row)) {
            return;
        }
        if column == NONE {
            *end = End {
                length: raise,
                column: at,
                row,
            };
        } else {
            self.rows.note(row, raise, at);
            self.plan(row, raise, so_far);
        }
    }

    fn raise_prices(&self, raise: i64, market: &mut Market) {
        for row in &self.done {
            let gain = raise - self.rows.distance(*row);
            market.table.duals[*row as usize] -= gain;
            market.prices[market.table.row(*row).column as usize] += gain;
        }
        market.table.note_rise(raise);
    }

    /// Has each column on the chain go to the row that the next one had, and the last to who gave up a fallback.
    fn hand_on(&self, first: u32, end: &End, market: &mut Market) {
        let (mut at, mut taker) = (end.column, end.row);
        loop {
            let owner = std::mem::replace(&mut market.owners[at as usize], taker);
            if taker != NONE {
                market.table.row_mut(taker).column = at;
            }
            if at == first {
                return;
            }
            (at, taker) = (self.rows.from[owner as usize], owner);
        }
    }
}
