//! The drones of a tile, of a depot, or of all, in the order in which they changed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use skyhaul_actors::ids::DroneId;

use super::picture::News;
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

/// An event that changed something here.
#[derive(Debug)]
struct Change {
    event: u64,
    /// All that changed by it and later ones, put together when first asked for: whoever saw what was before it is told the same.
    news: OnceLock<Box<News>>,
}

/// Drones of one part of the picture.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Each drone once, by the event since which it looks as it does.
    present: BTreeSet<(u64, DroneId)>,
    /// In order of their departure.
    departed: VecDeque<Arc<Departed>>,
    /// Events by which anything came or left, in order.
    changes: VecDeque<Change>,
    /// The first of them since which news were put together.
    told_from: AtomicU64,
    /// What happened before this event is no longer remembered.
    forgotten: u64,
    /// How many of those present fly.
    flying: usize,
    /// The last event by which anything came or left.
    changed: Option<u64>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            present: BTreeSet::new(),
            departed: VecDeque::new(),
            changes: VecDeque::new(),
            told_from: AtomicU64::new(u64::MAX),
            forgotten: 0,
            flying: 0,
            changed: None,
        }
    }
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

    /// What was put together before says too little now.
    fn change(&mut self, event: u64) {
        let told_from = std::mem::replace(self.told_from.get_mut(), u64::MAX);
        let told = self.changes.iter_mut().rev();
        told.take_while(|change| change.event >= told_from)
            .for_each(|change| drop(change.news.take()));
        if self.changed.is_none_or(|last| last < event) {
            let news = OnceLock::new();
            self.changes.push_back(Change { event, news });
            self.changed = Some(event);
        }
    }

    /// Forgets what happened before `before`, for which nobody asks any more.
    pub(super) fn forget_before(&mut self, before: u64) {
        while self.departed.front().is_some_and(|oldest| oldest.until < before) {
            self.forget_oldest();
        }
        while self.changes.front().is_some_and(|oldest| oldest.event < before)
            && let Some(oldest) = self.changes.pop_front()
        {
            self.forgotten = self.forgotten.max(oldest.event + 1);
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.departed.pop_front() {
            self.forgotten = self.forgotten.max(oldest.until + 1);
        }
    }

    /// All that changed by event `cursor`, which it remembers, and later ones; `made` when nobody asked for the same before: it is given the first
    /// event of those. `None` where nothing changed.
    pub(super) fn news_since(&self, cursor: u64, made: impl FnOnce(u64) -> News) -> Option<&News> {
        let later = self.changes.iter().rev();
        let first = later.take_while(|change| change.event >= cursor).last()?;
        let news = first.news.get_or_init(|| {
            self.told_from.fetch_min(first.event, Ordering::Relaxed);
            Box::new(made(first.event))
        });
        Some(news)
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

    #[test]
    fn forgets_arrivals_too() {
        let mut bucket = Bucket::default();
        (0..10).for_each(|event| bucket.enter(event, DroneId(7), true));
        bucket.forget_before(4);
        assert!(!bucket.remembers(3) && bucket.remembers(4));
    }

    #[test]
    fn news_are_put_together_once_for_all_who_saw_the_same() {
        let mut bucket = Bucket::default();
        let since = |bucket: &Bucket, cursor| {
            let mut made = None;
            let news = bucket.news_since(cursor, |first| {
                made = Some(first);
                News::default()
            });
            (news.is_some(), made)
        };
        assert_eq!(since(&bucket, 0), (false, None));
        bucket.enter(3, DroneId(1), true);
        bucket.enter(7, DroneId(2), true);
        assert_eq!(since(&bucket, 4), (true, Some(7)));
        assert_eq!(since(&bucket, 6), (true, None), "as whoever saw 4");
        assert_eq!(since(&bucket, 2), (true, Some(3)));
        assert_eq!(since(&bucket, 8), (false, None));
        bucket.leave(&left(1, 3, 9));
        assert_eq!(since(&bucket, 2), (true, Some(3)), "anew");
        assert_eq!(since(&bucket, 4), (true, Some(7)));
        assert_eq!(since(&bucket, 8), (true, Some(9)));
    }
}
