//! PHOLD in regions on one thread and on several.

use clap::Parser;
use skyhaul_benches::phold::Size;
use skyhaul_benches::phold::in_regions::{Run, run};

/// PHOLD in regions, lookahead a tenth of the mean delay: nanoseconds an event, and how much faster several threads are.
#[derive(Parser)]
struct Arguments {
    /// Numbers of actors to try.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    actors: Vec<u32>,
    /// Numbers of regions to try.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    regions: Vec<u16>,
    /// Threads, beside one.
    #[arg(long, value_delimiter = ',', default_value = "2")]
    threads: Vec<usize>,
    /// Events in a slice.
    #[arg(long, default_value_t = 2_000_000)]
    events: u64,
    /// Slices timed.
    #[arg(long, default_value_t = 9)]
    slices: usize,
}

fn main() {
    let arguments = Arguments::parse();
    println!(
        "PHOLD in regions, lookahead 0.1 of the mean delay, ns an event by the wall clock: minimum / median of {} slices",
        arguments.slices
    );
    for &actors in &arguments.actors {
        let size = Size {
            actors,
            events: arguments.events,
            slices: arguments.slices,
        };
        println!("\n{actors} actors");
        for &regions in &arguments.regions {
            let Run {
                slices: alone,
                states,
                order,
            } = run(size, regions, 1);
            println!(
                "  {regions} regions, 1 thread    {alone}    digest of states {states:016x}, of order {order:016x}"
            );
            for &threads in &arguments.threads {
                let together = run(size, regions, threads);
                assert_eq!(
                    (together.states, together.order),
                    (states, order),
                    "threads change nothing"
                );
                println!(
                    "  {regions} regions, {threads} threads   {}    {:.2} / {:.2} times as fast, same digests",
                    together.slices,
                    alone.min() / together.slices.min(),
                    alone.median() / together.slices.median(),
                );
            }
        }
    }
}
