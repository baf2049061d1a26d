//! What a table has gathered: rows that were written and that the store does not have yet, or has only just been given.

use std::collections::btree_map::{self, BTreeMap, Range};
use std::collections::hash_map::{self, HashMap};
use std::iter::{Peekable, Rev};
use std::ops::Bound;
use std::sync::Arc;
use std::vec::IntoIter;

use foldhash::fast::RandomState;

use super::key::Key;
use super::rows::{Batch, Entry};

/// Rows that the store does not have.
pub(super) struct Gathered {
    written: Layer,
    /// What is being given to the store, or was given to it last, older than what is written. What has just been written is asked for most: it
    /// stays until there is more to give.
    leaving: Option<Arc<Layer>>,
    /// Whether the store has what was leaving.
    has_left: bool,
}

/// Changes by key.
pub(super) struct Layer {
    /// The tables whose rows are looked up, and hardly ever listed.
    looked_up: &'static [u8],
    /// Theirs: each is found at once.
    unordered: HashMap<Key, Entry, RandomState>,
    /// All others.
    ordered: BTreeMap<Key, Entry>,
}

impl Gathered {
    /// Nothing. `looked_up` are the tables whose rows are looked up, and hardly ever listed.
    pub(super) fn new(looked_up: &'static [u8]) -> Self {
        Self {
            written: Layer::new(looked_up),
            leaving: None,
            has_left: false,
        }
    }

    /// How many rows the store does not have.
    pub(super) fn len(&self) -> usize {
        let leaving = self.leaving.as_ref().filter(|_| !self.has_left);
        self.written.len() + leaving.map_or(0, |leaving| leaving.len())
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&Entry> {
        let leaving = || self.leaving.as_ref()?.get(key);
        self.written.get(key).or_else(leaving)
    }

    /// The changes of `from..to`, in the order of their keys or from the last backwards.
    pub(super) fn range(&self, from: &Key, to: &Key, newest_first: bool) -> Merged<'_> {
        let layers = std::iter::once(&self.written).chain(self.leaving.as_deref());
        Merged {
            sides: layers
                .flat_map(|layer| layer.sides(from, to, newest_first))
                .collect(),
            newest_first,
        }
    }

    /// Takes a batch in, and leaves its room.
    pub(super) fn write(&mut self, batch: &mut Batch) {
        for (key, entry) in batch.drain() {
            self.written.write(key, entry);
        }
    }

    /// What is to be given to the store next: what it would not take before, else all that is written.
    pub(super) fn leave(&mut self) -> Option<Arc<Layer>> {
        let is_next = self.leaving.is_none() || self.has_left;
        if is_next && self.written.len() == 0 {
            return None;
        }
        if is_next {
            // As much as came since the last time comes again.
            let mut next = Layer::new(self.written.looked_up);
            next.unordered.reserve(self.written.unordered.len());
            self.leaving = Some(Arc::new(std::mem::replace(&mut self.written, next)));
            self.has_left = false;
        }
        self.leaving.clone()
    }

    /// The store has what was leaving.
    pub(super) fn left(&mut self) {
        self.has_left = true;
    }
}

impl Layer {
    fn new(looked_up: &'static [u8]) -> Self {
        Self {
            looked_up,
            unordered: HashMap::default(),
            ordered: BTreeMap::new(),
        }
    }

    fn is_looked_up(&self, key: &[u8]) -> bool {
        key.first().is_some_and(|table| self.looked_up.contains(table))
    }

    pub(super) fn len(&self) -> usize {
        self.unordered.len() + self.ordered.len()
    }

    fn get(&self, key: &[u8]) -> Option<&Entry> {
        if self.is_looked_up(key) {
            self.unordered.get(key)
        } else {
            self.ordered.get(key)
        }
    }

    /// Takes a change in. A row that the store never had goes without a trace.
    fn write(&mut self, key: Key, change: Entry) {
        if self.is_looked_up(key.bytes()) {
            match self.unordered.entry(key) {
                hash_map::Entry::Occupied(entry) if entry.get().goes_with(&change) => drop(entry.remove()),
                hash_map::Entry::Occupied(mut entry) => entry.get_mut().take(change),
                hash_map::Entry::Vacant(entry) => drop(entry.insert(change)),
            }
        } else {
            match self.ordered.entry(key) {
                btree_map::Entry::Occupied(entry) if entry.get().goes_with(&change) => drop(entry.remove()),
                btree_map::Entry::Occupied(mut entry) => entry.get_mut().take(change),
                btree_map::Entry::Vacant(entry) => drop(entry.insert(change)),
            }
        }
    }

    /// All changes in the order of their keys, in which a store takes them soonest.
    pub(super) fn sorted(&self) -> Vec<(&Key, &Entry)> {
        let mut all: Vec<_> = self.unordered.iter().chain(&self.ordered).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// Those of `from..to`, in one or two orders.
    fn sides(&self, from: &Key, to: &Key, newest_first: bool) -> impl Iterator<Item = Side<'_>> {
        let bounds = (Bound::Included(from.bytes()), Bound::Excluded(to.bytes()));
        let range = self.ordered.range::<[u8], _>(bounds);
        let ordered = if newest_first {
            Side::Backwards(range.rev().peekable())
        } else {
            Side::Forwards(range.peekable())
        };
        let (first, last) = (from.bytes().first(), to.bytes().first());
        let is_concerned = |table: &u8| Some(table) >= first && Some(table) <= last;
        let looked_up = self.looked_up.iter().any(is_concerned).then(|| {
            let all = self.unordered.iter();
            let mut wanted: Vec<_> = all.filter(|(key, _)| from <= *key && *key < to).collect();
            wanted.sort_unstable_by_key(|(key, _)| *key);
            if newest_first {
                wanted.reverse();
            }
            Side::Sorted(wanted.into_iter().peekable())
        });
        std::iter::once(ordered).chain(looked_up)
    }
}

/// Changes in order of their keys, forwards or backwards.
enum Side<'a> {
    Forwards(Peekable<Range<'a, Key, Entry>>),
    Backwards(Peekable<Rev<Range<'a, Key, Entry>>>),
    Sorted(Peekable<IntoIter<(&'a Key, &'a Entry)>>),
}

impl<'a> Side<'a> {
    fn key(&mut self) -> Option<&'a [u8]> {
        let next = match self {
            Self::Forwards(range) => range.peek(),
            Self::Backwards(range) => range.peek(),
            Self::Sorted(changes) => changes.peek(),
        };
        next.map(|(key, _)| key.bytes())
    }

    fn take(&mut self) -> Option<(&'a [u8], &'a Entry)> {
        let next = match self {
            Self::Forwards(range) => range.next(),
            Self::Backwards(range) => range.next(),
            Self::Sorted(changes) => changes.next(),
        };
        next.map(|(key, entry)| (key.bytes(), entry))
    }
}

/// Changes of several sides in order; where two have a key, the one that was written last.
pub(super) struct Merged<'a> {
    /// The newest first.
    sides: Vec<Side<'a>>,
    newest_first: bool,
}

impl<'a> Iterator for Merged<'a> {
    type Item = (&'a [u8], &'a Entry);

    fn next(&mut self) -> Option<Self::Item> {
        let keys = self.sides.iter_mut().filter_map(Side::key);
        let next = if self.newest_first { keys.max() } else { keys.min() }?;
        let mut newest = None;
        for side in &mut self.sides {
            if side.key() == Some(next) {
                let taken = side.take();
                newest = newest.or(taken);
            }
        }
        newest
    }
}
