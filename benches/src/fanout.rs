//! Fan-out: what telemetry costs a client and tick, beside bare TCP, npm's `ws` and NATS that write as many bytes to as many clients.
//!
//! Server and clients are processes of their own, so that neither's processor time is taken for the other's. A server answers each line on its
//! standard input with a [`Report`].

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::memory::resident_bytes;

pub mod bare;
pub mod crowd;
pub mod nats;
pub mod process;
pub mod serving;
pub mod sky;

/// Ticks of the servers a second; a client is due at one of them, so that all are spread over the second as telemetry's are.
pub const TICKS_PER_S: usize = 10;

/// What a server says of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Nanoseconds of processor time so far, by thread.
    pub threads_ns: BTreeMap<String, u64>,
    /// Bytes in memory.
    pub resident: u64,
    /// Clients.
    pub clients: u64,
    /// Writes so far.
    pub writes: u64,
    /// Bytes written so far.
    pub bytes: u64,
    /// Writes that were out within so many microseconds of their tick, by that bound; the last one counts all.
    pub lag_us: Vec<(u64, u64)>,
}

impl Report {
    /// This process as the system sees it.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self {
            threads_ns: threads_ns("self"),
            resident: resident_bytes(),
            ..Self::default()
        }
    }

    /// What came to pass since an earlier report.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let threads = self.threads_ns.iter().map(|(name, ns)| {
            let before = earlier.threads_ns.get(name).copied().unwrap_or_default();
            (name.clone(), ns.saturating_sub(before))
        });
        let lag = self.lag_us.iter().map(|(bound, count)| {
            let before = earlier.lag_us.iter().find(|(other, _)| other == bound);
            (*bound, count - before.map_or(0, |(_, count)| *count))
        });
        Self {
            threads_ns: threads.collect(),
            resident: self.resident.saturating_sub(earlier.resident),
            clients: self.clients,
            writes: self.writes - earlier.writes,
            bytes: self.bytes - earlier.bytes,
            lag_us: lag.collect(),
        }
    }

    /// Processor time of the threads whose names begin so.
    #[must_use]
    pub fn cpu(&self, name: &str) -> Duration {
        let threads = self.threads_ns.iter();
        Duration::from_nanos(
            threads
                .filter(|(thread, _)| thread.starts_with(name))
                .map(|(_, ns)| ns)
                .sum(),
        )
    }

    /// Milliseconds within which so large a share of all writes was out; `None` where that is more than the last bound.
    #[must_use]
    pub fn lag_ms(&self, share: f64) -> Option<f64> {
        let (_, all) = self.lag_us.last()?;
        let wanted = *all as f64 * share;
        let bound = self.lag_us.iter().find(|(_, count)| *count as f64 >= wanted)?.0;
        (bound != u64::MAX).then_some(bound as f64 / 1e3)
    }
}

/// Nanoseconds of processor time of each thread of a process, summed by name.
fn threads_ns(process: &str) -> BTreeMap<String, u64> {
    let mut threads = BTreeMap::new();
    let tasks = fs::read_dir(format!("/proc/{process}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let spent = read("schedstat");
        let spent = spent.split(' ').next().and_then(|ns| ns.parse::<u64>().ok());
        *threads.entry(read("comm").trim().to_owned()).or_default() += spent.unwrap_or_default();
    }
    threads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_writes_was_out_in_time() {
        let report = Report {
            lag_us: vec![(1_000, 90), (5_000, 99), (u64::MAX, 100)],
            ..Report::default()
        };
        assert_eq!(report.lag_ms(0.5), Some(1.0));
        assert_eq!(report.lag_ms(0.99), Some(5.0));
        assert_eq!(report.lag_ms(1.0), None);
    }

    #[test]
    fn a_report_counts_from_an_earlier_one() {
        let of = |ns, writes| Report {
            threads_ns: BTreeMap::from([("telemetry-0".to_owned(), ns), ("feed".to_owned(), 1)]),
            writes,
            ..Report::default()
        };
        let since = of(500, 7).since(&of(200, 3));
        assert_eq!(
            (since.cpu("telemetry"), since.writes),
            (Duration::from_nanos(300), 4)
        );
    }
}
