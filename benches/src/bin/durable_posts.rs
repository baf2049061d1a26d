//! Durable delivery requests a second of the running service, beside the raw group-commit limit of the disk under it.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use skyhaul_benches::durable::service::Service;
use skyhaul_benches::durable::{Load, client, raw};

/// Durable delivery requests a second.
#[derive(Parser)]
struct Arguments {
    /// The binary to try.
    #[arg(long, default_value = "target/release/skyhaul")]
    binary: PathBuf,
    /// Where data goes: the disk under test. A folder of its own is made there, and removed.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Numbers of connections to try, each busy all the time.
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    connections: Vec<usize>,
    /// Seconds each.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Fixed rates to try, requests a second.
    #[arg(long, value_delimiter = ',', default_value = "10000")]
    rates: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let lasting = Duration::from_secs_f64(arguments.seconds);
    for &connections in &arguments.connections {
        let load = Load {
            connections,
            lasting,
            rate: None,
        };
        println!("{connections} connections, each busy all the time");
        let limit = raw::run(folder.path(), load)?;
        println!("  raw group commit   {limit}");
        let served = serve(&arguments, load)?;
        println!("  POST, 202 durable  {served}");
        println!("  ratio {:.2}", served.per_second() / limit.per_second());
    }
    for &rate in &arguments.rates {
        let load = Load {
            connections: 256,
            lasting,
            rate: Some(rate),
        };
        println!("{rate} requests a second, whatever the answers take");
        println!("  POST, 202 durable  {}", serve(&arguments, load)?);
    }
    Ok(())
}

/// A service on an empty folder, under load.
fn serve(arguments: &Arguments, load: Load) -> Result<skyhaul_benches::durable::Outcome, Box<dyn Error>> {
    let data = tempfile::tempdir_in(&arguments.folder)?;
    let service = Service::start(&arguments.binary, data.path())?;
    Ok(client::run(service.address, load)?)
}
