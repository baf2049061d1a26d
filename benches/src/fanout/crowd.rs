//! A crowd of clients, in a process of its own: all of them connect, ask once, and read or do not.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::process::answer_each_line;
use super::{Report, nats};

/// Bytes a client reads at once.
const READ_BYTES: usize = 16 * 1024;

/// Degrees between the edges of a view and its middle, of latitude and longitude: twenty tiles of the map, or a little more.
const VIEW_DEG: (f64, f64) = (0.05, 0.088);

/// A crowd takes this long to come, or somewhat longer: so they are due at all ticks of a second, as people are, not all at a few.
const ARRIVAL: Duration = Duration::from_secs(1);

/// The least that a pause may be told to last.
const PAUSE: Duration = Duration::from_millis(2);

/// What a client says before it is told anything.
#[derive(Clone, Debug)]
pub enum Speech {
    /// Nothing.
    Bare,
    /// NATS: one subject of several.
    Nats,
    /// WebSocket, of this subprotocol.
    WebSocket(String),
}

/// What the clients of a crowd do.
#[derive(Clone, Debug)]
pub struct Habit {
    /// Where the server is.
    pub address: SocketAddr,
    /// How many there are.
    pub clients: usize,
    /// What they speak.
    pub speech: Speech,
    /// The mode of a subscription to a part of the fleet; `None`: none.
    pub mode: Option<String>,
    /// Frames a second.
    pub hz: f64,
    /// Whether they read.
    pub reads: bool,
}

/// Connects all, prints a line, then reads until the standard input ends; `middle` says where each looks.
///
/// # Errors
/// Where they cannot connect.
pub fn run(habit: &Habit, middle: impl Fn(usize) -> (f64, f64)) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let bytes = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    let mut idle = Vec::new();
    let pauses = usize::try_from(ARRIVAL.as_millis() / PAUSE.as_millis()).unwrap_or(1);
    let together = habit.clients.div_ceil(pauses);
    runtime.block_on(async {
        for number in 0..habit.clients {
            let stream = connect(habit, number, middle(number)).await?;
            if number.is_multiple_of(together) {
                sleep(PAUSE).await;
            }
            if habit.reads {
                clients.spawn(read(stream, Arc::clone(&bytes)));
            } else {
                idle.push(stream);
            }
        }
        io::Result::Ok(())
    })?;
    println!("connected");
    answer_each_line(|| Report {
        clients: habit.clients as u64,
        bytes: bytes.load(Ordering::Relaxed),
        ..Report::of_this_process()
    })
}

async fn connect(habit: &Habit, number: usize, middle: (f64, f64)) -> io::Result<TcpStream> {
    let mut stream = TcpSocket::new_v4()?.connect(habit.address).await?;
    match &habit.speech {
        Speech::Bare => {}
        Speech::Nats => subscribe(&mut stream, number).await?,
        Speech::WebSocket(protocol) => upgrade(&mut stream, habit, protocol, middle).await?,
    }
    Ok(stream)
}

/// Joins a NATS server, and hears a subject of it once this has come back.
async fn subscribe(stream: &mut TcpStream, number: usize) -> io::Result<()> {
    let asked = format!("{}SUB {} 1\r\nPING\r\n", nats::CONNECT, nats::subject(number));
    stream.write_all(asked.as_bytes()).await?;
    let mut told = Vec::new();
    while !told.ends_with(b"PONG\r\n") {
        told.push(stream.read_u8().await?);
    }
    Ok(())
}

async fn upgrade(
    stream: &mut TcpStream,
    habit: &Habit,
    protocol: &str,
    middle: (f64, f64),
) -> io::Result<()> {
    let request = format!(
        "GET /telemetry HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if let Some(mode) = &habit.mode {
        stream.write_all(&subscription(mode, habit.hz, middle)).await?;
    }
    Ok(())
}

/// A frame that asks for what is around `middle`.
fn subscription(mode: &str, hz: f64, (lat, lon): (f64, f64)) -> Vec<u8> {
    let (up, aside) = VIEW_DEG;
    let bbox = [lon - aside, lat - up, lon + aside, lat + up];
    let ask = json!({"op": "subscribe", "id": "map", "topic": "fleet", "bbox": bbox, "mode": mode, "hz": hz});
    masked(ask.to_string().as_bytes())
}

/// A text of 126 bytes or more as clients send it; all zeros mask as well as any.
fn masked(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&[0x81, 0xFE][..], &length.to_be_bytes(), &[0; 4], text].concat()
}

async fn read(mut stream: TcpStream, bytes: Arc<AtomicU64>) {
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        bytes.fetch_add(count as u64, Ordering::Relaxed);
    }
}
