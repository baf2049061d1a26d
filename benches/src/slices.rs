//! Timed slices: a neighbour on the host makes any one of them slow, hence minimum and median, and processor time.

use std::fmt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds an operation, slice by slice.
#[derive(Clone, Debug, Default)]
pub struct Slices(Vec<f64>);

impl Slices {
    /// Times one slice; `work` answers how many operations it did.
    pub fn time(&mut self, work: impl FnOnce() -> u64) {
        let started = thread_time();
        let operations = work();
        self.note(started, operations);
    }

    /// Takes in a slice of `operations` that began at `started`, by [`thread_time`], and ends now.
    pub fn note(&mut self, started: Duration, operations: u64) {
        self.take_in(thread_time() - started, operations);
    }

    /// Takes in a slice of `operations` that took so long, by whatever clock.
    pub fn take_in(&mut self, took: Duration, operations: u64) {
        self.0.push(took.as_secs_f64() * 1e9 / operations.max(1) as f64);
    }

    /// The fastest slice.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The middle slice.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} / {:.0}", self.min(), self.median())
    }
}

/// Time this thread has spent on a processor: what it does not get is a neighbour's, not its own. To the nanosecond, where
/// `/proc` counts in ticks.
#[must_use]
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_on_a_processor_grows_with_work_only() {
        let started = thread_time();
        let sum: u64 = std::hint::black_box(0..100_000_u64)
            .map(std::hint::black_box)
            .sum();
        assert!(sum > 0 && thread_time() > started);
    }

    #[test]
    fn tells_the_fastest_and_the_middle_slice() {
        let slices = Slices(vec![30.0, 10.0, 20.0]);
        assert_eq!(slices.to_string(), "10 / 20");
    }
}
