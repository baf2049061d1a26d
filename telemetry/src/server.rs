//! The telemetry server: one WebSocket listener, one shared picture of the fleet, and threads that each serve a part of the clients.
//!
//! ```text
//! Tracks ──each tick (0.1 s)──► Picture (drones by tile, each leg encoded once) ──► Shard: walks its clients, what is due in one write each
//! ```
//!
//! Accepting and ticking run on the runtime on which [`TelemetryServer::run`] is polled: give it a thread of its own, so that fan-out and HTTP do
//! not wait for each other. Each shard has a thread and a runtime of its own.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use prometheus::Registry;
use skyhaul_actors::environment::Environment;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use self::admission::Admission;
use self::metrics::Metrics;
use self::picture::Picture;
use self::shard::{Shard, Surroundings};
use crate::clock::VirtualClock;
use crate::door::Door;
use crate::external::Externals;
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
mod pace;
mod picture;
mod request;
mod roster;
mod scope;
mod shard;
mod stay;
mod subscription;
mod wire;

pub use self::handshake::{PATH, SUBPROTOCOL, SUBPROTOCOL_BINARY};

/// Between two ticks: short enough that a map looks live, long enough to gather what happens into one write.
const TICK: Duration = Duration::from_millis(100);

/// After a failed accept, such as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// All shards have ended by then when the server stops.
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
    /// Clients of one address that may subscribe, as far as there is room. Twice as many may connect.
    pub clients_per_address: usize,
    /// A client that reads nothing of what waits for it is closed after this long.
    pub stalled_after: Duration,
    /// Threads that serve clients, at least one.
    pub threads: usize,
}

impl Default for TelemetryLimits {
    /// A thousand clients an address, as an office behind one may have; thirty seconds; one thread.
    fn default() -> Self {
        Self {
            clients_per_address: 1_000,
            stalled_after: Duration::from_secs(30),
            threads: 1,
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
    externals: Arc<Externals>,
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
            externals: Arc::default(),
        })
    }

    /// The same server for clients that speak TLS, and no others.
    #[must_use]
    pub fn secured(mut self, tls: Arc<ServerConfig>) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The same server with external aircraft beside the fleet.
    #[must_use]
    pub fn beside(mut self, externals: Arc<Externals>) -> Self {
        self.externals = externals;
        self
    }

    /// Serves until `stop`, then closes every client with 1001 and returns within two seconds.
    ///
    /// # Panics
    /// Where the task that looks for what is new, or a shard, failed or could not start: their clients would wait for ever.
    pub async fn run(&self, listener: TcpListener, stop: CancellationToken) {
        // Shards end also where this is dropped.
        let stop = stop.child_token();
        let _ends_shards = stop.clone().drop_guard();
        let (environment, tracks) = (Arc::clone(&self.environment), Arc::clone(&self.tracks));
        let mut picture =
            Picture::new(environment, tracks, Arc::clone(&self.clock)).beside(Arc::clone(&self.externals));
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
        let surroundings = self.surroundings(picture, ticks, &stop);
        let mut shards: Vec<Shard> = (0..self.limits.threads.max(1))
            .map(|number| match Shard::start(number, surroundings.clone()) {
                Ok(shard) => shard,
                Err(error) => panic!("telemetry's threads: {error}"),
            })
            .collect();
        tokio::select! {
            () = self.accept(&listener, &shards, &stop) => {}
            Some(Err(failed)) = ticking.join_next() => panic!("telemetry's ticks: {failed}"),
        }
        drop(listener);
        let ended = async {
            for shard in &mut shards {
                assert!(shard.ended().await, "a shard of telemetry's failed");
            }
        };
        if timeout(STOP_WITHIN, ended).await.is_err() {
            tracing::warn!("telemetry: clients were not all told that the service stops");
        }
    }

    fn surroundings(
        &self,
        picture: Arc<RwLock<Picture>>,
        ticks: watch::Receiver<u64>,
        stop: &CancellationToken,
    ) -> Surroundings {
        Surroundings {
            environment: Arc::clone(&self.environment),
            picture,
            metrics: self.metrics.clone(),
            ticks,
            door: Arc::clone(&self.door),
            allowed_origins: Arc::clone(&self.allowed_origins),
            tls: self.tls.clone(),
            stalled_after: self.limits.stalled_after,
            stop: stop.clone(),
        }
    }

    /// Gives the shards their clients, by turns, until `stop`.
    async fn accept(&self, listener: &TcpListener, shards: &[Shard], stop: &CancellationToken) {
        let admission = Admission::new(self.limits.clients_per_address);
        let mut turns = shards.iter().cycle();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let taken = accepted.and_then(|(stream, peer)| match turns.next() {
                Some(shard) => shard.take(stream, admission.seat(peer.ip())),
                None => Ok(()),
            });
            if let Err(error) = taken {
                tracing::warn!(%error, "telemetry: a client could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
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
