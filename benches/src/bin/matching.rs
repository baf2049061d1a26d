//! Assignment problems: sparse ones with fallbacks, dense ones, and again after a few rows changed.

use std::path::PathBuf;

use clap::Parser;
use skyhaul_benches::matching::{Field, Size, Solved};

/// Milliseconds to the cheapest matching, proved each time; processor time, minimum / median.
#[derive(Parser)]
struct Arguments {
    /// Rows and columns of the sparse problems, such as 5000x6000.
    #[arg(long, value_delimiter = ',', default_value = "1000x1000,5000x5000,5000x6000")]
    sparse: Vec<String>,
    /// Edges of a row there.
    #[arg(long, default_value_t = 32)]
    nearest: usize,
    /// Sizes of the dense problems.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000")]
    dense: Vec<usize>,
    /// How often each is solved.
    #[arg(long, default_value_t = 7)]
    slices: usize,
    /// Writes the problems here, for peers.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    let sparse = arguments.sparse.iter().map(|words| {
        let (rows, columns) = words.split_once('x').expect("rows x columns");
        Size {
            rows: rows.parse().expect("a number of rows"),
            columns: columns.parse().expect("a number of columns"),
            nearest: arguments.nearest,
        }
    });
    let dense = arguments.dense.iter().map(|size| Size {
        rows: *size,
        columns: *size,
        nearest: *size,
    });
    println!(
        "Points of a square, {} solutions; ms from nothing, and after 1 % of rows changed",
        arguments.slices
    );
    for size in sparse.chain(dense) {
        let field = Field::new(size);
        if let Some(folder) = &arguments.write {
            let name = format!("{}x{}-{}.edges", size.rows, size.columns, size.nearest);
            field
                .write(&folder.join(name))
                .expect("the folder can be written");
        }
        let Solved { cold, warm, cost } = field.solve(arguments.slices);
        println!(
            "  {} x {}, {} edges a row: {:.2} / {:.2}   again {:.2} / {:.2} ({:.1} %)   cost {cost}",
            size.rows,
            size.columns,
            size.nearest,
            cold.min() / 1e6,
            cold.median() / 1e6,
            warm.min() / 1e6,
            warm.median() / 1e6,
            100.0 * warm.median() / cold.median(),
        );
    }
}
