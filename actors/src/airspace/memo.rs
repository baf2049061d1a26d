//! Memo: answers that were found already, such as ways round zones. A request is looked at for each group of equal drones, and a flight is planned again whenever
//! somebody asks where it is: the same two places come up again and again, each depot with the same pickup and drop-off; and all ways turn at the
//! same corners, which all ways from or to a place see alike.
//!
//! Questions are exact: what a place sees of the corners is not what others of the same cell see, so an answer for a cell would be wrong for some of it.
//!
//! What it holds follows from what it is asked, so it is in no snapshot, and whether something is found in it changes nothing but the time that takes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The answers to at most so many questions; a new one takes the place of the one in its slot.
#[derive(Debug)]
pub(super) struct Memo<K, V, const KEPT_MAX: usize> {
    slots: OnceLock<Box<[Slot<K, V>]>>,
}

type Slot<K, V> = Mutex<Option<(K, V)>>;

impl<K, V, const KEPT_MAX: usize> Default for Memo<K, V, KEPT_MAX> {
    fn default() -> Self {
        Self {
            slots: OnceLock::new(),
        }
    }
}

impl<K, V, const KEPT_MAX: usize> Clone for Memo<K, V, KEPT_MAX> {
    /// One that knows nothing yet.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<K: Eq + Hash, V: Clone, const KEPT_MAX: usize> Memo<K, V, KEPT_MAX> {
    /// The answer to `key`, if need be by `seek`.
    pub(super) fn answer(&self, key: K, seek: impl FnOnce(&K) -> V) -> V {
        let slots = self
            .slots
            .get_or_init(|| (0..KEPT_MAX).map(|_| Mutex::default()).collect());
        let slot = &slots[Self::slot_of(&key)];
        let lock = || slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = lock().as_ref().filter(|(known, _)| *known == key) {
            return known.clone();
        }
        let answer = seek(&key);
        *lock() = Some((key, answer.clone()));
        answer
    }

    fn slot_of(key: &K) -> usize {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        usize::try_from(hasher.finish() % KEPT_MAX as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: usize = 1 << 10;

    #[test]
    fn an_answer_is_sought_once() {
        let memo: Memo<(u32, u32), Option<u32>, KEPT> = Memo::default();
        assert_eq!(memo.answer((1, 2), |_| Some(9)), Some(9));
        assert_eq!(memo.answer((1, 2), |_| unreachable!("it is known")), Some(9));
        assert_eq!(memo.answer((2, 1), |_| None), None, "that is another question");
        assert_eq!(memo.answer((2, 1), |_| unreachable!("it is known")), None);
    }

    #[test]
    fn whatever_shares_a_slot_each_question_has_its_own_answer() {
        let memo: Memo<usize, usize, KEPT> = Memo::default();
        for n in 0..6 * KEPT {
            let key = n % (3 * KEPT);
            assert_eq!(memo.answer(key, |key| 7 * key + 1), 7 * key + 1);
        }
    }

    #[test]
    fn a_copy_knows_nothing() {
        let memo: Memo<u32, u32, KEPT> = Memo::default();
        assert_eq!(memo.answer(1, |_| 2), 2);
        assert_eq!(memo.clone().answer(1, |_| 3), 3);
    }
}
