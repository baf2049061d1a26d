//! The fleet as all clients share it: brought up to date once a tick, each leg placed in its tiles and encoded once, when first asked for.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::ids::DroneId;
use skyhaul_engine::time::SimTime;
use tokio::time::Instant;

use super::bucket::{Bucket, Departed};
use super::scope::{Mode, Scope, Shape};
use crate::clock::VirtualClock;
use crate::frame::{self, FleetPart};
use crate::tiles::{ByTile, Tile, TileRect, tiles_of};
use crate::tracks::Tracks;
use crate::view::FleetStats;

mod bulletin;
mod cells;
mod census;
mod externals;
mod foreseen;
mod glance;
mod rest;
mod rim;
mod sprite;

use self::bulletin::Bulletins;
pub(super) use self::bulletin::Recent;
use self::cells::Frames;
use self::census::{CENSUS_TICKS, LastCensus};
pub(super) use self::census::{Counts, ViewLimits};
use self::externals::ExternalPicture;
use self::foreseen::is_unforeseen;
pub(super) use self::glance::{Glance, Moment};
use self::rest::Onlookers;
use self::sprite::Sprite;

/// Ticks for which departures are remembered: a minute, in which whoever lost its connection is back, and more than the period of the slowest
/// subscription.
const REMEMBERED_TICKS: usize = 600;

/// A number that another start of the program, or of the server, most likely does not draw: it tells ticks of one picture from those of another.
fn arbitrary() -> u32 {
    let drawn = RandomState::new().hash_one(());
    u32::try_from(drawn >> 32).unwrap_or_default()
}

/// Held by whoever looks at the picture.
pub(super) struct Looking {
    _there: Arc<()>,
}

/// The shared picture.
pub(super) struct Picture {
    environment: Arc<Environment>,
    tracks: Arc<RwLock<Tracks>>,
    clock: Arc<dyn VirtualClock>,
    /// All before this event is in it.
    next_event: u64,
    now: SimTime,
    speed: f64,
    behind_s: f64,
    tick: u64,
    /// Counts what clients must be told of the clock: a change of speed, or a time that their own clocks do not come to by themselves.
    clock_changes: u64,
    /// What clients extrapolate from: virtual time and when it was that.
    told: (SimTime, Instant),
    looked_at: Instant,
    sprites: Vec<Option<Sprite>>,
    all: Bucket,
    homes: Vec<Bucket>,
    tiles: ByTile<Bucket>,
    /// No tile has had more drones than this.
    densest: usize,
    stats: OnceLock<(FleetStats, Arc<str>)>,
    /// Which picture it is.
    epoch: u32,
    /// Each of the last ticks, the oldest first.
    history: VecDeque<Moment>,
    frames: Frames,
    bulletins: Bulletins,
    census: LastCensus,
    pub(super) limits: ViewLimits,
    externals: ExternalPicture,
    onlookers: Onlookers,
}

impl Picture {
    pub(super) fn new(
        environment: Arc<Environment>,
        tracks: Arc<RwLock<Tracks>>,
        clock: Arc<dyn VirtualClock>,
    ) -> Self {
        let (now, looked_at) = (clock.now(), Instant::now());
        Self {
            homes: environment.depots.iter().map(|_| Bucket::default()).collect(),
            environment,
            tracks,
            next_event: 0,
            now,
            speed: clock.speed(),
            behind_s: clock.behind_s(),
            clock,
            tick: 0,
            clock_changes: 0,
            told: (now, looked_at),
            looked_at,
            sprites: Vec::new(),
            all: Bucket::default(),
            tiles: ByTile::default(),
            densest: 0,
            stats: OnceLock::new(),
            epoch: arbitrary(),
            history: VecDeque::new(),
            frames: Frames::default(),
            bulletins: Bulletins::default(),
            census: LastCensus::default(),
            limits: ViewLimits::default(),
            externals: ExternalPicture::default(),
            onlookers: Onlookers::default(),
        }
    }

    pub(super) const fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    pub(super) const fn tracks(&self) -> &Arc<RwLock<Tracks>> {
        &self.tracks
    }

    pub(super) const fn now(&self) -> SimTime {
        self.now
    }

    pub(super) const fn speed(&self) -> f64 {
        self.speed
    }

    pub(super) const fn tick(&self) -> u64 {
        self.tick
    }

    /// When that tick was, by the wall clock.
    pub(super) const fn looked_at(&self) -> Instant {
        self.looked_at
    }

    /// Which picture it is: ticks of another one say nothing.
    pub(super) const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What someone saw of a scope at a tick of the last minute.
    pub(super) fn glance_at(&self, scope: Scope, tick: u64) -> Option<Glance> {
        let ago = usize::try_from(self.tick.checked_sub(tick)?).ok()?;
        let place = self.history.len().checked_sub(ago + 1)?;
        let at = *self.history.get(place)?;
        Some(Glance { scope, at })
    }

    pub(super) const fn clock_changes(&self) -> u64 {
        self.clock_changes
    }

    /// The fleet's figures at this tick, and the same in JSON, made when first asked for.
    pub(super) fn stats(&self) -> &(FleetStats, Arc<str>) {
        self.stats.get_or_init(|| {
            let stats = self.tracks.read().stats(self.now);
            let body = frame::stats_body(&stats, self.behind_s).into();
            (stats, body)
        })
    }

    /// How far the engine lags behind the clock, in virtual seconds.
    pub(super) const fn behind_s(&self) -> f64 {
        self.behind_s
    }

    /// Takes in what happened since the last tick, where somebody looks.
    pub(super) fn advance(&mut self) {
        self.tick += 1;
        self.look_at_clock();
        self.externals.advance(self.looked_at, self.tick);
        self.stats.take();
        self.frames.clear();
        if self.tick.is_multiple_of(CENSUS_TICKS) {
            self.census.expire();
        }
        for sprite in self.sprites.iter_mut().flatten() {
            sprite.position.take();
        }
        self.rest();
        if self.onlookers.are_served {
            let first = self.next_event;
            self.take_in();
            self.publish(first);
            self.history.push_back(self.moment());
            if self.history.len() > REMEMBERED_TICKS {
                self.history.pop_front();
            }
        }
    }

    /// Draws what happened since it was last done. Tracks that were rebuilt and are behind are left alone until they have caught up.
    fn take_in(&mut self) {
        let tracks = Arc::clone(&self.tracks);
        let tracks = tracks.read();
        if tracks.next_event() > self.next_event {
            for drone in tracks.changed_since(self.next_event) {
                self.draw(drone, &tracks);
            }
            self.next_event = tracks.next_event();
        }
    }

    fn look_at_clock(&mut self) {
        let (now, speed, looked_at) = (self.clock.now(), self.clock.speed(), Instant::now());
        let (told, told_at) = self.told;
        let is_other = speed.to_bits() != self.speed.to_bits();
        if is_other || is_unforeseen(told, now, speed, looked_at.duration_since(told_at)) {
            self.clock_changes += 1;
            self.told = (now, looked_at);
        }
        (self.now, self.speed, self.looked_at) = (now, speed, looked_at);
        self.behind_s = self.clock.behind_s();
    }

    /// Draws a drone anew, where it looks otherwise than before.
    fn draw(&mut self, drone: DroneId, tracks: &Tracks) {
        let Some(sprite) = self.sprite(drone, tracks) else {
            return;
        };
        let Ok(index) = usize::try_from(drone.0) else {
            return;
        };
        if self.sprites.len() <= index {
            self.sprites.resize_with(index + 1, || None);
        }
        if self.sprites[index]
            .as_ref()
            .is_some_and(|old| old.looks_like(&sprite))
        {
            return;
        }
        if let Some(old) = self.sprites[index].take() {
            self.erase(old, sprite.since);
        }
        let (since, flies) = (sprite.since, sprite.shape.flies());
        self.all.enter(since, drone, flies);
        if let Some(home) = self.homes.get_mut(usize::from(sprite.home.0)) {
            home.enter(since, drone, flies);
        }
        self.bulletins.touch(&sprite.tiles);
        for tile in &sprite.tiles {
            let bucket = self.tiles.entry(*tile).or_default();
            bucket.enter(since, drone, flies);
            self.densest = self.densest.max(bucket.len());
        }
        self.sprites[index] = Some(sprite);
    }

    fn sprite(&self, drone: DroneId, tracks: &Tracks) -> Option<Sprite> {
        let view = tracks.drone(drone, self.now)?;
        let (shape, tiles) = match tracks.leg(drone) {
            Some(leg) => (Shape::Flies(Arc::clone(leg)), tiles_of(leg)),
            None => (Shape::Stands(view.at), Box::from([Tile::of(view.at)])),
        };
        Some(Sprite {
            drone,
            home: view.depot,
            since: tracks.changed_by(drone)?,
            shape,
            tiles,
            json: OnceLock::new(),
            capacity_wh: self.environment.aircraft(view.aircraft).battery_capacity.get(),
            view,
            position: OnceLock::new(),
        })
    }

    fn erase(&mut self, old: Sprite, until: u64) {
        let forget_before = self.history.front().map_or(0, |oldest| oldest.next_event);
        let departed = Arc::new(Departed {
            drone: old.drone,
            since: old.since,
            until,
            shape: old.shape,
            tiles: old.tiles,
        });
        self.bulletins.touch(&departed.tiles);
        let home = self.homes.get_mut(usize::from(old.home.0));
        let tiles = &mut self.tiles;
        self.all.leave(&departed);
        self.all.forget_before(forget_before);
        if let Some(home) = home {
            home.leave(&departed);
            home.forget_before(forget_before);
        }
        for tile in &departed.tiles {
            if let Some(bucket) = tiles.get_mut(tile) {
                bucket.leave(&departed);
                bucket.forget_before(forget_before);
            }
        }
    }

    fn get(&self, drone: DroneId) -> Option<&Sprite> {
        self.sprites.get(usize::try_from(drone.0).ok()?)?.as_ref()
    }

    /// Whether the drone is known.
    pub(super) fn knows(&self, drone: DroneId) -> bool {
        self.get(drone).is_some()
    }

    /// The buckets that hold all of a scope's drones, and maybe others.
    fn buckets<'a>(&'a self, scope: &Scope) -> Vec<&'a Bucket> {
        match scope {
            Scope::All => vec![&self.all],
            Scope::Depot(depot) => self.homes.get(usize::from(depot.0)).into_iter().collect(),
            Scope::Drone(drone) => {
                let home = self.get(*drone).map(|sprite| usize::from(sprite.home.0));
                home.and_then(|home| self.homes.get(home)).into_iter().collect()
            }
            Scope::Within(bbox) => self
                .tiles_within(bbox.tiles())
                .map(|(_, bucket)| bucket)
                .collect(),
        }
    }

    /// The tiles of a part of the map that hold, or held, anything.
    fn tiles_within<'a>(&'a self, tiles: &TileRect) -> impl Iterator<Item = (Tile, &'a Bucket)> + use<'a> {
        let tiles = *tiles;
        // Whichever is less: the tiles looked at, or those that there are.
        let (few, many) = if tiles.len() <= self.tiles.len() {
            (Some(tiles.each()), None)
        } else {
            (None, Some(self.tiles.iter()))
        };
        let few = few.into_iter().flatten();
        let few = few.filter_map(|tile| Some((tile, self.tiles.get(&tile)?)));
        let many = many.into_iter().flatten().map(|(tile, bucket)| (*tile, bucket));
        few.chain(many.filter(move |(tile, _)| tiles.holds(*tile)))
    }

    /// At most how many drones a scope shows.
    fn size(&self, scope: &Scope) -> usize {
        self.buckets(scope).into_iter().map(Bucket::len).sum()
    }

    /// All that is to be seen.
    pub(super) fn whole(&self, scope: &Scope, mode: Mode) -> FleetPart<'_> {
        let mut part = FleetPart::default();
        for sprite in self.candidates(&self.buckets(scope), 0) {
            if scope.shows(sprite.drone, &sprite.shape, mode, self.now) {
                self.show(sprite, mode, &mut part);
            }
        }
        self.put_externals(scope, None, &mut part);
        part
    }

    /// What changed for someone who looked at `before`; `None` where that is no longer known.
    pub(super) fn changes(&self, before: &Glance, scope: &Scope, mode: Mode) -> Option<FleetPart<'_>> {
        let old_buckets = self.buckets(&before.scope);
        if !old_buckets
            .iter()
            .all(|bucket| bucket.remembers(before.at.next_event))
        {
            return None;
        }
        let mut part = FleetPart::default();
        let mut removed = self.landed_or_gone(&old_buckets, before, scope, mode);
        let has_moved = mode == Mode::Positions && self.now != before.at.now;
        let (buckets, since) = if before.scope != *scope {
            (self.buckets(scope), 0)
        } else if has_moved {
            (Vec::new(), 0)
        } else {
            (Vec::new(), before.at.next_event)
        };
        let buckets = [old_buckets, buckets].concat();
        for sprite in self.candidates(&buckets, since) {
            let was_seen = sprite.since < before.at.next_event
                && before
                    .scope
                    .shows(sprite.drone, &sprite.shape, mode, before.at.now);
            let is_seen = scope.shows(sprite.drone, &sprite.shape, mode, self.now);
            if is_seen && (!was_seen || (has_moved && sprite.shape.flies())) {
                self.show(sprite, mode, &mut part);
            } else if was_seen && !is_seen {
                removed.insert(sprite.drone);
            }
        }
        part.removed = removed.into_iter().collect();
        self.put_externals(scope, Some(before), &mut part);
        Some(part)
    }

    /// Drones that were seen and have changed since, and are not seen now or stand where they flew.
    fn landed_or_gone(
        &self,
        old_buckets: &[&Bucket],
        before: &Glance,
        scope: &Scope,
        mode: Mode,
    ) -> BTreeSet<DroneId> {
        let departed = old_buckets
            .iter()
            .flat_map(|bucket| bucket.departed_since(before.at.next_event));
        let was_seen = |departed: &&Departed| {
            departed.since < before.at.next_event
                && before
                    .scope
                    .shows(departed.drone, &departed.shape, mode, before.at.now)
        };
        departed
            .filter(was_seen)
            .filter(|departed| {
                let now = self.get(departed.drone);
                now.is_none_or(|sprite| {
                    let has_landed = departed.shape.flies() && !sprite.shape.flies();
                    has_landed || !scope.shows(sprite.drone, &sprite.shape, mode, self.now)
                })
            })
            .map(|departed| departed.drone)
            .collect()
    }

    /// Whether someone who looked at `before` has missed something, roughly: something of the tiles.
    pub(super) fn has_changes(&self, before: &Glance, mode: Mode) -> bool {
        let has_moved = mode == Mode::Positions && self.now != before.at.now;
        let is_other = |bucket: &&Bucket| {
            bucket.has_changed_since(before.at.next_event) || (has_moved && bucket.flying() > 0)
        };
        self.has_other_externals(before) || self.buckets(&before.scope).iter().any(is_other)
    }

    /// The sprites that buckets hold and that changed by event `since` or a later one, each once, in order of their number.
    fn candidates(&self, buckets: &[&Bucket], since: u64) -> impl Iterator<Item = &Sprite> {
        let changed = buckets.iter().flat_map(|bucket| bucket.changed_since(since));
        let mut drones: Vec<DroneId> = changed.collect();
        drones.sort_unstable();
        drones.dedup();
        drones.into_iter().filter_map(|drone| self.get(drone))
    }

    fn show<'a>(&'a self, sprite: &'a Sprite, mode: Mode, part: &mut FleetPart<'a>) {
        let epoch = &self.environment.epoch;
        match (&sprite.shape, mode) {
            (Shape::Flies(_), Mode::Legs) => part.legs.push(sprite.json(epoch)),
            (Shape::Flies(_), Mode::Positions) => part.positions.push(sprite.position(self.now, epoch)),
            (Shape::Stands(_), _) => part.positions.push(sprite.json(epoch)),
        }
    }

    /// Someone's look at a scope, now.
    pub(super) const fn glance(&self, scope: Scope) -> Glance {
        Glance::new(scope, self.moment())
    }

    /// When that is.
    pub(super) const fn moment(&self) -> Moment {
        Moment {
            next_event: self.next_event,
            now: self.now,
            tick: self.tick,
        }
    }
}
