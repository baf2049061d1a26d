//! An obstacle: a zone with its clearance, and the corners at which a way round it may turn.

use geo::{Contains, Intersects, Line, Point, Polygon};
use skyhaul_engine::geo::{EARTH_RADIUS_M, LocalPlane, Position};
use skyhaul_engine::time::SimTime;

use crate::environment::{Zone, ZoneShape};

/// How far outside a zone paths keep, m.
const CLEARANCE_M: f64 = 15.0;

/// Corners stand this much farther out, m, so that a way along them does not touch.
const CORNER_M: f64 = 1.0;

/// Corners of the polygon that stands round a circle when a way round it is sought.
const CIRCLE_CORNERS: u32 = 20;

/// A zone on its own flat map, on which it is not distorted.
#[derive(Clone, Debug)]
pub(super) struct Obstacle {
    plane: LocalPlane,
    shape: Shape,
    /// No point of the zone is farther than this from the map's origin, m.
    reach_m: f64,
    bounds: Bounds,
    /// The polygon of all corners.
    rim: Polygon,
    /// Where a way round it may turn.
    pub(super) corners: Vec<Corner>,
    pub(super) from: SimTime,
    until: SimTime,
    /// From when it is known.
    known_from: SimTime,
    /// When it was lifted before its time.
    lifted: Option<SimTime>,
    floor_m: f64,
    ceiling_m: f64,
}

/// A corner, with its neighbours round the obstacle, on the area's map.
#[derive(Clone, Debug)]
pub(super) struct Corner {
    pub(super) at: Position,
    pub(super) xy: (f64, f64),
    before: (f64, f64),
    after: (f64, f64),
}

/// A zone's outline on its own map, clearance included.
#[derive(Clone, Debug)]
enum Shape {
    Disc { radius_m: f64 },
    Polygon(Polygon),
}

/// The rectangle of latitudes and longitudes that holds an outline, in 1e-7 degrees.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    south: i32,
    west: i32,
    north: i32,
    east: i32,
}

impl Obstacle {
    /// The obstacle that a zone is; `None` for a polygon of fewer than three points.
    pub(super) fn new(zone: &Zone, area: &LocalPlane) -> Option<Self> {
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
            bounds: Bounds::round(&corners)?,
            rim: rim(&corners, &plane),
            corners: Corner::round(&corners, area),
            plane,
            shape,
            reach_m,
            from: zone.from.unwrap_or(SimTime::ZERO),
            until: zone.until.unwrap_or(SimTime::MAX),
            known_from: zone.announced.unwrap_or(SimTime::ZERO),
            lifted: None,
            floor_m: zone.floor_m,
            ceiling_m: zone.ceiling_m.unwrap_or(f64::INFINITY),
        })
    }

    /// Lifts it at that time.
    pub(super) const fn lift(&mut self, at: SimTime) {
        self.lifted = Some(at);
    }

    /// Whether it is known, and in force from the ground up, at all times.
    pub(super) fn is_permanent(&self) -> bool {
        self.from == SimTime::ZERO
            && self.until == SimTime::MAX
            && self.known_from == SimTime::ZERO
            && self.lifted.is_none()
            && self.reaches_ground()
            && self.ceiling_m == f64::INFINITY
    }

    /// Whether it reaches down to the ground, so that nothing may land in it.
    pub(super) const fn reaches_ground(&self) -> bool {
        self.floor_m <= 0.0
    }

    /// Until when it is in force, as far as was known at `known_at`.
    pub(super) fn until(&self, known_at: SimTime) -> SimTime {
        match self.lifted {
            Some(lifted) if lifted <= known_at => self.until.min(lifted),
            _ => self.until,
        }
    }

    /// The times that tell whether it is in force, and known to be.
    pub(super) fn turns(&self) -> impl Iterator<Item = SimTime> + use<> {
        [self.from, self.until, self.known_from]
            .into_iter()
            .chain(self.lifted)
    }

    /// Whether it is in force at `time`, as far as was known at `known_at`.
    pub(super) fn is_in_force(&self, time: SimTime, known_at: SimTime) -> bool {
        self.known_from <= known_at && self.from <= time && time < self.until(known_at)
    }

    /// Whether it comes into force in that span, as far as was known at `known_at`.
    pub(super) fn comes_into_force(&self, after: SimTime, up_to: SimTime, known_at: SimTime) -> bool {
        self.known_from <= known_at
            && after < self.from
            && self.from <= up_to
            && self.from < self.until(known_at)
    }

    /// Whether it was known at that time.
    pub(super) fn is_known(&self, at: SimTime) -> bool {
        self.known_from <= at
    }

    /// Whether it reaches into what lies between two heights above ground, m.
    pub(super) fn meets_heights(&self, low_m: f64, high_m: f64) -> bool {
        self.floor_m <= high_m && low_m <= self.ceiling_m
    }

    /// Whether the place lies inside.
    pub(super) fn covers(&self, place: Position) -> bool {
        if !self.bounds.meet(place, place) {
            return false;
        }
        let (x, y) = self.plane.to_xy(place);
        match &self.shape {
            Shape::Disc { radius_m } => x * x + y * y < radius_m * radius_m,
            Shape::Polygon(outline) => outline.contains(&Point::new(x, y)),
        }
    }

    /// The way out from a place inside: the nearest place at which a way round may pass.
    pub(super) fn way_out(&self, place: Position) -> Position {
        let (x, y) = self.plane.to_xy(place);
        let away = libm::hypot(x, y);
        let exit = match &self.shape {
            // A metre of north where it stands in the very middle.
            Shape::Disc { radius_m } if away < CORNER_M => (0.0, radius_m + CORNER_M),
            Shape::Disc { radius_m } => {
                let scale = (radius_m + CORNER_M) / away;
                (x * scale, y * scale)
            }
            Shape::Polygon(_) => nearest_on(&self.rim, (x, y)),
        };
        self.plane.to_position(exit)
    }

    /// The rectangle that holds it, as south, west, north and east in 1e-7 degrees.
    pub(super) fn envelope(&self) -> ([i32; 2], [i32; 2]) {
        let Bounds {
            south,
            west,
            north,
            east,
        } = self.bounds;
        ([south, west], [north, east])
    }

    /// Whether the place lies nearer than the corners do.
    pub(super) fn is_within_rim(&self, place: Position) -> bool {
        self.bounds.meet(place, place) && {
            let (x, y) = self.plane.to_xy(place);
            self.rim.intersects(&Point::new(x, y))
        }
    }

    /// Whether the straight line between two places touches the inside.
    pub(super) fn blocks(&self, from: Position, to: Position) -> bool {
        if !self.bounds.meet(from, to) {
            return false;
        }
        let (a, b) = (self.plane.to_xy(from), self.plane.to_xy(to));
        if squared_distance_to_origin(a, b) >= self.reach_m * self.reach_m {
            return false;
        }
        match &self.shape {
            Shape::Disc { .. } => true,
            Shape::Polygon(outline) => outline.intersects(&Line::new(a, b)),
        }
    }
}

impl Bounds {
    fn round(corners: &[Position]) -> Option<Self> {
        Some(Self {
            south: corners.iter().map(|corner| corner.lat_e7()).min()?,
            west: corners.iter().map(|corner| corner.lon_e7()).min()?,
            north: corners.iter().map(|corner| corner.lat_e7()).max()?,
            east: corners.iter().map(|corner| corner.lon_e7()).max()?,
        })
    }

    /// Whether the rectangle of which a line is the diagonal meets this one.
    fn meet(&self, a: Position, b: Position) -> bool {
        a.lat_e7().max(b.lat_e7()) >= self.south
            && a.lat_e7().min(b.lat_e7()) <= self.north
            && a.lon_e7().max(b.lon_e7()) >= self.west
            && a.lon_e7().min(b.lon_e7()) <= self.east
    }
}

impl Corner {
    /// The corners at which a polygon bulges: at others no shortest way turns.
    fn round(places: &[Position], area: &LocalPlane) -> Vec<Self> {
        let flat: Vec<(f64, f64)> = places.iter().map(|place| area.to_xy(*place)).collect();
        let count = flat.len();
        let corner = |i: usize| Self {
            at: places[i],
            xy: flat[i],
            before: flat[(i + count - 1) % count],
            after: flat[(i + 1) % count],
        };
        (0..count).map(corner).filter(Self::bulges).collect()
    }

    fn bulges(&self) -> bool {
        cross(minus(self.xy, self.before), minus(self.after, self.xy)) > 0.0
    }

    /// Whether a line through `other` and this corner passes the obstacle by: its neighbours lie on one side of it.
    pub(super) fn is_passed_from(&self, other: (f64, f64)) -> bool {
        let along = minus(self.xy, other);
        let (before, after) = (minus(self.before, self.xy), minus(self.after, self.xy));
        cross(along, before) * cross(along, after) >= 0.0
    }
}

/// The point of a polygon's outline that is nearest to a place.
fn nearest_on(polygon: &Polygon, (x, y): (f64, f64)) -> (f64, f64) {
    let mut nearest = ((x, y), f64::INFINITY);
    for line in polygon.exterior().lines() {
        let a = (line.start.x - x, line.start.y - y);
        let b = (line.end.x - x, line.end.y - y);
        let share = share_nearest_origin(a, b);
        let (dx, dy) = (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
        let away = dx * dx + dy * dy;
        if away < nearest.1 {
            nearest = ((x + dx, y + dy), away);
        }
    }
    nearest.0
}

/// How far along a line piece the point lies that is nearest to the origin, as a share of it.
fn share_nearest_origin(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = minus(b, a);
    let length_squared = dx * dx + dy * dy;
    if length_squared > 0.0 {
        (-(a.0 * dx + a.1 * dy) / length_squared).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Distance of a line piece from the origin, squared.
fn squared_distance_to_origin(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = minus(b, a);
    let share = share_nearest_origin(a, b);
    let (x, y) = (a.0 + share * dx, a.1 + share * dy);
    x * x + y * y
}

/// A circle's map, outline with clearance, and corners of a polygon round it. The outline is wider by what the flat map loses at the rim.
fn disc(centre: Position, radius_m: f64) -> (LocalPlane, Shape, Vec<Position>) {
    let plane = LocalPlane::new(centre);
    let outline_m = radius_m + CLEARANCE_M + radius_m * radius_m / EARTH_RADIUS_M;
    let half_angle = std::f64::consts::PI / f64::from(CIRCLE_CORNERS);
    let corner_m = (outline_m + CORNER_M) / libm::cos(half_angle);
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
    if flat.len() > 1 && flat.first() == flat.last() {
        flat.pop();
    }
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
    let corners = grow(&flat, CLEARANCE_M + CORNER_M)
        .into_iter()
        .map(|corner| plane.to_position(corner))
        .collect();
    let shape = Shape::Polygon(Polygon::new(outline.into(), Vec::new()));
    Some((plane, shape, corners))
}

/// The polygon of the corners.
fn rim(corners: &[Position], plane: &LocalPlane) -> Polygon {
    let flat: Vec<(f64, f64)> = corners.iter().map(|corner| plane.to_xy(*corner)).collect();
    Polygon::new(flat.into(), Vec::new())
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
    let (dx, dy) = minus(b, a);
    let length = libm::hypot(dx, dy);
    (length > 0.0).then(|| (dy / length, -dx / length))
}

fn minus(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 - b.0, a.1 - b.1)
}

fn cross(a: (f64, f64), b: (f64, f64)) -> f64 {
    a.0 * b.1 - a.1 * b.0
}
