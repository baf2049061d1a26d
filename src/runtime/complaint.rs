//! Complaint: says a fault that goes on once in a while, instead of as often as it is met.

use std::time::{Duration, Instant};

/// Between two times that the same fault is said.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// A fault that may go on.
#[derive(Debug, Default)]
pub struct Complaint {
    said_at: Option<Instant>,
    unsaid: u64,
}

impl Complaint {
    /// Notes the fault at `now`; where it is to be said, how often it was met without being said.
    pub fn note(&mut self, now: Instant) -> Option<u64> {
        if self
            .said_at
            .is_some_and(|said_at| now.duration_since(said_at) < SAID_EVERY)
        {
            self.unsaid += 1;
            return None;
        }
        self.said_at = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_goes_on_is_said_once_in_a_while_with_how_often_it_was_not() {
        let mut complaint = Complaint::default();
        let start = Instant::now();
        assert_eq!(complaint.note(start), Some(0));
        assert_eq!(complaint.note(start + Duration::from_secs(1)), None);
        assert_eq!(complaint.note(start + Duration::from_secs(9)), None);
        assert_eq!(complaint.note(start + SAID_EVERY), Some(2));
        assert_eq!(complaint.note(start + SAID_EVERY + SAID_EVERY), Some(0));
    }
}
