//! Sets of drones whose numbers lie close together: a bit a drone, where a tree takes many bytes.

use serde::{Deserialize, Serialize};

use crate::ids::DroneId;

/// Drones to a word.
const BITS: u32 = u64::BITS;

/// A set of drones, in order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DroneSet {
    /// The number of the first drone of the first word, over [`BITS`].
    first_word: u32,
    words: Vec<u64>,
    len: u32,
}

impl DroneSet {
    /// Those of a fleet.
    pub(super) fn of_fleet(first: DroneId, count: u32) -> Self {
        let mut all = Self::default();
        if count > 0 {
            all.reach(first.0 / BITS);
            all.reach((first.0 + count - 1) / BITS);
        }
        for drone in (first.0..first.0 + count).map(DroneId) {
            all.insert(drone);
        }
        all
    }

    /// How many there are.
    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn contains(&self, drone: DroneId) -> bool {
        let word = (drone.0 / BITS).checked_sub(self.first_word);
        let word = word.and_then(|word| self.words.get(word as usize));
        word.is_some_and(|word| word & bit(drone) != 0)
    }

    /// Puts one in; `false` where it was in.
    pub(super) fn insert(&mut self, drone: DroneId) -> bool {
        let is_new = !self.contains(drone);
        if is_new {
            let word = self.reach(drone.0 / BITS);
            self.words[word] |= bit(drone);
            self.len += 1;
        }
        is_new
    }

    /// Takes one out; `false` where it was not in.
    pub(super) fn remove(&mut self, drone: DroneId) -> bool {
        let was_in = self.contains(drone);
        if was_in {
            let word = self.reach(drone.0 / BITS);
            self.words[word] &= !bit(drone);
            self.len -= 1;
        }
        was_in
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<DroneId> {
        self.iter().next()
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = DroneId> + '_ {
        let words = (self.first_word..).zip(&self.words);
        words.flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let lowest = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(DroneId(place * BITS + lowest))
            })
        })
    }

    /// The place of a word, for which room is made where there is none.
    fn reach(&mut self, word: u32) -> usize {
        if self.words.is_empty() {
            self.first_word = word;
        }
        if word < self.first_word {
            let missing = (self.first_word - word) as usize;
            self.words.splice(0..0, std::iter::repeat_n(0, missing));
            self.first_word = word;
        }
        let place = (word - self.first_word) as usize;
        if place >= self.words.len() {
            self.words.reserve_exact(place + 1 - self.words.len());
            self.words.resize(place + 1, 0);
        }
        place
    }
}

const fn bit(drone: DroneId) -> u64 {
    1 << (drone.0 % BITS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_set(first in 0..500_u32, count in 0..200_u32, changes in prop::collection::vec((any::<bool>(), 0..900_u32), 0..200)) {
            let mut set = DroneSet::of_fleet(DroneId(first), count);
            let mut model: BTreeSet<DroneId> = (first..first + count).map(DroneId).collect();
            for (is_put_in, drone) in changes {
                let drone = DroneId(drone);
                if is_put_in {
                    prop_assert_eq!(set.insert(drone), model.insert(drone));
                } else {
                    prop_assert_eq!(set.remove(drone), model.remove(&drone));
                }
                prop_assert_eq!(set.contains(drone), model.contains(&drone));
                prop_assert_eq!(set.len() as usize, model.len());
                prop_assert_eq!(set.first(), model.first().copied());
            }
            prop_assert!(set.iter().eq(model.iter().copied()));
        }
    }
}
