//! A snapshot of many actors, to bytes and back, and what an actor takes in memory.

use clap::Parser;
use skyhaul_benches::phold::Size;
use skyhaul_benches::phold::snapshot::{Saved, run};

/// Snapshots of PHOLD: seconds to bytes and back, bytes beside those of the states.
#[derive(Parser)]
struct Arguments {
    /// Numbers of actors to try.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    actors: Vec<u32>,
    /// Snapshots taken and loaded.
    #[arg(long, default_value_t = 7)]
    slices: usize,
}

fn main() {
    let arguments = Arguments::parse();
    println!(
        "PHOLD, 128-byte states, an event each on its way; processor time, minimum / median of {} snapshots",
        arguments.slices
    );
    for &actors in &arguments.actors {
        let Saved {
            save,
            load,
            snapshot_bytes,
            states_bytes,
            engine_bytes,
            copy,
        } = run(Size {
            actors,
            events: u64::from(actors),
            slices: arguments.slices,
        });
        let milliseconds = |nanoseconds: f64| nanoseconds * f64::from(actors) / 1e6;
        let an_actor = |bytes: usize| bytes as f64 / f64::from(actors);
        println!("\n{actors} actors");
        println!(
            "  to bytes         {:.1} / {:.1} ms",
            milliseconds(save.min()),
            milliseconds(save.median())
        );
        println!(
            "  back             {:.1} / {:.1} ms",
            milliseconds(load.min()),
            milliseconds(load.median())
        );
        println!("  a copy           {:.1} ms", copy.as_secs_f64() * 1e3);
        println!(
            "  size             {:.0} bytes an actor, {:.2} of the states'",
            an_actor(snapshot_bytes),
            snapshot_bytes as f64 / states_bytes as f64
        );
        println!(
            "  in memory        {:.0} bytes an actor beyond its state, its event on its way included",
            (engine_bytes as f64 - states_bytes as f64) / f64::from(actors)
        );
    }
}
