//! Field: obstacles with a spatial index, so that a line is tested only against those it may meet.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use skyhaul_engine::geo::Position;

use super::memo::Memo;
use super::obstacle::Obstacle;
use super::raster::Raster;

/// An obstacle's rectangle of latitudes and longitudes, in 1e-7 degrees, with its number.
type Entry = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// How many lines from corner to corner are remembered: those between some hundred corners, as round a dozen zones that stand together. At 64 bytes each
/// that is a megabyte.
const LINES_MAX: usize = 1 << 14;

/// How many lines from places to corners are remembered: those of some hundred places with some dozen corners each, in a megabyte.
const SIGHTS_MAX: usize = 1 << 14;

/// All obstacles.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    obstacles: Vec<Obstacle>,
    index: RTree<Entry>,
    raster: Raster,
    /// What blocks the lines from corner to corner, whether or not it counts: with those that nothing blocks, the graph of which corners see each other.
    lines: Memo<[CornerId; 2], Box<[usize]>, LINES_MAX>,
    /// What blocks the lines from places to corners, whether or not it counts: what a depot sees, and each pickup and drop-off, for all ways from and to it.
    sights: Memo<(Position, CornerId), Box<[usize]>, SIGHTS_MAX>,
}

/// A corner: its obstacle, and its place among the corners of that.
pub(super) type CornerId = (usize, usize);

impl Field {
    pub(super) fn new(obstacles: Vec<Obstacle>) -> Self {
        let entry = |(number, obstacle): (usize, &Obstacle)| {
            let (low, high) = obstacle.envelope();
            Entry::new(
                Rectangle::from_corners(low.map(f64::from), high.map(f64::from)),
                number,
            )
        };
        let index = RTree::bulk_load(obstacles.iter().enumerate().map(entry).collect());
        let rectangles: Vec<_> = obstacles.iter().map(Obstacle::envelope).collect();
        Self {
            obstacles,
            index,
            raster: Raster::new(&rectangles),
            lines: Memo::default(),
            sights: Memo::default(),
        }
    }

    /// The obstacles by number.
    pub(super) fn all(&self) -> &[Obstacle] {
        &self.obstacles
    }

    /// The obstacles by number, to be changed where their places stay.
    pub(super) fn all_mut(&mut self) -> &mut [Obstacle] {
        &mut self.obstacles
    }

    /// The obstacle of that number.
    pub(super) fn get(&self, number: usize) -> &Obstacle {
        &self.obstacles[number]
    }

    /// Whether it is plain at once that the line between two places touches none.
    #[inline]
    pub(super) fn is_clear(&self, from: Position, to: Position) -> bool {
        let (lats, lons) = ([from.lat_e7(), to.lat_e7()], [from.lon_e7(), to.lon_e7()]);
        let low = [lats[0].min(lats[1]), lons[0].min(lons[1])];
        let high = [lats[0].max(lats[1]), lons[0].max(lons[1])];
        !self.raster.may_meet(low, high)
    }

    /// The numbers of those that the line between two places could touch, in no order that means anything.
    pub(super) fn near(&self, from: Position, to: Position) -> impl Iterator<Item = usize> {
        let met = (!self.is_clear(from, to)).then(|| {
            let corner = |at: Position| [f64::from(at.lat_e7()), f64::from(at.lon_e7())];
            let envelope = AABB::from_corners(corner(from), corner(to));
            self.index.locate_in_envelope_intersecting(&envelope)
        });
        met.into_iter().flatten().map(|entry| entry.data)
    }

    /// The obstacles that block the line from one corner to another.
    pub(super) fn between(&self, from: CornerId, to: CornerId) -> Box<[usize]> {
        let answer = |line: &[CornerId; 2]| self.blocking(self.corner(line[0]), self.corner(line[1]));
        self.lines.answer([from, to], answer)
    }

    /// The obstacles that block the line from a place to a corner.
    pub(super) fn before(&self, place: Position, corner: CornerId) -> Box<[usize]> {
        let answer = |(place, corner): &(Position, CornerId)| self.blocking(*place, self.corner(*corner));
        self.sights.answer((place, corner), answer)
    }

    fn corner(&self, (obstacle, corner): CornerId) -> Position {
        self.get(obstacle).corners[corner].at
    }

    fn blocking(&self, a: Position, b: Position) -> Box<[usize]> {
        let near = self.near(a, b);
        near.filter(|number| self.get(*number).blocks(a, b)).collect()
    }
}
