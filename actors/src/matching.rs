//! Matching: each row gets the column, or its private fallback, such that all together cost least.
//!
//! Shortest augmenting paths: rows are taken in one after another, each by the cheapest chain of exchanges that ends at a free column or at
//! the fallback of a row on the way. Costs are whole numbers, so the optimum is exact and the same on every host.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

/// The greatest cost of an edge or a fallback: sums of a million of them do not overflow.
pub const COST_MAX: i64 = 1 << 42;

/// Rows with their edges to columns.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    columns: usize,
    /// Where each row's edges begin; one more at the end.
    starts: Vec<usize>,
    edges: Vec<(u32, i64)>,
    fallbacks: Vec<i64>,
}

impl Problem {
    /// A problem with so many columns and no rows.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self {
            columns,
            starts: vec![0],
            edges: Vec::new(),
            fallbacks: Vec::new(),
        }
    }

    /// Forgets all rows.
    pub fn clear(&mut self, columns: usize) {
        self.columns = columns;
        self.starts.truncate(1);
        self.edges.clear();
        self.fallbacks.clear();
    }

    /// Adds a row: what it costs to leave it without a column, and what each of its columns costs, from 0 to [`COST_MAX`].
    pub fn add_row(&mut self, fallback: i64, edges: impl IntoIterator<Item = (u32, i64)>) {
        self.edges.extend(edges);
        self.starts.push(self.edges.len());
        self.fallbacks.push(fallback);
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.fallbacks.len()
    }

    fn edges_of(&self, row: usize) -> &[(u32, i64)] {
        &self.edges[self.starts[row]..self.starts[row + 1]]
    }
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
    columns: Vec<Option<u32>>,
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
        self.columns[row]
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
        for row in 0..problem.rows() {
            let dual = self.duals[row];
            let mut paid = (self.columns[row].is_none()).then_some(problem.fallbacks[row]);
            let mut is_beaten = problem.fallbacks[row] < dual;
            for (column, cost) in problem.edges_of(row) {
                let reduced = cost - prices.values[*column as usize];
                is_beaten |= reduced < dual;
                if self.columns[row] == Some(*column) && reduced == dual {
                    paid = Some(reduced);
                }
            }
            if is_beaten || paid != Some(dual) {
                return Err(Broken::Row(row));
            }
            if let Some(column) = self.columns[row]
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
    owners: Vec<Option<usize>>,
    distances: Vec<i64>,
    /// From which row each column was reached.
    from: Vec<usize>,
    done: Vec<usize>,
    heap: BinaryHeap<Reverse<(i64, usize)>>,
}

impl Solver {
    /// The cheapest matching, and the prices that prove it.
    pub fn solve(&mut self, problem: &Problem, prices: &mut Prices) -> Matching {
        self.owners.clear();
        self.owners.resize(problem.columns, None);
        self.from.resize(problem.columns.max(self.from.len()), 0);
        prices.values.clear();
        prices.values.resize(problem.columns, 0);
        let mut matching = Matching {
            columns: vec![None; problem.rows()],
            duals: vec![0; problem.rows()],
            cost: 0,
        };
        for row in 0..problem.rows() {
            self.take_in(row, problem, &mut prices.values, &mut matching);
            matching.cost += matching.duals[row];
        }
        matching.cost = matching.duals.iter().sum::<i64>() + prices.values.iter().sum::<i64>();
        matching
    }

    fn take_in(&mut self, row: usize, problem: &Problem, prices: &mut [i64], matching: &mut Matching) {
        self.distances.clear();
        self.distances.resize(problem.columns, i64::MAX);
        self.heap.clear();
        self.done.clear();
        let (mut at, mut so_far) = (row, 0);
        let mut leave = (i64::MAX, row);
        let end = loop {
            leave = leave.min((so_far + problem.fallbacks[at] - matching.duals[at], at));
            for (column, cost) in problem.edges_of(at) {
                let column = *column as usize;
                let distance = so_far + cost - matching.duals[at] - prices[column];
                if distance < self.distances[column] {
                    self.distances[column] = distance;
                    self.from[column] = at;
                    self.heap.push(Reverse((distance, column)));
                }
            }
            let next = loop {
                match self.heap.pop() {
                    Some(Reverse((distance, column))) if distance > self.distances[column] => {}
                    next => break next,
                }
            };
            let Some(Reverse((distance, column))) = next.filter(|Reverse((distance, _))| *distance < leave.0)
            else {
                break None;
            };
            so_far = distance;
            match self.owners[column] {
                Some(owner) => {
                    self.done.push(column);
                    at = owner;
                }
                None => break Some(column),
            }
        };
        let length = if end.is_some() { so_far } else { leave.0 };
        for column in &self.done {
            let gain = length - self.distances[*column];
            prices[*column] -= gain;
            if let Some(owner) = self.owners[*column] {
                matching.duals[owner] += gain;
            }
        }
        matching.duals[row] += length;
        self.exchange(row, end.ok_or(leave.1), matching);
    }

    /// Hands columns on along the way that was found: it ends at a free column, or at a row that leaves its own.
    fn exchange(&mut self, row: usize, end: Result<usize, usize>, matching: &mut Matching) {
        let mut free = match end {
            Ok(column) => Some(column),
            Err(leaver) => {
                let had = matching.columns[leaver].take();
                had.map(|column| column as usize)
            }
        };
        while let Some(column) = free {
            let taker = self.from[column];
            let had = matching.columns[taker].map(|column| column as usize);
            matching.columns[taker] = u32::try_from(column).ok();
            self.owners[column] = Some(taker);
            free = if taker == row { None } else { had };
        }
    }
}
