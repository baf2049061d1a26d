//! A running server over a small city whose time the test moves, and clients to talk to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parking_lot::RwLock;
use prometheus::Registry;
use serde_json::Value;
use skyhaul_actors::environment::Environment;
use skyhaul_engine::time::SimTime;
use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::door::{Door, OpenDoor};
use skyhaul_telemetry::external::Externals;
use skyhaul_telemetry::server::{TelemetryLimits, TelemetryParts, TelemetryServer};
use skyhaul_telemetry::tracks::Tracks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_util::sync::CancellationToken;

use crate::city::City;

/// A test waits no longer than this for anything; it is never reached where all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client's receive buffer where it is to be slow.
const SMALL_BUFFER_BYTES: u32 = 4 * 1024;

/// The kind of a `clock` in the binary form.
const CLOCK: u8 = 1;

/// A clock that the test sets.
pub(crate) struct Hand {
    now_micros: AtomicU64,
    speed_bits: AtomicU64,
}

impl Hand {
    pub(crate) fn set_speed(&self, speed: f64) {
        self.speed_bits.store(speed.to_bits(), Ordering::Relaxed);
    }
}

impl VirtualClock for Hand {
    fn now(&self) -> SimTime {
        SimTime::from_micros(self.now_micros.load(Ordering::Relaxed))
    }

    fn speed(&self) -> f64 {
        f64::from_bits(self.speed_bits.load(Ordering::Relaxed))
    }

    fn behind_s(&self) -> f64 {
        0.25
    }
}

/// A running server with its city.
pub(crate) struct Live {
    pub(crate) city: City,
    pub(crate) tracks: Arc<RwLock<Tracks>>,
    pub(crate) clock: Arc<Hand>,
    pub(crate) address: SocketAddr,
    pub(crate) registry: Registry,
    pub(crate) externals: Arc<Externals>,
    pub(crate) stop: CancellationToken,
    pub(crate) server: JoinHandle<()>,
}

impl Live {
    pub(crate) async fn start(environment: Environment) -> Self {
        Self::start_with(environment, TelemetryLimits::default()).await
    }

    pub(crate) async fn start_with(environment: Environment, limits: TelemetryLimits) -> Self {
        Self::start_behind(Arc::new(OpenDoor), environment, limits).await
    }

    /// A server behind a door.
    pub(crate) async fn start_behind(
        door: Arc<dyn Door>,
        environment: Environment,
        limits: TelemetryLimits,
    ) -> Self {
        let city = City::new(environment);
        let environment = Arc::clone(city.world.environment());
        let tracks = Arc::new(RwLock::new(Tracks::new(Arc::clone(&environment))));
        let clock = Arc::new(Hand {
            now_micros: AtomicU64::new(0),
            speed_bits: AtomicU64::new(1.0_f64.to_bits()),
        });
        let registry = Registry::new();
        let parts = TelemetryParts {
            environment,
            tracks: Arc::clone(&tracks),
            clock: Arc::clone(&clock) as Arc<dyn VirtualClock>,
            allowed_origins: vec!["http://localhost:8080".to_owned()],
            door,
            registry: registry.clone(),
            limits,
        };
        let mut live = {
            let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = TcpListener::bind(loopback).await.expect("a port is free");
            let address = listener.local_addr().expect("it is bound");
            let server = TelemetryServer::new(parts).expect("the metrics' names are free");
            let externals = Arc::new(Externals::default());
            let server = server.beside(Arc::clone(&externals));
            let stop = CancellationToken::new();
            let stopped = stop.clone();
            Self {
                city,
                tracks,
                clock,
                address,
                registry,
                externals,
                server: tokio::spawn(async move { server.run(listener, stopped).await }),
                stop,
            }
        };
        live.advance(1);
        live
    }

    /// Lets so many seconds pass.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.city.run_s(seconds);
        let mut tracks = self.tracks.write();
        let known = tracks.next_event();
        for event in self.city.events.iter().filter(|event| event.number >= known) {
            tracks.apply(event);
        }
        self.clock
            .now_micros
            .store(self.city.world.now().micros(), Ordering::Relaxed);
    }

    pub(crate) async fn connect(&self) -> Peer {
        let mut peer = self.connect_raw("").await;
        assert_eq!(peer.next().await["type"], "hello");
        peer
    }

    /// A client that has said nothing yet and read nothing but the handshake.
    pub(crate) async fn connect_raw(&self, headers: &str) -> Peer {
        self.connect_over(
            TcpStream::connect(self.address).await.expect("it listens"),
            headers,
        )
        .await
    }

    /// A client that soon cannot take any more unless it reads.
    pub(crate) async fn connect_slow(&self) -> Peer {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .set_recv_buffer_size(SMALL_BUFFER_BYTES)
            .expect("a small buffer");
        let stream = socket.connect(self.address).await.expect("it listens");
        self.connect_over(stream, "").await
    }

    async fn connect_over(&self, mut stream: TcpStream, headers: &str) -> Peer {
        let answer = ask(&mut stream, &upgrade("/telemetry", headers)).await;
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        Peer {
            answer,
            socket: WebSocketStream::from_raw_socket(stream, Role::Client, None).await,
        }
    }

    /// What the server answers to an HTTP request.
    pub(crate) async fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        ask(&mut stream, request).await
    }

    /// The value of a metric, summed over its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        let values = family
            .into_iter()
            .flat_map(prometheus::proto::MetricFamily::get_metric)
            .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value());
        values.sum()
    }

    /// How often a client's lag was observed, and the sum of all, s.
    pub(crate) fn lag(&self) -> (u64, f64) {
        let families = self.registry.gather();
        let is_lag = |name: &str| name == "skyhaul_telemetry_client_lag_seconds";
        let lag = families.iter().find(|family| is_lag(family.name()));
        let lag = lag.expect("it is gathered").get_metric()[0].get_histogram();
        (lag.get_sample_count(), lag.get_sample_sum())
    }
}

/// A request for a WebSocket.
pub(crate) fn upgrade(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// Sends a request and reads the head of the answer, byte by byte so that nothing of what follows is taken.
async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("it listens");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let byte = tokio::time::timeout(PATIENCE, stream.read_u8()).await;
        answer.push(byte.expect("it answers").expect("it answers whole"));
    }
    String::from_utf8(answer).expect("a head is text")
}

/// A client.
pub(crate) struct Peer {
    /// The head of the handshake's answer.
    pub(crate) answer: String,
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Peer {
    pub(crate) async fn say(&mut self, message: &str) {
        self.socket
            .send(Message::text(message))
            .await
            .expect("the server listens");
    }

    async fn message(&mut self) -> Option<Message> {
        let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        message.expect("something comes").and_then(Result::ok)
    }

    /// The next frame that is no `clock`: those come whenever the test's clock does not go as its speed says.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["type"] != "clock" {
                return frame;
            }
        }
    }

    /// The next frame of text; a `clock` of bytes may come before any.
    async fn frame(&mut self) -> Value {
        loop {
            match self.message().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).expect("frames are JSON"),
                Some(Message::Binary(bytes)) if bytes[0] == CLOCK => {}
                other => panic!("a frame, not {other:?}"),
            }
        }
    }

    /// The next frame of bytes that is no `clock`; texts are passed over.
    pub(crate) async fn bytes(&mut self) -> Vec<u8> {
        loop {
            match self.message().await {
                Some(Message::Binary(bytes)) if bytes[0] != CLOCK => return bytes.to_vec(),
                Some(Message::Binary(_) | Message::Text(_)) => {}
                other => panic!("a frame, not {other:?}"),
            }
        }
    }

    /// The next frame of bytes of this kind.
    pub(crate) async fn bytes_of(&mut self, kind: u8) -> Vec<u8> {
        loop {
            let frame = self.bytes().await;
            if frame[0] == kind {
                return frame;
            }
        }
    }

    /// The next frame of this type.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next frame of this subscription.
    pub(crate) async fn next_for(&mut self, id: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["id"] == id {
                return frame;
            }
        }
    }

    /// All frames, clocks left out, up to a tick that began after this was asked.
    pub(crate) async fn settled(&mut self) -> Vec<Value> {
        self.say(r#"{"op":"subscribe","id":"probe","topic":"stats"}"#)
            .await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["id"] == "probe" {
                break;
            }
            frames.push(frame);
        }
        self.say(r#"{"op":"unsubscribe","id":"probe"}"#).await;
        frames
    }

    /// The next `clock` that tells this speed.
    pub(crate) async fn clock_of(&mut self, speed: &Value) -> Value {
        loop {
            let clock = self.next_of("clock").await;
            if clock["speed"] == *speed {
                return clock;
            }
        }
    }

    /// Reads on until the server closes.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match self.message().await {
                Some(Message::Close(frame)) => return frame,
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// The code with which the server closes.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        self.closed().await.map(|frame| frame.code.into())
    }
}
