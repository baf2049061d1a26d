//! What is new in a tile for those who follow legs: put together once, for all who look there, whenever their turn is.

use std::sync::Arc;

use bytes::Bytes;
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;

use super::cells::Drawn;
use super::{Glance, Picture};
use crate::binary::CellPart;
use crate::cell::Cell;
use crate::server::bucket::Bucket;
use crate::server::scope::{Mode, Scope, Shape};
use crate::tiles::{Tile, TileRect, anchor};

/// Room for the frames of a usual view and tick.
const FRAMES_USUAL: usize = 8;

/// What changed in a tile from some event on.
#[derive(Debug, Default)]
pub(in crate::server) struct News {
    /// Of what belongs to the tile; `None` where that is nothing.
    pub(super) frame: Option<Bytes>,
    /// Of legs that only pass through it: they are at the rim of a view that their own tile is outside of.
    passing: Vec<Passing>,
}

/// A leg that passes through a tile, or did.
#[derive(Debug)]
struct Passing {
    drone: DroneId,
    /// The tile that the leg belongs to.
    anchor: Tile,
    /// `None`: it has ended.
    leg: Option<Arc<Leg>>,
}

impl Picture {
    /// Frames of what changed in some tiles for someone who looked at the same ones `before`; `None` where that is no longer known.
    pub(super) fn legs_within(&self, tiles: &TileRect, before: &Glance) -> Option<Vec<Bytes>> {
        let since = before.next_event;
        let changed = self
            .tiles_within(tiles)
            .filter(|(_, bucket)| bucket.has_changed_since(since));
        let mut frames = Vec::with_capacity(FRAMES_USUAL);
        let mut rim: Vec<&Passing> = Vec::new();
        for (tile, bucket) in changed {
            if !bucket.remembers(since) {
                return None;
            }
            let Some(news) = self.news_of(tile, bucket, since) else {
                continue;
            };
            frames.extend(news.frame.clone());
            if tiles.has_at_rim(tile) {
                let outside = news.passing.iter();
                rim.extend(outside.filter(|passing| !tiles.holds(passing.anchor)));
            }
        }
        if let Drawn::Frame(frame) = self.rim_news(tiles, rim) {
            frames.push(frame);
        }
        Some(frames)
    }

    /// What changed in a tile by event `since`, which it remembers, and later ones.
    pub(super) fn news_of<'a>(&'a self, tile: Tile, bucket: &'a Bucket, since: u64) -> Option<&'a News> {
        bucket.news_since(since, |first| self.put_together(tile, first))
    }

    fn put_together(&self, tile: Tile, first: u64) -> News {
        let cell = Cell::Tile(tile);
        let before = Glance {
            next_event: first,
            ..self.glance(Scope::All)
        };
        let part = self.draw_cell(cell, Mode::Legs, Some(&before));
        let frame = match self.framed(cell, part) {
            Drawn::Frame(frame) => Some(frame),
            Drawn::Nothing | Drawn::Forgotten => None,
        };
        let ended = self.departed(cell, &before);
        let ended =
            ended.filter_map(|departed| passing(departed.drone, &departed.shape, &departed.tiles, tile));
        let ended = ended.map(|passing| Passing { leg: None, ..passing });
        let begun = self.residents(cell, first).into_iter();
        let begun = begun.filter_map(|sprite| passing(sprite.drone, &sprite.shape, &sprite.tiles, tile));
        News {
            frame,
            passing: ended.chain(begun).collect(),
        }
    }

    /// The frame of legs that began or ended at the rim of some tiles; a leg in several of them is there as often.
    fn rim_news(&self, tiles: &TileRect, mut rim: Vec<&Passing>) -> Drawn {
        if rim.is_empty() {
            return Drawn::Nothing;
        }
        rim.sort_unstable_by_key(|passing| (passing.drone, passing.leg.is_none()));
        rim.dedup_by_key(|passing| passing.drone);
        let mut part = CellPart::default();
        for passing in rim {
            match &passing.leg {
                Some(leg) => part.legs.push(leg),
                None if self.is_at_rim(passing.drone, tiles) => {}
                None => part.gone.push(passing.drone),
            }
        }
        let is_empty = part.legs.is_empty() && part.gone.is_empty();
        self.framed(Cell::Rim(*tiles), (!is_empty).then_some(part))
    }

    /// Whether a drone's leg is at the rim of some tiles now.
    pub(super) fn is_at_rim(&self, drone: DroneId, tiles: &TileRect) -> bool {
        self.get(drone)
            .is_some_and(|sprite| tiles.is_entered_by(&sprite.tiles))
    }
}

/// A leg that is in a tile, but belongs to another.
fn passing(drone: DroneId, shape: &Shape, path: &[Tile], tile: Tile) -> Option<Passing> {
    let anchor = anchor(path).filter(|anchor| *anchor != tile)?;
    match shape {
        Shape::Flies(leg) => Some(Passing {
            drone,
            anchor,
            leg: Some(Arc::clone(leg)),
        }),
        Shape::Stands(_) => None,
    }
}
