//! What each of the last ticks brought to each tile, for those who follow legs: framed once, as soon as it has happened, for all who look there
//! whenever their turn is. Whoever saw an earlier tick is sent the frames of those since, one behind the other.

use std::mem;
use std::sync::Arc;

use skyhaul_actors::event::Leg;
use skyhaul_actors::ids::DroneId;

use super::{Glance, Picture};
use crate::binary::{self, CellPart};
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
    /// Each tile's newest note.
    newest: Grid<Pointer>,
    /// By tick, modulo their number.
    kept: Vec<Bulletin>,
    /// Tiles in which something happened since the last one.
    touched: Vec<Tile>,
}

/// Where a note is: of which tick, and which of its notes.
#[derive(Clone, Copy, Debug, Default)]
struct Pointer {
    /// Zero where there is none.
    tick: u32,
    number: u32,
}

/// What a tick brought.
#[derive(Debug, Default)]
struct Bulletin {
    /// One for each tile; the last one says where the others end.
    notes: Vec<Note>,
    /// All its frames, one behind the other.
    frames: Vec<u8>,
    passing: Vec<Passing>,
}

/// What a tick brought to a tile: small, as whoever looks there reads it from another processor's memory.
#[derive(Debug)]
struct Note {
    /// Where the frame of what belongs to the tile begins; it is empty where that is nothing.
    frame: u32,
    /// Where the legs begin that only pass through it: they are at the rim of a view that their own tile is outside of.
    passing: u32,
    /// The tile's note before this one.
    before: Pointer,
}

/// A note with what it is of.
#[derive(Clone, Copy)]
struct Noted<'a> {
    tile: Tile,
    tick: u32,
    frame: &'a [u8],
    passing: &'a [Passing],
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

/// What is new in a part of the map.
#[derive(Debug)]
pub(in crate::server) struct Recent<'a> {
    tiles: TileRect,
    since: u32,
    /// How many frames its tiles have.
    frames: usize,
    /// What passed, or passes, through the outermost of them, and at which tick that began or ended.
    rim: Vec<(u32, &'a Passing)>,
}

impl Bulletin {
    /// What is noted so far ends here, and what follows begins.
    fn close(&mut self, before: Pointer) {
        self.notes.push(Note {
            frame: count(self.frames.len()),
            passing: count(self.passing.len()),
            before,
        });
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
            notes,
            frames,
            passing,
        } = &mut self.kept[Self::place(tick)];
        notes.clear();
        frames.clear();
        passing.clear();
    }

    /// Hands over all that was noted of some tiles after a tick, of each tile in order.
    fn each_since<'a>(&'a self, tiles: &TileRect, since: u32, mut each: impl FnMut(Noted<'a>)) {
        self.newest.each_within(tiles, |tile, newest| {
            if newest.tick > since {
                self.each_of(tile, *newest, since, &mut each);
            }
        });
    }

    /// The same of one tile, whose newest is `at`.
    fn each_of<'a>(&'a self, tile: Tile, at: Pointer, since: u32, each: &mut impl FnMut(Noted<'a>)) {
        if let Some((noted, before)) = self.noted(tile, at) {
            if before.tick > since {
                self.each_of(tile, before, since, each);
            }
            each(noted);
        }
    }

    /// Writes down what a tick brought to a tile.
    fn note(&mut self, tick: u32, tile: Tile, frame: Option<&[u8]>, passing: impl Iterator<Item = Passing>) {
        let bulletin = &mut self.kept[Self::place(tick)];
        let number = count(bulletin.notes.len());
        bulletin.close(mem::replace(self.newest.get_mut(tile), Pointer { tick, number }));
        if let Some(frame) = frame {
            wire::put_binary(&mut bulletin.frames, frame);
        }
        bulletin.passing.extend(passing);
    }

    /// What was noted of a tile, and where what was noted before that is.
    fn noted(&self, tile: Tile, at: Pointer) -> Option<(Noted<'_>, Pointer)> {
        let bulletin = self.kept.get(Self::place(at.tick))?;
        let number = at.number as usize;
        let (note, next) = (bulletin.notes.get(number)?, bulletin.notes.get(number + 1)?);
        let noted = Noted {
            tile,
            tick: at.tick,
            frame: bulletin.frames.get(note.frame as usize..next.frame as usize)?,
            passing: bulletin
                .passing
                .get(note.passing as usize..next.passing as usize)?,
        };
        Some((noted, note.before))
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
        bulletins.kept[Bulletins::place(tick)].close(Pointer::default());
        bulletins.touched = touched;
        self.bulletins = bulletins;
    }

    fn note(&self, tile: Tile, first: u64, tick: u32, bulletins: &mut Bulletins) {
        let cell = Cell::Tile(tile);
        let before = Glance {
            next_event: first,
            ..self.glance(Scope::All)
        };
        let part = self.draw_cell(cell, Mode::Legs, Some(&before));
        let (stamp, began) = (self.stamp(), &self.environment.epoch);
        let frame = part.map(|part| binary::cell(Vec::new(), &stamp, began, cell, &part));
        let ended = self.departed(cell, &before);
        let ended = ended.filter_map(|old| passing(old.drone, &old.shape, &old.tiles, tile));
        let ended = ended.map(|passing| Passing { leg: None, ..passing });
        let begun = self.residents(cell, first).into_iter();
        let begun = begun.filter_map(|sprite| passing(sprite.drone, &sprite.shape, &sprite.tiles, tile));
        bulletins.note(tick, tile, frame.as_deref(), ended.chain(begun));
    }

    /// What is new for someone who looks at the same tiles as `before`, in legs; `None` where they look elsewhere, or bulletins do not reach back so far.
    pub(in crate::server) fn recent(&self, before: &Glance, scope: &Scope, mode: Mode) -> Option<Recent<'_>> {
        let (Scope::Within(was), Scope::Within(is), Mode::Legs) = (before.scope(), scope, mode) else {
            return None;
        };
        let reaches_back = self.tick - before.tick <= KEPT_TICKS as u64;
        (reaches_back && was.tiles() == is.tiles()).then(|| self.recent_within(is.tiles(), before.tick))
    }

    fn recent_within(&self, tiles: &TileRect, since: u64) -> Recent<'_> {
        let since = u32::try_from(since).unwrap_or(u32::MAX);
        let (mut frames, mut rim) = (0, Vec::new());
        self.bulletins.each_since(tiles, since, |noted| {
            frames += usize::from(!noted.frame.is_empty());
            if tiles.has_at_rim(noted.tile) {
                let passing = noted.passing.iter();
                let from_outside = passing.filter(|passing| !tiles.holds(passing.anchor));
                rim.extend(from_outside.map(|passing| (noted.tick, passing)));
            }
        });
        settle(&mut rim);
        Recent {
            tiles: *tiles,
            since,
            frames,
            rim,
        }
    }

    /// Hands over the frames of what is new in its tiles, those of a tile in order.
    pub(in crate::server) fn each_frame(&self, recent: &Recent<'_>, mut each: impl FnMut(&[u8])) {
        let Recent { tiles, since, .. } = recent;
        self.bulletins.each_since(tiles, *since, |noted| {
            if !noted.frame.is_empty() {
                each(noted.frame);
            }
        });
    }

    /// Appends a frame of what is otherwise at the rim of its tiles.
    pub(in crate::server) fn rim_frame(&self, bytes: Vec<u8>, recent: &Recent<'_>) -> Vec<u8> {
        let legs = recent
            .rim
            .iter()
            .filter_map(|(_, passing)| passing.leg.as_deref());
        let ended = recent.rim.iter().filter(|(_, passing)| passing.leg.is_none());
        let part = CellPart {
            gone: ended.map(|(_, passing)| passing.drone).collect(),
            legs: legs.collect(),
            ..CellPart::default()
        };
        let (stamp, began) = (self.stamp(), &self.environment.epoch);
        binary::cell(bytes, &stamp, began, Cell::Rim(recent.tiles), &part)
    }
}

impl Recent<'_> {
    /// Whether anything is otherwise at the rim.
    pub(in crate::server) fn has_rim(&self) -> bool {
        !self.rim.is_empty()
    }

    /// How many frames it makes.
    pub(in crate::server) fn frames_count(&self) -> usize {
        self.frames + usize::from(self.has_rim())
    }
}

/// How many of something one tick brings.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Keeps of each drone what came last: a leg in several tiles is there as often, and what began at a tick came after what ended.
fn settle(rim: &mut Vec<(u32, &Passing)>) {
    rim.sort_unstable_by_key(|(tick, passing)| (passing.drone, u32::MAX - tick, passing.leg.is_none()));
    rim.dedup_by_key(|(_, passing)| passing.drone);
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
