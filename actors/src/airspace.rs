//! Airspace: no-fly zones, and the shortest way round those that close it.
//!
//! A zone closes the sky from the ground up while it is in force. When it will be is known from the start, so a flight keeps out of a zone
//! also where that comes into force while the flight is in the air ([`Airspace::closing`]).

use std::borrow::Cow;

use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::time::SimTime;

use crate::environment::{Environment, Sabotage};
use crate::event::Waypoint;

use self::obstacle::Obstacle;

mod obstacle;
mod route;

/// All zones, ready to be asked.
#[derive(Clone, Debug)]
pub struct Airspace {
    plane: LocalPlane,
    obstacles: Vec<Obstacle>,
    /// All obstacles, where each is in force for ever.
    always: Option<Vec<usize>>,
}

/// The zones that close the sky to a flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed<'a>(Cow<'a, [usize]>);

impl Airspace {
    /// The airspace of a world.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let plane = environment.plane();
        let is_blind = environment.faults.sabotage == Some(Sabotage::IgnoresZones);
        let zones = environment.zones.iter().filter(|_| !is_blind);
        let obstacles: Vec<Obstacle> = zones.filter_map(|zone| Obstacle::new(zone, &plane)).collect();
        let always = obstacles
            .iter()
            .all(Obstacle::is_permanent)
            .then(|| (0..obstacles.len()).collect());
        Self {
            plane,
            obstacles,
            always,
        }
    }

    /// The zones in force at `time`.
    #[must_use]
    pub fn closed_at(&self, time: SimTime) -> Closed<'_> {
        let in_force = |index: &usize| self.obstacles[*index].is_in_force(time);
        Closed(match &self.always {
            Some(all) => Cow::Borrowed(all),
            None => Cow::Owned((0..self.obstacles.len()).filter(in_force).collect()),
        })
    }

    /// Whether each zone is in force at all times.
    #[must_use]
    pub const fn is_the_same_always(&self) -> bool {
        self.always.is_some()
    }

    /// Whether the place lies in a zone in force, or within the clearance round it.
    #[must_use]
    pub fn is_closed(&self, place: Position, time: SimTime) -> bool {
        self.covers(place, &self.closed_at(time))
    }

    /// Whether the place lies in a zone that is in force at all times, or within the clearance round it.
    #[must_use]
    pub fn is_closed_for_ever(&self, place: Position) -> bool {
        self.obstacles
            .iter()
            .any(|obstacle| obstacle.is_permanent() && obstacle.covers(place))
    }

    /// Whether the place lies in one of these zones, or within the clearance round it.
    #[must_use]
    pub fn covers(&self, place: Position, closed: &Closed<'_>) -> bool {
        closed.0.iter().any(|index| self.obstacles[*index].covers(place))
    }

    /// The shortest way from one place to another round all closed zones, both ends included; `None` where there is none.
    #[must_use]
    pub fn route(&self, from: Position, to: Position, closed: &Closed<'_>) -> Option<Vec<Position>> {
        // Only these can hold an end or block the way.
        let met = closed
            .0
            .iter()
            .copied()
            .filter(|index| self.obstacles[*index].may_meet(from, to));
        let met: Vec<usize> = met.collect();
        if met.is_empty() {
            return Some(vec![from, to]);
        }
        let holds_an_end = |obstacle: &Obstacle| obstacle.covers(from) || obstacle.covers(to);
        if met.iter().any(|index| holds_an_end(&self.obstacles[*index])) {
            return None;
        }
        let blocking = met
            .into_iter()
            .filter(|index| self.obstacles[*index].blocks(from, to));
        route::shortest(
            &self.plane,
            &self.obstacles,
            &closed.0,
            blocking.collect(),
            (from, to),
        )
    }

    /// The zones, besides those closed already, that come into force during the flight and are touched by it from then on.
    #[must_use]
    pub fn closing(&self, path: &[Waypoint], closed: &Closed<'_>) -> Vec<usize> {
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return Vec::new();
        };
        if self.always.is_some() {
            return Vec::new();
        }
        (0..self.obstacles.len())
            .filter(|index| {
                let obstacle = &self.obstacles[*index];
                obstacle.comes_into_force(first.time, last.time)
                    && !closed.0.contains(index)
                    && touches_in_force(obstacle, path)
            })
            .collect()
    }
}

impl Closed<'_> {
    /// Closes these too.
    pub fn extend(&mut self, zones: Vec<usize>) {
        self.0.to_mut().extend(zones);
    }
}

/// Whether the part of a path that is flown after the obstacle comes into force touches it.
fn touches_in_force(obstacle: &Obstacle, path: &[Waypoint]) -> bool {
    path.windows(2)
        .filter(|pair| pair[1].time >= obstacle.from)
        .any(|pair| obstacle.blocks(pair[0].place_at(pair[1], obstacle.from), pair[1].at))
}
