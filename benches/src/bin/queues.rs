//! The hold model on the queues that could keep the kernel's later messages.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use clap::Parser;
use dary_heap::QuaternaryHeap;
use radix_heap::RadixHeapMap;
use skyhaul_benches::queues::{Delays, Event, Held, Pending, Size, hold};
use skyhaul_engine::kernel::bench::Later;

/// Queues side by side: nanoseconds to take the earliest event out and put one in.
#[derive(Parser)]
struct Arguments {
    /// Numbers of pending events to try.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000,10000000")]
    pending: Vec<u64>,
    /// Events taken out and put in, a slice.
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// Slices timed.
    #[arg(long, default_value_t = 9)]
    slices: usize,
}

fn main() {
    let arguments = Arguments::parse();
    println!(
        "Hold model, 32-byte events, ns an event out and one in: minimum / median of {} slices",
        arguments.slices
    );
    for delays in [Delays::Exponential, Delays::Mixed] {
        for &pending in &arguments.pending {
            let size = Size {
                pending,
                operations: arguments.operations,
                slices: arguments.slices,
            };
            println!("\n{delays:?} delays, {pending} pending");
            let checksums = [
                tell::<Later>(delays, size),
                tell::<BinaryHeap<Reverse<Event>>>(delays, size),
                tell::<QuaternaryHeap<Reverse<Event>>>(delays, size),
                tell::<RadixHeapMap<Reverse<(u64, u64)>, [u64; 2]>>(delays, size),
                tell::<BTreeMap<(u64, u64), [u64; 2]>>(delays, size),
            ];
            assert!(
                checksums.iter().all(|checksum| *checksum == checksums[0]),
                "all give the same order"
            );
        }
    }
}

fn tell<Q: Pending>(delays: Delays, size: Size) -> u64 {
    let Held { slices, checksum } = hold::<Q>(delays, size);
    println!("  {:30}{slices}", Q::NAME);
    checksum
}
