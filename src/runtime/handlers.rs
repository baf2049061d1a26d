//! Handler times: how long the actors' handlers take, by type of actor, as metrics. One message in 64 is timed.

use std::sync::LazyLock;
use std::time::Instant;

use parking_lot::Mutex;
use prometheus::{CounterVec, IntCounterVec, Opts, Registry};
use skyhaul_engine::kernel::HandlerTime;

/// When the process began to measure.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the process began to measure: the stopwatch an engine is given.
pub(super) fn nanos() -> u64 {
    u64::try_from(BEGAN.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// What is shown of handlers.
#[derive(Debug)]
pub struct HandlerMetrics {
    timed: IntCounterVec,
    seconds: CounterVec,
    /// What the present world had measured when it was last looked at.
    last: Mutex<Vec<HandlerTime>>,
}

impl HandlerMetrics {
    /// The metrics, registered.
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let timed = IntCounterVec::new(
            Opts::new(
                "skyhaul_actor_handlers_timed_total",
                "Messages whose handler was timed, one in 64, by type of actor",
            ),
            &["actor"],
        )?;
        let seconds = CounterVec::new(
            Opts::new(
                "skyhaul_actor_handler_seconds_total",
                "Time the timed handlers took together, by type of actor",
            ),
            &["actor"],
        )?;
        registry.register(Box::new(timed.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self {
            timed,
            seconds,
            last: Mutex::default(),
        })
    }

    /// Takes in what a world has measured so far. A world that was rebuilt begins anew.
    pub(super) fn note(&self, times: &[(&'static str, HandlerTime)]) {
        let mut last = self.last.lock();
        last.resize(times.len(), HandlerTime::default());
        for ((actor, time), last) in times.iter().zip(last.iter_mut()) {
            let before = if time.timed < last.timed {
                HandlerTime::default()
            } else {
                *last
            };
            let label = [actor.to_ascii_lowercase()];
            self.timed
                .with_label_values(&label)
                .inc_by(time.timed - before.timed);
            self.seconds
                .with_label_values(&label)
                .inc_by((time.nanos - before.nanos) as f64 / 1e9);
            *last = *time;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(timed: u64, nanos: u64) -> HandlerTime {
        HandlerTime {
            timed,
            nanos,
            ..HandlerTime::default()
        }
    }

    #[test]
    fn counts_on_over_a_world_that_was_rebuilt() {
        let metrics = HandlerMetrics::new(&Registry::new()).expect("names are free");
        metrics.note(&[("Drone", time(10, 5_000))]);
        metrics.note(&[("Drone", time(12, 6_000))]);
        metrics.note(&[("Drone", time(3, 1_000))]);
        assert_eq!(metrics.timed.with_label_values(&["drone"]).get(), 15);
        let seconds = metrics.seconds.with_label_values(&["drone"]).get();
        assert!((seconds - 7e-6).abs() < 1e-12, "{seconds}");
    }

    #[test]
    fn the_stopwatch_never_goes_back() {
        assert!(nanos() <= nanos());
    }
}
