//! A map of legs whose client keeps up: all that a tick needs of such a subscription, and no more.

use super::{Subject, Subscription};
use crate::binary::{self, Showing};
use crate::server::picture::{Glance, Moment, Picture, Recent};
use crate::server::scope::{Mode, Scope};
use crate::server::wire;
use crate::tiles::Bbox;

/// A subscription to the legs in a part of the map, of which nothing was missed and nothing is asked.
#[derive(Debug)]
pub(in crate::server) struct SteadyMap {
    id: Box<str>,
    bbox: Bbox,
    seen: Moment,
    due: u64,
    period: u32,
    seq: u32,
}

impl Subscription {
    /// What there is of it, which leaves nothing here, where it is such a map.
    pub(in crate::server) fn settle(&mut self) -> Option<SteadyMap> {
        let Subject::Fleet {
            scope: Scope::Within(bbox),
            mode: Mode::Legs,
            seen: Some(glance),
            skipped: None,
            is_asked: false,
            counted: None,
        } = &self.subject
        else {
            return None;
        };
        if self.missed > 0 {
            return None;
        }
        Some(SteadyMap {
            period: u32::try_from(self.period).ok()?,
            seq: u32::try_from(self.seq).ok()?,
            id: std::mem::take(&mut self.id),
            bbox: *bbox,
            seen: *glance.moment(),
            due: self.due,
        })
    }
}

impl From<SteadyMap> for Subscription {
    fn from(map: SteadyMap) -> Self {
        let scope = Scope::Within(map.bbox);
        Self {
            id: map.id,
            subject: Subject::Fleet {
                scope,
                mode: Mode::Legs,
                seen: Some(Glance::new(scope, map.seen)),
                skipped: None,
                is_asked: false,
                counted: None,
            },
            period: map.period.into(),
            due: map.due,
            seq: map.seq.into(),
            missed: 0,
        }
    }
}

impl SteadyMap {
    /// Before this tick there is nothing to write.
    pub(in crate::server) const fn due(&self) -> u64 {
        self.due
    }

    /// Appends what is due at this tick; gives how many frames that is. `None`, and nothing is appended, where it takes a [`Subscription`] to tell:
    /// where there are too many drones to tell each, something besides drones of the fleet, or what is new is no longer known.
    pub(in crate::server) fn put(&mut self, picture: &Picture, bytes: &mut Vec<u8>) -> Option<usize> {
        if picture.tick() < self.due {
            return Some(0);
        }
        let scope = Scope::Within(self.bbox);
        if picture.is_crowded(&scope, false) || picture.has_other_externals_than(&scope, self.seen.tick) {
            return None;
        }
        let recent = picture.recent_in(self.bbox.tiles(), self.seen.tick)?;
        let frames = put_recent(
            bytes,
            picture,
            &recent,
            &self.id,
            u64::from(self.seq) + 1,
            false,
            0,
        );
        self.seen = picture.moment();
        if frames > 0 {
            self.seq += 1;
            self.due = picture.tick() + u64::from(self.period);
        }
        Some(frames)
    }
}

/// Appends a `view` and the frames of what is new, which `others` will follow; nothing where there is nothing of either, unless the client is to be
/// answered. Gives how many frames were appended.
pub(super) fn put_recent(
    bytes: &mut Vec<u8>,
    picture: &Picture,
    recent: &Recent,
    id: &str,
    seq: u64,
    is_answer: bool,
    others: usize,
) -> usize {
    let showing = Showing {
        is_whole: false,
        is_answer,
    };
    let (before, stamp) = (bytes.len(), picture.stamp());
    let view = wire::put_written(bytes, |bytes| {
        binary::view(bytes, &stamp, id, seq, showing, 0, &[])
    });
    let copied = picture.put_recent(bytes, recent);
    if copied + others == 0 && !is_answer {
        bytes.truncate(before);
        return 0;
    }
    binary::announce(&mut bytes[view..], copied + others);
    1 + copied
}
