//! The service, from start to stop.
//!
//! Start: 1. settings are checked; 2. all listeners are bound, so that a port in use is said before anything is touched; 3. the data folder is
//! locked; 4. the journal is opened, and founded or recognised; 5. the scenario is built, the stores are opened; 6. projectors, host,
//! sequencer and notifier start, the host rebuilds the world; 7. REST and telemetry answer; 8. once the world has caught up, `/readyz` says so.
//!
//! Stop, on SIGTERM or SIGINT (a second one ends at once): 1. `/readyz` turns 503; 2. REST takes nothing new and finishes what it has (10 s);
//! 3. telemetry closes its sockets with 1001 (2 s); 4. the notifier waits for letters on their way (3 s); 5. the sequencer commits what waits (5 s);
//! 6. the host runs to the horizon and keeps a snapshot (20 s); 7. the projectors fold and flush (20 s); 8. spans that wait are sent (3 s).

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use actix_rt::System;
use skyhaul_telemetry::clock::VirtualClock as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::cli::ServeArgs;
use crate::config::Settings;
use crate::exit::Failure;
use crate::runtime::lag::NOTICED_S;
use crate::runtime::supervisor::Fatal;
use crate::terminal;

mod pace;
mod world;

use self::world::Prepared;

/// How long REST may take to finish what it has.
const REST_STOP: Duration = Duration::from_secs(10);

/// How long letters on their way may take; what was not answered by then is sent again after the next start.
const NOTIFIER_STOP: Duration = Duration::from_secs(3);

/// How long the collector may take for the last spans.
const EXPORT_STOP: Duration = Duration::from_secs(3);

/// How long telemetry may take to say good-bye.
const TELEMETRY_STOP: Duration = Duration::from_secs(3);

/// `skyhaul serve`.
///
/// # Errors
/// [`Failure`], where it cannot start or has to give up.
pub fn main(args: &ServeArgs) -> Result<(), Failure> {
    let settings = crate::config::load(args)?;
    crate::logging::start(settings.log_format, &settings.log_level);
    System::new().block_on(serve(settings))
}

/// SIGTERM and SIGINT.
struct Signals(Signal, Signal);

impl Signals {
    fn install() -> Result<Self, Failure> {
        let install = |kind| {
            signal(kind).map_err(|error| Failure::try_again(format!("signals cannot be received: {error}")))
        };
        Ok(Self(
            install(SignalKind::terminate())?,
            install(SignalKind::interrupt())?,
        ))
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.0.recv() => "SIGTERM",
            _ = self.1.recv() => "SIGINT",
        }
    }
}

fn bind(address: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::try_again(format!(
            "{address}: the port for {what} is in use; stop what uses it, or choose another with --bind or --telemetry-bind"
        )),
        _ => Failure::try_again(format!("{address}: the address for {what} cannot be used: {error}")),
    })
}

fn bind_for_aircraft(address: SocketAddr) -> Result<UdpSocket, Failure> {
    let failed = |error| Failure::try_again(format!("{address}: mavlink.listen cannot be used: {error}"));
    UdpSocket::bind(address).map_err(failed)
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let mut signals = Signals::install()?;
    let http = bind(settings.bind, "REST")?;
    let telemetry = bind(settings.telemetry_bind, "telemetry")?;
    let aircraft = settings.mavlink_listen.map(bind_for_aircraft).transpose()?;
    let (fatal, mut fatals) = mpsc::unbounded_channel();
    let prepared = Prepared::open(&settings, &telemetry, fatal)?;
    let running = prepared.start();
    let address = http.local_addr().map_err(Failure::try_again)?;
    let telemetry = prepared.start_telemetry(&settings, address, telemetry)?;
    let notifier = prepared.start_notifier();
    let server = skyhaul_web::serve(prepared.services.clone(), http, prepared.http_options(&settings))
        .map_err(|error| Failure::try_again(format!("REST cannot start: {error}")))?;
    let rest = server.handle();
    let server = actix_rt::spawn(server);
    announce(&settings, address, &prepared);
    let certificate = actix_rt::spawn(prepared.watch_certificate()?);
    let broadcast = actix_rt::spawn(prepared.broadcast(&settings));
    let aircraft = actix_rt::spawn(prepared.listen(&settings, aircraft)?);
    let ready = actix_rt::spawn(say_when_ready(
        Arc::clone(&running.shared),
        Arc::clone(&prepared.readiness),
    ));
    let outcome = tokio::select! {
        name = signals.next() => {
            tracing::info!(signal = name, "stopping");
            Ok(())
        }
        fatal = fatals.recv() => Err(given_up(fatal)),
    };
    ready.abort();
    certificate.abort();
    broadcast.abort();
    aircraft.abort();
    let stopping = async {
        prepared.readiness.set_draining();
        if tokio::time::timeout(REST_STOP, rest.stop(true)).await.is_err() {
            tracing::warn!("REST did not finish in time");
        }
        telemetry.stop(TELEMETRY_STOP).await;
        notifier.stop(NOTIFIER_STOP).await;
        let stopped = running.stop().await;
        prepared.export.stop(EXPORT_STOP);
        stopped
    };
    let stopped = tokio::select! {
        stopped = stopping => stopped,
        name = signals.next() => Err(Failure::try_again(format!("stopped at once by a second signal ({name})"))),
    };
    server.abort();
    outcome.and(stopped)
}

fn given_up(fatal: Option<Fatal>) -> Failure {
    match fatal {
        Some(Fatal { part, reason, exit }) => Failure {
            exit,
            reason: format!("{part}: {reason}"),
        },
        None => Failure::broken("all parts are gone"),
    }
}

fn announce(settings: &Settings, address: SocketAddr, prepared: &Prepared) {
    let (rest, telemetry) = (prepared.scheme(), prepared.scheme().replace("http", "ws"));
    let said = terminal::say(format_args!(
        "Skyhaul serves {} {}
  dashboard and REST  {rest}://{address}/
  interface           {rest}://{address}/docs
  telemetry           {telemetry}://{}/telemetry
  data                {}",
        prepared.environment.name,
        prepared.pace(),
        prepared.telemetry_address,
        settings.data.display()
    ));
    // Those who are served need none of it.
    if let Err(failure) = said {
        tracing::warn!(%failure, "what is served where could not be said");
    }
}

/// Says that the service is ready once the world has caught up with the clock.
async fn say_when_ready(shared: Arc<crate::runtime::Shared>, readiness: Arc<skyhaul_web::Readiness>) {
    loop {
        let speed = if shared.clock.is_unpaced() {
            1.0
        } else {
            shared.clock.speed()
        };
        let is_ready = shared.host_is_up() && shared.clock.behind_s() <= NOTICED_S * speed.max(1.0);
        readiness.set_ready(is_ready);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
