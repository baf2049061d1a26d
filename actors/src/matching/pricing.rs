//! The core of a wide problem: the edges that matter.
//!
//! Of a row's thousands of edges the cheapest matching uses one of the few cheapest, almost always. So it is looked for among those alone, and the
//! prices that prove it there tell which other edges a row would rather have had: these join, and it is looked for again from there (pricing, as
//! in column generation). Once no edge of the whole problem would be had rather, it is the cheapest of the whole problem.

use super::{Edge, Matching, Problem, number};

/// Edges of a row in a core, at first: the cheapest.
const FIRST: usize = 24;

/// Edges of a row that join at once: those that are wanted most.
const JOINING: usize = 8;

/// A problem with more edges a row is wide: reading them once costs less than searching among them.
const WIDE: usize = 96;

/// The edges that matter so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Core {
    problem: Problem,
    smaller: Problem,
    /// Edges of a row that may join: what they cost at the prices, and where they are.
    wanted: Vec<(i64, u32)>,
}

impl Problem {
    /// Whether it is solved by its core.
    pub(super) fn is_wide(&self) -> bool {
        self.edges.len() > self.rows() * WIDE
    }
}

impl Core {
    pub(super) const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The cheapest edges of each row at these prices.
    pub(super) fn begin(&mut self, problem: &Problem, prices: &[i64]) {
        self.smaller.clear(problem.columns);
        self.problem.clear(problem.columns);
        for row in problem.rows_numbered() {
            self.want(problem.edges_of(row), prices, i64::MAX, FIRST);
            self.add_row(problem, row, &[], problem.hints[row as usize]);
        }
    }

    /// Lets those edges join that rows would rather have than what they have; whether there are any.
    pub(super) fn join(&mut self, problem: &Problem, prices: &[i64], matching: &Matching) -> bool {
        std::mem::swap(&mut self.problem, &mut self.smaller);
        self.problem.clear(problem.columns);
        let smaller = std::mem::take(&mut self.smaller);
        for row in problem.rows_numbered() {
            let at = row as usize;
            self.want(problem.edges_of(row), prices, matching.duals[at], JOINING);
            self.add_row(problem, row, smaller.edges_of(row), matching.columns[at]);
        }
        let is_larger = self.problem.edges.len() > smaller.edges.len();
        self.smaller = smaller;
        is_larger
    }

    /// Finds the edges of a row that cost least, so many at most, of those that cost less than so much.
    fn want(&mut self, edges: &[Edge], prices: &[i64], mut less_than: i64, most: usize) {
        let wanted = &mut self.wanted;
        wanted.clear();
        for (place, edge) in (0..).zip(edges) {
            let reduced = edge.cost - prices[edge.other as usize];
            if reduced < less_than {
                wanted.push((reduced, place));
                if wanted.len() == 4 * most {
                    let (_, next, _) = wanted.select_nth_unstable(most);
                    less_than = next.0;
                    wanted.truncate(most);
                }
            }
        }
        if wanted.len() > most {
            wanted.select_nth_unstable(most);
            wanted.truncate(most);
        }
    }

    /// Adds a row of these edges and of those that were found to be wanted.
    fn add_row(&mut self, problem: &Problem, row: u32, edges: &[Edge], hint: u32) {
        let whole = problem.edges_of(row);
        let core = &mut self.problem;
        core.edges.extend_from_slice(edges);
        core.edges
            .extend(self.wanted.iter().map(|(_, place)| whole[*place as usize]));
        core.starts.push(number(core.edges.len()));
        core.fallbacks.push(problem.fallbacks[row as usize]);
        core.hints.push(hint);
    }
}
