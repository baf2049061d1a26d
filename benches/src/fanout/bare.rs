//! Bare TCP: a thread that writes so many bytes to each client a second, and does nothing else. Its sockets are set as telemetry's are, and each client has
//! bytes of its own: a server that sends everybody something else finds no client's bytes in the cache.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::process::answer_each_line;
use super::{Report, TICKS_PER_S};

/// What the kernel may hold of a client's data unsent, and its send buffer, as telemetry has them.
const UNSENT_BYTES_MAX: u32 = 16 * 1024;

/// See [`UNSENT_BYTES_MAX`].
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Writes so many bytes to each client, so many times a second, a tenth of the clients at each tick, until its standard input ends.
///
/// # Errors
/// Where it cannot.
pub fn run(bytes: usize, hz: f64) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    listener.set_nonblocking(true)?;
    let writes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&writes);
    thread::Builder::new()
        .name("bare".to_owned())
        .spawn(move || serve(&listener, bytes, hz, &counted))?;
    answer_each_line(|| {
        let writes = writes.load(Ordering::Relaxed);
        Report {
            writes,
            bytes: writes * bytes as u64,
            ..Report::of_this_process()
        }
    })
}

/// A client, and what it is sent.
struct Client {
    stream: TcpStream,
    frame: Vec<u8>,
}

impl Client {
    fn new(stream: TcpStream, bytes: usize) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let socket = socket2::SockRef::from(&stream);
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
        let frame = vec![0x5A; bytes];
        Ok(Self { stream, frame })
    }
}

fn serve(listener: &TcpListener, bytes: usize, hz: f64, writes: &AtomicU64) {
    let phase = Duration::from_secs_f64(1.0 / hz / TICKS_PER_S as f64);
    let mut clients: Vec<Client> = Vec::new();
    let mut next = Instant::now();
    for tick in 0_usize.. {
        while let Ok((stream, _)) = listener.accept() {
            clients.extend(Client::new(stream, bytes));
        }
        let due = clients.iter_mut().skip(tick % TICKS_PER_S).step_by(TICKS_PER_S);
        let written = due.filter_map(|client| client.stream.write(&client.frame).ok());
        writes.fetch_add(written.count() as u64, Ordering::Relaxed);
        // Ticks that were missed are not made up for; telemetry's are not either.
        next = (next + phase).max(Instant::now());
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}
