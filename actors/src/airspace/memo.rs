//! Memo: ways that were sought already. A request is looked at for each group of equal drones, and a flight is planned again whenever somebody asks where it
//! is: the same two places come up again and again, each depot with the same pickup and drop-off.
//!
//! What it holds follows from the zones alone, so it is in no snapshot, and whether something is found in it changes nothing but the time that takes.

use std::sync::{Mutex, OnceLock, PoisonError};

use skyhaul_engine::geo::Position;

/// How many ways are kept: what some hundreds of requests under way ask for. With its waypoints one is some 150 bytes, all together half a megabyte; a
/// new one takes the place of the one in its slot.
const KEPT_MAX: usize = 1 << 12;

/// FNV's offset and prime.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// A way between two places, or that there is none.
#[derive(Debug)]
struct Known {
    from: Position,
    to: Position,
    way: Option<Box<[Position]>>,
}

/// Ways that were sought already.
#[derive(Debug, Default)]
pub(super) struct Memo {
    slots: OnceLock<Box<[Mutex<Option<Known>>]>>,
}

impl Clone for Memo {
    /// One that knows nothing yet.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Memo {
    /// The way, if need be by `seek`.
    pub(super) fn way(
        &self,
        from: Position,
        to: Position,
        seek: impl FnOnce() -> Option<Vec<Position>>,
    ) -> Option<Vec<Position>> {
        let slots = self
            .slots
            .get_or_init(|| (0..KEPT_MAX).map(|_| Mutex::default()).collect());
        let slot = &slots[slot_of(from, to)];
        let lock = || slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock()
            .as_ref()
            .filter(|known| (known.from, known.to) == (from, to))
        {
            return known.way.as_ref().map(|way| way.to_vec());
        }
        let way = seek();
        let kept = way.as_ref().map(|way| way.clone().into_boxed_slice());
        *lock() = Some(Known { from, to, way: kept });
        way
    }
}

/// The slot of two places: an FNV hash a word at a time, its halves folded together.
fn slot_of(from: Position, to: Position) -> usize {
    let words = [from.lat_e7(), from.lon_e7(), to.lat_e7(), to.lon_e7()];
    let hash = words.iter().fold(FNV_OFFSET, |hash, word| {
        (hash ^ u64::from(word.cast_unsigned())).wrapping_mul(FNV_PRIME)
    });
    usize::try_from((hash ^ (hash >> 32)) % KEPT_MAX as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat_e7: i32) -> Position {
        Position::new(f64::from(lat_e7) / 1e7, 11.25).expect("on the sphere")
    }

    #[test]
    fn a_way_is_sought_once() {
        let memo = Memo::default();
        let (a, b) = (place(1), place(2));
        let way = || Some(vec![place(1), place(9), place(2)]);
        assert_eq!(memo.way(a, b, way), way());
        assert_eq!(memo.way(a, b, || unreachable!("it is known")), way());
        assert_eq!(memo.way(b, a, || None), None, "back is another way");
        assert_eq!(memo.way(b, a, || unreachable!("it is known")), None);
    }

    #[test]
    fn whatever_shares_a_slot_each_way_stays_its_own() {
        let memo = Memo::default();
        let ends = |n: usize| {
            let n = i32::try_from(n % (3 * KEPT_MAX)).expect("some thousands");
            (place(n), place(7 * n + 1))
        };
        for n in 0..6 * KEPT_MAX {
            let (from, to) = ends(n);
            assert_eq!(memo.way(from, to, || Some(vec![from, to])), Some(vec![from, to]));
        }
    }

    #[test]
    fn a_copy_knows_nothing() {
        let memo = Memo::default();
        let (a, b) = (place(1), place(2));
        assert_eq!(memo.way(a, b, || None), None);
        assert_eq!(memo.clone().way(a, b, || Some(vec![a, b])), Some(vec![a, b]));
    }
}
