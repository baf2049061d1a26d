//! The search for the cheapest chain of exchanges: Dijkstra's over reduced costs.

use super::ahead::Ahead;
use super::labels::Labels;
use super::table::Edge;
use super::{Market, NONE};

/// Edges that are weighed together.
const TOGETHER: usize = 64;

/// Marks a place to go on from that is not a column, but a row whose other edges begin there.
const BEYOND: u32 = 1 << 31;

#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// Of columns, on the way there.
    columns: Labels,
    /// Of rows, on the way back.
    rows: Labels,
    ahead: Ahead,
    /// Which columns or rows were passed.
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

impl Search {
    /// Takes in rows that have nothing.
    pub(super) fn take_in_all(&mut self, rows: &mut Vec<u32>, market: &mut Market) {
        if !rows.is_empty() {
            self.columns.take_in(&market.prices);
        }
        for row in rows.drain(..) {
            self.take_in(row, market);
        }
    }

    fn take_in(&mut self, row: u32, market: &mut Market) {
        let nearest = market.offer(row).best;
        market.table.duals[row as usize] = 0;
        self.ahead.clear();
        self.done.clear();
        self.columns.begin(nearest);
        let mut end = End {
            length: i64::MAX,
            column: NONE,
            row,
        };
        self.visit(row, 0, market, &mut end);
        self.go_there(row, market, &mut end);
        while self.columns.limit < end.length {
            self.columns.look_farther(&market.prices);
            self.follow_edges(row, 0, market, &mut end);
            for at in 0..self.done.len() {
                let column = self.done[at];
                let (row, distance) = (market.owners[column as usize], self.columns.distance(column));
                self.follow_edges(row, distance, market, &mut end);
            }
            self.go_there(row, market, &mut end);
        }
        self.take_over(row, &end, market);
        self.columns.end(end.length - nearest, &market.prices);
    }

    /// Goes as far as the limit.
    fn go_there(&mut self, first: u32, market: &mut Market, end: &mut End) {
        while let Some(place) = self.ahead.pop()
            && place.distance < end.length
        {
            let number = place.number;
            if number & BEYOND != 0 {
                let at = number & !BEYOND;
                market.table.look_again(at, &market.prices);
                let so_far = self.distance_of(at, first, market);
                self.follow_edges(at, so_far, market, end);
            } else if place.distance == self.columns.distance(number) {
                self.done.push(number);
                self.visit(market.owners[number as usize], place.distance, market, end);
            }
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
            let mut leading = self.columns.weigh(edges, owed, is_sorted);
            while leading != 0 {
                let edge = edges[leading.trailing_zeros() as usize];
                leading &= leading - 1;
                let distance = owed + edge.reduced(&market.prices);
                if distance < end.length {
                    self.columns.note(edge.to(), distance, at, &market.prices);
                    if market.owners[edge.to() as usize] == NONE {
                        (end.length, end.column) = (distance, edge.to());
                    } else {
                        self.ahead.push(edge.to(), distance);
                    }
                }
            }
        }
        self.columns.look_to(end.length, &market.prices);
        let beyond = market.table.beyond(at).saturating_add(owed).max(so_far);
        if beyond < self.columns.limit {
            self.ahead.push(at | BEYOND, beyond);
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
            let taker = self.columns.from(free);
            let had = std::mem::replace(&mut market.table.row_mut(taker).column, free);
            market.owners[free as usize] = taker;
            free = if taker == row { NONE } else { had };
        }
    }

    /// Finds rows for columns that have a price and no row, or chains that end at a column without a price.
    pub(super) fn give_back_all(&mut self, columns: &mut Vec<u32>, market: &mut Market) {
        if !columns.is_empty() {
            self.rows.take_in(&market.table.duals);
        }
        for column in columns.drain(..) {
            self.give_back(column, market);
        }
    }

    fn give_back(&mut self, column: u32, market: &mut Market) {
        if market.owners[column as usize] != NONE || market.prices[column as usize] == 0 {
            return;
        }
        self.ahead.clear();
        self.done.clear();
        self.rows.begin(0);
        let mut end = End {
            length: i64::MAX,
            column,
            row: NONE,
        };
        self.offer(column, 0, market, &mut end);
        self.go_back(market, &mut end);
        while self.rows.limit < end.length {
            self.rows.look_farther(&market.table.duals);
            self.offer(column, 0, market, &mut end);
            for at in 0..self.done.len() {
                let row = self.done[at];
                let (column, distance) = (market.table.row(row).column, self.rows.distance(row));
                self.offer(column, distance, market, &mut end);
            }
            self.go_back(market, &mut end);
        }
        market.prices[column as usize] += end.length;
        self.raise_prices(end.length, market);
        self.hand_on(column, &end, market);
        self.rows.end(end.length, &market.table.duals);
    }

    /// Goes back as far as the limit.
    fn go_back(&mut self, market: &Market, end: &mut End) {
        while let Some(place) = self.ahead.pop()
            && place.distance < end.length
        {
            if place.distance == self.rows.distance(place.number) {
                self.done.push(place.number);
                self.offer(market.table.row(place.number).column, place.distance, market, end);
            }
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
            let mut leading = self.rows.weigh(edges, owed, false);
            while leading != 0 {
                let bit = leading.trailing_zeros() as usize;
                leading &= leading - 1;
                let edge = edges[bit];
                if table.row(edge.to()).start == origins[bit] {
                    self.offer_to(edge, owed, at, market, end);
                }
            }
        }
        for (row, wide) in table.wide_rows() {
            if let Some(cost) = wide.cost_of(at) {
                let edge = Edge::new(row, cost);
                if self.rows.leads_on(edge, owed) {
                    self.offer_to(edge, owed, at, market, end);
                }
            }
        }
        self.rows.look_to(end.length, &table.duals);
    }

    fn offer_to(&mut self, edge: Edge, owed: i64, at: u32, market: &Market, end: &mut End) {
        let duals = &market.table.duals;
        let (row, raise) = (edge.to(), owed + edge.reduced(duals));
        if raise >= end.length {
            return;
        }
        if market.table.row(row).column == NONE {
            *end = End {
                length: raise,
                column: at,
                row,
            };
        } else {
            self.rows.note(row, raise, at, duals);
            self.ahead.push(row, raise);
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
            (at, taker) = (self.rows.from(owner), owner);
        }
    }
}
