//! EV-1, EV-2, EV-4: the log's numbers, its time, its end.

use sha2::{Digest, Sha256};

use super::Findings;
use super::entry::{Entry, Micros, What};
use crate::log::hex;

/// What the log has come to so far.
#[derive(Default)]
pub(super) struct Order {
    next_seq: u64,
    now: Micros,
    /// Of all lines so far.
    hash: Sha256,
    ended: bool,
}

impl Order {
    pub(super) fn apply(&mut self, entry: &Entry<'_>, line: &[u8], findings: &mut Findings) {
        let Entry { seq, t, .. } = *entry;
        if seq != self.next_seq {
            findings.object("EV-1", || {
                format!("line {seq} stands where {} should", self.next_seq)
            });
        }
        if t < self.now {
            findings.object("EV-2", || {
                format!("{} s comes after {} s", t.seconds(), self.now.seconds())
            });
        }
        if self.ended {
            findings.object("EV-4", || "a line comes after RunEnded".to_owned());
        }
        self.next_seq = seq.saturating_add(1);
        self.now = self.now.max(t);
        if let What::RunEnded(end) = &entry.what {
            let digest = hex(&std::mem::take(&mut self.hash).finalize());
            if digest != end.digest {
                findings.object("EV-4", || format!("the bytes before have the digest {digest}"));
            }
            self.ended = true;
        } else {
            self.hash.update(line);
        }
    }

    /// A line that cannot be read counts all the same. Gives the number it should have.
    pub(super) fn pass_over(&mut self, line: &[u8]) -> u64 {
        self.hash.update(line);
        let seq = self.next_seq;
        self.next_seq = seq.saturating_add(1);
        seq
    }

    pub(super) fn finish(&self, findings: &mut Findings) {
        if !self.ended {
            findings.object("EV-4", || "the log ends without RunEnded".to_owned());
        }
    }
}
