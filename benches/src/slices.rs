//! Timed slices: a neighbour on the host makes any one of them slow, hence minimum and median, and processor time.

use std::fmt;
use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

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
        let nanoseconds = (thread_time() - started).as_secs_f64() * 1e9;
        self.0.push(nanoseconds / operations.max(1) as f64);
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

/// Time this thread has spent on a processor; where the system does not tell, time that has passed.
#[must_use]
pub fn thread_time() -> Duration {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    let on_processor = fs::read_to_string("/proc/thread-self/schedstat").ok();
    on_processor
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| STARTED.elapsed(), Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_fastest_and_the_middle_slice() {
        let slices = Slices(vec![30.0, 10.0, 20.0]);
        assert_eq!(slices.to_string(), "10 / 20");
    }
}
