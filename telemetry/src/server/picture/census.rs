//! How many drones are where, for those who look at more of them than can be told one by one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::{Picture, Sprite};
use crate::server::scope::{Scope, Shape};
use crate::tiles::{Count, Tile, ZOOM};
use crate::tracks::motion::along;

/// How many drones are told one by one.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct ViewLimits {
    /// A subscription that would show more is told counts.
    pub(in crate::server) most: usize,
    /// It is told each drone again where there are no more than this, so that a view near the limit does not go to and fro.
    pub(in crate::server) again: usize,
}

impl Default for ViewLimits {
    /// Half a kibibyte each makes some 10 MiB, which a browser still takes in at once.
    fn default() -> Self {
        Self {
            most: 20_000,
            again: 16_000,
        }
    }
}

/// Tiles in one frame of counts: more than fit a screen legibly. Where there are more, coarser ones are counted.
const COUNTS_MAX: usize = 1_024;

/// Ticks for which a count holds: a second. Counting a hundred thousand drones takes some ten milliseconds.
pub(super) const CENSUS_TICKS: u64 = 10;

/// Flying and standing drones by tile.
type Census = BTreeMap<Tile, (u32, u32)>;

/// The last census.
#[derive(Debug, Default)]
pub(super) struct LastCensus(OnceLock<Census>);

impl LastCensus {
    /// Lets drones be counted anew when somebody asks.
    pub(super) fn expire(&mut self) {
        self.0.take();
    }
}

/// How many drones are where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Counts {
    /// The tiles' zoom.
    pub(in crate::server) zoom: u32,
    /// Those with drones, sorted.
    pub(in crate::server) counts: Vec<Count>,
}

impl Picture {
    /// Whether a scope has too many drones to tell each; `was`: whether it had. A leg in several tiles counts in each, up to the whole fleet.
    pub(in crate::server) fn is_crowded(&self, scope: &Scope, was: bool) -> bool {
        let ViewLimits { most, again } = self.limits;
        let most = if was { again } else { most };
        let at_most = match scope {
            Scope::Within(bbox) => bbox.tiles().len().saturating_mul(self.densest),
            Scope::All | Scope::Depot(_) | Scope::Drone(_) => usize::MAX,
        };
        at_most.min(self.all.len()) > most && self.size(scope) > most
    }

    /// How many drones of a scope are where.
    pub(in crate::server) fn counts(&self, scope: &Scope) -> Counts {
        let mut census: Census = match scope {
            Scope::All => self.census().clone(),
            Scope::Within(bbox) => {
                let all = self
                    .census()
                    .iter()
                    .filter(|(tile, _)| bbox.tiles().holds(**tile));
                all.map(|(tile, count)| (*tile, *count)).collect()
            }
            Scope::Depot(_) | Scope::Drone(_) => self.count(self.candidates(&self.buckets(scope), 0)),
        };
        let mut zoom = ZOOM;
        while census.len() > COUNTS_MAX && zoom > 0 {
            zoom -= 1;
            census = coarser(&census);
        }
        let counts = census.into_iter().map(|(tile, (flying, standing))| Count {
            tile,
            flying,
            standing,
        });
        Counts {
            zoom,
            counts: counts.collect(),
        }
    }

    fn census(&self) -> &Census {
        let last = &self.census.0;
        last.get_or_init(|| self.count(self.sprites.iter().flatten()))
    }

    fn count<'a>(&self, sprites: impl Iterator<Item = &'a Sprite>) -> Census {
        let mut census = Census::new();
        for sprite in sprites {
            let (at, counts) = match &sprite.shape {
                Shape::Flies(leg) => (along(leg, self.now).at, (1, 0)),
                Shape::Stands(at) => (*at, (0, 1)),
            };
            add(&mut census, Tile::of(at), counts);
        }
        census
    }
}

fn add(census: &mut Census, tile: Tile, (flying, standing): (u32, u32)) {
    let counts = census.entry(tile).or_default();
    counts.0 += flying;
    counts.1 += standing;
}

fn coarser(fine: &Census) -> Census {
    let mut coarse = Census::new();
    for (tile, counts) in fine {
        add(&mut coarse, tile.parent(), *counts);
    }
    coarse
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::geo::Position;

    use super::*;

    #[test]
    fn coarser_tiles_hold_as_many() {
        let mut fine = Census::new();
        for n in 0..100 {
            let at = Position::new(43.0 + f64::from(n) / 50.0, 11.0).expect("on the sphere");
            add(&mut fine, Tile::of(at), (1, 2));
        }
        let coarse = coarser(&fine);
        let sum = |census: &Census| census.values().fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
        assert_eq!((sum(&coarse), sum(&fine)), ((100, 200), (100, 200)));
        assert!(coarse.len() <= fine.len() / 2 + 1 && coarse.len() > 1);
    }
}
