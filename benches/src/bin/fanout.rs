//! What telemetry costs a client and tick, beside bare TCP, npm's `ws` and NATS; what an idle and a stalled client cost; bytes on the wire.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use clap::{Parser, Subcommand};
use skyhaul_benches::fanout::crowd::{self, Habit, Speech};
use skyhaul_benches::fanout::process::Process;
use skyhaul_benches::fanout::sky::Sky;
use skyhaul_benches::fanout::{Report, bare, nats, serving};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Telemetry's fan-out beside its peers.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Moving drones.
    #[arg(long, default_value_t = 100_000, global = true)]
    drones: u32,
    /// The scenario round whose middle they fly.
    #[arg(long, default_value = "scenarios/library/florence.toml", global = true)]
    scenario: PathBuf,
    /// Numbers of clients to compare at.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000")]
    clients: Vec<usize>,
    /// Clients of one server on one thread.
    #[arg(long, default_value_t = 10_000)]
    many: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Measurements of telemetry and bare TCP, both at the same time.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Nothing but those two.
    #[arg(long)]
    only_bare: bool,
    /// Folder with the `ws` peer, its packages installed; without it that peer is left out.
    #[arg(long)]
    npm: Option<PathBuf>,
    /// The NATS server; where there is none, that peer is left out.
    #[arg(long, default_value = "nats-server", global = true)]
    nats: PathBuf,
}

/// What a process of the bench is; the bench starts them itself.
#[derive(Subcommand)]
enum Part {
    /// Telemetry over a sky.
    Serve,
    /// Bare TCP.
    Bare {
        /// Bytes a write.
        bytes: usize,
        /// Writes a second to each client.
        hz: f64,
    },
    /// NATS, and who publishes to it.
    Nats {
        /// Bytes a message.
        bytes: usize,
        /// Messages a second to each client.
        hz: f64,
        /// How many clients there will be.
        clients: usize,
    },
    /// Clients.
    Crowd {
        /// Where the server is.
        address: SocketAddr,
        /// How many.
        clients: usize,
        /// How often each is to be sent something.
        hz: f64,
        /// The subprotocol; without one they speak no WebSocket.
        #[arg(long)]
        protocol: Option<String>,
        /// They speak NATS.
        #[arg(long)]
        nats_speech: bool,
        /// The mode of their subscription.
        #[arg(long)]
        mode: Option<String>,
        /// They do not read.
        #[arg(long)]
        stalled: bool,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Serve) => serving::run(Sky::new(&arguments.scenario, arguments.drones)?)?,
        Some(Part::Bare { bytes, hz }) => bare::run(bytes, hz)?,
        Some(Part::Nats { bytes, hz, clients }) => nats::run(&arguments.nats, bytes, hz, clients)?,
        Some(Part::Crowd {
            address,
            clients,
            hz,
            ref protocol,
            nats_speech,
            ref mode,
            stalled,
        }) => {
            let sky = Sky::new(&arguments.scenario, 0)?.as_large_as(arguments.drones);
            let habit = Habit {
                address,
                clients,
                speech: match protocol {
                    Some(protocol) => Speech::WebSocket(protocol.clone()),
                    None if nats_speech => Speech::Nats,
                    None => Speech::Bare,
                },
                mode: mode.clone(),
                hz,
                reads: !stalled,
            };
            crowd::run(&habit, |number| sky.somewhere(number))?;
        }
        None => Bench(&arguments).run()?,
    }
    Ok(())
}

/// The bench itself.
struct Bench<'a>(&'a Arguments);

/// What a crowd asks for.
#[derive(Clone, Copy)]
struct Ask<'a> {
    protocol: Option<&'a str>,
    nats_speech: bool,
    mode: Option<&'a str>,
    hz: f64,
    stalled: bool,
}

const LEGS: Ask<'_> = Ask {
    protocol: Some("skyhaul.v1.bin"),
    nats_speech: false,
    mode: Some("legs"),
    hz: 1.0,
    stalled: false,
};

impl Bench<'_> {
    fn run(&self) -> Result<(), Box<dyn Error>> {
        println!(
            "{} drones in the air, a view of some twenty tiles for each client",
            self.0.drones
        );
        for &clients in &self.0.clients {
            self.beside_peers(clients)?;
        }
        if self.0.only_bare {
            return Ok(());
        }
        self.many()?;
        self.idle()?;
        self.stalled()?;
        self.bytes()
    }

    fn start(&self, part: &[&str]) -> io::Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        let drones = self.0.drones.to_string();
        command.args(part).args(["--drones", &drones]).arg("--scenario");
        Process::start(command.arg(&self.0.scenario))
    }

    fn crowd(&self, address: SocketAddr, clients: usize, ask: Ask<'_>) -> io::Result<Process> {
        let (address, clients, hz) = (address.to_string(), clients.to_string(), ask.hz.to_string());
        let mut part = vec!["crowd", &address, &clients, &hz];
        for (name, value) in [("--protocol", ask.protocol), ("--mode", ask.mode)] {
            if let Some(value) = value {
                part.extend([name, value]);
            }
        }
        for (name, is_said) in [("--stalled", ask.stalled), ("--nats-speech", ask.nats_speech)] {
            if is_said {
                part.push(name);
            }
        }
        let mut crowd = self.start(&part)?;
        crowd.line()?;
        Ok(crowd)
    }

    /// What comes to pass at a server in the time of a measurement, once it has settled.
    fn measure(&self, server: &mut Process) -> io::Result<Report> {
        sleep(Duration::from_secs(5));
        let before = server.report()?;
        sleep(Duration::from_secs_f64(self.0.seconds));
        Ok(server.report()?.since(&before))
    }

    fn beside_peers(&self, clients: usize) -> Result<(), Box<dyn Error>> {
        println!("{clients} clients, legs, one frame a second each");
        let (mut telemetry, _crowd) = self.apart(&["serve"], clients, LEGS, "telemetry")?;
        let told = self.measure(&mut telemetry)?;
        let bytes = told.bytes / told.writes.max(1);
        let hz = told.writes as f64 / clients as f64 / self.0.seconds;
        println!("  {bytes} bytes a write, {hz:.2} writes a second and client");
        let mute = Ask {
            protocol: None,
            mode: None,
            ..LEGS
        };
        let (mut bare, _mute) = self.apart(
            &["bare", &bytes.to_string(), &hz.to_string()],
            clients,
            mute,
            "bare",
        )?;
        sleep(Duration::from_secs(2));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..self.0.rounds {
            let before = (telemetry.report()?, bare.report()?);
            sleep(Duration::from_secs_f64(self.0.seconds));
            ours.push(per_write(&telemetry.report()?.since(&before.0), "telemetry"));
            theirs.push(per_write(&bare.report()?.since(&before.1), "bare"));
        }
        drop((telemetry, bare));
        println!("  at the same time, us a write: telemetry {ours:.2?}, bare TCP {theirs:.2?}");
        let (ours, bare) = (median(ours), median(theirs));
        println!(
            "  telemetry {ours:.2} us, bare TCP {bare:.2} us; telemetry {:.3} times",
            ours / bare
        );
        if self.0.only_bare {
            return Ok(());
        }
        if let Some(folder) = &self.0.npm {
            let ws = self.peer(&mut node(folder, bytes)?, clients, Some("bench"))?;
            let ws = per_write(&ws, "ws");
            println!("  npm ws     {ws:.2} us, {:.2} times bare TCP", ws / bare);
        }
        if !nats::is_there(&self.0.nats) {
            println!("  NATS       left out: there is no {}", self.0.nats.display());
            return Ok(());
        }
        let nats = self.nats(clients, bytes, hz)?;
        println!("  NATS       {nats:.2} us, {:.2} times bare TCP", nats / bare);
        Ok(())
    }

    /// A server and its clients, the serving thread apart from all others.
    fn apart(
        &self,
        part: &[&str],
        clients: usize,
        ask: Ask<'_>,
        serving: &str,
    ) -> io::Result<(Process, Process)> {
        let mut server = self.start(part)?;
        let crowd = self.crowd(server.address()?, clients, ask)?;
        server.set_apart(serving)?;
        crowd.set_apart(serving)?;
        Ok((server, crowd))
    }

    /// Microseconds of the NATS server's processor time a message to a client.
    fn nats(&self, clients: usize, bytes: u64, hz: f64) -> Result<f64, Box<dyn Error>> {
        let (bytes, hz, count) = (bytes.to_string(), hz.to_string(), clients.to_string());
        let program = self.0.nats.to_string_lossy();
        let mut server = self.start(&["--nats", &program, "nats", &bytes, &hz, &count])?;
        let ask = Ask {
            protocol: None,
            nats_speech: true,
            mode: None,
            ..LEGS
        };
        let mut crowd = self.crowd(server.address()?, clients, ask)?;
        sleep(Duration::from_secs(5));
        let heard = crowd.report()?;
        let told = self.measure(&mut server);
        let heard = crowd.report()?.since(&heard);
        // Killed it would leave the NATS server behind.
        server.end()?;
        let told = told?;
        if heard.bytes < told.bytes {
            return Err(format!("clients of NATS heard {} of {} bytes", heard.bytes, told.bytes).into());
        }
        Ok(per_write(&told, "nats"))
    }

    fn peer(&self, server: &mut Process, clients: usize, protocol: Option<&str>) -> io::Result<Report> {
        let address = server.address()?;
        let ask = Ask {
            protocol,
            mode: None,
            ..LEGS
        };
        let _crowd = self.crowd(address, clients, ask)?;
        self.measure(server)
    }

    fn many(&self) -> Result<(), Box<dyn Error>> {
        let mut server = self.start(&["serve"])?;
        let address = server.address()?;
        let _crowd = self.crowd(address, self.0.many, LEGS)?;
        let told = self.measure(&mut server)?;
        println!(
            "{} clients on one thread: {:.0} % of a core for them, {:.0} % for the picture; out within {:?} ms of its tick: half, {:?} ms: 99 %",
            told.clients,
            self.share(&told, "telemetry"),
            self.share(&told, "hub"),
            told.lag_ms(0.5),
            told.lag_ms(0.99),
        );
        Ok(())
    }

    fn share(&self, told: &Report, thread: &str) -> f64 {
        told.cpu(thread).as_secs_f64() / self.0.seconds * 100.0
    }

    fn idle(&self) -> Result<(), Box<dyn Error>> {
        let mut server = self.start(&["serve"])?;
        let (address, clients) = (server.address()?, 5_000);
        // The picture is drawn for whoever comes first, and is not theirs.
        let _first = self.crowd(address, 1, Ask { mode: None, ..LEGS })?;
        sleep(Duration::from_secs(2));
        let before = server.report()?;
        let _crowd = self.crowd(address, clients, Ask { mode: None, ..LEGS })?;
        sleep(Duration::from_secs(5));
        let told = server.report()?.since(&before);
        println!(
            "an idle client: {:.1} KiB",
            told.resident as f64 / 1024.0 / clients as f64
        );
        Ok(())
    }

    /// Clients that read nothing beside others that do.
    fn stalled(&self) -> Result<(), Box<dyn Error>> {
        let mut server = self.start(&["serve"])?;
        let address = server.address()?;
        let _crowd = self.crowd(address, 1_000, LEGS)?;
        let alone = self.measure(&mut server)?;
        let before = server.report()?;
        let ask = Ask {
            mode: Some("positions"),
            hz: 10.0,
            stalled: true,
            ..LEGS
        };
        let clients = 500;
        let _stalled = self.crowd(address, clients, ask)?;
        sleep(Duration::from_secs(12));
        let resident = server.report()?.since(&before).resident as f64;
        let (sockets, kernel) = kernel_bytes(address)?;
        println!(
            "a stalled client: {:.0} KiB of the server's memory, {:.0} KiB of the kernel's ({sockets} with a queue)",
            resident / 1024.0 / clients as f64,
            kernel as f64 / 1024.0 / sockets.max(1) as f64,
        );
        let beside = self.measure(&mut server)?;
        println!(
            "  the others' p99 lag: {:?} ms alone, {:?} ms beside {clients} stalled ones",
            alone.lag_ms(0.99),
            beside.lag_ms(0.99),
        );
        Ok(())
    }

    /// Bytes a second of a view, by form and mode.
    fn bytes(&self) -> Result<(), Box<dyn Error>> {
        for protocol in ["skyhaul.v1.bin", "skyhaul.v1.json"] {
            for mode in ["legs", "positions"] {
                let mut server = self.start(&["serve"])?;
                let address = server.address()?;
                let ask = Ask {
                    protocol: Some(protocol),
                    mode: Some(mode),
                    ..LEGS
                };
                let clients = 20;
                let _crowd = self.crowd(address, clients, ask)?;
                let told = self.measure(&mut server)?;
                let bytes = told.bytes as f64 / self.0.seconds / clients as f64;
                println!("{protocol}, {mode}: {bytes:.0} bytes a second and view");
            }
        }
        Ok(())
    }
}

/// Microseconds of processor time a write.
fn per_write(report: &Report, thread: &str) -> f64 {
    report.cpu(thread).as_secs_f64() * 1e6 / report.writes.max(1) as f64
}

/// The one in the middle; zero where there are none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn node(folder: &Path, bytes: u64) -> io::Result<Process> {
    let mut command = Command::new("node");
    Process::start(command.current_dir(folder).args(["ws.mjs", &bytes.to_string()]))
}

/// Sockets of a server with something unsent, and what the kernel holds for them, as `ss` tells.
fn kernel_bytes(server: SocketAddr) -> io::Result<(u64, u64)> {
    let source = format!("sport = :{}", server.port());
    let told = Command::new("ss").args(["-tmnH", &source]).output()?;
    let told = String::from_utf8_lossy(&told.stdout);
    let mut sum = (0, 0);
    for memory in told.lines().filter_map(|line| line.split_once("skmem:(")) {
        let held = |name: &str| {
            let field = memory.1.split([',', ')']).find_map(|field| {
                let number = field.strip_prefix(name)?;
                number.parse::<u64>().ok()
            });
            field.unwrap_or_default()
        };
        let (written, allocated) = (held("w"), held("f"));
        if written > 16_384 {
            sum = (sum.0 + 1, sum.1 + written + allocated);
        }
    }
    Ok(sum)
}
