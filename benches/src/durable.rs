//! Durable requests a second: the running service beside what the disk could do at best.

use std::fmt;
use std::time::Duration;

pub mod client;
pub mod group_commit;
pub mod responder;
pub mod service;
pub mod wrk;

/// How hard to push, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Requests in flight at most: one a connection.
    pub connections: usize,
    /// For how long.
    pub lasting: Duration,
    /// Requests a second, whatever the answers take; `None` sends the next one when the last is answered.
    pub rate: Option<f64>,
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Seconds from when a request was due to its answer, in no order.
    latencies_s: Vec<f64>,
    /// Answers other than the one hoped for.
    refused: u64,
    /// Seconds from the first request to the last answer.
    wall_s: f64,
}

impl Outcome {
    /// Requests answered as hoped, a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.latencies_s.len() as f64 / self.wall_s
    }

    /// The latency that a share of requests stayed below, milliseconds.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an index below the number of requests"
    )]
    #[expect(clippy::cast_sign_loss, reason = "shares are not negative")]
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let mut sorted = self.latencies_s.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let index = (sorted.len() as f64 * share) as usize;
        sorted
            .get(index.min(sorted.len().saturating_sub(1)))
            .map_or(f64::NAN, |s| s * 1e3)
    }

    /// Requests answered as hoped.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.latencies_s.len() as u64
    }

    /// What of it is told.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            per_second: self.per_second(),
            p50_ms: self.quantile_ms(0.5),
            p99_ms: self.quantile_ms(0.99),
            refused: self.refused,
        }
    }

    fn take_in(&mut self, other: Self) {
        self.latencies_s.extend(other.latencies_s);
        self.refused += other.refused;
    }
}

/// What is told of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Requests answered as hoped, a second.
    pub per_second: f64,
    /// The latency that half of them stayed below, milliseconds.
    pub p50_ms: f64,
    /// The latency that 99 % of them stayed below, milliseconds.
    pub p99_ms: f64,
    /// Answers other than the one hoped for.
    pub refused: u64,
}

impl Figures {
    /// Those of several runs whose rate is in the middle.
    #[must_use]
    pub fn median(mut runs: Vec<Self>) -> Option<Self> {
        runs.sort_by(|a, b| f64::total_cmp(&a.per_second, &b.per_second));
        runs.get(runs.len() / 2).copied()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            per_second,
            p50_ms,
            p99_ms,
            refused,
        } = self;
        write!(
            f,
            "{per_second:>9.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms, refused {refused}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_rate_and_quantiles() {
        let outcome = Outcome {
            latencies_s: (1..=100).rev().map(f64::from).map(|ms| ms / 1e3).collect(),
            refused: 0,
            wall_s: 2.0,
        };
        assert_eq!(outcome.per_second(), 50.0);
        assert!((outcome.quantile_ms(0.5) - 51.0).abs() < 1e-9);
        assert!((outcome.quantile_ms(0.99) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn of_several_runs_the_one_in_the_middle_counts() {
        let run = |per_second| Figures {
            per_second,
            p50_ms: 1.0,
            p99_ms: 2.0,
            refused: 0,
        };
        let median = Figures::median([30.0, 10.0, 20.0].map(run).to_vec()).expect("there are some");
        assert_eq!(median, run(20.0));
        assert_eq!(Figures::median(Vec::new()), None);
    }
}
