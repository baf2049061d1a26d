//! A whole scenario, unpaced, on one thread.

use std::io;
use std::path::PathBuf;

use clap::Parser;
use skyhaul_benches::city::City;

/// As in `skyhaul` itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whole scenarios as fast as one thread can, seconds of processor time.
#[derive(Parser)]
struct Arguments {
    /// The scenario files.
    #[arg(default_value = "scenarios/library/seattle.toml")]
    files: Vec<PathBuf>,
    /// How often each; the fastest counts.
    #[arg(long, default_value_t = 3)]
    times: usize,
    /// So many times the requests, the drones, the pads and the batteries.
    #[arg(long, default_value_t = 1)]
    scale: u32,
    /// The world alone, without log, summary and checkers.
    #[arg(long)]
    alone: bool,
    /// Beside it, the same scenario in which this share of all handlers panics.
    #[arg(long)]
    panics: Option<f64>,
    /// One run, and how many bytes it holds for each drone; with `--alone` without summary and checkers.
    #[arg(long)]
    memory: bool,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    for file in &arguments.files {
        let city = City::read(file)?.times(arguments.scale);
        println!("{}, times {}", city.name(), arguments.scale);
        if arguments.memory {
            println!("  bytes a drone: {:?}", city.run_held(!arguments.alone)?);
            continue;
        }
        if let Some(share) = arguments.panics {
            compare_panics(&city, share, arguments.times)?;
            continue;
        }
        let mut best = f64::INFINITY;
        for _ in 0..arguments.times {
            let (alone, took) = city.run_alone()?;
            let seconds = took.as_secs_f64();
            println!(
                "  world alone: {seconds:.3} s, {:.0} deliveries/s, {:.0} ns a message; {alone:?}",
                alone.completed as f64 / seconds,
                seconds * 1e9 / alone.messages as f64,
            );
            best = best.min(seconds);
        }
        if arguments.alone {
            continue;
        }
        let out = tempfile::tempdir()?;
        let (digest, took) = city.run_logged(out.path())?;
        println!(
            "  with log, summary and checkers: {:.3} s ({:.1} times the fastest alone), digest {digest}",
            took.as_secs_f64(),
            took.as_secs_f64() / best,
        );
    }
    Ok(())
}

/// Runs with and without panics by turns, so that both meet the same neighbours.
fn compare_panics(city: &City, share: f64, times: usize) -> io::Result<()> {
    let struck = city.with_panics(share);
    let (mut quiet_best, mut struck_best) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..times {
        let (quiet, took) = city.run_alone()?;
        quiet_best = quiet_best.min(took.as_secs_f64());
        let (alone, struck_took) = struck.run_alone()?;
        struck_best = struck_best.min(struck_took.as_secs_f64());
        println!(
            "  without: {:.3} s, {quiet:?}\n  with {share} of all messages: {:.3} s, {alone:?}",
            took.as_secs_f64(),
            struck_took.as_secs_f64(),
        );
    }
    println!(
        "  fastest: {quiet_best:.3} s and {struck_best:.3} s, {:.2} times",
        struck_best / quiet_best
    );
    Ok(())
}
