//! Planning of missions: what one costs, and what the zones of the area make it cost more.

use std::io;
use std::path::PathBuf;

use clap::Parser;
use skyhaul_benches::planning::Planning;
use skyhaul_benches::slices::Slices;

/// What it costs to plan a mission, three legs, nanoseconds of processor time.
#[derive(Parser)]
struct Arguments {
    /// The scenario files.
    #[arg(default_values = ["scenarios/library/seattle.toml", "scenarios/library/florence.toml", "scenarios/library/dallas-fort-worth.toml"])]
    files: Vec<PathBuf>,
    /// How many errands, each planned for every fleet.
    #[arg(long, default_value_t = 10_000)]
    missions: usize,
    /// How often each.
    #[arg(long, default_value_t = 7)]
    slices: usize,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    for file in &arguments.files {
        for is_open in [true, false] {
            let planning = Planning::draw(file, arguments.missions, 1, is_open)?;
            let mut slices = Slices::default();
            let planned = planning.run(arguments.slices, &mut slices);
            println!(
                "{} {}: {:.0} / {:.0} ns a mission (minimum / median), {} can be flown, digest {:016x}",
                file.display(),
                if is_open {
                    "without zones"
                } else {
                    "with its zones"
                },
                slices.min(),
                slices.median(),
                planned.flown,
                planned.digest,
            );
        }
    }
    Ok(())
}
