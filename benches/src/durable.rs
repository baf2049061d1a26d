//! Durable requests a second: the running service beside what the disk could do at best.

use std::fmt;
use std::time::Duration;

pub mod client;
pub mod raw;
pub mod service;

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

    /// Answers other than the one hoped for.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn take_in(&mut self, other: Self) {
        self.latencies_s.extend(other.latencies_s);
        self.refused += other.refused;
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>9.0}/s, p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, refused {}",
            self.per_second(),
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            self.quantile_ms(0.999),
            self.refused,
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
}
