//! The drones of a tile, of a depot, or of all, in the order in which they changed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use skyhaul_actors::ids::DroneId;

use super::scope::Shape;
use crate::tiles::Tile;

/// Departures a bucket remembers: more than a tile or depot sees in the ten seconds of the slowest subscription, unless the world runs very
/// fast. Whoever looked last before the oldest gets a fresh picture.
const DEPARTED_KEPT_MAX: usize = 4_096;

/// How a drone looked until something changed.
#[derive(Debug)]
pub(super) struct Departed {
    pub(super) drone: DroneId,
    /// The event since which it looked so.
    pub(super) since: u64,
    /// The event that changed it.
    pub(super) until: u64,
    pub(super) shape: Shape,
    pub(super) tiles: Box<[Tile]>,
}

/// Drones of one part of the picture.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// Each drone once, by the event since which it looks as it does.
    present: BTreeSet<(u64, DroneId)>,
    /// In order of their departure.
    departed: VecDeque<Arc<Departed>>,
    /// What happened before this event is no longer remembered.
    forgotten: u64,
    /// How many of those present fly.
    flying: usize,
    /// The last event by which anything came or left.
    changed: Option<u64>,
}

impl Bucket {
    pub(super) fn enter(&mut self, since: u64, drone: DroneId, flies: bool) {
        self.change(since);
        self.present.insert((since, drone));
        self.flying += usize::from(flies);
    }

    pub(super) fn leave(&mut self, departed: &Arc<Departed>) {
        self.change(departed.until);
        if self.present.remove(&(departed.since, departed.drone)) {
            self.flying -= usize::from(departed.shape.flies());
        }
        self.departed.push_back(Arc::clone(departed));
        if self.departed.len() > DEPARTED_KEPT_MAX {
            self.forget_oldest();
        }
    }

    fn change(&mut self, event: u64) {
        self.changed = self.changed.max(Some(event));
    }

    /// Forgets what happened before `before`, for which nobody asks any more.
    pub(super) fn forget_before(&mut self, before: u64) {
        while self.departed.front().is_some_and(|oldest| oldest.until < before) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.departed.pop_front() {
            self.forgotten = self.forgotten.max(oldest.until + 1);
        }
    }

    /// Whether it still knows all that happened from event `cursor` on.
    pub(super) const fn remembers(&self, cursor: u64) -> bool {
        self.forgotten <= cursor
    }

    pub(super) fn len(&self) -> usize {
        self.present.len()
    }

    pub(super) const fn flying(&self) -> usize {
        self.flying
    }

    /// Drones that look otherwise since event `cursor` or a later one.
    pub(super) fn changed_since(&self, cursor: u64) -> impl Iterator<Item = DroneId> {
        self.present
            .range((cursor, DroneId(0))..)
            .map(|(_, drone)| *drone)
    }

    /// How drones looked that changed or left by event `cursor` or a later one, the last first.
    pub(super) fn departed_since(&self, cursor: u64) -> impl Iterator<Item = &Departed> {
        self.departed
            .iter()
            .rev()
            .map(|departed| &**departed)
            .take_while(move |departed| departed.until >= cursor)
    }

    /// Whether anything happened by event `cursor` or a later one.
    pub(super) fn has_changed_since(&self, cursor: u64) -> bool {
        self.changed.is_some_and(|changed| changed >= cursor)
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::geo::Position;

    use super::*;

    fn left(drone: u32, since: u64, until: u64) -> Arc<Departed> {
        Arc::new(Departed {
            drone: DroneId(drone),
            since,
            until,
            shape: Shape::Stands(Position::default()),
            tiles: Box::default(),
        })
    }

    #[test]
    fn finds_what_changed_since_an_event() {
        let mut bucket = Bucket::default();
        bucket.enter(1, DroneId(1), false);
        bucket.enter(2, DroneId(2), true);
        bucket.leave(&left(1, 1, 5));
        bucket.enter(5, DroneId(1), true);
        assert_eq!(bucket.changed_since(3).collect::<Vec<_>>(), [DroneId(1)]);
        assert_eq!(bucket.departed_since(3).count(), 1);
        assert!(bucket.has_changed_since(5) && !bucket.has_changed_since(6));
        assert_eq!((bucket.len(), bucket.flying()), (2, 2));
    }

    #[test]
    fn says_what_it_no_longer_remembers() {
        let mut bucket = Bucket::default();
        for event in 0..=DEPARTED_KEPT_MAX as u64 {
            bucket.leave(&left(1, event, event + 1));
        }
        assert!(!bucket.remembers(1) && bucket.remembers(2));
        bucket.forget_before(100);
        assert!(!bucket.remembers(99) && bucket.remembers(100));
        assert_eq!(
            bucket.departed_since(0).last().map(|departed| departed.until),
            Some(100)
        );
    }
}
