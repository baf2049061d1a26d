//! The shortest way round obstacles: a visibility graph over the corners of those that stand in the way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use skyhaul_engine::geo::{LocalPlane, Position};

use super::Obstacle;

/// The shortest way from one open place to another, both ends included.
///
/// Starts with the obstacles on the straight line and takes in those that block the way round, until nothing new blocks. Cost: one
/// test an obstacle where the line is free; else quadratic in the corners taken in.
pub(super) fn shortest(
    plane: &LocalPlane,
    obstacles: &[&Obstacle],
    from: Position,
    to: Position,
) -> Option<Vec<Position>> {
    let mut in_the_way = blocking(obstacles, from, to);
    if in_the_way.is_empty() {
        return Some(vec![from, to]);
    }
    loop {
        let (way, met) = search(plane, obstacles, &in_the_way, from, to);
        let before = in_the_way.len();
        in_the_way.extend(met);
        in_the_way.sort_unstable();
        in_the_way.dedup();
        if in_the_way.len() == before {
            return way;
        }
    }
}

/// The obstacles that block a straight line.
fn blocking(obstacles: &[&Obstacle], from: Position, to: Position) -> Vec<usize> {
    (0..obstacles.len())
        .filter(|i| obstacles[*i].blocks(from, to))
        .collect()
}

/// A way over the corners of some obstacles that no obstacle blocks, and the obstacles met while seeking it.
fn search(
    plane: &LocalPlane,
    obstacles: &[&Obstacle],
    in_the_way: &[usize],
    from: Position,
    to: Position,
) -> (Option<Vec<Position>>, Vec<usize>) {
    let mut nodes = vec![from, to];
    nodes.extend(
        in_the_way
            .iter()
            .flat_map(|i| &obstacles[*i].corners)
            .copied()
            .filter(|corner| !obstacles.iter().any(|obstacle| obstacle.covers(*corner))),
    );
    let flat: Vec<(f64, f64)> = nodes.iter().map(|node| plane.to_xy(*node)).collect();
    let apart = |a: usize, b: usize| libm::hypot(flat[a].0 - flat[b].0, flat[a].1 - flat[b].1);
    let mut best = vec![f64::INFINITY; nodes.len()];
    let mut came_from = vec![0; nodes.len()];
    let mut settled = vec![false; nodes.len()];
    let mut met = Vec::new();
    let mut open = BinaryHeap::from([Reverse((Cost(apart(0, 1)), 0_usize))]);
    best[0] = 0.0;
    while let Some(Reverse((_, node))) = open.pop() {
        if std::mem::replace(&mut settled[node], true) {
            continue;
        }
        if node == 1 {
            return (Some(walk_back(&nodes, &came_from)), met);
        }
        for next in 1..nodes.len() {
            let length = best[node] + apart(node, next);
            if settled[next] || length >= best[next] {
                continue;
            }
            let blockers = blocking(obstacles, nodes[node], nodes[next]);
            if blockers.is_empty() {
                best[next] = length;
                came_from[next] = node;
                open.push(Reverse((Cost(length + apart(next, 1)), next)));
            }
            met.extend(blockers);
        }
    }
    (None, met)
}

/// The way that led to node 1.
fn walk_back(nodes: &[Position], came_from: &[usize]) -> Vec<Position> {
    let mut way = vec![nodes[1]];
    let mut node = 1;
    while node != 0 {
        node = came_from[node];
        way.push(nodes[node]);
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
