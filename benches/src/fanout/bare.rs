//! Bare TCP: a thread that writes so many bytes to each client a second, and does nothing else.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::process::answer_each_line;
use super::{Report, TICKS_PER_S};

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
        .spawn(move || serve(&listener, &vec![0; bytes], hz, &counted))?;
    answer_each_line(|| {
        let writes = writes.load(Ordering::Relaxed);
        Report {
            writes,
            bytes: writes * bytes as u64,
            ..Report::of_this_process()
        }
    })
}

fn serve(listener: &TcpListener, frame: &[u8], hz: f64, writes: &AtomicU64) {
    let phase = Duration::from_secs_f64(1.0 / hz / TICKS_PER_S as f64);
    let mut clients: Vec<TcpStream> = Vec::new();
    let started = Instant::now();
    for tick in 0_u32.. {
        while let Ok((client, _)) = listener.accept() {
            if client
                .set_nonblocking(true)
                .and_then(|()| client.set_nodelay(true))
                .is_ok()
            {
                clients.push(client);
            }
        }
        let due = clients
            .iter_mut()
            .skip(tick as usize % TICKS_PER_S)
            .step_by(TICKS_PER_S);
        let written = due.filter_map(|client| client.write(frame).ok()).count();
        writes.fetch_add(written as u64, Ordering::Relaxed);
        thread::sleep((phase * (tick + 1)).saturating_sub(started.elapsed()));
    }
}
