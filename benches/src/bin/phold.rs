//! The kernel beside actix, a simulator written by hand and the host's floor at PHOLD, in one run.

use clap::Parser;
use skyhaul_benches::phold::{Run, Size, State, by_hand, floor, kernel, on_actix, three_types};

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
    /// The kernel and the floor alone, without peers.
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
        println!("\n{actors} actors");
        let (kernel, order) = kernel::run(size);
        tell("kernel, one type of actor", &kernel);
        tell("kernel, three types", &three_types::run(size));
        tell("floor, nothing put in order", &floor::run(size));
        println!(
            "    digest of states {:016x}, of order {order:016x}",
            kernel.states
        );
        let state = std::mem::size_of::<State>() as f64;
        let bytes = kernel.grown_bytes as f64 / f64::from(actors) - state;
        println!(
            "    {bytes:.0} bytes an actor of the kernel beyond its state, with the event on its way to it"
        );
        if arguments.alone {
            continue;
        }
        tell("by hand, binary heap", &by_hand::run(size));
        let (actix, messages) = on_actix::run(size);
        tell("actix, PHOLD with a heap", &actix);
        println!("  {:30}{messages}", "actix, send().await alone");
        assert_eq!(kernel.states, actix.states, "peers end in the same states");
        println!(
            "  ratio of medians: {:.1} to PHOLD, {:.1} to send().await alone",
            actix.slices.median() / kernel.slices.median(),
            messages.median() / kernel.slices.median(),
        );
    }
}

fn tell(name: &str, run: &Run) {
    println!("  {name:30}{}", run.slices);
}
