//! Raster: cells that an obstacle's rectangle meets. Most lines in a city meet none, which is told by a few words, without the index.

/// At most so many cells lie along either axis.
const CELLS: usize = 64;

/// A corner of a rectangle, in 1e-7 degrees of latitude and longitude.
type Corner = [i32; 2];

/// How many cells of a raster over all rectangles are met by one of them, from the first cell to any: so those of any part are told by its four corners.
#[derive(Clone, Debug, Default)]
pub(super) struct Raster {
    axes: [Axis; 2],
    /// Of the cells before this one along both axes, row by row.
    met_before: Box<[u16]>,
}

/// An axis cut into cells, each as long as a power of two says.
#[derive(Clone, Copy, Debug)]
struct Axis {
    low: i64,
    high: i64,
    shift: u32,
}

impl Default for Axis {
    /// Of nothing.
    fn default() -> Self {
        Self {
            low: i64::MAX,
            high: i64::MIN,
            shift: 0,
        }
    }
}

impl Axis {
    fn new(spans: impl Iterator<Item = (i32, i32)>) -> Self {
        let mut axis = spans.fold(Self::default(), |axis, (low, high)| Self {
            low: axis.low.min(low.into()),
            high: axis.high.max(high.into()),
            shift: 0,
        });
        while axis.low <= axis.high && (axis.high - axis.low) >> axis.shift >= CELLS as i64 {
            axis.shift += 1;
        }
        axis
    }

    /// The first cell of a span and the one after its last; `None` where it lies beside all.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cell is below their count"
    )]
    fn cells(self, low: i32, high: i32) -> Option<(usize, usize)> {
        let (low, high) = (self.low.max(low.into()), self.high.min(high.into()));
        let cell = |at: i64| ((at - self.low) >> self.shift) as usize;
        (low <= high).then(|| (cell(low), cell(high) + 1))
    }
}

impl Raster {
    pub(super) fn new(rectangles: &[(Corner, Corner)]) -> Self {
        let spans = |axis: usize| rectangles.iter().map(move |(low, high)| (low[axis], high[axis]));
        let axes = [Axis::new(spans(0)), Axis::new(spans(1))];
        let mut is_met = [[false; CELLS]; CELLS];
        for (low, high) in rectangles {
            if let Some((rows, columns)) = axes[0].cells(low[0], high[0]).zip(axes[1].cells(low[1], high[1]))
            {
                for row in &mut is_met[rows.0..rows.1] {
                    row[columns.0..columns.1].fill(true);
                }
            }
        }
        let mut met_before = vec![0; (CELLS + 1) * (CELLS + 1)];
        for (row, cells) in is_met.iter().enumerate() {
            let mut met = 0;
            for (column, is_met) in cells.iter().enumerate() {
                met += u16::from(*is_met);
                met_before[place(row + 1, column + 1)] = met_before[place(row, column + 1)] + met;
            }
        }
        Self {
            axes,
            met_before: met_before.into_boxed_slice(),
        }
    }

    /// Whether a rectangle may meet one of them; `false` is certain.
    #[inline]
    pub(super) fn may_meet(&self, low: Corner, high: Corner) -> bool {
        let Some((from_row, to_row)) = self.axes[0].cells(low[0], high[0]) else {
            return false;
        };
        let Some((from_column, to_column)) = self.axes[1].cells(low[1], high[1]) else {
            return false;
        };
        let before = |row: usize, column: usize| self.met_before[place(row, column)];
        before(to_row, to_column) - before(from_row, to_column)
            != before(to_row, from_column) - before(from_row, from_column)
    }
}

/// Where it is written how many cells before a row and a column are met.
#[inline]
const fn place(row: usize, column: usize) -> usize {
    row * (CELLS + 1) + column
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Rectangle = (Corner, Corner);

    fn rectangle() -> impl Strategy<Value = Rectangle> {
        let side = || (-1_800_000_000_i32..=1_740_000_000, 0..60_000_000_i32);
        (side(), side()).prop_map(|((x, width), (y, height))| ([x, y], [x + width, y + height]))
    }

    fn meet(one: &Rectangle, other: &Rectangle) -> bool {
        (0..2).all(|axis| one.0[axis] <= other.1[axis] && other.0[axis] <= one.1[axis])
    }

    proptest! {
        #[test]
        fn overlooks_nothing(rectangles in prop::collection::vec(rectangle(), 0..8), asked in rectangle(), which in any::<prop::sample::Index>()) {
            let raster = Raster::new(&rectangles);
            let touching = rectangles.get(which.index(rectangles.len().max(1))).map(|(_, high)| (*high, high.map(|at| at + 9)));
            for asked in std::iter::once(asked).chain(touching) {
                let is_met = rectangles.iter().any(|one| meet(one, &asked));
                prop_assert!(!is_met || raster.may_meet(asked.0, asked.1));
            }
        }
    }

    #[test]
    fn tells_what_lies_beside_and_between() {
        let raster = Raster::new(&[([0, 0], [100, 100]), ([9_900, 9_900], [10_000, 10_000])]);
        assert!(raster.may_meet([50, 50], [200, 200]));
        assert!(raster.may_meet([-50, 9_000], [20_000, 9_900]));
        assert!(!raster.may_meet([-900, 0], [-1, 10_000]), "beside all");
        assert!(!raster.may_meet([4_000, 0], [6_000, 10_000]), "between them");
        assert!(!Raster::new(&[]).may_meet([0, 0], [1, 1]), "of none");
    }
}
