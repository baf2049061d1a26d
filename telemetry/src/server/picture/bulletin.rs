//! What each of the last ticks brought to each tile, for those who follow legs: framed once, as soon as it has happened, for all who look there
//! whenever their turn is. Whoever saw an earlier tick is sent the frames of those since, one behind the other.

use std::cell::RefCell;
use std::mem;

use skyhaul_actors::environment::Epoch;
use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;

use super::{Glance, Picture};
use crate::binary::{self, PackedLeg, PackedPoint};
use crate::cell::Cell;
use crate::server::scope::{Mode, Scope, Shape};
use crate::server::wire;
use crate::tiles::{Grid, Tile, TileRect, anchor};

/// Ticks whose bulletins are kept: two seconds, longer than a client that is served once a second or was slow for a while looks back. Others are
/// told what changed by the cells themselves.
const KEPT_TICKS: usize = 20;

/// The bulletins of the last ticks.
#[derive(Debug, Default)]
pub(super) struct Bulletins {
    newest: Grid<Newest>,
    /// By tick, modulo their number.
    kept: Vec<Bulletin>,
    /// Tiles in which something happened since the last one.
    touched: Vec<Tile>,
}

/// What was noted of a tile last. The two are apart, as only views whose rim a tile is at ask for the second.
#[derive(Clone, Copy, Debug, Default)]
struct Newest {
    /// The frame of what belongs to it.
    frame: Pointer,
    /// What only passes through it: that is at the rim of a view that its own tile is outside of.
    passing: Pointer,
}

/// Where something noted is: in the bulletin of which tick, and where there.
#[derive(Clone, Copy, Debug, Default)]
struct Pointer {
    /// Zero where there is nothing.
    tick: u32,
    place: u32,
}

/// What a tick brought.
#[derive(Debug, Default)]
struct Bulletin {
    /// The frames of tiles, each behind a [`Heading`], as whoever looks there reads both from another processor's memory.
    frames: Vec<u8>,
    passing: Vec<Passing>,
    legs: Vec<PackedLeg>,
    /// The points of those legs.
    points: Vec<PackedPoint>,
}

/// What is before a frame: how long that is, and where the tile's frame before it is.
struct Heading {
    length: u32,
    before: Pointer,
}

/// A leg that passes through a tile, or did.
#[derive(Clone, Copy, Debug)]
struct Passing {
    drone: DroneId,
    /// The tile that the leg belongs to.
    anchor: Tile,
    /// Which of the tick's legs; `None`: it has ended.
    leg: Option<u32>,
    /// What passed through the tile before it.
    before: Pointer,
}

/// What is new in a part of the map.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Recent {
    tiles: TileRect,
    since: u32,
}

/// Something that passed, or passes, through the outermost of the tiles that somebody looks at: at which tick that began or ended.
#[derive(Clone, Copy, Debug)]
struct AtRim {
    drone: DroneId,
    tick: u32,
    leg: Option<u32>,
}

/// What is noted while the news of a part of the map are gathered.
#[derive(Default)]
struct Scratch {
    /// Where the frames are, and what passes through outermost tiles.
    frames: Vec<Pointer>,
    passing: Vec<Pointer>,
    rim: Vec<AtRim>,
    legs: Vec<PackedLeg>,
    points: Vec<PackedPoint>,
}

thread_local! {
    /// Kept for whoever is told next: room for it anew would cost as much as all else.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Heading {
    const BYTES: usize = 12;

    fn bytes(&self) -> [u8; Self::BYTES] {
        let words = [self.length, self.before.tick, self.before.place];
        let mut bytes = [0; Self::BYTES];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn read([a, b, c, d, e, f, g, h, i, j, k, l]: [u8; Self::BYTES]) -> Self {
        Self {
            length: u32::from_le_bytes([a, b, c, d]),
            before: Pointer {
                tick: u32::from_le_bytes([e, f, g, h]),
                place: u32::from_le_bytes([i, j, k, l]),
            },
        }
    }
}

impl Bulletins {
    /// Something happened in these tiles.
    pub(super) fn touch(&mut self, tiles: &[Tile]) {
        self.touched.extend(tiles);
    }

    /// Takes nothing that happened so far for news.
    pub(super) fn pass_over(&mut self) {
        self.touched.clear();
    }

    /// The place of a tick's bulletin.
    fn place(tick: u32) -> usize {
        tick as usize % KEPT_TICKS
    }

    /// Begins the bulletin of a tick, where the one of so many ticks ago was.
    fn begin(&mut self, tick: u32) {
        self.kept.resize_with(KEPT_TICKS, Bulletin::default);
        let Bulletin {
            frames,
            passing,
            legs,
            points,
        } = &mut self.kept[Self::place(tick)];
        frames.clear();
        passing.clear();
        legs.clear();
        points.clear();
    }

    /// Writes down the frame of what a tick brought to what belongs to a tile.
    fn note_frame(&mut self, tick: u32, tile: Tile, frame: &[u8]) {
        let frames = &mut self.kept[Self::place(tick)].frames;
        let place = count(frames.len());
        let before = mem::replace(&mut self.newest.get_mut(tile).frame, Pointer { tick, place });
        frames.extend([0; Heading::BYTES]);
        let begins = frames.len();
        wire::put_binary(frames, frame);
        let length = count(frames.len() - begins);
        frames[begins - Heading::BYTES..begins].copy_from_slice(&Heading { length, before }.bytes());
    }

    /// Writes down that a leg passes through a tile from a tick on; `None`: that it has ended.
    fn note_passing(
        &mut self,
        (tick, began): (u32, &Epoch),
        tile: Tile,
        (drone, anchor, leg): (DroneId, Tile, Option<&Leg>),
    ) {
        let Bulletin {
            passing,
            legs,
            points,
            ..
        } = &mut self.kept[Self::place(tick)];
        let place = count(passing.len());
        passing.push(Passing {
            drone,
            anchor,
            leg: leg.map(|leg| {
                legs.push(PackedLeg::of(leg, began, points));
                count(legs.len() - 1)
            }),
            before: mem::replace(&mut self.newest.get_mut(tile).passing, Pointer { tick, place }),
        });
    }

    /// Gathers where the frames of some tiles are that were noted after a tick, those of a tile in order, and what passes through the outermost
    /// ones. All that is looked at first, so that what is not in the cache comes from memory together.
    fn gather(&self, tiles: &TileRect, since: u32, scratch: &mut Scratch) {
        let Scratch {
            frames, passing, rim, ..
        } = scratch;
        frames.clear();
        passing.clear();
        rim.clear();
        self.newest.each_within(tiles, |tile, newest| {
            if newest.frame.tick > since {
                frames.push(newest.frame);
            }
            if newest.passing.tick > since && tiles.has_at_rim(tile) {
                passing.push(newest.passing);
            }
        });
        for number in (0..frames.len()).rev() {
            let mut before = self.heading(frames[number]).0.before;
            while before.tick > since {
                frames.insert(number, before);
                before = self.heading(before).0.before;
            }
        }
        for mut at in passing.drain(..) {
            while at.tick > since {
                let passing = &self.kept[Self::place(at.tick)].passing[at.place as usize];
                if !tiles.holds(passing.anchor) {
                    rim.push(AtRim {
                        drone: passing.drone,
                        tick: at.tick,
                        leg: passing.leg,
                    });
                }
                at = passing.before;
            }
        }
    }

    /// What is noted of a frame, and what lies behind that.
    fn heading(&self, at: Pointer) -> (Heading, &[u8]) {
        let frames = &self.kept[Self::place(at.tick)].frames[at.place as usize..];
        let (heading, behind) = frames.split_first_chunk().unwrap_or((&[0; Heading::BYTES], &[]));
        (Heading::read(*heading), behind)
    }

    /// A frame that is noted.
    fn frame(&self, at: Pointer) -> &[u8] {
        let (heading, behind) = self.heading(at);
        &behind[..heading.length as usize]
    }

    /// Adds a leg that passes to others, and its points to theirs; nothing where it has ended.
    fn unpack(&self, at: &AtRim, legs: &mut Vec<PackedLeg>, points: &mut Vec<PackedPoint>) {
        let bulletin = &self.kept[Self::place(at.tick)];
        if let Some(leg) = at.leg.map(|leg| &bulletin.legs[leg as usize]) {
            legs.push(*leg);
            points.extend_from_slice(leg.points(&bulletin.points));
        }
    }
}

impl Picture {
    /// The tick's number as bulletins have it: 13 years of tenths of a second.
    fn short_tick(&self) -> u32 {
        u32::try_from(self.tick).unwrap_or(u32::MAX)
    }

    /// Writes the bulletin of this tick: what happened by event `first` and later ones.
    pub(super) fn publish(&mut self, first: u64) {
        let mut bulletins = mem::take(&mut self.bulletins);
        let mut touched = mem::take(&mut bulletins.touched);
        touched.sort_unstable();
        touched.dedup();
        let tick = self.short_tick();
        bulletins.begin(tick);
        for tile in touched.drain(..) {
            self.note(tile, first, tick, &mut bulletins);
        }
        bulletins.touched = touched;
        self.bulletins = bulletins;
    }

    fn note(&self, tile: Tile, first: u64, tick: u32, bulletins: &mut Bulletins) {
        let cell = Cell::Tile(tile);
        let mut before = self.glance(Scope::All);
        before.at.next_event = first;
        let part = self.draw_cell(cell, Mode::Legs, Some(&before));
        let (stamp, began) = (self.stamp(), &self.environment.epoch);
        if let Some(part) = part {
            let frame = binary::cell(Vec::new(), &stamp, began, cell, &part);
            bulletins.note_frame(tick, tile, &frame);
        }
        let ended = self.departed(cell, &before);
        let ended = ended.filter_map(|old| {
            let (_, anchor) = passing(&old.shape, &old.tiles, tile)?;
            Some((old.drone, anchor, None))
        });
        let begun = self.residents(cell, first).into_iter();
        let begun = begun.filter_map(|sprite| {
            let (leg, anchor) = passing(&sprite.shape, &sprite.tiles, tile)?;
            Some((sprite.drone, anchor, Some(leg)))
        });
        for passes in ended.chain(begun) {
            bulletins.note_passing((tick, began), tile, passes);
        }
    }

    /// What is new for someone who looks at the same tiles as `before`, in legs; `None` where they look elsewhere, or bulletins do not reach back so far.
    pub(in crate::server) fn recent(&self, before: &Glance, scope: &Scope, mode: Mode) -> Option<Recent> {
        let (Scope::Within(was), Scope::Within(is), Mode::Legs) = (before.scope(), scope, mode) else {
            return None;
        };
        let is_same = was.tiles() == is.tiles();
        is_same
            .then(|| self.recent_in(is.tiles(), before.at.tick))
            .flatten()
    }

    /// What is new in some tiles, in legs, for someone who looked at them at a tick; `None` where bulletins do not reach back so far.
    pub(in crate::server) fn recent_in(&self, tiles: &TileRect, since: u64) -> Option<Recent> {
        let reaches_back = self.tick - since <= KEPT_TICKS as u64;
        reaches_back.then(|| Recent {
            tiles: *tiles,
            since: u32::try_from(since).unwrap_or(u32::MAX),
        })
    }

    /// Appends the frames of what is new, those of a tile in order, and one of what is otherwise at the rim; gives how many those are.
    pub(in crate::server) fn put_recent(&self, frames: &mut Vec<u8>, recent: &Recent) -> usize {
        SCRATCH.with_borrow_mut(|scratch| {
            self.bulletins.gather(&recent.tiles, recent.since, scratch);
            for at in &scratch.frames {
                frames.extend_from_slice(self.bulletins.frame(*at));
            }
            if scratch.rim.is_empty() {
                return scratch.frames.len();
            }
            wire::put_written(frames, |bytes| self.rim_frame(bytes, &recent.tiles, scratch));
            scratch.frames.len() + 1
        })
    }

    /// Appends a frame of what is otherwise at the rim of some tiles.
    fn rim_frame(&self, bytes: Vec<u8>, tiles: &TileRect, scratch: &mut Scratch) -> Vec<u8> {
        let Scratch {
            rim, legs, points, ..
        } = scratch;
        settle(rim);
        legs.clear();
        points.clear();
        for at in rim.iter() {
            self.bulletins.unpack(at, legs, points);
        }
        let gone = rim.iter().filter(|at| at.leg.is_none()).map(|at| at.drone);
        binary::delta_of_legs(bytes, &self.stamp(), Cell::Rim(*tiles), gone, (legs, points))
    }
}

/// How many of something one tick brings.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Keeps of each drone what came last: a leg in several tiles is there as often, and what began at a tick came after what ended.
fn settle(rim: &mut Vec<AtRim>) {
    rim.sort_unstable_by_key(|at| (at.drone, u32::MAX - at.tick, at.leg.is_none()));
    rim.dedup_by_key(|at| at.drone);
}

/// A leg that is in a tile, but belongs to another, and that.
fn passing<'a>(shape: &'a Shape, path: &[Tile], tile: Tile) -> Option<(&'a Leg, Tile)> {
    let anchor = anchor(path).filter(|anchor| *anchor != tile)?;
    match shape {
        Shape::Flies(leg) => Some((leg, anchor)),
        Shape::Stands(_) => None,
    }
}
