//! Airspace: no-fly zones, and the shortest way round those that close it.
//!
//! A zone closes the sky between its floor and its ceiling while it is in force, once it is known. When it will be in force is known as soon as it is,
//! so a flight keeps out of a zone also where that comes into force while the flight is in the air ([`Sky::closing`]). What a flight goes by is
//! what was known when it took off, however much is known since: so its plan can be made again at any time.

use std::ops::Deref;

use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::time::SimTime;

use crate::environment::{Environment, Sabotage, ZONE_NOTICE, Zone};
use crate::event::Waypoint;

use self::field::Field;
use self::memo::Memo;
use self::obstacle::Obstacle;

mod field;
mod memo;
mod obstacle;
mod raster;
mod route;
#[cfg(test)]
mod tests;

/// All zones, ready to be asked.
#[derive(Clone, Debug)]
pub struct Airspace {
    plane: LocalPlane,
    field: Field,
    /// The zone that each obstacle is, by its place among all there ever were.
    zones: Vec<usize>,
    /// How many zones there ever were, those of which nothing can be kept out included.
    declared: usize,
    is_blind: bool,
    /// The times at which an obstacle is told of, lifted, or comes into force or out of it: between two of them the same are in force.
    turns: Vec<SimTime>,
    /// When obstacles come into force that are not there from the beginning, the soonest first.
    coming: Vec<(SimTime, usize)>,
    ways: Memo<Question, Option<Vec<Position>>, WAYS_MAX>,
}

/// How many ways are remembered: what some hundreds of requests under way ask for. With its waypoints one is some 200 bytes, all together a megabyte.
const WAYS_MAX: usize = 1 << 12;

/// What a way depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    from: Position,
    to: Position,
    /// After how many turns of the airspace it is flown, and after how many it is planned: both tell what is in force.
    turns: [usize; 2],
    /// The height at which it is flown, as bits: that tells which of those reach up and down to it.
    level: u64,
    /// What is closed besides.
    more: Vec<usize>,
}

/// The airspace as it was known at some time, to what cruises at some height.
#[derive(Clone, Copy, Debug)]
pub struct Sky<'a> {
    airspace: &'a Airspace,
    known_at: SimTime,
    level_m: f64,
}

/// The zones that close the sky to a flight: those in force at a time, and some more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    at: SimTime,
    more: Vec<usize>,
}

/// A way over the ground from one place to another, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nothing is near: as most are, and told without memory of its own.
    Straight([Position; 2]),
    /// Perhaps round something.
    Round(Vec<Position>),
}

impl Deref for Way {
    type Target = [Position];

    fn deref(&self) -> &[Position] {
        match self {
            Self::Straight(ends) => ends,
            Self::Round(places) => places,
        }
    }
}

impl Airspace {
    /// The airspace of a world.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let mut airspace = Self {
            plane: environment.plane(),
            field: Field::default(),
            zones: Vec::new(),
            declared: 0,
            is_blind: environment.faults.sabotage == Some(Sabotage::IgnoresZones),
            turns: Vec::new(),
            coming: Vec::new(),
            ways: Memo::default(),
        };
        airspace.declare(&environment.zones);
        airspace
    }

    /// Takes in more zones. What was known before they are announced stays as it was.
    pub(crate) fn declare<'a>(&mut self, zones: impl IntoIterator<Item = &'a Zone>) {
        let mut obstacles = self.field.all().to_vec();
        for zone in zones {
            let known = Obstacle::new(zone, &self.plane).filter(|_| !self.is_blind);
            if let Some(obstacle) = known {
                obstacles.push(obstacle);
                self.zones.push(self.declared);
            }
            self.declared += 1;
        }
        self.field = Field::new(obstacles);
        self.note_times();
    }

    /// Lifts a zone, by its place among all there ever were. What was known before stays as it was.
    pub(crate) fn lift(&mut self, zone: usize, at: SimTime) {
        if let Ok(place) = self.zones.binary_search(&zone) {
            self.field.all_mut()[place].lift(at);
            self.note_times();
        }
    }

    /// Notes when which obstacles are there. Ways that were found with others are none any more.
    fn note_times(&mut self) {
        let obstacles = || self.field.all().iter().enumerate();
        self.turns = obstacles().flat_map(|(_, obstacle)| obstacle.turns()).collect();
        self.turns.sort_unstable();
        self.turns.dedup();
        let coming = obstacles().map(|(number, obstacle)| (obstacle.from, number));
        self.coming = coming.filter(|(from, _)| *from > SimTime::ZERO).collect();
        self.coming.sort_unstable();
        self.ways = Memo::default();
    }

    /// How many turns there were up to a time.
    fn turns_until(&self, time: SimTime) -> usize {
        self.turns.partition_point(|turn| *turn <= time)
    }

    /// The airspace as it was known at `known_at`, to what stays on the ground.
    #[must_use]
    pub const fn known_at(&self, known_at: SimTime) -> Sky<'_> {
        Sky {
            airspace: self,
            known_at,
            level_m: 0.0,
        }
    }

    /// Whether the place lies in a zone in force that reaches down to the ground, or within the clearance round it.
    #[must_use]
    pub fn is_closed(&self, place: Position, time: SimTime) -> bool {
        let sky = self.known_at(time);
        sky.covers(place, &sky.closed_at(time))
    }

    /// Whether the place lies in a zone that is in force at all times, or within the clearance round it.
    #[must_use]
    pub fn is_closed_for_ever(&self, place: Position) -> bool {
        self.field.near(place, place).any(|number| {
            let obstacle = self.field.get(number);
            obstacle.is_permanent() && obstacle.covers(place)
        })
    }
}

impl<'a> Sky<'a> {
    /// The same to what cruises so many metres above ground.
    #[must_use]
    pub const fn at_level(self, level_m: f64) -> Self {
        Self { level_m, ..self }
    }

    /// The zones in force at `time`.
    #[must_use]
    pub const fn closed_at(&self, time: SimTime) -> Closed {
        Closed {
            at: time,
            more: Vec::new(),
        }
    }

    /// Whether one of these zones, or the clearance round it, lies over the place between the ground and where it cruises.
    #[must_use]
    pub fn covers(&self, place: Position, closed: &Closed) -> bool {
        self.covers_from(place, 0.0, closed)
    }

    fn covers_from(&self, place: Position, altitude_m: f64, closed: &Closed) -> bool {
        let low_m = altitude_m.min(self.level_m);
        self.near(place, place).any(|(number, obstacle)| {
            self.is_closed(number, closed)
                && obstacle.meets_heights(low_m, self.level_m)
                && obstacle.covers(place)
        })
    }

    /// The shortest way from one place, at so many metres above ground, to another on the ground, round all closed zones, both ends included;
    /// `None` where there is none.
    #[must_use]
    pub fn route(&self, (from, altitude_m): (Position, f64), to: Position, closed: &Closed) -> Option<Way> {
        if self.airspace.field.is_clear(from, to) || self.near(from, to).next().is_none() {
            return Some(Way::Straight([from, to]));
        }
        if self.covers_from(from, altitude_m, closed) || self.covers_from(to, 0.0, closed) {
            return None;
        }
        let Airspace { ways, .. } = self.airspace;
        let question = Question {
            from,
            to,
            turns: [closed.at, self.known_at].map(|time| self.airspace.turns_until(time)),
            level: self.level_m.to_bits(),
            more: closed.more.clone(),
        };
        ways.answer(question, |_| self.seek((from, to), closed))
            .map(Way::Round)
    }

    /// The shortest way between two open places round what is closed where it is flown.
    fn seek(&self, (from, to): (Position, Position), closed: &Closed) -> Option<Vec<Position>> {
        let field = &self.airspace.field;
        let counts =
            |number: usize| self.is_closed(number, closed) && self.is_passed_at_level(field.get(number));
        let mut blocking: Vec<_> = field
            .near(from, to)
            .filter(|number| counts(*number) && field.get(*number).blocks(from, to))
            .collect();
        // In an order that zones which are not known yet cannot change.
        blocking.sort_unstable();
        let scene = route::Scene {
            plane: &self.airspace.plane,
            field,
            is_closed: &counts,
        };
        scene.shortest(blocking, (from, to))
    }

    /// The zones, besides those closed already, that come into force during the flight and are touched by it while they are.
    #[must_use]
    pub fn closing(&self, path: &[Waypoint], closed: &Closed) -> Vec<usize> {
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return Vec::new();
        };
        let touched = |number: &usize| {
            let obstacle = self.airspace.field.get(*number);
            touches(obstacle, path, (obstacle.from, obstacle.until(self.known_at)))
        };
        let mut closing: Vec<_> = self
            .coming((first.time, last.time), closed)
            .filter(touched)
            .collect();
        closing.sort_unstable();
        closing
    }

    /// Whether a zone, besides those closed already, comes into force in a span of time.
    #[must_use]
    pub fn is_changing(&self, span: (SimTime, SimTime), closed: &Closed) -> bool {
        self.coming(span, closed).next().is_some()
    }

    fn coming(&self, (after, up_to): (SimTime, SimTime), closed: &Closed) -> impl Iterator<Item = usize> {
        let comes = move |number: &usize| {
            let obstacle = self.airspace.field.get(*number);
            obstacle.comes_into_force(after, up_to, self.known_at) && !self.is_closed(*number, closed)
        };
        let coming = &self.airspace.coming;
        let until = |time| coming.partition_point(|(from, _)| *from <= time);
        let (first, last) = (until(after), until(up_to));
        let within = coming.get(first..last).unwrap_or_default();
        within.iter().map(|(_, number)| *number).filter(comes)
    }

    /// Whether a path touches a zone while that is in force.
    #[must_use]
    pub fn is_barred(&self, path: &[Waypoint]) -> bool {
        let known_at = self.known_at;
        let bars = |obstacle: &Obstacle| {
            obstacle.is_known(known_at) && touches(obstacle, path, (obstacle.from, obstacle.until(known_at)))
        };
        let pieces = path.windows(2);
        let mut near = pieces.flat_map(|pair| self.near(pair[0].at, pair[1].at));
        near.any(|(_, obstacle)| bars(obstacle))
    }

    /// The way out of the zones that are about to come into force over a place in the air, where one does: a place outside.
    #[must_use]
    pub fn way_out(&self, place: Position, now: SimTime) -> Option<Position> {
        let holds = |(_, obstacle): &(usize, &Obstacle)| {
            obstacle.is_known(self.known_at)
                && obstacle.until(self.known_at) > now
                && self.is_passed_at_level(obstacle)
                && obstacle.covers(place)
        };
        let (_, obstacle) = self
            .near(place, place)
            .filter(holds)
            .min_by_key(|(number, _)| *number)?;
        Some(obstacle.way_out(place))
    }

    /// The times at which zones that are in force between `now` and `latest` end in that span, the soonest first.
    #[must_use]
    pub fn openings(&self, now: SimTime, latest: SimTime) -> Vec<SimTime> {
        let ends = |obstacle: &Obstacle| {
            let until = obstacle.until(self.known_at);
            (obstacle.is_known(self.known_at) && now < until && until <= latest).then_some(until)
        };
        let mut openings: Vec<SimTime> = self.airspace.field.all().iter().filter_map(ends).collect();
        openings.sort_unstable();
        openings.dedup();
        openings
    }

    /// Whether nobody may land at the place from soon on, and until then at the least.
    #[must_use]
    pub fn is_closed_throughout(&self, place: Position, until: SimTime) -> bool {
        let soon = self.known_at + ZONE_NOTICE;
        self.near(place, place).any(|(_, obstacle)| {
            obstacle.reaches_ground()
                && obstacle.is_in_force(soon, self.known_at)
                && obstacle.until(self.known_at) >= until
                && obstacle.covers(place)
        })
    }

    fn near(&self, from: Position, to: Position) -> impl Iterator<Item = (usize, &'a Obstacle)> + use<'a> {
        let field = &self.airspace.field;
        field.near(from, to).map(|number| (number, field.get(number)))
    }

    fn is_closed(&self, number: usize, closed: &Closed) -> bool {
        self.airspace
            .field
            .get(number)
            .is_in_force(closed.at, self.known_at)
            || closed.more.contains(&number)
    }

    fn is_passed_at_level(&self, obstacle: &Obstacle) -> bool {
        obstacle.meets_heights(self.level_m, self.level_m)
    }
}

impl Closed {
    /// Closes these too.
    pub fn extend(&mut self, zones: Vec<usize>) {
        self.more.extend(zones);
    }
}

/// Whether the part of a path that is flown from a time on and before another touches the obstacle.
fn touches(obstacle: &Obstacle, path: &[Waypoint], (from, until): (SimTime, SimTime)) -> bool {
    let flown = |pair: &&[Waypoint]| pair[1].time >= from && pair[0].time < until;
    path.windows(2).filter(flown).any(|pair| {
        let (a, b) = (pair[0].altitude.get(), pair[1].altitude.get());
        obstacle.meets_heights(a.min(b), a.max(b))
            && obstacle.blocks(pair[0].place_at(pair[1], from), pair[0].place_at(pair[1], until))
    })
}
