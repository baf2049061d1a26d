//! Wide rows: those with hundreds of edges.
//!
//! Of a row's thousands of edges the cheapest matching uses one of the few cheapest, almost always. So such a row has those at hand that were
//! cheapest when it was looked at last, and knows below what none of the others is. That bound stays true while prices fall, and sinks by as much as
//! prices have risen. Only who comes to it looks again: at the cheap part of the row first, since no price makes an edge cheaper than it is.

use super::table::Edge;

/// One edge in so many is in the cheap part.
const CHEAP_PARTS: usize = 8;

/// Of so many edges one is looked at to tell which are cheap.
const SAMPLE_STEP: usize = 8;

/// All edges of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Wide {
    /// The cheap ones and then the others, both by column.
    edges: Vec<Edge>,
    cheap: usize,
    /// None of the others costs less.
    others_cost: i64,
    /// None of the edges that are not at hand costs less, as if no price had risen yet.
    pub(super) beyond: i64,
}

impl Wide {
    /// Takes in all edges of a row.
    pub(super) fn fill(&mut self, edges: &mut [Edge]) {
        self.beyond = i64::MIN;
        if !edges.is_sorted_by_key(|edge| edge.column()) {
            edges.sort_unstable_by_key(|edge| edge.column());
        }
        self.others_cost = cost_of_cheap(edges);
        let is_cheap = |edge: &&Edge| edge.cost() < self.others_cost;
        self.edges.clear();
        self.edges.reserve_exact(edges.len());
        self.edges.extend(edges.iter().filter(is_cheap));
        self.cheap = self.edges.len();
        self.edges.extend(edges.iter().filter(|edge| !is_cheap(edge)));
    }

    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Finds so many edges that cost least at these prices, if so many cost less than so much; what the others cost at least.
    pub(super) fn find_nearest(
        &self,
        prices: &[i64],
        count: usize,
        mut less_than: i64,
        nearest: &mut Vec<(i64, u32)>,
    ) -> i64 {
        nearest.clear();
        let (cheap, others) = self.edges.split_at(self.cheap);
        let mut place = 0;
        for part in [cheap, others] {
            for edge in part {
                let reduced = edge.reduced(prices);
                if reduced < less_than {
                    nearest.push((reduced, place));
                    if nearest.len() == 4 * count {
                        less_than = keep(nearest, count);
                    }
                }
                place += 1;
            }
            if nearest.len() > count {
                less_than = keep(nearest, count);
            }
            if less_than <= self.others_cost {
                break;
            }
        }
        less_than
    }

    /// What a column costs the row, where it may have it.
    pub(super) fn cost_of(&self, column: u32) -> Option<i64> {
        let (cheap, others) = self.edges.split_at(self.cheap);
        [cheap, others].into_iter().find_map(|part| {
            let place = part.binary_search_by_key(&column, |edge| edge.column()).ok()?;
            Some(part[place].cost())
        })
    }
}

/// Below which the cheap part of a row is, by some of its edges.
fn cost_of_cheap(edges: &[Edge]) -> i64 {
    let mut costs: Vec<i64> = edges
        .iter()
        .step_by(SAMPLE_STEP)
        .map(|edge| edge.cost())
        .collect();
    if costs.is_empty() {
        return 0;
    }
    let cheap = costs.len() / CHEAP_PARTS;
    *costs.select_nth_unstable(cheap).1
}

/// Keeps so many that cost least; what the next one costs.
fn keep(nearest: &mut Vec<(i64, u32)>, count: usize) -> i64 {
    let (_, next, _) = nearest.select_nth_unstable(count);
    let less_than = next.0;
    nearest.truncate(count);
    less_than
}
