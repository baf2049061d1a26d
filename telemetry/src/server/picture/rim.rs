//! The rim: legs in a part of the map that belong to tiles outside of it. With them, and the legs of its own tiles, a view has each leg once.

use std::collections::BTreeSet;

use skyhaul_actors::ids::DroneId;

use super::cells::Drawn;
use super::{Glance, Picture};
use crate::binary::CellPart;
use crate::cell::Cell;
use crate::server::bucket::Bucket;
use crate::server::scope::{Scope, Shape};
use crate::tiles::TileRect;

impl Picture {
    /// What is otherwise at the rim of some tiles for someone who looked at another part of the map before.
    pub(super) fn rim_delta(&self, tiles: &TileRect, before: &Glance) -> Drawn {
        let Scope::Within(bbox) = before.scope() else {
            return Drawn::Forgotten;
        };
        let changed = self.at_rim(bbox.tiles(), before.at.next_event);
        if !changed
            .iter()
            .all(|bucket| bucket.remembers(before.at.next_event))
        {
            return Drawn::Forgotten;
        }
        let drawn = self.draw_rim(tiles, Some((bbox.tiles(), before)));
        self.framed(Cell::Rim(*tiles), drawn)
    }

    /// The buckets of the outermost tiles in which something changed by event `since` or a later one.
    fn at_rim(&self, tiles: &TileRect, since: u64) -> Vec<&Bucket> {
        let rim = self
            .tiles_within(tiles)
            .filter(|(tile, bucket)| tiles.has_at_rim(*tile) && bucket.has_changed_since(since));
        rim.map(|(_, bucket)| bucket).collect()
    }

    /// What is at the rim of some tiles, or what is new there for someone who looked at others `before`.
    pub(super) fn draw_rim(
        &self,
        tiles: &TileRect,
        before: Option<(&TileRect, &Glance)>,
    ) -> Option<CellPart<'_>> {
        let was_at = before.map_or_else(Vec::new, |(old, _)| self.at_rim(old, 0));
        let mut part = CellPart {
            is_whole: before.is_none(),
            ..CellPart::default()
        };
        let mut gone = before.map_or_else(BTreeSet::new, |(old, glance)| self.left_rim(old, glance, tiles));
        for sprite in self.candidates(&[self.at_rim(tiles, 0), was_at].concat(), 0) {
            let Shape::Flies(leg) = &sprite.shape else {
                continue;
            };
            let was = before.is_some_and(|(old, glance)| {
                sprite.since < glance.at.next_event && old.is_entered_by(&sprite.tiles)
            });
            match (was, tiles.is_entered_by(&sprite.tiles)) {
                (false, true) => part.legs.push(leg),
                (true, false) => drop(gone.insert(sprite.drone)),
                _ => {}
            }
        }
        part.gone = gone.into_iter().collect();
        (!part.legs.is_empty() || !part.gone.is_empty()).then_some(part)
    }

    /// Drones whose legs were at the rim of some tiles, have ended since, and whose next ones are not at the rim of the tiles looked at now.
    fn left_rim(&self, old: &TileRect, before: &Glance, tiles: &TileRect) -> BTreeSet<DroneId> {
        self.at_rim(old, before.at.next_event)
            .into_iter()
            .flat_map(|bucket| bucket.departed_since(before.at.next_event))
            .filter(|departed| departed.since < before.at.next_event && old.is_entered_by(&departed.tiles))
            .map(|departed| departed.drone)
            .filter(|drone| !self.is_at_rim(*drone, tiles))
            .collect()
    }

    /// Whether a drone's leg is at the rim of some tiles now.
    fn is_at_rim(&self, drone: DroneId, tiles: &TileRect) -> bool {
        self.get(drone)
            .is_some_and(|sprite| tiles.is_entered_by(&sprite.tiles))
    }
}
