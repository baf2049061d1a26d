//! Retention: how far back the recorded run reaches. What lies behind is let go of: the journal's records, and the snapshots before them. The
//! services' stores reach back further, each delivery by itself.
//!
//! What can be replayed begins at a snapshot, so the window begins at one: at the newest that is old enough, or, where that takes more room
//! than there may be, at the oldest that fits. Inside the window the newest few snapshots serve restarts, and one every few hours replays.

use skyhaul_engine::ports::{Journal, KeptSnapshot, RecordNumber, SnapshotMark};
use skyhaul_engine::time::SimDuration;

/// How many of the newest snapshots are kept. The newest may be too new for a store that is behind, or damaged; an older one then serves.
pub const NEWEST_KEPT: usize = 3;

/// How far apart older snapshots are at least: a replay runs on from one of them for at most this long.
const APART_MICROS: i64 = 6 * 3_600 * 1_000_000;

/// How long, and how much, the recorded run and the services' history may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How far back it reaches, in wall time, microseconds.
    pub keep_micros: i64,
    /// Room for journal and snapshots together, bytes.
    pub keep_bytes: u64,
    /// For how long the services know a delivery that has ended, in virtual time.
    pub history: SimDuration,
}

impl Default for Retention {
    /// Seven days, or 20 GB where that is less; 400 days of history, so that a whole year can be looked back on.
    fn default() -> Self {
        Self {
            keep_micros: 7 * 86_400 * 1_000_000,
            keep_bytes: 20_000_000_000,
            history: SimDuration::from_secs(400 * 86_400),
        }
    }
}

/// What must be kept whatever the limits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The number of the first event that some store has not made durable: it may have to be rebuilt.
    pub event: u64,
    /// The record from which on the journal says again what follows from all before.
    pub restated: RecordNumber,
}

/// What is let go of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Snapshots to be deleted, oldest first.
    pub snapshots: Vec<SnapshotMark>,
    /// The journal's records before this one; `None`: none.
    pub before: Option<RecordNumber>,
}

impl Retention {
    /// What may go at `now`, wall clock. `kept` has the oldest snapshot first. A clock that was put back keeps more for a while; nothing is
    /// younger than nothing.
    #[must_use]
    pub fn release(
        &self,
        kept: &[KeptSnapshot],
        journal: &dyn Journal,
        now_unix_micros: i64,
        needed: Needed,
    ) -> Release {
        let may_begin = |kept: &KeptSnapshot| {
            kept.mark.next_event <= needed.event && kept.mark.next_record <= needed.restated
        };
        let restart_from = (kept.len() + 1).saturating_sub(NEWEST_KEPT);
        let usable = kept.partition_point(may_begin).min(restart_from);
        let old_enough =
            |kept: &KeptSnapshot| kept.mark.taken_unix_micros <= now_unix_micros - self.keep_micros;
        let by_age = kept[..usable].iter().rposition(old_enough);
        let by_room = (0..usable).find(|begin| self.fits(&kept[*begin..], journal));
        let begin = match (by_age, by_room) {
            (Some(age), Some(room)) => Some(age.max(room)),
            (age, None) => usable.checked_sub(1).max(age),
            // All of it fits, from the founding on.
            (None, Some(0)) if self.has_room_for_all(kept, journal) => None,
            (None, room) => room,
        };
        let (before, window) = match begin {
            Some(begin) => (Some(kept[begin].mark.next_record), begin),
            None => (None, 0),
        };
        let mut snapshots: Vec<_> = kept[..window].iter().map(|kept| kept.mark).collect();
        snapshots.extend(surplus(&kept[window..], needed));
        Release { snapshots, before }
    }

    fn fits(&self, window: &[KeptSnapshot], journal: &dyn Journal) -> bool {
        let from = window
            .first()
            .map_or(RecordNumber(0), |first| first.mark.next_record);
        journal.bytes_from(from) + bytes(window) <= self.keep_bytes
    }

    fn has_room_for_all(&self, kept: &[KeptSnapshot], journal: &dyn Journal) -> bool {
        journal.bytes() + bytes(kept) <= self.keep_bytes
    }
}

fn bytes(kept: &[KeptSnapshot]) -> u64 {
    kept.iter().map(|kept| kept.bytes).sum()
}

/// The snapshots of a window that stand too close: neither its first, nor one of the newest, nor one that the stores may need.
fn surplus(window: &[KeptSnapshot], needed: Needed) -> Vec<SnapshotMark> {
    let newest_from = window.len().saturating_sub(NEWEST_KEPT);
    let usable = window.partition_point(|kept| kept.mark.next_event <= needed.event);
    let mut last_kept: Option<i64> = None;
    let mut surplus = Vec::new();
    for (index, kept) in window.iter().enumerate() {
        let taken = kept.mark.taken_unix_micros;
        let is_apart = last_kept.is_none_or(|last| (taken - last).abs() >= APART_MICROS);
        if is_apart || index >= newest_from || index + 1 == usable {
            last_kept = if is_apart { Some(taken) } else { last_kept };
        } else {
            surplus.push(kept.mark);
        }
    }
    surplus
}

#[cfg(test)]
mod tests;
