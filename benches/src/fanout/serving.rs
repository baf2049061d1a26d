//! The telemetry server over a [`Sky`], in a process of its own.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use prometheus::Registry;
use prometheus::proto::MetricFamily;
use skyhaul_engine::time::SimTime;
use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::door::OpenDoor;
use skyhaul_telemetry::server::{TelemetryLimits, TelemetryParts, TelemetryServer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::process::answer_each_line;
use super::sky::{BEGINS_S, Sky};
use super::{Report, TICKS_PER_S};

/// All clients of the bench come from one address.
const CLIENTS_MAX: usize = 19_000;

/// Virtual time at the speed of the wall clock.
struct RealTime(Instant);

impl RealTime {
    fn now_ms(&self) -> u64 {
        let passed_ms = u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX);
        BEGINS_S * 1_000 + passed_ms
    }
}

impl VirtualClock for RealTime {
    fn now(&self) -> SimTime {
        SimTime::from_micros(self.now_ms() * 1_000)
    }

    fn speed(&self) -> f64 {
        1.0
    }

    fn behind_s(&self) -> f64 {
        0.0
    }
}

/// Serves until its standard input ends; first it prints where, and how far from where the clients look the drones are.
///
/// # Errors
/// Where it cannot.
pub fn run(mut sky: Sky) -> io::Result<()> {
    let clock = Arc::new(RealTime(Instant::now()));
    let registry = Registry::new();
    let server = TelemetryServer::new(TelemetryParts {
        environment: sky.environment(),
        tracks: sky.tracks(),
        clock: Arc::clone(&clock) as Arc<dyn VirtualClock>,
        allowed_origins: Vec::new(),
        door: Arc::new(OpenDoor),
        registry: registry.clone(),
        limits: TelemetryLimits {
            clients_per_address: CLIENTS_MAX,
            ..TelemetryLimits::default()
        },
    });
    let server = server.map_err(io::Error::other)?;
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    listener.set_nonblocking(true)?;
    thread::Builder::new().name("hub".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let served = runtime.and_then(|runtime| {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                server.run(listener, CancellationToken::new()).await;
                Ok(())
            })
        });
        eprintln!("the server ended: {served:?}");
    })?;
    thread::Builder::new().name("feed".to_owned()).spawn(move || {
        loop {
            sky.advance(clock.now_ms());
            thread::sleep(Duration::from_secs(1) / u32::try_from(TICKS_PER_S).unwrap_or(1));
        }
    })?;
    answer_each_line(|| report(&registry.gather()))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "counts and seconds, above zero and small"
)]
fn report(families: &[MetricFamily]) -> Report {
    let family = |name: &str| families.iter().find(|family| family.name() == name);
    let value = |name: &str| {
        let metric = family(name).and_then(|family| family.get_metric().first());
        let value = metric.map_or(0.0, |metric| {
            metric.get_counter().get_value() + metric.get_gauge().get_value()
        });
        value as u64
    };
    let lag = family("skyhaul_telemetry_client_lag_seconds").and_then(|family| family.get_metric().first());
    let lag_us = lag.map_or_else(Vec::new, |lag| {
        let histogram = lag.get_histogram();
        let buckets = histogram.get_bucket().iter();
        let all = (u64::MAX, histogram.get_sample_count());
        buckets
            .map(|bucket| ((bucket.upper_bound() * 1e6) as u64, bucket.cumulative_count()))
            .chain([all])
            .collect()
    });
    Report {
        clients: value("skyhaul_telemetry_clients"),
        writes: value("skyhaul_telemetry_writes_total"),
        bytes: value("skyhaul_telemetry_sent_bytes_total"),
        lag_us,
        ..Report::of_this_process()
    }
}
