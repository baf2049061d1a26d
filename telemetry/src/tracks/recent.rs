//! An order of things by when each was touched last: a list through an array, so that a touch costs the same however many there are.

/// No thing.
const NONE: u32 = u32::MAX;

/// Things by number, each once, the one that was touched last at the end.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    links: Vec<Link>,
    last: u32,
}

/// A thing's neighbours in the order.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            links: Vec::new(),
            last: NONE,
        }
    }
}

impl Recent {
    /// Makes room for things numbered below `count`. Those that are new are in no order before they are touched.
    pub(super) fn make_room(&mut self, count: usize) {
        let alone = Link {
            before: NONE,
            after: NONE,
        };
        self.links.resize(count.max(self.links.len()), alone);
    }

    /// A thing for which there is room was touched: it comes last.
    pub(super) fn touch(&mut self, index: usize) {
        let Ok(touched) = u32::try_from(index) else { return };
        if touched == self.last {
            return;
        }
        let Link { before, after } = self.links[index];
        self.link(before, after);
        self.links[index].after = NONE;
        self.link(self.last, touched);
        self.last = touched;
    }

    /// Lets one follow the other.
    fn link(&mut self, before: u32, after: u32) {
        if let Some(link) = self.links.get_mut(before as usize) {
            link.after = after;
        }
        if let Some(link) = self.links.get_mut(after as usize) {
            link.before = before;
        }
    }

    /// The last ones, for as long as they are wanted, in the order in which they were touched; the last is asked about first.
    pub(super) fn last_while(&self, mut is_wanted: impl FnMut(usize) -> bool) -> impl Iterator<Item = usize> {
        let mut first = NONE;
        let mut next = self.last;
        while next != NONE && is_wanted(next as usize) {
            (first, next) = (next, self.links[next as usize].before);
        }
        let there = |index: u32| (index != NONE).then_some(index);
        std::iter::successors(there(first), move |index| {
            there(self.links[*index as usize].after)
        })
        .map(|index| index as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_ones_come_in_the_order_of_their_last_touch(touches in vec(0_usize..20, 0..100), since in 0_usize..100) {
            let mut recent = Recent::default();
            recent.make_room(20);
            let mut times: Vec<Option<usize>> = vec![None; 20];
            for (time, touched) in touches.iter().enumerate() {
                recent.touch(*touched);
                times[*touched] = Some(time);
            }
            let mut wanted: Vec<usize> = (0..20).filter(|index| times[*index] >= Some(since)).collect();
            wanted.sort_unstable_by_key(|index| times[*index]);
            let found: Vec<usize> = recent.last_while(|index| times[index] >= Some(since)).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
