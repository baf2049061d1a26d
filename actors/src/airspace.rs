//! Airspace: no-fly zones, and the shortest way round those in force.

use geo::{Contains, Intersects, Line, Point, Polygon};
use skyhaul_engine::geo::{LocalPlane, Position};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::environment::{Environment, Zone, ZoneShape};

mod route;

/// How far outside a zone paths keep, m.
const CLEARANCE_M: f64 = 15.0;

/// Corners of the polygon that stands round a circle when a way round it is sought.
const CIRCLE_CORNERS: u32 = 20;

/// A zone counts for a flight where it is in force within this time after take-off: longer than any flight lasts.
const FLIGHT_MAX: SimDuration = SimDuration::from_mins(180);

/// All zones, ready to be asked.
#[derive(Clone, Debug)]
pub struct Airspace {
    plane: LocalPlane,
    obstacles: Vec<Obstacle>,
}

/// A zone with its own flat map, on which it is not distorted.
#[derive(Clone, Debug)]
struct Obstacle {
    plane: LocalPlane,
    shape: Shape,
    /// No point of the zone is farther than this from the map's origin, m.
    reach_m: f64,
    /// Where a way round it may turn.
    corners: Vec<Position>,
    from: SimTime,
    until: SimTime,
}

/// A zone's outline on its own map, clearance included.
#[derive(Clone, Debug)]
enum Shape {
    Disc { radius_m: f64 },
    Polygon(Polygon),
}

impl Airspace {
    /// The airspace of a world.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let obstacles = environment.zones.iter().filter_map(Obstacle::new).collect();
        Self {
            plane: environment.plane(),
            obstacles,
        }
    }

    /// Whether the place lies in a zone that is, or soon will be, in force, or within the clearance round it.
    #[must_use]
    pub fn is_closed(&self, place: Position, time: SimTime) -> bool {
        self.in_force(time).any(|obstacle| obstacle.covers(place))
    }

    /// The way from one place to another round all zones, both ends included; `None` where there is none.
    #[must_use]
    pub fn route(&self, from: Position, to: Position, time: SimTime) -> Option<Vec<Position>> {
        let active: Vec<&Obstacle> = self.in_force(time).collect();
        if active
            .iter()
            .any(|obstacle| obstacle.covers(from) || obstacle.covers(to))
        {
            return None;
        }
        route::shortest(&self.plane, &active, from, to)
    }

    fn in_force(&self, time: SimTime) -> impl Iterator<Item = &Obstacle> {
        let latest = time + FLIGHT_MAX;
        self.obstacles
            .iter()
            .filter(move |obstacle| obstacle.from <= latest && time < obstacle.until)
    }
}

impl Obstacle {
    fn new(zone: &Zone) -> Option<Self> {
        let from = zone.from.unwrap_or(SimTime::ZERO);
        let until = zone.until.unwrap_or(SimTime::MAX);
        let (plane, shape, corners) = match &zone.shape {
            ZoneShape::Circle { centre, radius_m } => disc(*centre, *radius_m),
            ZoneShape::Polygon(points) => polygon(points)?,
        };
        let reach_m = match &shape {
            Shape::Disc { radius_m } => *radius_m,
            Shape::Polygon(outline) => outline
                .exterior()
                .points()
                .map(|p| libm::hypot(p.x(), p.y()))
                .fold(0.0, f64::max),
        };
        Some(Self {
            plane,
            shape,
            reach_m,
            corners,
            from,
            until,
        })
    }

    /// Whether the place lies inside.
    fn covers(&self, place: Position) -> bool {
        let (x, y) = self.plane.to_xy(place);
        match &self.shape {
            Shape::Disc { radius_m } => libm::hypot(x, y) < *radius_m,
            Shape::Polygon(outline) => outline.contains(&Point::new(x, y)),
        }
    }

    /// Whether the straight line between two places touches the inside.
    fn blocks(&self, from: Position, to: Position) -> bool {
        let (a, b) = (self.plane.to_xy(from), self.plane.to_xy(to));
        if distance_to_origin(a, b) >= self.reach_m {
            return false;
        }
        match &self.shape {
            Shape::Disc { .. } => true,
            Shape::Polygon(outline) => outline.intersects(&Line::new(a, b)),
        }
    }
}

/// Distance of a line piece from the origin.
fn distance_to_origin(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length_squared = dx * dx + dy * dy;
    let share = if length_squared > 0.0 {
        (-(a.0 * dx + a.1 * dy) / length_squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    libm::hypot(a.0 + share * dx, a.1 + share * dy)
}

/// A circle's map, outline with clearance, and corners of a polygon round it.
fn disc(centre: Position, radius_m: f64) -> (LocalPlane, Shape, Vec<Position>) {
    let plane = LocalPlane::new(centre);
    let outline_m = radius_m + CLEARANCE_M;
    let half_angle = std::f64::consts::PI / f64::from(CIRCLE_CORNERS);
    let corner_m = (outline_m + 1.0) / libm::cos(half_angle);
    let corners = (0..CIRCLE_CORNERS)
        .map(|corner| {
            let angle = 2.0 * half_angle * f64::from(corner);
            plane.to_position((corner_m * libm::cos(angle), corner_m * libm::sin(angle)))
        })
        .collect();
    (plane, Shape::Disc { radius_m: outline_m }, corners)
}

/// A polygon's map, outline with clearance, and corners a little farther out. `None` for fewer than three points.
fn polygon(points: &[Position]) -> Option<(LocalPlane, Shape, Vec<Position>)> {
    let plane = LocalPlane::new(*points.first()?);
    let mut flat: Vec<(f64, f64)> = points.iter().map(|point| plane.to_xy(*point)).collect();
    flat.dedup();
    if flat.len() < 3 {
        return None;
    }
    let doubled_area: f64 = (0..flat.len())
        .map(|i| cross(flat[i], flat[(i + 1) % flat.len()]))
        .sum();
    if doubled_area < 0.0 {
        flat.reverse();
    }
    let outline = grow(&flat, CLEARANCE_M);
    let corners = grow(&flat, CLEARANCE_M + 1.0)
        .into_iter()
        .map(|corner| plane.to_position(corner))
        .collect();
    let shape = Shape::Polygon(Polygon::new(outline.into(), Vec::new()));
    Some((plane, shape, corners))
}

/// Moves every edge of a counter-clockwise polygon outwards. A sharp corner is cut off with two points instead of one far away.
fn grow(points: &[(f64, f64)], by_m: f64) -> Vec<(f64, f64)> {
    let count = points.len();
    let mut grown = Vec::with_capacity(count * 2);
    for i in 0..count {
        let (before, here, after) = (
            points[(i + count - 1) % count],
            points[i],
            points[(i + 1) % count],
        );
        let (Some(first), Some(second)) = (outward(before, here), outward(here, after)) else {
            continue;
        };
        let turn = cross(first, second);
        let cosine = first.0 * second.0 + first.1 * second.1;
        if turn > 0.0 && cosine < 0.0 {
            let (along_first, along_second) = ((-first.1, first.0), (-second.1, second.0));
            grown.push((
                here.0 + by_m * (first.0 + along_first.0),
                here.1 + by_m * (first.1 + along_first.1),
            ));
            grown.push((
                here.0 + by_m * (second.0 - along_second.0),
                here.1 + by_m * (second.1 - along_second.1),
            ));
        } else {
            let scale = by_m / (1.0 + cosine).max(0.1);
            grown.push((
                here.0 + scale * (first.0 + second.0),
                here.1 + scale * (first.1 + second.1),
            ));
        }
    }
    grown
}

/// The unit vector that points out of a counter-clockwise polygon across the edge from `a` to `b`.
fn outward(a: (f64, f64), b: (f64, f64)) -> Option<(f64, f64)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = libm::hypot(dx, dy);
    (length > 0.0).then(|| (dy / length, -dx / length))
}

fn cross(a: (f64, f64), b: (f64, f64)) -> f64 {
    a.0 * b.1 - a.1 * b.0
}
