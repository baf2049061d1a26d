//! Matching: each row gets the column, or its private fallback, such that all together cost least.
//!
//! Shortest augmenting paths (Jonker and Volgenant 1987) on sparse edges: rows first bid for columns, each displacing whom it outbids
//! (augmenting row reduction); the few that are left find the cheapest chain of exchanges that ends at a free column or at the fallback of a row on
//! the way. From prices of an earlier problem, only what they no longer prove is done: columns that lost their row are offered to others the
//! same way backwards, and rows without a column are taken in. Problems with many edges a row are solved by their [core](pricing). Costs are whole numbers, so the optimum is exact and the same on every host.

use serde::{Deserialize, Serialize};

use self::pricing::Core;
use self::search::Search;

mod pricing;
mod search;

/// The greatest cost of an edge or a fallback: sums of a million of them do not overflow.
pub const COST_MAX: i64 = 1 << 42;

/// The dual of a row that has nothing yet, not even its fallback.
const OUT: i64 = i64::MIN;

/// No row, or no column.
const NONE: u32 = u32::MAX;

/// Rows with their edges to columns.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    columns: usize,
    /// Where each row's edges begin; one more at the end.
    starts: Vec<u32>,
    edges: Vec<Edge>,
    fallbacks: Vec<i64>,
    hints: Vec<u32>,
}

/// What a column costs a row, or the other way round.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    cost: i64,
    other: u32,
}

impl Problem {
    /// A problem with so many columns and no rows.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        let mut problem = Self::default();
        problem.clear(columns);
        problem
    }

    /// Forgets all rows.
    pub fn clear(&mut self, columns: usize) {
        self.columns = columns;
        self.starts.clear();
        self.starts.push(0);
        self.edges.clear();
        self.fallbacks.clear();
        self.hints.clear();
    }

    /// Adds a row: what it costs to leave it without a column, and what each of its columns costs, from 0 to [`COST_MAX`].
    pub fn add_row(&mut self, fallback: i64, edges: impl IntoIterator<Item = (u32, i64)>) {
        self.edges
            .extend(edges.into_iter().map(|(other, cost)| Edge { cost, other }));
        self.starts.push(number(self.edges.len()));
        self.fallbacks.push(fallback);
        self.hints.push(NONE);
    }

    /// Says which column the row that was added last had in an earlier solution: if the prices prove that it still may, it keeps it.
    pub fn hint(&mut self, column: Option<u32>) {
        if let Some(hint) = self.hints.last_mut() {
            *hint = column.unwrap_or(NONE);
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.fallbacks.len()
    }

    /// The rows' numbers.
    fn rows_numbered(&self) -> std::ops::Range<u32> {
        0..number(self.rows())
    }

    fn edges_of(&self, row: u32) -> &[Edge] {
        let row = row as usize;
        &self.edges[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// A row's or a column's number.
fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2³² rows and columns")
}

/// What each column is worth, at most zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    values: Vec<i64>,
}

impl Prices {
    /// Prices known from an earlier problem, column by column.
    #[must_use]
    pub fn from_columns(values: impl IntoIterator<Item = i64>) -> Self {
        Self {
            values: values.into_iter().collect(),
        }
    }

    /// Column by column.
    #[must_use]
    pub fn columns(&self) -> &[i64] {
        &self.values
    }
}

/// Which column each row has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    columns: Vec<u32>,
    duals: Vec<i64>,
    cost: i64,
}

/// What is wrong with a matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A row would rather have something else.
    Row(usize),
    /// A column has a price though no row has it, or two rows have it.
    Column(usize),
}

impl Matching {
    /// The row's column; `None` where it has its fallback.
    #[must_use]
    pub fn column(&self, row: usize) -> Option<u32> {
        Some(self.columns[row]).filter(|column| *column != NONE)
    }

    /// What all rows cost together.
    #[must_use]
    pub const fn cost(&self) -> i64 {
        self.cost
    }

    /// Proves that nothing is cheaper: no row finds a column or its fallback below its dual, and what it has costs just that.
    ///
    /// # Errors
    /// The first row or column that disproves it.
    pub fn certificate(&self, problem: &Problem, prices: &Prices) -> Result<(), Broken> {
        let mut is_taken = vec![false; problem.columns];
        for (row, dual) in self.duals.iter().copied().enumerate() {
            let mut paid = self.column(row).is_none().then_some(problem.fallbacks[row]);
            let mut is_beaten = problem.fallbacks[row] < dual;
            for edge in problem.edges_of(number(row)) {
                let reduced = edge.cost - prices.values[edge.other as usize];
                is_beaten |= reduced < dual;
                if self.columns[row] == edge.other && reduced == dual {
                    paid = Some(reduced);
                }
            }
            if is_beaten || paid != Some(dual) {
                return Err(Broken::Row(row));
            }
            if let Some(column) = self.column(row)
                && std::mem::replace(&mut is_taken[column as usize], true)
            {
                return Err(Broken::Column(column as usize));
            }
        }
        let is_wrong = |column: &usize| {
            let price = prices.values[*column];
            price > 0 || price < 0 && !is_taken[*column]
        };
        (0..problem.columns)
            .find(is_wrong)
            .map_or(Ok(()), |column| Err(Broken::Column(column)))
    }
}

/// Solves problems, and keeps what it needs for the next.
#[derive(Clone, Debug, Default)]
pub struct Solver {
    /// The row that has each column.
    owners: Vec<u32>,
    /// Rows that have nothing yet.
    left: Vec<u32>,
    search: Search,
    /// Edges by column, for the way back.
    back_starts: Vec<u32>,
    back: Vec<Edge>,
    core: Core,
}

/// How often each row that has nothing bids: what is left then is found faster by searching.
const BID_ROUNDS: usize = 2;

/// Bids a round, for each row that begins it.
const BIDS_OF_A_ROW: usize = 2;

/// A row's best offer: what it costs, and what the next best would. There is always the fallback, so where the best is a column there is a next.
struct Offer {
    best: i64,
    second: i64,
    /// `NONE`: its fallback.
    column: u32,
}

impl Solver {
    /// The cheapest matching, and the prices that prove it. Prices of an earlier problem make it faster, and so do [hints](Problem::hint); the cost
    /// does not depend on them, nor does the matching where only one is cheapest.
    pub fn solve(&mut self, problem: &Problem, prices: &mut Prices) -> Matching {
        prices.values.resize(problem.columns, 0);
        prices
            .values
            .iter_mut()
            .for_each(|price| *price = (*price).min(0));
        if !problem.is_wide() {
            return self.solve_whole(problem, prices);
        }
        let mut core = std::mem::take(&mut self.core);
        core.begin(problem, &prices.values);
        let matching = loop {
            let matching = self.solve_whole(core.problem(), prices);
            if !core.join(problem, &prices.values, &matching) {
                break matching;
            }
        };
        self.core = core;
        matching
    }

    /// The cheapest by looking at every edge.
    fn solve_whole(&mut self, problem: &Problem, prices: &mut Prices) -> Matching {
        self.owners.clear();
        self.owners.resize(problem.columns, NONE);
        self.left.clear();
        let mut matching = Matching {
            columns: vec![NONE; problem.rows()],
            duals: vec![0; problem.rows()],
            cost: 0,
        };
        let values = prices.values.as_mut_slice();
        self.keep_hinted(problem, values, &mut matching);
        self.bid(problem, values, &mut matching);
        for row in std::mem::take(&mut self.left) {
            self.search
                .take_in(row, problem, values, &mut self.owners, &mut matching);
        }
        self.offer_lost_columns(problem, values, &mut matching);
        matching.cost = matching.duals.iter().sum::<i64>() + values.iter().sum::<i64>();
        matching
    }

    /// Rows that still want the column they had keep it.
    fn keep_hinted(&mut self, problem: &Problem, prices: &mut [i64], matching: &mut Matching) {
        for row in problem.rows_numbered() {
            let (at, hint) = (row as usize, problem.hints[row as usize]);
            if self.owners.get(hint as usize) == Some(&NONE) {
                let best = Offer::to(row, problem, prices).best;
                let mut edges = problem.edges_of(row).iter();
                if edges.any(|edge| edge.other == hint && edge.cost - prices[hint as usize] == best) {
                    self.owners[hint as usize] = row;
                    matching.columns[at] = hint;
                    matching.duals[at] = best;
                    continue;
                }
            }
            matching.duals[at] = OUT;
            self.left.push(row);
        }
    }

    /// Columns that have a price and no row are offered to all rows.
    fn offer_lost_columns(&mut self, problem: &Problem, prices: &mut [i64], matching: &mut Matching) {
        let lost: Vec<u32> = (0..problem.columns)
            .filter(|column| self.owners[*column] == NONE && prices[*column] < 0)
            .map(number)
            .collect();
        if lost.is_empty() {
            return;
        }
        self.turn_round(problem);
        for column in lost {
            self.search.give_back(
                column,
                (&self.back_starts, &self.back),
                prices,
                &mut self.owners,
                matching,
            );
        }
    }

    /// Sorts the edges by column.
    fn turn_round(&mut self, problem: &Problem) {
        self.back_starts.clear();
        self.back_starts.resize(problem.columns + 1, 0);
        for edge in &problem.edges {
            self.back_starts[edge.other as usize + 1] += 1;
        }
        for column in 0..problem.columns {
            self.back_starts[column + 1] += self.back_starts[column];
        }
        self.back.clear();
        self.back.resize(problem.edges.len(), Edge::default());
        let mut next = self.back_starts.clone();
        for row in problem.rows_numbered() {
            for edge in problem.edges_of(row) {
                let place = &mut next[edge.other as usize];
                self.back[*place as usize] = Edge {
                    cost: edge.cost,
                    other: row,
                };
                *place += 1;
            }
        }
    }

    /// Rows bid for their best column just so much that they would as well have the next best, and displace who had it; who is displaced bids
    /// next, as long as that is worth its while.
    fn bid(&mut self, problem: &Problem, prices: &mut [i64], matching: &mut Matching) {
        for _ in 0..BID_ROUNDS {
            let mut bidders = std::mem::take(&mut self.left);
            let mut bids_left = bidders.len() * BIDS_OF_A_ROW;
            while let Some(row) = bidders.pop() {
                let Offer { best, second, column } = Offer::to(row, problem, prices);
                let at = row as usize;
                if column == NONE {
                    matching.duals[at] = best;
                    continue;
                }
                let had = self.owners[column as usize];
                if had != NONE && second == best {
                    // Both would be as well off: left to the search, which does not go round in circles.
                    self.left.push(row);
                    continue;
                }
                prices[column as usize] -= second - best;
                matching.duals[at] = second;
                matching.columns[at] = column;
                self.owners[column as usize] = row;
                if had != NONE {
                    matching.columns[had as usize] = NONE;
                    matching.duals[had as usize] = OUT;
                    let goes_on = bids_left > 0;
                    bids_left = bids_left.saturating_sub(1);
                    let next = if goes_on { &mut bidders } else { &mut self.left };
                    next.push(had);
                }
            }
        }
    }
}

impl Offer {
    /// The best that a row finds at these prices.
    fn to(row: u32, problem: &Problem, prices: &[i64]) -> Self {
        let mut offer = Self {
            best: problem.fallbacks[row as usize],
            second: i64::MAX,
            column: NONE,
        };
        for edge in problem.edges_of(row) {
            let reduced = edge.cost - prices[edge.other as usize];
            if reduced < offer.best {
                (offer.second, offer.best, offer.column) = (offer.best, reduced, edge.other);
            } else {
                offer.second = offer.second.min(reduced);
            }
        }
        offer
    }
}

#[cfg(test)]
mod tests;
