//! Cadence: when the next snapshot is due. A restart does again what the engine did since the last one, so snapshots follow its work, not only the
//! wall clock.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The longest between two, where there is little to do.
const EVERY: Duration = Duration::from_mins(1);

/// Processor time of the engine after which the next is due: what a restart does again of it, on the same machine, and about half of what it may
/// take.
const WORK_MAX: Duration = Duration::from_secs(2);

/// The engine has worked at least so many times as long as the last one took before the next is due, so that all of them cost it a tenth at most.
const WORK_PER_COST: u32 = 9;

/// When the next snapshot is due.
#[derive(Debug)]
pub(super) struct Cadence {
    taken_at: Instant,
    worked: Duration,
    cost: Duration,
}

impl Cadence {
    /// As if one had just been taken.
    pub(super) fn new() -> Self {
        Self {
            taken_at: Instant::now(),
            worked: Duration::ZERO,
            cost: Duration::ZERO,
        }
    }

    /// The engine has worked so long.
    pub(super) fn worked(&mut self, time: Duration) {
        self.worked += time;
    }

    /// Whether the next is due.
    pub(super) fn is_due(&self) -> bool {
        self.is_due_after(self.taken_at.elapsed())
    }

    /// One was taken, which took so long.
    pub(super) fn taken(&mut self, cost: Duration) {
        self.taken_at = Instant::now();
        self.worked = Duration::ZERO;
        self.cost = cost;
    }

    fn is_due_after(&self, elapsed: Duration) -> bool {
        elapsed >= EVERY || self.worked >= WORK_MAX.max(self.cost * WORK_PER_COST)
    }
}

/// Processor time that the calling thread has taken: what work costs, however many want the processor.
pub(super) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn is_due_when_a_minute_is_over_however_little_was_done() {
        let cadence = Cadence::new();
        assert!(!cadence.is_due_after(59 * SECOND));
        assert!(cadence.is_due_after(60 * SECOND));
    }

    #[test]
    fn is_due_when_a_restart_would_have_to_do_too_much_again() {
        let mut cadence = Cadence::new();
        cadence.worked(SECOND);
        assert!(!cadence.is_due_after(SECOND));
        cadence.worked(SECOND);
        assert!(cadence.is_due_after(SECOND));
        cadence.taken(SECOND / 10);
        assert!(!cadence.is_due_after(SECOND), "that was the last one's");
    }

    #[test]
    fn is_put_off_where_it_would_cost_more_than_a_tenth() {
        let mut cadence = Cadence::new();
        cadence.taken(SECOND);
        cadence.worked(8 * SECOND);
        assert!(!cadence.is_due_after(10 * SECOND));
        cadence.worked(SECOND);
        assert!(cadence.is_due_after(10 * SECOND));
    }

    #[test]
    fn a_threads_time_is_what_it_worked() {
        let before = thread_time();
        let sum = (0..2_000_000_u64).fold(0, |sum, n| std::hint::black_box(sum ^ n));
        assert!(thread_time() > before, "{sum}");
    }
}
