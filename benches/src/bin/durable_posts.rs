//! Durable delivery requests a second of the running service, beside the same service with durability off, group commit alone on the same disk, and a
//! bare TCP responder.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
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

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    BareFile,
    Journal,
    BareTcp,
    BareTcpByWrk,
    DurabilityOff,
    Durable,
    DurableByWrk,
}

impl Case {
    /// By turns.
    const ALL: [Self; 7] = [
        Self::BareFile,
        Self::Journal,
        Self::BareTcp,
        Self::BareTcpByWrk,
        Self::DurabilityOff,
        Self::Durable,
        Self::DurableByWrk,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::BareFile => "group commit, bare file",
            Self::Journal => "group commit, journal",
            Self::BareTcp => "bare TCP responder",
            Self::BareTcpByWrk => "bare TCP, by wrk",
            Self::DurabilityOff => "POST, durability off",
            Self::Durable => "POST, 202 durable",
            Self::DurableByWrk => "POST, durable, by wrk",
        }
    }
}

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
        let mut outcomes: BTreeMap<Case, Vec<Figures>> = BTreeMap::new();
        for _ in 0..arguments.rounds {
            for case in Case::ALL {
                let figures = run(case, &arguments, folder.path(), responder, load)?;
                outcomes.entry(case).or_default().extend(figures);
            }
        }
        let median = |case: Case| Figures::median(outcomes.get(&case)?.clone());
        for case in Case::ALL {
            match median(case) {
                Some(median) => println!("  {:<24} {median}", case.name()),
                None => println!("  {:<24} left out: wrk is not installed", case.name()),
            }
        }
        let rate = |case: Case| median(case).map_or(f64::NAN, |median| median.per_second);
        println!(
            "  journal to bare file {:.2}; durable to durability off {:.2}, to the bare responder {:.2}, to the bare file {:.2}",
            rate(Case::Journal) / rate(Case::BareFile),
            rate(Case::Durable) / rate(Case::DurabilityOff),
            rate(Case::Durable) / rate(Case::BareTcp),
            rate(Case::Durable) / rate(Case::BareFile),
        );
    }
    for &rate in &arguments.rates {
        let load = Load {
            connections: 256,
            lasting,
            rate: Some(rate),
        };
        println!("{rate} requests a second, whatever the answers take");
        for case in [Case::BareTcp, Case::DurabilityOff, Case::Durable] {
            if let Some(figures) = run(case, &arguments, folder.path(), responder, load)? {
                println!("  {:<24} {figures}", case.name());
            }
        }
    }
    Ok(())
}

/// Runs a case; `None` where what it needs is not installed.
fn run(
    case: Case,
    arguments: &Arguments,
    folder: &Path,
    responder: SocketAddr,
    load: Load,
) -> io::Result<Option<Figures>> {
    let outcome = match case {
        Case::BareFile => group_commit::run(&mut RawFile::create(folder)?, load)?,
        Case::Journal => {
            let place = tempfile::tempdir_in(folder)?;
            let (mut journal, _) = FileJournal::open(place.path()).map_err(io::Error::other)?;
            group_commit::run(&mut journal, load)?
        }
        Case::BareTcp => client::run(responder, load)?,
        Case::BareTcpByWrk => return wrk::run(folder, responder, load),
        Case::DurabilityOff => {
            let (_data, service) = start(arguments, &arguments.memory)?;
            client::run(service.address, load)?
        }
        Case::Durable => {
            let (_data, service) = start(arguments, folder)?;
            client::run(service.address, load)?
        }
        Case::DurableByWrk => {
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
