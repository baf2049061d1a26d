//! How far a search has come.

use super::NONE;
use super::table::Edge;

/// Edges that are weighed before it is looked whether more need be.
const STEP: usize = 8;

/// A search looks so many times as far as searches usually have to, at first.
const REACHES: i64 = 3;

/// How much farther it looks each time that it finds no end.
const WIDER: i64 = 8;

/// How far a search looks that knows of none before it: as far as there is anything.
const EVERYWHERE: i64 = 1 << 50;

/// One search in so many makes up what is usual.
const USUAL_OF: i64 = 8;

/// How far columns are on the way there, or rows on the way back. Nothing is looked at that is as far as the limit, until it is clear that nothing
/// nearer ends the search: most of what one might come to is farther than the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// Of those that were reached.
    distances: Vec<i64>,
    /// From which row (of a column) or column (of a row) each of those was reached.
    from: Vec<u32>,
    /// Which were; some more than once.
    reached: Vec<u32>,
    /// What each is worth, less by as much as it is nearer than the limit: so that one comparison tells whether an edge leads to what is nearer by
    /// it than by others, and within the limit.
    bars: Vec<i64>,
    pub(super) limit: i64,
    /// How much farther the search looks when it looks farther.
    reach: i64,
    /// How far searches had to look; 0: there was none.
    usual: i64,
}

impl Labels {
    /// Takes in what each is worth now, between searches.
    pub(super) fn take_in(&mut self, worths: &[i64]) {
        self.bars.clear();
        self.bars.extend_from_slice(worths);
        self.distances.resize(worths.len(), 0);
        self.from.resize(worths.len(), NONE);
    }

    /// Begins a search in which nothing is nearer than that.
    pub(super) fn begin(&mut self, nearest: i64) {
        self.reach = match self.usual {
            0 => EVERYWHERE,
            usual => usual * REACHES,
        };
        self.limit = nearest + self.reach;
    }

    /// Ends a search that had to look so far from where it began.
    pub(super) fn end(&mut self, length: i64, worths: &[i64]) {
        self.usual = (self.usual + (length - self.usual) / USUAL_OF).max(1);
        for number in self.reached.drain(..) {
            self.bars[number as usize] = worths[number as usize];
        }
    }

    /// Looks farther. What was passed has to be followed again.
    pub(super) fn look_farther(&mut self, worths: &[i64]) {
        self.reach = self.reach.saturating_mul(WIDER).min(EVERYWHERE);
        self.set_limit(self.limit + self.reach, worths);
    }

    /// Looks no farther than to an end that is known.
    pub(super) fn look_to(&mut self, length: i64, worths: &[i64]) {
        if length < self.limit {
            self.set_limit(length, worths);
        }
    }

    fn set_limit(&mut self, limit: i64, worths: &[i64]) {
        self.limit = limit;
        for number in &self.reached {
            let at = *number as usize;
            self.bars[at] = worths[at] + (self.distances[at] - limit).min(0);
        }
    }

    /// Notes a nearer way.
    pub(super) fn note(&mut self, number: u32, distance: i64, from: u32, worths: &[i64]) {
        let at = number as usize;
        self.distances[at] = distance;
        self.from[at] = from;
        self.bars[at] = worths[at] + (distance - self.limit).min(0);
        self.reached.push(number);
    }

    pub(super) fn distance(&self, number: u32) -> i64 {
        self.distances[number as usize]
    }

    pub(super) fn from(&self, number: u32) -> u32 {
        self.from[number as usize]
    }

    /// Whether an edge leads on, where so much is owed before its cost.
    pub(super) fn leads_on(&self, edge: Edge, owed: i64) -> bool {
        edge.reduced(&self.bars) < self.limit - owed
    }

    /// Which of these edges lead on, 64 at most: a bit for each. First all are weighed and then those are followed, so that the processor need not
    /// guess which do.
    pub(super) fn weigh(&self, edges: &[Edge], owed: i64, is_sorted: bool) -> u64 {
        let (steps, rest) = edges.as_chunks::<STEP>();
        let mut leading = 0;
        for (step, edges) in steps.iter().enumerate() {
            if is_sorted && edges[0].cost() >= self.limit - owed {
                return leading;
            }
            leading |= self.weigh_step(edges, owed) << (step * STEP);
        }
        if !rest.is_empty() {
            leading |= self.weigh_step(rest, owed) << (steps.len() * STEP);
        }
        leading
    }

    fn weigh_step(&self, edges: &[Edge], owed: i64) -> u64 {
        let weighed = edges.iter().map(|edge| u64::from(self.leads_on(*edge, owed)));
        weighed
            .enumerate()
            .fold(0, |some, (bit, leads)| some | leads << bit)
    }
}
