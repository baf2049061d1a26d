//! Wide rows: those with hundreds of edges.
//!
//! Of a row's thousands of edges the cheapest matching uses one of the few cheapest, almost always. So such a row has those at hand that were
//! cheapest when it was looked at last, some more near by, and knows below what none of the others is. That bound stays true while prices fall, and
//! sinks by as much as prices have risen. Only who comes to it looks again: at what is near first, then at the cheap part of the row, since no price
//! makes an edge cheaper than it is.

use super::table::Edge;

/// One edge in so many is in the cheap part.
const CHEAP_PARTS: usize = 8;

/// Of so many edges one is looked at to tell which are cheap.
const SAMPLE_STEP: usize = 8;

/// One edge in so many is near, if they are more than those that are taken at hand from there.
const NEAR_PARTS: usize = 16;

/// All edges of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Wide {
    /// The cheap ones and then the others, both by column.
    edges: Vec<Edge>,
    cheap: usize,
    /// None of the others costs less.
    others_cost: i64,
    /// Those that cost least when all were looked at last.
    near: Vec<Edge>,
    /// None of the edges that are not near costs less, as if no price had risen yet.
    past_near: i64,
    /// None of the edges that are not at hand costs less, as if no price had risen yet.
    pub(super) beyond: i64,
}

/// Edges with what they cost at some prices.
pub(super) type Priced = Vec<(i64, Edge)>;

impl Wide {
    /// Takes in all edges of a row.
    pub(super) fn fill(&mut self, edges: &mut [Edge]) {
        self.beyond = i64::MIN;
        self.past_near = i64::MIN;
        self.near.clear();
        if !edges.is_sorted_by_key(|edge| edge.to()) {
            edges.sort_unstable_by_key(|edge| edge.to());
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

    /// Finds so many edges that cost least at these prices, or more where that tells nothing new of the others. All prices have risen by `risen`
    /// together.
    pub(super) fn look_again(&mut self, prices: &[i64], risen: i64, mut count: usize, nearest: &mut Priced) {
        let known = self.beyond;
        if self.near.len() >= 2 * count {
            nearest.clear();
            nearest.extend(self.near.iter().map(|edge| (edge.reduced(prices), *edge)));
            self.take_at_hand(risen, count, nearest);
        } else {
            self.beyond = i64::MIN;
        }
        while self.beyond <= known {
            self.find_near(prices, risen, count.max(self.edges.len() / NEAR_PARTS), nearest);
            self.take_at_hand(risen, count, nearest);
            count *= 2;
        }
    }

    /// Leaves so many of those that are near, and notes what the others cost at least.
    fn take_at_hand(&mut self, risen: i64, count: usize, nearest: &mut Priced) {
        self.beyond = self.past_near;
        if nearest.len() > count {
            self.beyond = keep(nearest, count).saturating_add(risen).min(self.past_near);
        }
    }

    /// Counts rises of prices from zero again: they came to so much.
    pub(super) const fn forget_rise(&mut self, risen: i64) {
        self.past_near = self.past_near.saturating_sub(risen);
        self.beyond = self.beyond.saturating_sub(risen);
    }

    /// Takes those near that cost least at these prices.
    fn find_near(&mut self, prices: &[i64], risen: i64, count: usize, nearest: &mut Priced) {
        nearest.clear();
        let mut less_than = self
            .near
            .get(..count)
            .and_then(|near| near.iter().map(|edge| edge.reduced(prices)).max())
            .map_or(i64::MAX, |cost| cost + 1);
        let (cheap, others) = self.edges.split_at(self.cheap);
        for part in [cheap, others] {
            for edge in part {
                let reduced = edge.reduced(prices);
                if reduced < less_than {
                    nearest.push((reduced, *edge));
                    if nearest.len() == 2 * count {
                        less_than = keep(nearest, count);
                    }
                }
            }
            if nearest.len() > count {
                less_than = keep(nearest, count);
            }
            if less_than <= self.others_cost {
                break;
            }
        }
        self.past_near = less_than.saturating_add(risen);
        self.near.clear();
        self.near.extend(nearest.iter().map(|(_, edge)| *edge));
    }

    /// What a column costs the row, where it may have it.
    pub(super) fn cost_of(&self, column: u32) -> Option<i64> {
        let (cheap, others) = self.edges.split_at(self.cheap);
        [cheap, others].into_iter().find_map(|part| {
            let place = part.binary_search_by_key(&column, |edge| edge.to()).ok()?;
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
fn keep(nearest: &mut Priced, count: usize) -> i64 {
    let (_, next, _) = nearest.select_nth_unstable_by_key(count, |(cost, _)| *cost);
    let less_than = next.0;
    nearest.truncate(count);
    less_than
}
