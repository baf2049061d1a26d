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
    /// The points of the legs that pass.
    points: Vec<PackedPoint>,
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
    tick: u32,
    frame: &'a [u8],
    /// The number of the first one that passes, among all of the tick.
    first: u32,
    passing: &'a [Passing],
}

/// A leg that passes through a tile, or did.
#[derive(Debug)]
struct Passing {
    drone: DroneId,
    /// The tile that the leg belongs to.
    anchor: Tile,
    /// `None`: it has ended.
    leg: Option<PackedLeg>,
}

/// What is new in a part of the map.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Recent {
    tiles: TileRect,
    since: u32,
}

/// Something that passed, or passes, through the outermost of the tiles that somebody looks at: at which tick that began or ended, and its number there.
#[derive(Clone, Copy, Debug)]
struct AtRim {
    drone: DroneId,
    tick: u32,
    number: u32,
    has_ended: bool,
}

/// What is noted while the news of a part of the map are gathered.
#[derive(Default)]
struct Scratch {
    /// Tiles that have news, and their newest notes.
    changed: Vec<(Tile, Pointer)>,
    rim: Vec<AtRim>,
}

thread_local! {
    /// Kept for whoever is told next: room for it anew would cost as much as all else.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
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
            points,
        } = &mut self.kept[Self::place(tick)];
        notes.clear();
        frames.clear();
        passing.clear();
        points.clear();
    }

    /// Finds those of some tiles of which something was noted after a tick.
    fn changed_since(&self, tiles: &TileRect, since: u32, changed: &mut Vec<(Tile, Pointer)>) {
        changed.clear();
        self.newest.each_within(tiles, |tile, newest| {
            if newest.tick > since {
                changed.push((tile, *newest));
            }
        });
    }

    /// Hands over all that was noted of a tile after a tick, in order; its newest note is `at`.
    fn each_of<'a>(&'a self, at: Pointer, since: u32, each: &mut impl FnMut(Noted<'a>)) {
        if let Some((noted, before)) = self.noted(at) {
            if before.tick > since {
                self.each_of(before, since, each);
            }
            each(noted);
        }
    }

    /// Writes down what a tick brought to a tile; of what passes through it, which drone, the tile that it belongs to, and its leg.
    fn note<'a>(
        &mut self,
        (tick, began): (u32, &Epoch),
        tile: Tile,
        frame: Option<&[u8]>,
        passing: impl Iterator<Item = (DroneId, Tile, Option<&'a Leg>)>,
    ) {
        let bulletin = &mut self.kept[Self::place(tick)];
        let number = count(bulletin.notes.len());
        bulletin.close(mem::replace(self.newest.get_mut(tile), Pointer { tick, number }));
        if let Some(frame) = frame {
            wire::put_binary(&mut bulletin.frames, frame);
        }
        let points = &mut bulletin.points;
        bulletin
            .passing
            .extend(passing.map(|(drone, anchor, leg)| Passing {
                drone,
                anchor,
                leg: leg.map(|leg| PackedLeg::of(leg, began, points)),
            }));
    }

    /// A leg that passes, with its points; `None` where it has ended.
    fn packed(&self, at: &AtRim) -> Option<(&PackedLeg, &[PackedPoint])> {
        let bulletin = self.kept.get(Self::place(at.tick))?;
        let leg = bulletin.passing.get(at.number as usize)?.leg.as_ref()?;
        Some((leg, leg.points(&bulletin.points)))
    }

    /// What was noted of a tile, and where what was noted before that is.
    fn noted(&self, at: Pointer) -> Option<(Noted<'_>, Pointer)> {
        let bulletin = self.kept.get(Self::place(at.tick))?;
        let number = at.number as usize;
        let (note, next) = (bulletin.notes.get(number)?, bulletin.notes.get(number + 1)?);
        let noted = Noted {
            tick: at.tick,
            frame: bulletin.frames.get(note.frame as usize..next.frame as usize)?,
            first: note.passing,
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
        let ended = ended.filter_map(|old| {
            let (_, anchor) = passing(&old.shape, &old.tiles, tile)?;
            Some((old.drone, anchor, None))
        });
        let begun = self.residents(cell, first).into_iter();
        let begun = begun.filter_map(|sprite| {
            let (leg, anchor) = passing(&sprite.shape, &sprite.tiles, tile)?;
            Some((sprite.drone, anchor, Some(leg)))
        });
        bulletins.note((tick, began), tile, frame.as_deref(), ended.chain(begun));
    }

    /// What is new for someone who looks at the same tiles as `before`, in legs; `None` where they look elsewhere, or bulletins do not reach back so far.
    pub(in crate::server) fn recent(&self, before: &Glance, scope: &Scope, mode: Mode) -> Option<Recent> {
        let (Scope::Within(was), Scope::Within(is), Mode::Legs) = (before.scope(), scope, mode) else {
            return None;
        };
        let reaches_back = self.tick - before.tick <= KEPT_TICKS as u64;
        (reaches_back && was.tiles() == is.tiles()).then(|| Recent {
            tiles: *is.tiles(),
            since: u32::try_from(before.tick).unwrap_or(u32::MAX),
        })
    }

    /// Appends the frames of what is new, those of a tile in order, and one of what is otherwise at the rim; gives how many those are.
    pub(in crate::server) fn put_recent(&self, frames: &mut Vec<u8>, recent: &Recent) -> usize {
        SCRATCH.with_borrow_mut(|scratch| self.gather(frames, recent, scratch))
    }

    fn gather(&self, frames: &mut Vec<u8>, recent: &Recent, scratch: &mut Scratch) -> usize {
        let Recent { tiles, since } = recent;
        let Scratch { changed, rim } = scratch;
        self.bulletins.changed_since(tiles, *since, changed);
        rim.clear();
        let mut count = 0;
        for (tile, newest) in changed {
            let is_at_rim = tiles.has_at_rim(*tile);
            self.bulletins.each_of(*newest, *since, &mut |noted| {
                if !noted.frame.is_empty() {
                    frames.extend_from_slice(noted.frame);
                    count += 1;
                }
                if is_at_rim {
                    rim.extend(noted.entering(tiles));
                }
            });
        }
        if !rim.is_empty() {
            settle(rim);
            wire::put_written(frames, |bytes| self.rim_frame(bytes, tiles, rim));
            count += 1;
        }
        count
    }

    /// Appends a frame of what is otherwise at the rim of some tiles.
    fn rim_frame(&self, bytes: Vec<u8>, tiles: &TileRect, rim: &[AtRim]) -> Vec<u8> {
        let gone = rim.iter().filter(|at| at.has_ended).map(|at| at.drone);
        let legs = rim.iter().filter_map(|at| self.bulletins.packed(at));
        binary::delta_of_legs(bytes, &self.stamp(), Cell::Rim(*tiles), gone, &legs)
    }
}

impl Noted<'_> {
    /// Those of the legs passing through its tile that belong to others than some.
    fn entering(&self, tiles: &TileRect) -> impl Iterator<Item = AtRim> {
        let numbered = (self.first..).zip(self.passing);
        let from_outside = numbered.filter(|(_, passing)| !tiles.holds(passing.anchor));
        from_outside.map(|(number, passing)| AtRim {
            drone: passing.drone,
            tick: self.tick,
            number,
            has_ended: passing.leg.is_none(),
        })
    }
}

/// How many of something one tick brings.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Keeps of each drone what came last: a leg in several tiles is there as often, and what began at a tick came after what ended.
fn settle(rim: &mut Vec<AtRim>) {
    rim.sort_unstable_by_key(|at| (at.drone, u32::MAX - at.tick, at.has_ended));
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
