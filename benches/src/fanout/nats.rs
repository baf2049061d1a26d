//! A NATS server as a peer: so many bytes to each client a second, one subject for each tenth of them, so that a tick is one message to many.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use serde::Deserialize;

use super::process::answer_each_line;
use super::{Report, TICKS_PER_S, threads_ns};

/// What every client says first.
pub const CONNECT: &str =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"bench\",\"version\":\"1\"}\r\n";

/// How long the server may take to say where it listens.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// The subject that is told at a tick, and heard by those clients whose turn it is then.
#[must_use]
pub fn subject(number: usize) -> String {
    format!("tick.{}", number % TICKS_PER_S)
}

/// Whether this program can be started here.
#[must_use]
pub fn is_there(program: &Path) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    let anywhere = env::split_paths(&folders).map(|folder| folder.join(program));
    // Debian keeps servers where only root looks.
    let usual = PathBuf::from("/usr/sbin").join(program);
    anywhere.chain([usual]).any(|path| path.is_file())
}

/// Starts the server and publishes to so many clients until its standard input ends.
///
/// # Errors
/// Where it cannot.
pub fn run(program: &Path, bytes: usize, hz: f64, clients: usize) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(program, folder.path())?;
    let address = server.address(folder.path())?;
    println!("{address}");
    let writes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&writes);
    let publisher = publisher(address)?;
    thread::Builder::new()
        .name("publisher".to_owned())
        .spawn(move || {
            let ended = publish(publisher, &vec![b'.'; bytes], hz, clients, &counted);
            eprintln!("nothing is published any more: {ended:?}");
        })?;
    answer_each_line(|| {
        let writes = writes.load(Ordering::Relaxed);
        Report {
            threads_ns: BTreeMap::from([("nats".to_owned(), server.cpu_ns())]),
            writes,
            bytes: writes * bytes as u64,
            ..Report::default()
        }
    })
}

/// The server's process; it ends when dropped.
struct Server(Child);

impl Server {
    fn start(program: &Path, folder: &Path) -> io::Result<Self> {
        let settings = folder.join("nats.conf");
        // Nobody is asked whether he is still there while the bench runs.
        let text = format!(
            "host: 127.0.0.1\nport: -1\nping_interval: \"1h\"\nports_file_dir: {folder:?}\nlog_file: {:?}\n",
            folder.join("log")
        );
        fs::write(&settings, text)?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&settings);
        Ok(Self(command.stdout(Stdio::null()).spawn()?))
    }

    /// Where it listens, as it writes into a file of its folder.
    fn address(&self, folder: &Path) -> io::Result<SocketAddr> {
        #[derive(Deserialize)]
        struct Ports {
            nats: Vec<String>,
        }
        let begun = Instant::now();
        while begun.elapsed() < STARTS_WITHIN {
            for entry in fs::read_dir(folder)?.flatten() {
                let is_it = entry.path().extension().is_some_and(|ending| ending == "ports");
                let text = if is_it {
                    fs::read_to_string(entry.path())?
                } else {
                    continue;
                };
                if let Ok(Ports { nats }) = serde_json::from_str(&text)
                    && let Some(address) = nats.first().and_then(|url| url.strip_prefix("nats://"))
                {
                    return address.parse().map_err(io::Error::other);
                }
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    fn cpu_ns(&self) -> u64 {
        threads_ns(&self.0.id().to_string()).values().sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already where these fail.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn publisher(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    BufReader::new(&stream).read_line(&mut String::new())?;
    stream.write_all(CONNECT.as_bytes())?;
    Ok(stream)
}

fn publish(
    mut stream: TcpStream,
    payload: &[u8],
    hz: f64,
    clients: usize,
    writes: &AtomicU64,
) -> io::Result<()> {
    let phase = Duration::from_secs_f64(1.0 / hz / TICKS_PER_S as f64);
    let started = Instant::now();
    for tick in 0_u32.. {
        let number = tick as usize % TICKS_PER_S;
        let head = format!("PUB {} {}\r\n", subject(number), payload.len());
        stream.write_all(&[head.as_bytes(), payload, b"\r\n"].concat())?;
        let told = (number..clients).step_by(TICKS_PER_S).count();
        writes.fetch_add(told as u64, Ordering::Relaxed);
        thread::sleep((phase * (tick + 1)).saturating_sub(started.elapsed()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_hears_one_subject_and_all_are_heard() {
        let clients = 25;
        let told: usize = (0..TICKS_PER_S)
            .map(|tick| (tick..clients).step_by(TICKS_PER_S).count())
            .sum();
        assert_eq!(told, clients);
        assert_eq!(subject(3), subject(13));
        assert_ne!(subject(3), subject(4));
    }

    #[test]
    fn a_program_that_nobody_has_is_not_there() {
        assert!(is_there(Path::new("sh")));
        assert!(!is_there(Path::new("no-such-server")));
    }
}
