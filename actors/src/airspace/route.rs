//! The shortest way round obstacles: A* over the lines that pass their corners by (a reduced visibility graph; Latombe 1991, §4.1).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use skyhaul_engine::geo::{LocalPlane, Position};

use super::field::{CornerId, Field};
use super::obstacle::Corner;

/// What lies between two places.
pub(super) struct Scene<'a> {
    /// The area's map.
    pub(super) plane: &'a LocalPlane,
    /// All obstacles.
    pub(super) field: &'a Field,
    /// Which of them count.
    pub(super) is_closed: &'a dyn Fn(usize) -> bool,
}

impl Scene<'_> {
    /// The shortest way from one open place to another, both ends included.
    ///
    /// Starts with the obstacles on the straight line, which are given, and takes in those that block a line by which the way would be shorter, until none does.
    /// Cost: nothing where the line is free; else by the lines that pass the corners taken in, each tested against what lies near it.
    pub(super) fn shortest(
        &self,
        mut in_the_way: Vec<usize>,
        (from, to): (Position, Position),
    ) -> Option<Vec<Position>> {
        if in_the_way.is_empty() {
            return Some(vec![from, to]);
        }
        let mut search = Search {
            scene: self,
            turns_anywhere: false,
        };
        let ends = [(from, self.plane.to_xy(from)), (to, self.plane.to_xy(to))];
        loop {
            let (way, met) = search.run(ends, &in_the_way);
            let before = in_the_way.len();
            in_the_way.extend(met);
            in_the_way.sort_unstable();
            in_the_way.dedup();
            if in_the_way.len() > before {
                continue;
            }
            if way.is_some() || search.turns_anywhere {
                return way;
            }
            // An end between an outline and its corners sees no line that passes them by.
            search.turns_anywhere = true;
        }
    }
}

/// What a search asks.
struct Search<'a> {
    scene: &'a Scene<'a>,
    /// Whether a way may turn at a corner that it does not pass by.
    turns_anywhere: bool,
}

/// A place at which a way may turn.
struct Node<'a> {
    at: Position,
    xy: (f64, f64),
    /// The corner; the ends have none.
    corner: Option<(&'a Corner, CornerId)>,
    /// Obstacles to whose outline it is nearer than their corners are: it passes none of those by.
    within: Vec<usize>,
}

impl Search<'_> {
    /// A way over the corners of some obstacles that none blocks, and the other obstacles without which it might be shorter.
    fn run(
        &self,
        ends: [(Position, (f64, f64)); 2],
        in_the_way: &[usize],
    ) -> (Option<Vec<Position>>, Vec<usize>) {
        let nodes = self.nodes(ends, in_the_way);
        let mut best = vec![f64::INFINITY; nodes.len()];
        let mut came_from = vec![0; nodes.len()];
        let mut settled = vec![false; nodes.len()];
        let mut met = Vec::new();
        let mut open = BinaryHeap::from([Reverse((Cost(apart(&nodes[0], &nodes[1])), 0_usize))]);
        best[0] = 0.0;
        while let Some(Reverse((cost, node))) = open.pop() {
            if std::mem::replace(&mut settled[node], true) {
                continue;
            }
            if node == 1 {
                met.retain(|(bound, _): &(Cost, usize)| *bound < cost);
                return (Some(walk_back(&nodes, &came_from)), into_obstacles(met));
            }
            for next in 1..nodes.len() {
                let length = best[node] + apart(&nodes[node], &nodes[next]);
                if settled[next] || length >= best[next] || !self.may_turn(&nodes[node], &nodes[next]) {
                    continue;
                }
                let bound = Cost(length + apart(&nodes[next], &nodes[1]));
                let known = met.len();
                let is_free = self.look((&nodes[node], &nodes[next]), in_the_way, |number| {
                    met.push((bound, number));
                });
                if !is_free {
                    met.truncate(known);
                } else if met.len() == known {
                    best[next] = length;
                    came_from[next] = node;
                    open.push(Reverse((bound, next)));
                }
            }
        }
        (None, into_obstacles(met))
    }

    /// Looks along a line; whether none of the obstacles that were taken in blocks it, and which others do, as far as one that was does not.
    fn look(
        &self,
        (a, b): (&Node<'_>, &Node<'_>),
        in_the_way: &[usize],
        mut meets: impl FnMut(usize),
    ) -> bool {
        let field = self.scene.field;
        let mut passes = |number: usize, blocks: &dyn Fn() -> bool| {
            let is_taken_in = in_the_way.binary_search(&number).is_ok();
            if !is_taken_in && !(self.scene.is_closed)(number) || !blocks() {
                return true;
            }
            if !is_taken_in {
                meets(number);
            }
            !is_taken_in
        };
        let known = match (a.corner, b.corner) {
            (Some((_, from)), Some((_, to))) => field.between(from, to),
            (None, Some((_, corner))) => field.before(a.at, corner),
            (Some((_, corner)), None) => field.before(b.at, corner),
            (None, None) => {
                let mut near = field.near(a.at, b.at);
                return near.all(|number| passes(number, &|| field.get(number).blocks(a.at, b.at)));
            }
        };
        known.iter().all(|number| passes(*number, &|| true))
    }

    fn nodes(&self, ends: [(Position, (f64, f64)); 2], in_the_way: &[usize]) -> Vec<Node<'_>> {
        // A corner inside another obstacle stays: lines to it meet that obstacle.
        let is_open = |place| !in_the_way.iter().any(|i| self.scene.field.get(*i).covers(place));
        let corners = in_the_way
            .iter()
            .flat_map(|i| {
                let corners = self.scene.field.get(*i).corners.iter();
                (0..)
                    .zip(corners)
                    .map(move |(place, corner)| (corner, (*i, place)))
            })
            .filter(|(corner, _)| is_open(corner.at))
            .map(|(corner, id)| (corner.at, corner.xy, Some((corner, id))));
        ends.into_iter()
            .map(|(at, xy)| (at, xy, None))
            .chain(corners)
            .map(|(at, xy, corner)| {
                let others = in_the_way
                    .iter()
                    .copied()
                    .filter(|i| corner.is_none_or(|(_, (own, _))| own != *i));
                Node {
                    at,
                    xy,
                    corner,
                    within: others
                        .filter(|i| self.scene.field.get(*i).is_within_rim(at))
                        .collect(),
                }
            })
            .collect()
    }

    /// Whether a shortest way may turn at both ends of a line.
    fn may_turn(&self, a: &Node<'_>, b: &Node<'_>) -> bool {
        self.turns_anywhere || a.may_turn_to(b) && b.may_turn_to(a)
    }
}

impl Node<'_> {
    /// Whether a line to the other passes by what this is the corner of.
    fn may_turn_to(&self, other: &Self) -> bool {
        self.corner
            .is_none_or(|(corner, (own, _))| corner.is_passed_from(other.xy) || other.within.contains(&own))
    }
}

/// How far two nodes are apart, m.
fn apart(a: &Node<'_>, b: &Node<'_>) -> f64 {
    let (dx, dy) = (a.xy.0 - b.xy.0, a.xy.1 - b.xy.1);
    (dx * dx + dy * dy).sqrt()
}

fn into_obstacles(met: Vec<(Cost, usize)>) -> Vec<usize> {
    met.into_iter().map(|(_, obstacle)| obstacle).collect()
}

/// The way that led to node 1.
fn walk_back(nodes: &[Node<'_>], came_from: &[usize]) -> Vec<Position> {
    let mut way = vec![nodes[1].at];
    let mut node = 1;
    while node != 0 {
        node = came_from[node];
        way.push(nodes[node].at);
    }
    way.reverse();
    way
}

/// A length by which ways are compared; never not-a-number.
#[derive(Clone, Copy, PartialEq)]
struct Cost(f64);

impl Eq for Cost {}

impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cost {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::obstacle::Obstacle;
    use super::*;
    use crate::environment::{Zone, ZoneShape};

    fn plane() -> LocalPlane {
        LocalPlane::new(Position::new(47.6, -122.3).expect("on the sphere"))
    }

    fn zone(shape: ZoneShape) -> Zone {
        Zone::permanent(String::new(), shape)
    }

    /// Discs and triangles, some of them overlapping.
    fn shapes() -> impl Strategy<Value = ZoneShape> {
        let spot = (-4_000.0..4_000.0_f64, -4_000.0..4_000.0_f64);
        prop_oneof![
            (spot.clone(), 50.0..1_200.0_f64).prop_map(|(at, radius_m)| ZoneShape::Circle {
                centre: plane().to_position(at),
                radius_m,
            }),
            (
                spot,
                prop::collection::vec((-900.0..900.0_f64, -900.0..900.0_f64), 3)
            )
                .prop_map(|((x, y), by)| {
                    ZoneShape::Polygon(
                        by.iter()
                            .map(|(dx, dy)| plane().to_position((x + dx, y + dy)))
                            .collect(),
                    )
                }),
        ]
    }

    fn length_m(way: &[Position]) -> f64 {
        let flat: Vec<(f64, f64)> = way.iter().map(|place| plane().to_xy(*place)).collect();
        flat.windows(2)
            .map(|pair| libm::hypot(pair[1].0 - pair[0].0, pair[1].1 - pair[0].1))
            .sum()
    }

    /// Obstacles, and two places outside of all of them.
    fn scene(
        obstacles: std::ops::Range<usize>,
    ) -> impl Strategy<Value = (Vec<Obstacle>, Position, Position)> {
        let spot = (-5_000.0..5_000.0_f64, -5_000.0..5_000.0_f64);
        (
            prop::collection::vec(shapes(), obstacles),
            prop::collection::vec(spot, 8),
        )
            .prop_filter_map("two places outside", |(shapes, spots)| {
                let obstacle = |shape| Obstacle::new(&zone(shape), &plane());
                let obstacles: Vec<Obstacle> = shapes.into_iter().filter_map(obstacle).collect();
                let mut outside = spots
                    .into_iter()
                    .map(|spot| plane().to_position(spot))
                    .filter(|place| !obstacles.iter().any(|obstacle| obstacle.covers(*place)));
                let (from, to) = (outside.next()?, outside.next()?);
                drop(outside);
                Some((obstacles, from, to))
            })
    }

    /// The way with all obstacles taken in from the start.
    fn brute(
        obstacles: &[Obstacle],
        from: Position,
        to: Position,
        turns_anywhere: bool,
    ) -> Option<Vec<Position>> {
        let all: Vec<usize> = (0..obstacles.len()).collect();
        let scene = Scene {
            plane: &plane(),
            field: &Field::new(obstacles.to_vec()),
            is_closed: &|_| true,
        };
        let search = Search {
            scene: &scene,
            turns_anywhere,
        };
        let ends = [(from, plane().to_xy(from)), (to, plane().to_xy(to))];
        search.run(ends, &all).0
    }

    fn way_round(obstacles: &[Obstacle], from: Position, to: Position) -> Option<Vec<Position>> {
        let blocking = (0..obstacles.len()).filter(|i| obstacles[*i].blocks(from, to));
        let scene = Scene {
            plane: &plane(),
            field: &Field::new(obstacles.to_vec()),
            is_closed: &|_| true,
        };
        scene.shortest(blocking.collect(), (from, to))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn taking_in_only_what_is_in_the_way_loses_nothing((obstacles, from, to) in scene(0..12)) {
            let way = way_round(&obstacles, from, to);
            let straight_m = length_m(&[from, to]);
            prop_assert!(way.as_ref().is_none_or(|way| length_m(way) >= straight_m - 1e-6));
            let expected = brute(&obstacles, from, to, false).or_else(|| brute(&obstacles, from, to, true));
            for pair in way.iter().flat_map(|way| way.windows(2)) {
                prop_assert!(!obstacles.iter().any(|obstacle| obstacle.blocks(pair[0], pair[1])));
            }
            prop_assert_eq!(way.is_some(), expected.is_some());
            if let (Some(way), Some(expected)) = (way, expected) {
                // More corners may let a way cut through the metre between an outline and its own.
                let slack_m = 4.0 * expected.len() as f64;
                prop_assert!(length_m(&way) <= length_m(&expected) + slack_m);
            }
        }

        #[test]
        fn a_way_that_only_turns_where_it_passes_by_is_as_short_as_any((obstacles, from, to) in scene(1..2)) {
            let way = way_round(&obstacles, from, to);
            let any = brute(&obstacles, from, to, true);
            prop_assert_eq!(way.is_some(), any.is_some());
            if let (Some(way), Some(any)) = (way, any) {
                // Any way may cut through the metre between an outline and its corners.
                let slack_m = 4.0 * any.len() as f64;
                prop_assert!(length_m(&way) <= length_m(&any) + slack_m);
            }
        }

        #[test]
        fn the_way_back_is_as_long((obstacles, from, to) in scene(0..12)) {
            let (out, back) = (way_round(&obstacles, from, to), way_round(&obstacles, to, from));
            prop_assert_eq!(out.is_some(), back.is_some());
            if let (Some(out), Some(back)) = (out, back) {
                let slack_m = 4.0 * out.len().max(back.len()) as f64;
                prop_assert!((length_m(&out) - length_m(&back)).abs() <= slack_m);
            }
        }
    }
}
