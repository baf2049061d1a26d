//! Tiles of the Web-Mercator map, by which the server knows who looks where.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use skyhaul_actors::event::{Leg, Waypoint};
use skyhaul_engine::geo::Position;

mod grid;

pub(crate) use self::grid::Grid;

/// Tiles are those of this zoom level: about 3.5 km across at 45° of latitude, so that a city has a few hundred and a leg touches a few.
pub(crate) const ZOOM: u32 = 13;

/// Tiles along a side of the map.
const TILES_PER_SIDE: u32 = 1 << ZOOM;

/// Where the Web-Mercator map ends, degrees north and south.
const LAT_MAX_DEG: f64 = 85.051_128;

/// A tile, counted from the north-west corner of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tile {
    x: u16,
    y: u16,
}

impl Tile {
    /// The tile that a place lies in.
    pub(crate) fn of(place: Position) -> Self {
        Self {
            x: column(place.lon()),
            y: row(place.lat()),
        }
    }

    /// Its column in the lower half, its row in the upper.
    pub(crate) fn code(self) -> u32 {
        u32::from(self.x) | u32::from(self.y) << 16
    }

    /// The tile of the next coarser zoom that it is a quarter of.
    pub(crate) const fn parent(self) -> Self {
        Self {
            x: self.x / 2,
            y: self.y / 2,
        }
    }

    /// West, south, east, north of a tile of this zoom, in degrees.
    pub(crate) fn bounds(self, zoom: u32) -> [f64; 4] {
        let side = f64::from(1_u32 << zoom);
        let lon = |x: f64| x / side * 360.0 - 180.0;
        let lat = |y: f64| {
            let angle = std::f64::consts::PI * (1.0 - 2.0 * y / side);
            angle.sinh().atan().to_degrees()
        };
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        [lon(x), lat(y + 1.0), lon(x + 1.0), lat(y)]
    }
}

/// How many drones are in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) tile: Tile,
    pub(crate) flying: u32,
    pub(crate) standing: u32,
}

fn column(lon: f64) -> u16 {
    index((lon + 180.0) / 360.0)
}

fn row(lat: f64) -> u16 {
    let lat = lat.clamp(-LAT_MAX_DEG, LAT_MAX_DEG).to_radians();
    index((1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0)
}

/// The tile at a share of the map's side.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the tiles there are")]
fn index(share: f64) -> u16 {
    (share * f64::from(TILES_PER_SIDE)).clamp(0.0, f64::from(TILES_PER_SIDE - 1)) as u16
}

/// All tiles that a leg's path touches, sorted, each once.
pub(crate) fn tiles_of(leg: &Leg) -> Box<[Tile]> {
    let mut tiles = Vec::new();
    for pair in leg.path.windows(2) {
        let [from, to] = pair else { continue };
        add_segment(&mut tiles, from.at, to.at);
    }
    tiles.sort_unstable();
    tiles.dedup();
    tiles.into_boxed_slice()
}

/// Column by column: the rows between the latitudes at which the segment enters and leaves the column.
fn add_segment(tiles: &mut Vec<Tile>, from: Position, to: Position) {
    let (west, east) = if from.lon() <= to.lon() {
        (from, to)
    } else {
        (to, from)
    };
    let (first, last) = (column(west.lon()), column(east.lon()));
    let width = east.lon() - west.lon();
    let lat_at = |lon: f64| {
        let share = if width > 0.0 {
            ((lon - west.lon()) / width).clamp(0.0, 1.0)
        } else {
            0.0
        };
        west.lat() + (east.lat() - west.lat()) * share
    };
    for x in first..=last {
        let enters = if x == first {
            west.lat()
        } else {
            lat_at(edge_lon(x))
        };
        let leaves = if x == last {
            east.lat()
        } else {
            lat_at(edge_lon(x + 1))
        };
        let (a, b) = (row(enters), row(leaves));
        tiles.extend((a.min(b)..=a.max(b)).map(|y| Tile { x, y }));
    }
}

/// The longitude of a column's western edge.
fn edge_lon(x: u16) -> f64 {
    f64::from(x) / f64::from(TILES_PER_SIDE) * 360.0 - 180.0
}

/// Hashes tiles by their column and row: a client's tick looks some twenty up, and nobody chooses them to collide.
#[derive(Debug, Default)]
pub(crate) struct TileHasher(u64);

impl Hasher for TileHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u16(u16::from(*byte)));
    }

    fn write_u16(&mut self, number: u16) {
        // 2⁶⁴ over the golden ratio (Knuth, 1973, 6.4): neighbours end far apart.
        self.0 = (self.0.rotate_left(16) ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}

/// What is kept by tile.
pub(crate) type ByTile<T> = HashMap<Tile, T, BuildHasherDefault<TileHasher>>;

/// Tiles that make up a rectangle of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TileRect {
    west: u16,
    north: u16,
    east: u16,
    south: u16,
}

impl TileRect {
    /// Whether a tile is one of them.
    pub(crate) fn holds(&self, tile: Tile) -> bool {
        (self.west..=self.east).contains(&tile.x) && (self.north..=self.south).contains(&tile.y)
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        (self.west..=self.east).len() * (self.north..=self.south).len()
    }

    /// Each of them, sorted.
    pub(crate) fn each(&self) -> impl Iterator<Item = Tile> + use<> {
        let rows = self.north..=self.south;
        (self.west..=self.east).flat_map(move |x| rows.clone().map(move |y| Tile { x, y }))
    }

    /// Whether a tile is one of the outermost: a path from outside that touches any of them touches one of these.
    pub(crate) fn has_at_rim(&self, tile: Tile) -> bool {
        self.holds(tile)
            && (tile.x == self.west || tile.x == self.east || tile.y == self.north || tile.y == self.south)
    }

    /// Whether a path is in here that [belongs](anchor) to a tile out there.
    pub(crate) fn is_entered_by(&self, path: &[Tile]) -> bool {
        anchor(path).is_some_and(|tile| !self.holds(tile)) && path.iter().any(|tile| self.holds(*tile))
    }
}

/// The tile that something in several tiles belongs to: the first of them.
pub(crate) fn anchor(tiles: &[Tile]) -> Option<Tile> {
    tiles.first().copied()
}

/// A part of the map, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bbox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
    /// The tiles that it covers in part at least.
    tiles: TileRect,
}

impl Bbox {
    /// From west, south, east, north; `None` where that is no part of the map. A map that shows more than the world once is cut to it.
    pub(crate) fn new([west, south, east, north]: [f64; 4]) -> Option<Self> {
        let lat_ok = (-90.0..=90.0).contains(&south) && south <= north && north <= 90.0;
        let lon_ok = west <= east && west <= 180.0 && east >= -180.0 && west.is_finite() && east.is_finite();
        (lat_ok && lon_ok).then(|| {
            let (west, east) = (west.max(-180.0), east.min(180.0));
            let tiles = TileRect {
                west: column(west),
                north: row(north),
                east: column(east),
                south: row(south),
            };
            Self {
                west,
                south,
                east,
                north,
                tiles,
            }
        })
    }

    /// Whether a place lies in it.
    pub(crate) fn contains(&self, place: Position) -> bool {
        (self.west..=self.east).contains(&place.lon()) && (self.south..=self.north).contains(&place.lat())
    }

    /// Whether a path touches it.
    pub(crate) fn is_touched_by(&self, path: &[Waypoint]) -> bool {
        path.windows(2).any(|pair| match pair {
            [from, to] => self.is_crossed_by(from.at, to.at),
            _ => false,
        })
    }

    /// Whether a segment has a point in common with it (Liang and Barsky, 1984).
    fn is_crossed_by(&self, from: Position, to: Position) -> bool {
        let (dx, dy) = (to.lon() - from.lon(), to.lat() - from.lat());
        let mut enters: f64 = 0.0;
        let mut leaves: f64 = 1.0;
        for (slope, room) in [
            (-dx, from.lon() - self.west),
            (dx, self.east - from.lon()),
            (-dy, from.lat() - self.south),
            (dy, self.north - from.lat()),
        ] {
            if slope == 0.0 {
                if room < 0.0 {
                    return false;
                }
            } else if slope < 0.0 {
                enters = enters.max(room / slope);
            } else {
                leaves = leaves.min(room / slope);
            }
        }
        enters <= leaves
    }

    /// The tiles that it covers in part at least.
    pub(crate) const fn tiles(&self) -> &TileRect {
        &self.tiles
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skyhaul_actors::event::LegPurpose;
    use skyhaul_actors::ids::DroneId;
    use skyhaul_engine::time::SimTime;
    use skyhaul_engine::units::{Kilograms, Metres, WattHours};

    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position::new(lat, lon).expect("on the sphere")
    }

    #[test]
    fn a_tile_lies_round_its_places_and_in_its_parent() {
        let place = at(43.77, 11.25);
        let (tile, mut coarse) = (Tile::of(place), Tile::of(place));
        for zoom in (0..=ZOOM).rev() {
            let bounds = Bbox::new(coarse.bounds(zoom)).expect("a part of the map");
            assert!(bounds.contains(place), "zoom {zoom}");
            coarse = coarse.parent();
        }
        let [west, south, east, north] = tile.bounds(ZOOM);
        assert!((east - west - 360.0 / 8_192.0).abs() < 1e-12 && north - south < east - west);
    }

    fn leg(places: &[Position]) -> Leg {
        let path = places
            .iter()
            .map(|at| Waypoint {
                at: *at,
                altitude: Metres::ZERO,
                time: SimTime::ZERO,
            })
            .collect();
        Leg {
            drone: DroneId(0),
            delivery: None,
            purpose: LegPurpose::Return,
            path,
            distance: Metres::ZERO,
            payload: Kilograms::ZERO,
            energy: WattHours::ZERO,
            battery: WattHours::ZERO,
        }
    }

    #[test]
    fn tiles_are_those_of_the_slippy_map() {
        let florence = Tile::of(at(43.7731, 11.2560));
        assert_eq!(florence, Tile { x: 4352, y: 2985 });
        assert_eq!(Tile::of(at(0.0, 0.0)), Tile { x: 4096, y: 4096 });
        assert_eq!(Tile::of(at(90.0, 180.0)), Tile { x: 8191, y: 0 });
    }

    #[test]
    fn what_is_no_part_of_the_map_is_refused() {
        for box_ in [
            [11.0, 43.0, 10.0, 44.0],
            [11.0, 44.0, 12.0, 43.0],
            [11.0, -91.0, 12.0, 43.0],
            [200.0, 43.0, 210.0, 44.0],
            [f64::NAN, 43.0, 12.0, 44.0],
            [f64::NEG_INFINITY, 43.0, 12.0, 44.0],
        ] {
            assert_eq!(Bbox::new(box_), None, "{box_:?}");
        }
        assert!(Bbox::new([-300.0, -90.0, 300.0, 90.0]).is_some());
    }

    #[test]
    fn a_path_that_passes_through_touches() {
        let bbox = Bbox::new([11.0, 43.0, 12.0, 44.0]).expect("a part of the map");
        let touches = |places: &[Position]| bbox.is_touched_by(&leg(places).path);
        assert!(touches(&[at(43.5, 10.0), at(43.5, 13.0)]), "across");
        assert!(touches(&[at(43.4, 11.4), at(43.5, 11.5)]), "inside");
        assert!(!touches(&[at(42.0, 10.0), at(45.0, 10.5)]), "beside");
        assert!(!touches(&[at(43.9, 10.5), at(44.7, 11.5)]), "past the corner");
    }

    #[test]
    fn who_enters_from_outside_does_so_at_the_rim() {
        let bbox = Bbox::new([11.0, 43.0, 11.2, 43.2]).expect("a part of the map");
        let inside = tiles_of(&leg(&[at(43.1, 11.05), at(43.1, 11.15)]));
        let across = tiles_of(&leg(&[at(43.1, 10.9), at(43.1, 11.3)]));
        let beside = tiles_of(&leg(&[at(43.3, 10.9), at(43.3, 11.3)]));
        let enters = |path: &[Tile]| bbox.tiles().is_entered_by(path);
        assert!(enters(&across) && !enters(&inside) && !enters(&beside));
        assert!(across.iter().any(|tile| bbox.tiles().has_at_rim(*tile)));
        let rim = bbox.tiles().each().filter(|tile| bbox.tiles().has_at_rim(*tile));
        assert_eq!((rim.count(), bbox.tiles().len()), (22, 40));
    }

    proptest! {
        /// Whatever box a place of the path lies in, the path is in one of that box's tiles, and touches it.
        #[test]
        fn every_place_of_a_path_lies_in_its_tiles(
            from in (-60.0..60.0_f64, -170.0..170.0_f64),
            by in (-0.3..0.3_f64, -0.3..0.3_f64),
            share in 0.0..1.0_f64,
        ) {
            let (a, b) = (at(from.0, from.1), at(from.0 + by.0, from.1 + by.1));
            let there = a.towards(b, share);
            let leg = leg(&[a, b]);
            let tiles = tiles_of(&leg);
            let side = 2e-7;
            let bbox = Bbox::new([there.lon() - side, there.lat() - side, there.lon() + side, there.lat() + side])
                .expect("a part of the map");
            prop_assert!(bbox.is_touched_by(&leg.path));
            prop_assert!(tiles.iter().any(|tile| bbox.tiles().holds(*tile)));
            prop_assert!(bbox.tiles().each().any(|tile| tiles.contains(&tile)));
        }
    }
}
