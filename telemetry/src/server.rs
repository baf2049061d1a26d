//! The telemetry server: one WebSocket listener, one shared picture of the fleet, one task a client.
//!
//! ```text
//! Tracks ──each tick (0.1 s)──► Picture (drones by tile, each leg encoded once) ──► each client's task: what is due, in one write
//! ```
//!
//! All of it runs as tasks of the runtime on which [`TelemetryServer::run`] is polled, on its thread where that is a current-thread runtime
//! such as an actix `Arbiter`: give it an arbiter of its own, so that fan-out and HTTP do not wait for each other.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use prometheus::Registry;
use skyhaul_actors::environment::Environment;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use self::admission::{Admission, Seat};
use self::client::{Client, Surroundings};
use self::connection::Connection;
use self::handshake::Rejection;
use self::metrics::Metrics;
use self::picture::Picture;
use crate::clock::VirtualClock;
use crate::door::Door;
use crate::tracks::Tracks;

mod admission;
#[cfg(test)]
mod agreement;
mod bucket;
mod client;
mod connection;
mod handshake;
mod metrics;
mod outbox;
mod picture;
mod request;
mod scope;
mod stay;
mod subscription;
mod told;
mod wire;

pub use self::handshake::{PATH, SUBPROTOCOL, SUBPROTOCOL_BINARY};

/// Between two ticks: short enough that a map looks live, long enough to gather what happens into one write.
const TICK: Duration = Duration::from_millis(100);

/// What the kernel may hold of a client's data unsent, so that a slow client shows soon and costs little.
const UNSENT_BYTES_MAX: u32 = 16 * 1024;

/// The kernel's send buffer of a client: what a stalled one costs besides its frame.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// After this long without an answer from the peer's host it is taken for dead; longer than a slow client is borne with.
const PEER_DEAD_AFTER: Duration = Duration::from_secs(90);

/// After a failed accept, such as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// All clients have gone by then when the server stops.
const STOP_WITHIN: Duration = Duration::from_millis(1_800);

/// What the server is made of.
pub struct TelemetryParts {
    /// The world as it was planned.
    pub environment: Arc<Environment>,
    /// Where everything is; someone else folds events into it.
    pub tracks: Arc<RwLock<Tracks>>,
    /// The world's clock.
    pub clock: Arc<dyn VirtualClock>,
    /// Origins whose pages may connect, such as `http://localhost:8080`; `*` for all. Clients that send no origin may always.
    pub allowed_origins: Vec<String>,
    /// Decides who may look.
    pub door: Arc<dyn Door>,
    /// Where metrics go.
    pub registry: Registry,
    /// What clients may do.
    pub limits: TelemetryLimits,
}

/// What clients may do, as far as an operator may want it otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelemetryLimits {
    /// Clients of one address that may subscribe. Twice as many may connect.
    pub clients_per_address: usize,
    /// A client that reads nothing of what waits for it is closed after this long.
    pub stalled_after: Duration,
}

impl Default for TelemetryLimits {
    /// A thousand clients an address, as an office behind one may have; thirty seconds.
    fn default() -> Self {
        Self {
            clients_per_address: 1_000,
            stalled_after: Duration::from_secs(30),
        }
    }
}

/// The server. It may run again after it failed: what it shows is read anew from the tracks.
pub struct TelemetryServer {
    environment: Arc<Environment>,
    tracks: Arc<RwLock<Tracks>>,
    clock: Arc<dyn VirtualClock>,
    allowed_origins: Arc<[String]>,
    door: Arc<dyn Door>,
    metrics: Metrics,
    limits: TelemetryLimits,
    tls: Option<Arc<ServerConfig>>,
}

impl TelemetryServer {
    /// A server that does not listen yet.
    ///
    /// # Errors
    /// Where the registry refuses the metrics.
    pub fn new(parts: TelemetryParts) -> prometheus::Result<Self> {
        Ok(Self {
            metrics: Metrics::register(&parts.registry)?,
            environment: parts.environment,
            tracks: parts.tracks,
            clock: parts.clock,
            allowed_origins: parts.allowed_origins.into(),
            door: parts.door,
            limits: parts.limits,
            tls: None,
        })
    }

    /// The same server for clients that speak TLS, and no others.
    #[must_use]
    pub fn secured(mut self, tls: Arc<ServerConfig>) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Serves until `stop`, then closes every client with 1001 and returns within two seconds.
    ///
    /// # Panics
    /// Where the task that looks for what is new panicked: without it all clients would wait for ever.
    pub async fn run(&self, listener: TcpListener, stop: CancellationToken) {
        let (environment, tracks) = (Arc::clone(&self.environment), Arc::clone(&self.tracks));
        let mut picture = Picture::new(environment, tracks, Arc::clone(&self.clock));
        picture.advance();
        let picture = Arc::new(RwLock::new(picture));
        let (ticker, ticks) = watch::channel(0);
        let mut ticking = JoinSet::new();
        ticking.spawn(tick(
            Arc::clone(&picture),
            ticker,
            self.metrics.clone(),
            stop.clone(),
        ));
        let mut tasks = JoinSet::new();
        let admission = Admission::new(self.limits.clients_per_address);
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
                Some(Err(failed)) = ticking.join_next() => panic!("telemetry's ticks: {failed}"),
                Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "telemetry: a client could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let surroundings = Surroundings {
                picture: Arc::clone(&picture),
                metrics: self.metrics.clone(),
                ticks: ticks.clone(),
                door: Arc::clone(&self.door),
                stalled_after: self.limits.stalled_after,
                stop: stop.clone(),
            };
            let origins = Arc::clone(&self.allowed_origins);
            let seat = admission.seat(peer.ip());
            tasks.spawn(serve(stream, self.tls.clone(), seat, origins, surroundings));
        }
        drop(listener);
        let gone = async { while tasks.join_next().await.is_some() {} };
        if timeout(STOP_WITHIN, gone).await.is_err() {
            tasks.shutdown().await;
        }
    }
}

/// Brings the picture up to date and tells all clients, tick by tick.
async fn tick(
    picture: Arc<RwLock<Picture>>,
    ticker: watch::Sender<u64>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let tick = {
            let _timer = metrics.tick.start_timer();
            let mut picture = picture.write();
            picture.advance();
            picture.tick()
        };
        ticker.send_replace(tick);
    }
}

/// Serves one client, from its handshake on.
async fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    seat: Option<Seat>,
    allowed_origins: Arc<[String]>,
    surroundings: Surroundings,
) {
    let refused = surroundings.metrics.handshakes_refused.clone();
    let stop = surroundings.stop.clone();
    let received = async {
        let Some(seat) = seat else {
            let answered = handshake::turn_away(stream, tls.is_some()).await;
            return Err(Rejection::Answered(answered));
        };
        tune(&stream)?;
        let connection = handshake::within(Connection::open(stream, tls)).await?;
        let admitted = handshake::receive(connection, &allowed_origins, &*surroundings.door).await?;
        Ok((admitted, seat))
    };
    let received = tokio::select! {
        biased;
        () = stop.cancelled() => return,
        received = received => received,
    };
    match received {
        Ok((admitted, seat)) => Client::new(admitted, surroundings, seat).run().await,
        Err(Rejection::Answered(status)) => refused.with_label_values(&[&status.to_string()]).inc(),
        Err(Rejection::Gone) => {}
    }
}

/// Small frames go out at once, and little of what a slow client does not read stays in the kernel.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
        socket.set_tcp_user_timeout(Some(PEER_DEAD_AFTER))?;
    }
    Ok(())
}
