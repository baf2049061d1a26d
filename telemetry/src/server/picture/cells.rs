//! Frames of cells, each built once a tick and shared by all who look there.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use parking_lot::Mutex;
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;

use super::{Glance, Picture, Sprite};
use crate::binary::{self, CellPart, Stamp};
use crate::cell::Cell;
use crate::server::bucket::{Bucket, Departed};
use crate::server::scope::{Mode, Scope, Shape};
use crate::server::wire;
use crate::tiles::{Tile, anchor};
use crate::tracks::motion::along;

/// What tells frames of a tick apart: which cell, how it is shown, and since when.
type Key = (Cell, Mode, Option<(u64, SimTime)>);

/// What a cell has to tell.
#[derive(Clone, Debug)]
pub(super) enum Drawn {
    /// Nothing.
    Nothing,
    /// This frame.
    Frame(Bytes),
    /// What was before is no longer known.
    Forgotten,
}

/// The frames that were built at this tick.
#[derive(Debug, Default)]
pub(super) struct Frames {
    built: Mutex<HashMap<Key, Drawn>>,
}

impl Frames {
    /// Forgets those of the last tick.
    pub(super) fn clear(&mut self) {
        self.built.get_mut().clear();
    }
}

impl Picture {
    /// When and where frames of this tick are built.
    pub(in crate::server) fn stamp(&self) -> Stamp {
        Stamp::new(self.epoch, self.tick, &self.environment.epoch, self.now)
    }

    /// Frames for a client that looked at `glance` and looks at `scope` now, and the cells that it no longer looks at; `None` where it cannot be
    /// said any more what is new.
    pub(in crate::server) fn news(
        &self,
        glance: &Glance,
        scope: &Scope,
        mode: Mode,
    ) -> Option<(Vec<Bytes>, Vec<Cell>)> {
        if glance.scope() == scope {
            let frames = self.changes_within(glance, mode)?;
            return Some((frames, Vec::new()));
        }
        self.moved_to(glance, scope, mode)
    }

    /// Frames of what changed where the client looked already.
    fn changes_within(&self, glance: &Glance, mode: Mode) -> Option<Vec<Bytes>> {
        let mut frames = Vec::new();
        for cell in self.cells(glance.scope(), mode) {
            match self.delta(cell, mode, glance) {
                Drawn::Forgotten => return None,
                Drawn::Frame(frame) => frames.push(frame),
                Drawn::Nothing => {}
            }
        }
        Some(frames)
    }

    /// Frames for a client that looks elsewhere now, and the cells that it no longer looks at.
    fn moved_to(&self, glance: &Glance, scope: &Scope, mode: Mode) -> Option<(Vec<Bytes>, Vec<Cell>)> {
        let cells = self.cells(scope, mode);
        let has_rim = cells.last().is_some_and(Cell::is_rim);
        let was = self.cells(glance.scope(), mode);
        let had_rim = was.last().is_some_and(Cell::is_rim);
        let is_left = |cell: &&Cell| cells.binary_search(cell).is_err() && !(has_rim && cell.is_rim());
        let left = was.iter().filter(is_left).copied().collect();
        let mut frames = Vec::new();
        for cell in cells {
            let is_known = was.binary_search(&cell).is_ok() || (cell.is_rim() && had_rim);
            let drawn = if is_known {
                self.delta(cell, mode, glance)
            } else {
                self.keyframe(cell, mode).map_or(Drawn::Nothing, Drawn::Frame)
            };
            match drawn {
                Drawn::Forgotten => return None,
                Drawn::Frame(frame) => frames.push(frame),
                Drawn::Nothing => {}
            }
        }
        Some((frames, left))
    }

    /// The cells of a scope in which there is, or was, something to be seen; sorted.
    pub(in crate::server) fn cells(&self, scope: &Scope, mode: Mode) -> Vec<Cell> {
        let mut cells = self.cells_of(scope);
        if let Scope::Within(bbox) = scope
            && mode == Mode::Legs
        {
            cells.push(Cell::Rim(*bbox.tiles()));
        }
        cells
    }

    fn cells_of(&self, scope: &Scope) -> Vec<Cell> {
        match scope {
            Scope::All => vec![Cell::Fleet],
            Scope::Depot(depot) => vec![Cell::Depot(*depot)],
            Scope::Drone(drone) => vec![Cell::Drone(*drone)],
            Scope::Within(bbox) => {
                let tiles = self.tiles_within(bbox.tiles());
                let mut cells: Vec<Cell> = tiles.map(|(tile, _)| Cell::Tile(tile)).collect();
                cells.sort_unstable();
                cells
            }
        }
    }

    /// All that is to be seen in a cell.
    pub(in crate::server) fn keyframe(&self, cell: Cell, mode: Mode) -> Option<Bytes> {
        let drawn = self.built((cell, mode, None), || match cell {
            Cell::Rim(tiles) => self.draw_rim(&tiles, None),
            _ => self.draw_cell(cell, mode, None),
        });
        match drawn {
            Drawn::Frame(frame) => Some(frame),
            Drawn::Nothing | Drawn::Forgotten => None,
        }
    }

    /// What changed in a cell for someone who looked at `before`.
    fn delta(&self, cell: Cell, mode: Mode, before: &Glance) -> Drawn {
        if let Cell::Rim(tiles) = cell {
            return self.rim_delta(&tiles, before);
        }
        let Some(bucket) = self.bucket(cell) else {
            return Drawn::Nothing;
        };
        if let Cell::Tile(_) = cell
            && !bucket.remembers(before.at.next_event)
        {
            return Drawn::Forgotten;
        }
        let has_moved = mode == Mode::Positions && before.at.now != self.now && bucket.flying() > 0;
        if !has_moved && !bucket.has_changed_since(before.at.next_event) {
            return Drawn::Nothing;
        }
        let moved_since = if has_moved { before.at.now } else { self.now };
        let key = (cell, mode, Some((before.at.next_event, moved_since)));
        self.built(key, || self.draw_cell(cell, mode, Some(before)))
    }

    fn built<'a>(&'a self, key: Key, build: impl FnOnce() -> Option<CellPart<'a>>) -> Drawn {
        if let Some(drawn) = self.frames.built.lock().get(&key) {
            return drawn.clone();
        }
        let drawn = self.framed(key.0, build());
        self.frames.built.lock().insert(key, drawn.clone());
        drawn
    }

    pub(super) fn framed(&self, cell: Cell, part: Option<CellPart<'_>>) -> Drawn {
        part.map_or(Drawn::Nothing, |part| {
            let began = &self.environment.epoch;
            let payload = binary::cell(Vec::new(), &self.stamp(), began, cell, &part);
            Drawn::Frame(wire::binary(&payload))
        })
    }

    fn bucket(&self, cell: Cell) -> Option<&Bucket> {
        match cell {
            Cell::Fleet => Some(&self.all),
            Cell::Tile(tile) => self.tiles.get(&tile),
            Cell::Depot(depot) => self.homes.get(usize::from(depot.0)),
            Cell::Drone(drone) => self.homes.get(usize::from(self.get(drone)?.home.0)),
            Cell::Rim(_) | Cell::Externals => None,
        }
    }

    /// The drones of a cell that changed by event `since` or a later one, in order of their number.
    pub(super) fn residents(&self, cell: Cell, since: u64) -> Vec<&Sprite> {
        if let Cell::Drone(drone) = cell {
            let sprite = self.get(drone).filter(|sprite| sprite.since >= since);
            return sprite.into_iter().collect();
        }
        let bucket = self.bucket(cell).into_iter().collect::<Vec<_>>();
        self.candidates(&bucket, since).collect()
    }

    /// What a cell has to tell; `None` where that is nothing.
    pub(super) fn draw_cell(&self, cell: Cell, mode: Mode, before: Option<&Glance>) -> Option<CellPart<'_>> {
        let since = before.map_or(0, |glance| glance.at.next_event);
        let mut part = CellPart {
            is_whole: before.is_none(),
            ..CellPart::default()
        };
        let has_moved = before.is_some_and(|glance| glance.at.now != self.now);
        for sprite in self.residents(cell, since) {
            match (&sprite.shape, mode) {
                (Shape::Flies(leg), Mode::Legs) if belongs_to(&sprite.tiles, cell) => part.legs.push(leg),
                (Shape::Flies(_), _) => {}
                (Shape::Stands(_), _) => part.fixes.push(sprite.view.clone()),
            }
        }
        if mode == Mode::Positions {
            let all_flying = self.residents(cell, 0).into_iter();
            let here = all_flying.filter(|sprite| flies_in(&sprite.shape, cell, self.now));
            part.fixes.extend(here.map(|sprite| sprite.moved(self.now)));
        }
        let mut flew = false;
        if let Some(before) = before {
            part.gone = self.gone(cell, mode, before);
            flew = mode == Mode::Positions && has_moved && self.flew_in(cell, before);
            part.is_flying_anew = mode == Mode::Positions;
        }
        let is_empty = part.legs.is_empty() && part.fixes.is_empty() && part.gone.is_empty() && !flew;
        (!is_empty).then_some(part)
    }

    /// Drones that were shown in a tile and are no longer. From other cells nothing goes.
    fn gone(&self, cell: Cell, mode: Mode, before: &Glance) -> Vec<DroneId> {
        let Cell::Tile(tile) = cell else {
            return Vec::new();
        };
        let is_shown = |drone: DroneId| {
            let resident = self.get(drone).filter(|sprite| sprite.tiles.contains(&tile));
            resident.is_some_and(|sprite| match mode {
                Mode::Legs => belongs_to(&sprite.tiles, cell),
                Mode::Positions => !sprite.shape.flies() || flies_in(&sprite.shape, cell, self.now),
            })
        };
        let gone: BTreeSet<DroneId> = self
            .departed(cell, before)
            .filter(|departed| mode == Mode::Positions || belongs_to(&departed.tiles, cell))
            .map(|departed| departed.drone)
            .filter(|drone| !is_shown(*drone))
            .collect();
        gone.into_iter().collect()
    }

    /// Whether a drone flew in the cell at `before`.
    fn flew_in(&self, cell: Cell, before: &Glance) -> bool {
        let sprites = self.residents(cell, 0).into_iter();
        let still = sprites.filter(|sprite| sprite.since < before.at.next_event);
        still
            .map(|sprite| &sprite.shape)
            .chain(self.departed(cell, before).map(|departed| &departed.shape))
            .any(|shape| flies_in(shape, cell, before.at.now))
    }

    /// How drones of the cell looked at `before` that have changed since.
    pub(super) fn departed<'a>(
        &'a self,
        cell: Cell,
        before: &'a Glance,
    ) -> impl Iterator<Item = &'a Departed> {
        self.bucket(cell)
            .into_iter()
            .flat_map(|bucket| bucket.departed_since(before.at.next_event))
            .filter(|departed| departed.since < before.at.next_event)
    }
}

/// Whether what is in these tiles is told of in this cell.
fn belongs_to(tiles: &[Tile], cell: Cell) -> bool {
    match cell {
        Cell::Tile(tile) => anchor(tiles) == Some(tile),
        Cell::Fleet | Cell::Depot(_) | Cell::Drone(_) | Cell::Rim(_) | Cell::Externals => true,
    }
}

/// Whether it flies, and is in the cell at `at`. Cells that are no tiles are everywhere.
fn flies_in(shape: &Shape, cell: Cell, at: SimTime) -> bool {
    match (shape, cell) {
        (Shape::Stands(_), _) => false,
        (Shape::Flies(leg), Cell::Tile(tile)) => Tile::of(along(leg, at).at) == tile,
        (Shape::Flies(_), _) => true,
    }
}
