//! Dispatch under load: how long requests wait with each policy.

use clap::Parser;
use skyhaul_actors::environment::DispatchPolicy;
use skyhaul_benches::dispatch::{Experiment, Waits};

/// The policies side by side: mean and 95th percentile of the wait, s.
#[derive(Parser)]
struct Arguments {
    /// Loads to try.
    #[arg(long, value_delimiter = ',', default_value = "0.5,0.7,0.8,0.85")]
    loads: Vec<f64>,
    /// Runs of each.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
}

fn main() {
    let arguments = Arguments::parse();
    println!(
        "Wait in s, mean / p95 (without a drone at the end); mean of {} runs",
        arguments.seeds
    );
    for &load in &arguments.loads {
        for policy in [
            DispatchPolicy::Nearest,
            DispatchPolicy::Batch,
            DispatchPolicy::Adaptive,
        ] {
            let runs: Vec<Waits> = (1..=arguments.seeds)
                .map(|seed| Experiment::PUBLISHED.run(policy, load, seed))
                .collect();
            let waits = Waits::mean(&runs);
            println!(
                "load {load:4} {:9} {:6.0} / {:6.0} ({})",
                format!("{policy:?}").to_lowercase(),
                waits.mean_s,
                waits.p95_s,
                waits.left
            );
        }
    }
}
