//! What the server counts, for Prometheus.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use super::outbox::Sealed;

/// Upper bounds of the tick's histogram, in seconds: a tick must stay well below the 0.1 s between two.
const TICK_BUCKETS_S: [f64; 8] = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1];

/// Upper bounds of the lag's histogram, in seconds: a client that keeps up lags by much less than the 0.1 s between two ticks, one that takes nothing for
/// thirty seconds is closed.
const LAG_BUCKETS_S: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0];

/// What the server counts.
#[derive(Clone)]
pub(super) struct Metrics {
    pub(super) clients: IntGauge,
    pub(super) subscriptions: IntGauge,
    pub(super) frames: IntCounter,
    pub(super) bytes: IntCounter,
    pub(super) writes: IntCounter,
    pub(super) conflated_ticks: IntCounter,
    pub(super) refusals: IntCounterVec,
    pub(super) handshakes_refused: IntCounterVec,
    pub(super) closed: IntCounterVec,
    pub(super) slow: IntGauge,
    pub(super) tick: Histogram,
    lag: Histogram,
}

/// Something that is there for a while, counted by a gauge.
pub(super) struct Counted(IntGauge);

impl Counted {
    pub(super) fn one(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Counts what is written in so many writes.
    pub(super) fn count(&self, sealed: Sealed, writes: u64) {
        self.frames.inc_by(sealed.frames as u64);
        self.bytes.inc_by(sealed.bytes as u64);
        self.writes.inc_by(writes);
    }

    /// So many clients' sockets had taken all after so long, or were given up then.
    pub(super) fn observe_lag(&self, lag: Duration, clients: u64) {
        let observed = self.lag.local();
        (0..clients).for_each(|_| observed.observe(lag.as_secs_f64()));
    }

    /// Registers all; those that an earlier server registered give way.
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| IntCounter::with_opts(Opts::new(name, help));
        let by_code = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &["code"]);
        let tick = HistogramOpts::new(
            "skyhaul_telemetry_tick_seconds",
            "Time to bring the shared picture up to date",
        );
        let lag = HistogramOpts::new(
            "skyhaul_telemetry_client_lag_seconds",
            "Time from a tick until a client's socket has taken all it was sent for it, or is closed as it does not",
        );
        Ok(Self {
            clients: add(
                registry,
                IntGauge::new("skyhaul_telemetry_clients", "Open sockets")?,
            )?,
            subscriptions: add(
                registry,
                IntGauge::new("skyhaul_telemetry_subscriptions", "Subscriptions of all clients")?,
            )?,
            frames: add(
                registry,
                counter("skyhaul_telemetry_frames_total", "Frames sent")?,
            )?,
            bytes: add(
                registry,
                counter("skyhaul_telemetry_sent_bytes_total", "Bytes sent")?,
            )?,
            writes: add(
                registry,
                counter(
                    "skyhaul_telemetry_writes_total",
                    "Writes to sockets, each with all frames of a tick",
                )?,
            )?,
            conflated_ticks: add(
                registry,
                counter(
                    "skyhaul_telemetry_conflated_ticks_total",
                    "Ticks at which a client was too slow to be sent anything",
                )?,
            )?,
            refusals: add(
                registry,
                by_code(
                    "skyhaul_telemetry_errors_total",
                    "Errors sent to clients, by code",
                )?,
            )?,
            handshakes_refused: add(
                registry,
                by_code(
                    "skyhaul_telemetry_handshakes_refused_total",
                    "Handshakes refused, by HTTP status",
                )?,
            )?,
            closed: add(
                registry,
                by_code(
                    "skyhaul_telemetry_closed_total",
                    "Sockets closed by the server, by WebSocket code",
                )?,
            )?,
            slow: add(
                registry,
                IntGauge::new(
                    "skyhaul_telemetry_slow_clients",
                    "Clients that have not taken yet what they were sent at an earlier tick",
                )?,
            )?,
            tick: add(
                registry,
                Histogram::with_opts(tick.buckets(TICK_BUCKETS_S.to_vec()))?,
            )?,
            lag: add(
                registry,
                Histogram::with_opts(lag.buckets(LAG_BUCKETS_S.to_vec()))?,
            )?,
        })
    }
}

fn add<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    match registry.register(Box::new(collector.clone())) {
        Err(prometheus::Error::AlreadyReg) => {
            registry.unregister(Box::new(collector.clone()))?;
            registry.register(Box::new(collector.clone()))?;
        }
        other => other?,
    }
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_takes_over_the_registry() {
        let registry = Registry::new();
        let first = Metrics::register(&registry).expect("nothing is registered");
        first.frames.inc();
        let second = Metrics::register(&registry).expect("the first gives way");
        second.frames.inc_by(5);
        let families = registry.gather();
        let frames = families
            .iter()
            .find(|family| family.name() == "skyhaul_telemetry_frames_total");
        let value = frames.expect("it is gathered").get_metric()[0]
            .get_counter()
            .get_value();
        assert!((value - 5.0).abs() < f64::EPSILON);
    }
}
