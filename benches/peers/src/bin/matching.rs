//! Dense assignment problems on this solver and on the crates that solve them, in one run.

use std::time::Instant;

use clap::Parser;
use pathfinding::prelude::{Matrix, kuhn_munkres_min};
use skyhaul_benches::matching::{Field, Size};
use skyhaul_benches::slices::Slices;

/// Milliseconds to the cheapest matching of as many rows as columns, minimum / median.
#[derive(Parser)]
struct Arguments {
    /// Sizes.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000")]
    dense: Vec<usize>,
    /// The largest size that `pathfinding` is given: it takes the cube of it.
    #[arg(long, default_value_t = 1000)]
    pathfinding_max: usize,
    /// How often each is solved.
    #[arg(long, default_value_t = 5)]
    slices: usize,
}

fn main() {
    let arguments = Arguments::parse();
    for size in arguments.dense {
        let field = Field::new(Size {
            rows: size,
            columns: size,
            nearest: size,
        });
        let costs = field.dense();
        println!("{size} x {size}, dense, ms");
        let ours = field.solve(arguments.slices);
        tell("skyhaul", &ours.cold, ours.cost);
        let matrix = lapjv::Matrix::from_shape_vec((size, size), costs.clone()).expect("a square");
        let (slices, cost) = timed(arguments.slices, || {
            let (rows, _) = lapjv::lapjv(&matrix).expect("it can be solved");
            (0..size).map(|row| matrix[(row, rows[row])]).sum::<f64>()
        });
        tell("lapjv", &slices, whole(cost));
        assert_eq!(whole(cost), ours.cost, "both find the cheapest");
        if size <= arguments.pathfinding_max {
            let matrix = Matrix::from_vec(size, size, costs.iter().map(|cost| whole(*cost)).collect())
                .expect("a square");
            let (slices, cost) = timed(arguments.slices, || kuhn_munkres_min(&matrix).0);
            tell("pathfinding", &slices, cost);
            assert_eq!(cost, ours.cost, "both find the cheapest");
        }
    }
}

fn timed<T>(slices: usize, mut solve: impl FnMut() -> T) -> (Slices, T) {
    let mut times = Slices::default();
    let mut once = || {
        let begun = Instant::now();
        let solved = solve();
        times.take_in(begun.elapsed(), 1);
        solved
    };
    let mut solved = once();
    for _ in 1..slices {
        solved = once();
    }
    (times, solved)
}

#[expect(clippy::cast_possible_truncation, reason = "sums of whole numbers below 2⁵³")]
fn whole(cost: f64) -> i64 {
    cost.round() as i64
}

fn tell(name: &str, slices: &Slices, cost: i64) {
    println!(
        "  {name:14}{:9.1} / {:.1}   cost {cost}",
        slices.min() / 1e6,
        slices.median() / 1e6
    );
}
