//! The service under test, as its user starts it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long the service may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How often readiness is asked for.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// The world that a service begins with.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// Its scenario file.
    pub scenario: &'a Path,
    /// Its speed.
    pub speed: f64,
}

/// A running `skyhaul serve`; killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    /// Where it answers HTTP.
    pub address: SocketAddr,
}

impl Service {
    /// Starts `binary` on free ports with its data in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// Where it cannot be started, or is not ready in time.
    pub fn start(binary: &Path, folder: &Path, world: World<'_>) -> io::Result<Self> {
        let (address, telemetry) = (free_address()?, free_address()?);
        let child = Command::new(binary)
            .arg("serve")
            .args([
                "--bind",
                &address.to_string(),
                "--telemetry-bind",
                &telemetry.to_string(),
            ])
            .arg("--data")
            .arg(folder)
            .arg("--scenario")
            .arg(world.scenario)
            .args(["--speed", &world.speed.to_string(), "--no-demand"])
            .env("SKYHAUL__LOG__LEVEL", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        let mut service = Self { child, address };
        let started = Instant::now();
        while !is_ready(address) {
            if let Some(status) = service.child.try_wait()? {
                return Err(io::Error::other(format!("the service ended: {status}")));
            }
            if started.elapsed() > READY_WITHIN {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(ASK_EVERY);
        }
        Ok(service)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It is gone already where these fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
