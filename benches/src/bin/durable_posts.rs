//! Durable delivery requests a second of the running service, beside the same service with durability off, group commit alone on the same disk, and a
//! bare TCP responder.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use skyhaul::journal::FileJournal;
use skyhaul_benches::durable::group_commit::{self, RawFile};
use skyhaul_benches::durable::service::{Service, World};
use skyhaul_benches::durable::{Figures, Load, client, responder, wrk};

/// Durable delivery requests a second.
#[derive(Parser)]
struct Arguments {
    /// The binary to try.
    #[arg(long, default_value = "target/release/skyhaul")]
    binary: PathBuf,
    /// The world that carries what is asked for.
    #[arg(long, default_value = "scenarios/library/load-test.toml")]
    scenario: PathBuf,
    /// Its speed.
    #[arg(long, default_value_t = 100.0)]
    speed: f64,
    /// Where data goes: the disk under test. A folder of its own is made there, and removed.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Where data goes with durability off: a file system in memory, on which syncing costs nothing.
    #[arg(long, default_value = "/dev/shm")]
    memory: PathBuf,
    /// Numbers of connections to try, each busy all the time.
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    connections: Vec<usize>,
    /// Seconds each.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Runs of each, by turns; the one in the middle counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Fixed rates to try, requests a second.
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    rates: Vec<f64>,
}

/// What is tried, by turns.
const TRIED: [&str; 7] = [
    "group commit, bare file",
    "group commit, journal",
    "bare TCP responder",
    "bare TCP, by wrk",
    "POST, durability off",
    "POST, 202 durable",
    "POST, durable, by wrk",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let lasting = Duration::from_secs_f64(arguments.seconds);
    let responder = responder::start()?;
    for &connections in &arguments.connections {
        let load = Load {
            connections,
            lasting,
            rate: None,
        };
        println!(
            "{connections} connections, each busy all the time, {} rounds",
            arguments.rounds
        );
        let mut outcomes: [Vec<Figures>; TRIED.len()] = Default::default();
        for _ in 0..arguments.rounds {
            for (what, outcomes) in outcomes.iter_mut().enumerate() {
                outcomes.extend(run(what, &arguments, folder.path(), responder, load)?);
            }
        }
        let medians = outcomes.map(Figures::median);
        for (name, median) in TRIED.iter().zip(&medians) {
            match median {
                Some(median) => println!("  {name:<24} {median}"),
                None => println!("  {name:<24} left out: wrk is not installed"),
            }
        }
        if let [
            Some(raw),
            Some(journal),
            Some(bare),
            _,
            Some(off),
            Some(durable),
            _,
        ] = &medians
        {
            let ratio = |of: &Figures, to: &Figures| of.per_second / to.per_second;
            println!(
                "  journal to bare file {:.2}; durable to durability off {:.2}, to the bare responder {:.2}, to the bare file {:.2}",
                ratio(journal, raw),
                ratio(durable, off),
                ratio(durable, bare),
                ratio(durable, raw),
            );
        }
    }
    for &rate in &arguments.rates {
        let load = Load {
            connections: 256,
            lasting,
            rate: Some(rate),
        };
        println!("{rate} requests a second, whatever the answers take");
        for what in [2, 4, 5] {
            if let Some(outcome) = run(what, &arguments, folder.path(), responder, load)? {
                println!("  {:<24} {outcome}", TRIED[what]);
            }
        }
    }
    Ok(())
}

/// Runs one of [`TRIED`]; `None` where what it needs is not installed.
fn run(
    what: usize,
    arguments: &Arguments,
    folder: &Path,
    responder: std::net::SocketAddr,
    load: Load,
) -> io::Result<Option<Figures>> {
    let outcome = match what {
        0 => group_commit::run(&mut RawFile::create(folder)?, load)?,
        1 => {
            let place = tempfile::tempdir_in(folder)?;
            let (mut journal, _) = FileJournal::open(place.path()).map_err(io::Error::other)?;
            group_commit::run(&mut journal, load)?
        }
        2 => client::run(responder, load)?,
        3 => return wrk::run(folder, responder, load),
        4 | 5 => {
            let place = if what == 4 { &arguments.memory } else { folder };
            let (_data, service) = start(arguments, place)?;
            client::run(service.address, load)?
        }
        _ => {
            let (_data, service) = start(arguments, folder)?;
            return wrk::run(folder, service.address, load);
        }
    };
    Ok(Some(outcome.figures()))
}

/// A service whose data lies in a folder of its own under `place`.
fn start(arguments: &Arguments, place: &Path) -> io::Result<(tempfile::TempDir, Service)> {
    let data = tempfile::tempdir_in(place)?;
    let world = World {
        scenario: &arguments.scenario,
        speed: arguments.speed,
    };
    let service = Service::start(&arguments.binary, data.path(), world)?;
    Ok((data, service))
}
