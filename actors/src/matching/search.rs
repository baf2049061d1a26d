//! The search for the cheapest chain of exchanges: Dijkstra's over reduced costs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Edge, Matching, NONE, OUT, Problem};

/// What a search knows of a column.
#[derive(Clone, Copy, Debug, Default)]
struct Label {
    distance: i64,
    /// In which search it was reached last.
    search: u32,
    /// From which row (on the way there), or which column (on the way back).
    from: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    labels: Vec<Label>,
    number: u32,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    done: Vec<u32>,
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

    /// The nearest column that was not looked at yet.
    fn nearest(&mut self) -> Option<(i64, u32)> {
        while let Some(Reverse((distance, column))) = self.heap.pop() {
            if distance == self.labels[column as usize].distance {
                return Some((distance, column));
            }
        }
        None
    }

    /// Takes in a row that has nothing.
    pub(super) fn take_in(
        &mut self,
        row: u32,
        problem: &Problem,
        prices: &mut [i64],
        owners: &mut [u32],
        matching: &mut Matching,
    ) {
        self.begin(problem.columns);
        let (mut at, mut so_far) = (row, 0);
        matching.duals[row as usize] = 0;
        // The cheapest end known: a free column, or the fallback of a row on the way.
        let (mut length, mut end, mut leaver) = (i64::MAX, NONE, row);
        loop {
            let owed = so_far - matching.duals[at as usize];
            let leave = owed + problem.fallbacks[at as usize];
            if leave < length {
                (length, end, leaver) = (leave, NONE, at);
            }
            for edge in problem.edges_of(at) {
                let distance = owed + edge.cost - prices[edge.other as usize];
                if distance < length && self.reach(edge.other, distance, at) {
                    if owners[edge.other as usize] == NONE {
                        (length, end) = (distance, edge.other);
                    } else {
                        self.heap.push(Reverse((distance, edge.other)));
                    }
                }
            }
            match self.nearest() {
                Some((distance, column)) if distance < length => {
                    so_far = distance;
                    self.done.push(column);
                    at = owners[column as usize];
                }
                _ => break,
            }
        }
        for column in &self.done {
            let gain = length - self.labels[*column as usize].distance;
            prices[*column as usize] -= gain;
            matching.duals[owners[*column as usize] as usize] += gain;
        }
        matching.duals[row as usize] = length;
        let mut free = match end {
            NONE => std::mem::replace(&mut matching.columns[leaver as usize], NONE),
            column => column,
        };
        while free != NONE {
            let taker = self.labels[free as usize].from;
            let had = std::mem::replace(&mut matching.columns[taker as usize], free);
            owners[free as usize] = taker;
            free = if taker == row { NONE } else { had };
        }
    }

    /// Finds a row for a column that has a price and no row, or a chain that ends at a column without a price.
    pub(super) fn give_back(
        &mut self,
        column: u32,
        (starts, edges): (&[u32], &[Edge]),
        prices: &mut [i64],
        owners: &mut [u32],
        matching: &mut Matching,
    ) {
        if owners[column as usize] != NONE || prices[column as usize] == 0 {
            return;
        }
        self.begin(prices.len());
        self.reach(column, 0, NONE);
        self.heap.push(Reverse((0, column)));
        // The cheapest end: the raise at which a column is worth nothing, or a row gives up its fallback, and which column then goes to whom.
        let mut end = (i64::MAX, NONE, NONE);
        while let Some((distance, at)) = self.nearest() {
            if distance >= end.0 {
                break;
            }
            self.done.push(at);
            let worth = prices[at as usize];
            end = end.min((distance - worth, at, NONE));
            for edge in &edges[starts[at as usize] as usize..starts[at as usize + 1] as usize] {
                let row = edge.other;
                let has = matching.columns[row as usize];
                let dual = matching.duals[row as usize];
                if has == at || dual == OUT {
                    continue;
                }
                let raise = distance + edge.cost - worth - dual;
                if raise >= end.0 {
                    continue;
                }
                if has == NONE {
                    end = (raise, at, row);
                } else if self.reach(has, raise, at) {
                    self.heap.push(Reverse((raise, has)));
                }
            }
        }
        let (raise, mut at, mut taker) = end;
        for column in &self.done {
            let gain = raise - self.labels[*column as usize].distance;
            if gain > 0 {
                prices[*column as usize] += gain;
                let owner = owners[*column as usize];
                if owner != NONE {
                    matching.duals[owner as usize] -= gain;
                }
            }
        }
        // Each column on the chain goes to the row that the next one had.
        loop {
            let before = self.labels[at as usize].from;
            let owner = owners[at as usize];
            owners[at as usize] = taker;
            if taker != NONE {
                matching.columns[taker as usize] = at;
            }
            if before == NONE {
                break;
            }
            (at, taker) = (before, owner);
        }
    }
}
