//! Something small for each tile, neighbours side by side: whoever looks at a part of the map reads a few rows of memory, and looks hardly
//! anything up.

use super::{ByTile, Tile, TileRect};

/// Tiles along a side of a block, as a power of two: a usual view touches four blocks at most, and a city fits into some dozens.
const BLOCK_BITS: u16 = 4;

/// The same as a number.
const BLOCK_SIDE: u16 = 1 << BLOCK_BITS;

/// Tiles of a block.
const BLOCK_TILES: usize = BLOCK_SIDE as usize * BLOCK_SIDE as usize;

/// Something for each tile; what was never set is the default.
#[derive(Debug)]
pub(crate) struct Grid<T> {
    /// By the tile that a block would be, were the map so many times coarser; in each column by column.
    blocks: ByTile<Box<[T; BLOCK_TILES]>>,
}

impl<T> Default for Grid<T> {
    fn default() -> Self {
        Self {
            blocks: ByTile::default(),
        }
    }
}

impl<T: Copy + Default> Grid<T> {
    /// What a tile has; it may be changed.
    pub(crate) fn get_mut(&mut self, tile: Tile) -> &mut T {
        let block = self.blocks.entry(block_of(tile));
        &mut block.or_insert_with(|| Box::new([T::default(); BLOCK_TILES]))[place(tile)]
    }

    /// Hands over what the tiles of a part of the map have, block by block; those of blocks where nothing was ever set are left out.
    pub(crate) fn each_within<'a>(&'a self, tiles: &TileRect, mut each: impl FnMut(Tile, &'a T)) {
        let blocks = TileRect {
            west: tiles.west >> BLOCK_BITS,
            north: tiles.north >> BLOCK_BITS,
            east: tiles.east >> BLOCK_BITS,
            south: tiles.south >> BLOCK_BITS,
        };
        // Whichever is less: the blocks looked at, or those that there are.
        if blocks.len() <= self.blocks.len() {
            for block in blocks.each() {
                if let Some(held) = self.blocks.get(&block) {
                    each_of(block, held, tiles, &mut each);
                }
            }
        } else {
            for (block, held) in self.blocks.iter().filter(|(block, _)| blocks.holds(**block)) {
                each_of(*block, held, tiles, &mut each);
            }
        }
    }
}

/// Hands over what those tiles of a block have that are looked at.
fn each_of<'a, T>(
    block: Tile,
    held: &'a [T; BLOCK_TILES],
    tiles: &TileRect,
    each: &mut impl FnMut(Tile, &'a T),
) {
    let corner = Tile {
        x: block.x << BLOCK_BITS,
        y: block.y << BLOCK_BITS,
    };
    let north = tiles.north.max(corner.y);
    let south = tiles.south.min(corner.y + (BLOCK_SIDE - 1));
    for x in tiles.west.max(corner.x)..=tiles.east.min(corner.x + (BLOCK_SIDE - 1)) {
        let (first, last) = (Tile { x, y: north }, Tile { x, y: south });
        for (y, held) in (north..=south).zip(&held[place(first)..=place(last)]) {
            each(Tile { x, y }, held);
        }
    }
}

const fn block_of(tile: Tile) -> Tile {
    Tile {
        x: tile.x >> BLOCK_BITS,
        y: tile.y >> BLOCK_BITS,
    }
}

/// Where in its block a tile is.
const fn place(tile: Tile) -> usize {
    let (x, y) = (tile.x % BLOCK_SIDE, tile.y % BLOCK_SIDE);
    (x as usize) << BLOCK_BITS | y as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile() -> impl Strategy<Value = Tile> {
        (0_u16..40, 0_u16..40).prop_map(|(x, y)| Tile { x, y })
    }

    fn found(grid: &Grid<u32>, tiles: &TileRect) -> Vec<(Tile, u32)> {
        let mut found = Vec::new();
        grid.each_within(tiles, |tile, held| {
            found.extend((*held > 0).then_some((tile, *held)));
        });
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn a_part_of_the_map_has_what_was_set_in_it(
            set in proptest::collection::btree_map(tile(), 1_u32.., 0..60),
            corners in (tile(), tile()),
        ) {
            let mut grid = Grid::default();
            set.iter().for_each(|(tile, held)| *grid.get_mut(*tile) = *held);
            let (a, b) = corners;
            let tiles = TileRect {
                west: a.x.min(b.x),
                north: a.y.min(b.y),
                east: a.x.max(b.x),
                south: a.y.max(b.y),
            };
            let there: Vec<_> = set.into_iter().filter(|(tile, _)| tiles.holds(*tile)).collect();
            prop_assert_eq!(found(&grid, &tiles), there);
            let world = TileRect { west: 0, north: 0, east: u16::MAX, south: u16::MAX };
            prop_assert!(found(&grid, &world).len() <= 60);
        }
    }
}
