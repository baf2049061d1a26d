//! Places to go on from, nearest first: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990).
//!
//! A search never comes to what is nearer than where it is. So places lie together that first differ from that in the same bit, in no order; only
//! once the search comes to the nearest of them are they put into heaps again. Most are never come to, and cost no more than that they are noted.

use super::NONE;

/// One for each bit of a distance, and one for what does not differ.
const HEAPS: usize = 64;

/// A place, and how far it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) distance: i64,
    pub(super) number: u32,
    /// The one below it in its heap.
    below: u32,
}

/// Places to go on from.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    /// Where the search is.
    here: i64,
    places: Vec<Place>,
    /// The place on top of each heap; the first is of those that are here.
    tops: [u32; HEAPS],
    /// A bit for each heap that may have places.
    filled: u64,
}

impl Default for Ahead {
    fn default() -> Self {
        Self {
            here: 0,
            places: Vec::new(),
            tops: [NONE; HEAPS],
            filled: 0,
        }
    }
}

impl Ahead {
    /// Goes back to where searches begin.
    pub(super) fn clear(&mut self) {
        self.here = 0;
        self.places.clear();
        self.tops = [NONE; HEAPS];
        self.filled = 0;
    }

    /// Notes a place that is no nearer than where the search is.
    pub(super) fn push(&mut self, number: u32, distance: i64) {
        let place = super::number(self.places.len());
        let below = self.put_on_top(place, distance);
        self.places.push(Place {
            distance,
            number,
            below,
        });
    }

    /// Puts a place on top of its heap; which was there.
    fn put_on_top(&mut self, place: u32, distance: i64) -> u32 {
        let heap = (i64::BITS - (distance ^ self.here).leading_zeros()) as usize % HEAPS;
        self.filled |= 1 << heap;
        std::mem::replace(&mut self.tops[heap], place)
    }

    /// Takes the nearest place.
    pub(super) fn pop(&mut self) -> Option<Place> {
        if self.tops[0] == NONE {
            self.go_on()?;
        }
        let place = self.places[self.tops[0] as usize];
        self.tops[0] = place.below;
        Some(place)
    }

    /// Goes on to the nearest place.
    fn go_on(&mut self) -> Option<()> {
        self.filled &= !1;
        if self.filled == 0 {
            return None;
        }
        let heap = self.filled.trailing_zeros() as usize;
        self.filled &= self.filled - 1;
        let top = std::mem::replace(&mut self.tops[heap], NONE);
        let (mut at, mut nearest) = (top, i64::MAX);
        while at != NONE {
            let place = &self.places[at as usize];
            nearest = nearest.min(place.distance);
            at = place.below;
        }
        self.here = nearest;
        at = top;
        while at != NONE {
            let below = self.put_on_top(at, self.places[at as usize].distance);
            at = std::mem::replace(&mut self.places[at as usize].below, below);
        }
        Some(())
    }
}
