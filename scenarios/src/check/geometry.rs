//! Places as a reader of the log measures them: a sphere, and flat maps round the thing measured.

use serde::Deserialize;

use super::entry::Micros;

/// Mean radius of the WGS 84 ellipsoid, m.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Latitude and longitude in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "(f64, f64)")]
pub(super) struct Point {
    pub(super) lat: f64,
    pub(super) lon: f64,
}

impl From<(f64, f64)> for Point {
    fn from((lat, lon): (f64, f64)) -> Self {
        Self { lat, lon }
    }
}

impl Point {
    /// Great-circle distance, m (haversine).
    pub(super) fn distance_m(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat.to_radians(), other.lat.to_radians());
        let half_dlat = ((lat_b - lat_a) / 2.0).sin();
        let half_dlon = ((other.lon - self.lon).to_radians() / 2.0).sin();
        let h = half_dlat * half_dlat + lat_a.cos() * lat_b.cos() * half_dlon * half_dlon;
        2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
    }

    /// The place a share of the way to another.
    pub(super) fn towards(self, other: Self, share: f64) -> Self {
        Self {
            lat: self.lat + (other.lat - self.lat) * share,
            lon: self.lon + (other.lon - self.lon) * share,
        }
    }

    /// Metres east and north of `origin`.
    pub(super) fn on_map_round(self, origin: Self) -> (f64, f64) {
        let metres_per_degree = EARTH_RADIUS_M.to_radians();
        (
            (self.lon - origin.lon) * metres_per_degree * origin.lat.to_radians().cos(),
            (self.lat - origin.lat) * metres_per_degree,
        )
    }
}

/// Where a path with a time at each of its points is at `t`, between its ends.
pub(super) fn position_at(path: &[Point], path_t: &[Micros], t: Micros) -> Option<Point> {
    let next = path_t.partition_point(|time| *time <= t);
    let Some(before) = next.checked_sub(1) else {
        return path.first().copied();
    };
    let (Some(to), Some(to_t)) = (path.get(next), path_t.get(next)) else {
        return path.last().copied();
    };
    let share = share_between(t, path_t[before], *to_t);
    Some(path[before].towards(*to, share))
}

/// How far `t` is from `from` to `to`; these differ.
pub(super) fn share_between(t: Micros, from: Micros, to: Micros) -> f64 {
    (t.0 as f64 - from.0 as f64) / (to.0 as f64 - from.0 as f64)
}

/// Distance from the origin to the straight line between two points of a map.
pub(super) fn origin_to_line(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let square = dx * dx + dy * dy;
    let share = if square > 0.0 {
        (-(a.0 * dx + a.1 * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (a.0 + share * dx).hypot(a.1 + share * dy)
}

/// How deep the straight line between two points of a map runs inside a simple polygon, m: zero where it stays outside or only touches.
pub(super) fn depth_inside(polygon: &[(f64, f64)], a: (f64, f64), b: (f64, f64)) -> f64 {
    let mut cuts = vec![0.0, 1.0];
    for (p, q) in edges(polygon) {
        cuts.extend(crossing(a, b, p, q));
    }
    cuts.sort_unstable_by(f64::total_cmp);
    let point = |share: f64| (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
    cuts.windows(2)
        .map(|cut| point(f64::midpoint(cut[0], cut[1])))
        .filter(|middle| contains(polygon, *middle))
        .map(|middle| distance_to_outline(polygon, middle))
        .fold(0.0, f64::max)
}

fn edges(polygon: &[(f64, f64)]) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    polygon
        .iter()
        .copied()
        .zip(polygon.iter().copied().cycle().skip(1))
}

/// How far along `a`–`b` it meets `p`–`q`.
fn crossing(a: (f64, f64), b: (f64, f64), p: (f64, f64), q: (f64, f64)) -> Option<f64> {
    let (r, s) = ((b.0 - a.0, b.1 - a.1), (q.0 - p.0, q.1 - p.1));
    let across = r.0 * s.1 - r.1 * s.0;
    let to_p = (p.0 - a.0, p.1 - a.1);
    let along = (to_p.0 * s.1 - to_p.1 * s.0) / across;
    let on_edge = (to_p.0 * r.1 - to_p.1 * r.0) / across;
    ((0.0..=1.0).contains(&along) && (0.0..=1.0).contains(&on_edge)).then_some(along)
}

/// Even–odd rule.
fn contains(polygon: &[(f64, f64)], (x, y): (f64, f64)) -> bool {
    let crossed = edges(polygon)
        .filter(|(p, q)| (p.1 > y) != (q.1 > y) && x < p.0 + (q.0 - p.0) * (y - p.1) / (q.1 - p.1))
        .count();
    crossed % 2 == 1
}

fn distance_to_outline(polygon: &[(f64, f64)], (x, y): (f64, f64)) -> f64 {
    edges(polygon)
        .map(|(p, q)| origin_to_line((p.0 - x, p.1 - y), (q.0 - x, q.1 - y)))
        .fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A U that opens northwards.
    const BAY: [(f64, f64); 8] = [
        (0.0, 0.0),
        (30.0, 0.0),
        (30.0, 30.0),
        (20.0, 30.0),
        (20.0, 10.0),
        (10.0, 10.0),
        (10.0, 30.0),
        (0.0, 30.0),
    ];

    #[test]
    fn a_line_through_a_polygon_is_seen_also_where_both_its_ends_are_outside() {
        assert!((depth_inside(&BAY, (-5.0, 20.0), (15.0, 20.0)) - 5.0).abs() < 1e-9);
        assert!(
            depth_inside(&BAY, (5.0, 5.0), (25.0, 5.0)) > 4.0,
            "both ends inside"
        );
        assert_eq!(depth_inside(&BAY, (12.0, 15.0), (18.0, 40.0)), 0.0, "in the bay");
        assert_eq!(depth_inside(&BAY, (-5.0, 0.0), (35.0, 0.0)), 0.0, "along an edge");
    }

    #[test]
    fn a_path_is_where_its_times_say() {
        let (a, b) = (Point { lat: 1.0, lon: 2.0 }, Point { lat: 3.0, lon: 2.0 });
        let at = |t| position_at(&[a, a, b], &[Micros(0), Micros(10), Micros(30)], Micros(t));
        assert_eq!(at(5), Some(a));
        assert_eq!(at(20), Some(Point { lat: 2.0, lon: 2.0 }));
        assert_eq!(at(99), Some(b));
    }

    #[test]
    fn the_map_agrees_with_the_sphere() {
        let (a, b) = (
            Point {
                lat: 43.77,
                lon: 11.25,
            },
            Point {
                lat: 43.78,
                lon: 11.27,
            },
        );
        let (x, y) = b.on_map_round(a);
        assert!((x.hypot(y) / a.distance_m(b) - 1.0).abs() < 1e-4);
    }
}
