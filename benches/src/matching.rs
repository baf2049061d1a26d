//! Assignment problems between random points of a square: what they cost, cold and after a few rows changed.

use std::io::{self, Write as _};
use std::path::Path;

use skyhaul_actors::matching::{COST_MAX, Matcher};
use skyhaul_engine::rng::RandomStream;

use crate::slices::Slices;

/// What it costs to have no column, of the square's side: farther than almost all of the nearest.
const FALLBACK: i64 = 300_000;

/// Costs are in millionths of the square's side.
const SIDE: f64 = 1e6;

/// Rows and columns, and how many of the nearest columns each row may have.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Edges of a row; as many as columns: dense, without fallbacks.
    pub nearest: usize,
}

/// Edges of a row: a column and its cost.
type Edges = Vec<(u32, i64)>;

/// How often some rows move on, after each time that all are new.
const AGAIN: usize = 5;

/// A problem in space.
#[derive(Clone, Debug)]
pub struct Field {
    size: Size,
    columns: Vec<[f64; 2]>,
    edges: Vec<Edges>,
    random: RandomStream,
}

/// What solving took, as nanoseconds an operation, and what came of it.
#[derive(Default)]
pub struct Solved {
    /// From nothing.
    pub cold: Slices,
    /// After one row in a hundred moved.
    pub warm: Slices,
    /// What the first problem costs.
    pub cost: i64,
}

impl Field {
    /// Points drawn from a fixed seed.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let mut random = RandomStream::new(42, size.rows as u64);
        let mut points =
            |count| -> Vec<[f64; 2]> { (0..count).map(|_| [random.unit(), random.unit()]).collect() };
        let (rows, columns) = (points(size.rows), points(size.columns));
        let edges = rows
            .iter()
            .map(|row| nearest(*row, &columns, size.nearest))
            .collect();
        Self {
            size,
            columns,
            edges,
            random,
        }
    }

    /// The costs, row after row, where it is dense.
    #[must_use]
    pub fn dense(&self) -> Vec<f64> {
        self.edges
            .iter()
            .flatten()
            .map(|(_, cost)| *cost as f64)
            .collect()
    }

    /// Writes edges for peers of other languages: 8 bytes each for row, column and cost, little-endian.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = io::BufWriter::new(std::fs::File::create(path)?);
        for (row, edges) in self.edges.iter().enumerate() {
            for (column, cost) in edges {
                for word in [row as i64, i64::from(*column), *cost] {
                    file.write_all(&word.to_le_bytes())?;
                }
            }
        }
        file.flush()
    }

    /// Solves it so often, each time from nothing and then, [`AGAIN`] times, after one row in a hundred moved elsewhere. Times include that the
    /// rows are told.
    ///
    /// # Panics
    /// Where a solution is not the cheapest.
    #[must_use]
    pub fn solve(mut self, slices: usize) -> Solved {
        let mut solved = Solved::default();
        for _ in 0..slices {
            let mut matcher = Matcher::new(vec![0; self.size.columns]);
            let all = (0..).zip(self.edges.iter().map(Vec::as_slice));
            settle(&mut solved.cold, &mut matcher, self.fallback(), all);
            solved.cost = matcher.cost();
            for _ in 0..AGAIN {
                let moved: Vec<(u32, Edges)> =
                    (0..self.size.rows.div_ceil(100)).map(|_| self.moved()).collect();
                let changed = moved.iter().map(|(row, edges)| (*row, edges.as_slice()));
                settle(&mut solved.warm, &mut matcher, self.fallback(), changed);
            }
        }
        solved
    }

    /// A row, and its edges once it is elsewhere.
    fn moved(&mut self) -> (u32, Edges) {
        let row = self.random.index(self.size.rows);
        let point = [self.random.unit(), self.random.unit()];
        let edges = nearest(point, &self.columns, self.size.nearest);
        (u32::try_from(row).expect("thousands of rows"), edges)
    }

    fn fallback(&self) -> i64 {
        let is_dense = self.size.nearest >= self.size.columns;
        if is_dense { COST_MAX } else { FALLBACK }
    }
}

/// Times a matching once these rows are as they are, and has it proved.
fn settle<'a>(
    slices: &mut Slices,
    matcher: &mut Matcher,
    fallback: i64,
    rows: impl Iterator<Item = (u32, &'a [(u32, i64)])>,
) {
    slices.time(|| {
        for (row, edges) in rows {
            matcher.set_row(row, fallback, edges.iter().copied());
        }
        matcher.settle();
        1
    });
    assert_eq!(matcher.certificate(), Ok(()), "it is proved to be the cheapest");
}

fn nearest(point: [f64; 2], columns: &[[f64; 2]], count: usize) -> Edges {
    let mut edges: Edges = (0..)
        .zip(columns.iter().map(|column| distance(point, *column)))
        .collect();
    if count < edges.len() {
        edges.select_nth_unstable_by_key(count, |(_, cost)| *cost);
        edges.truncate(count);
        edges.sort_unstable();
        edges.shrink_to_fit();
    }
    edges
}

#[expect(clippy::cast_possible_truncation, reason = "millionths of a square's side")]
fn distance(a: [f64; 2], b: [f64; 2]) -> i64 {
    ((a[0] - b[0]).hypot(a[1] - b[1]) * SIDE) as i64
}
