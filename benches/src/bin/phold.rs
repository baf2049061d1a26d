//! The kernel beside actix at PHOLD, in one run.

use clap::Parser;
use skyhaul_benches::phold::{Size, kernel, on_actix};

/// PHOLD on the kernel and on actix, nanoseconds an event.
#[derive(Parser)]
struct Arguments {
    /// Numbers of actors to try.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    actors: Vec<u32>,
    /// Events in a slice.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Slices timed.
    #[arg(long, default_value_t = 15)]
    slices: usize,
    /// The kernel alone, without its peer.
    #[arg(long)]
    alone: bool,
}

fn main() {
    let arguments = Arguments::parse();
    println!(
        "PHOLD, 128-byte states, one thread, ns an event: minimum / median of {} slices",
        arguments.slices
    );
    for &actors in &arguments.actors {
        let size = Size {
            actors,
            events: arguments.events,
            slices: arguments.slices,
        };
        let kernel = kernel::run(size);
        println!("\n{actors} actors");
        println!("  kernel                     {}", kernel.slices);
        println!(
            "    digest of states {:016x}, of order {:016x}",
            kernel.states, kernel.order
        );
        if arguments.alone {
            continue;
        }
        let actix = on_actix::run(size);
        println!("  actix, PHOLD with a heap   {}", actix.phold);
        println!("  actix, send().await alone  {}", actix.messages);
        println!("    digest of states {:016x}", actix.states);
        println!(
            "  ratio of medians: {:.1} to PHOLD, {:.1} to send().await alone",
            actix.phold.median() / kernel.slices.median(),
            actix.messages.median() / kernel.slices.median(),
        );
    }
}
