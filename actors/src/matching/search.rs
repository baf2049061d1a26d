//! The search for the cheapest chain of exchanges: Dijkstra's over reduced costs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Market, NONE};

/// What a search knows of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Label {
    distance: i64,
    /// In which search it was reached last.
    search: u32,
    /// From which row (on the way there), or which column (on the way back).
    from: u32,
}

/// Marks a place to go on from that is not a column, but a row whose other edges begin there.
const BEYOND: u32 = 1 << 31;

#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    labels: Vec<Label>,
    number: u32,
    /// Columns that were reached, and rows whose edges at hand are used up, by distance.
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    done: Vec<u32>,
}

/// The cheapest end known of a chain.
struct End {
    length: i64,
    /// A free column; `NONE`: a fallback.
    column: u32,
    /// Whose.
    leaver: u32,
}

impl Search {
    fn begin(&mut self, columns: usize) {
        if self.labels.len() < columns {
            self.labels.resize(columns, Label::default());
        }
        self.number = self.number.checked_add(1).unwrap_or_else(|| {
            self.labels.fill(Label::default());
            1
        });
        self.heap.clear();
        self.done.clear();
    }

    /// Notes a way to a column, where it is shorter than what was known.
    fn reach(&mut self, column: u32, distance: i64, from: u32) -> bool {
        let label = &mut self.labels[column as usize];
        let is_shorter = label.search != self.number || distance < label.distance;
        if is_shorter {
            *label = Label {
                distance,
                search: self.number,
                from,
            };
        }
        is_shorter
    }

    /// Takes in a row that has nothing.
    pub(super) fn take_in(&mut self, row: u32, market: &mut Market) {
        self.begin(market.prices.len());
        market.table.row_mut(row).dual = 0;
        let mut end = End {
            length: i64::MAX,
            column: NONE,
            leaver: row,
        };
        self.visit(row, 0, market, &mut end);
        while let Some(Reverse((distance, key))) = self.heap.pop() {
            if distance >= end.length {
                break;
            }
            if key & BEYOND != 0 {
                let at = key & !BEYOND;
                market.table.look_again(at, &market.prices);
                let so_far = self.distance_of(at, row, market);
                self.follow_edges(at, so_far, market, &mut end);
            } else if distance == self.labels[key as usize].distance {
                self.done.push(key);
                self.visit(market.owners[key as usize], distance, market, &mut end);
            }
        }
        self.take_over(row, &end, market);
    }

    /// How far a row is that was visited.
    fn distance_of(&self, at: u32, first: u32, market: &Market) -> i64 {
        if at == first {
            0
        } else {
            self.labels[market.table.row(at).column as usize].distance
        }
    }

    fn visit(&mut self, at: u32, so_far: i64, market: &Market, end: &mut End) {
        let row = market.table.row(at);
        let leave = so_far - row.dual + row.fallback;
        if leave < end.length {
            (end.length, end.column, end.leaver) = (leave, NONE, at);
        }
        self.follow_edges(at, so_far, market, end);
    }

    fn follow_edges(&mut self, at: u32, so_far: i64, market: &Market, end: &mut End) {
        let owed = so_far - market.table.row(at).dual;
        let is_sorted = market.table.row(at).is_sorted();
        for edge in market.table.edges(at) {
            if is_sorted && owed + edge.cost() >= end.length {
                break;
            }
            let distance = owed + edge.reduced(&market.prices);
            if distance < end.length && self.reach(edge.column(), distance, at) {
                if market.owners[edge.column() as usize] == NONE {
                    (end.length, end.column) = (distance, edge.column());
                } else {
                    self.heap.push(Reverse((distance, edge.column())));
                }
            }
        }
        let beyond = market.table.beyond(at).saturating_add(owed);
        if beyond < end.length {
            self.heap.push(Reverse((beyond, at | BEYOND)));
        }
    }

    /// Has each row on the chain take what the next one had.
    fn take_over(&mut self, row: u32, end: &End, market: &mut Market) {
        for column in &self.done {
            let gain = end.length - self.labels[*column as usize].distance;
            market.prices[*column as usize] -= gain;
            let owner = market.owners[*column as usize];
            market.table.row_mut(owner).dual += gain;
        }
        market.table.row_mut(row).dual = end.length;
        let mut free = match end.column {
            NONE => std::mem::replace(&mut market.table.row_mut(end.leaver).column, NONE),
            column => column,
        };
        while free != NONE {
            let taker = self.labels[free as usize].from;
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
        self.begin(market.prices.len());
        self.reach(column, 0, NONE);
        self.heap.push(Reverse((0, column)));
        // The cheapest end: the raise at which a column is worth nothing, or a row gives up its fallback, and which column then goes to whom.
        let mut end = (i64::MAX, NONE, NONE);
        while let Some(Reverse((distance, at))) = self.heap.pop() {
            if distance >= end.0 {
                break;
            }
            if distance != self.labels[at as usize].distance {
                continue;
            }
            self.done.push(at);
            let worth = market.prices[at as usize];
            end = end.min((distance - worth, at, NONE));
            for (number, cost) in market.table.edges_to(at) {
                let row = market.table.row(number);
                let raise = distance + cost - worth - row.dual;
                if row.column == at || raise >= end.0 {
                    continue;
                }
                if row.column == NONE {
                    end = (raise, at, number);
                } else if self.reach(row.column, raise, at) {
                    self.heap.push(Reverse((raise, row.column)));
                }
            }
        }
        let (raise, at, taker) = end;
        self.raise_prices(raise, market);
        self.hand_on(at, taker, market);
    }

    fn raise_prices(&self, raise: i64, market: &mut Market) {
        for column in &self.done {
            let gain = raise - self.labels[*column as usize].distance;
            market.prices[*column as usize] += gain;
            let owner = market.owners[*column as usize];
            if owner != NONE {
                market.table.row_mut(owner).dual -= gain;
            }
        }
        market.table.note_rise(raise);
    }

    /// Has each column on the chain go to the row that the next one had, and the last to `taker`.
    fn hand_on(&self, mut at: u32, mut taker: u32, market: &mut Market) {
        while at != NONE {
            let owner = std::mem::replace(&mut market.owners[at as usize], taker);
            if taker != NONE {
                market.table.row_mut(taker).column = at;
            }
            (at, taker) = (self.labels[at as usize].from, owner);
        }
    }
}
