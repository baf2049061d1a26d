//! The slots of a slab: states from cache line to cache line without a gap, and apart from them which tenant each has.

use std::fmt;
use std::mem::MaybeUninit;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::address::GENERATION_BITS;
use super::super::memory::{self, Lie};

/// Slots that lie in one piece: so many that their size is a multiple of their alignment whatever a state's is.
const ROW: usize = 32;

/// The generation of nobody: above all that addresses have.
const NOBODY: u32 = u32::MAX;

/// States side by side, the first at a boundary of two cache lines: one as long as those lies in them alone.
#[repr(align(128))]
struct Row<A>([MaybeUninit<A>; ROW]);

/// Who lives where. `tenants[index]` is [`NOBODY`] or the generation of the actor in `rows`, which is initialised just then.
pub(in super::super) struct Slots<A> {
    tenants: Vec<u32>,
    rows: Vec<Row<A>>,
    /// Slots without their first tenant. Where there are none, a look at `tenants`, which is often far away, says nothing.
    changed: usize,
}

impl<A> Default for Slots<A> {
    fn default() -> Self {
        Self {
            tenants: Vec::new(),
            rows: Vec::new(),
            changed: 0,
        }
    }
}

#[expect(unsafe_code, reason = "a state is initialised while its slot has a tenant")]
impl<A> Slots<A> {
    /// Whether this tenant lives in this slot.
    #[inline]
    fn lives(&self, index: u32, generation: u32) -> bool {
        let index = index as usize;
        if self.changed == 0 {
            return generation == 0 && index < self.tenants.len();
        }
        generation != NOBODY && self.tenants.get(index) == Some(&generation)
    }

    /// The tenant `generation` of a slot, while it lives there.
    #[inline]
    pub(in super::super) fn get(&self, index: u32, generation: u32) -> Option<&A> {
        if !self.lives(index, generation) {
            return None;
        }
        let place = &self.rows[index as usize / ROW].0[index as usize % ROW];
        // SAFETY: the slot has a tenant.
        Some(unsafe { place.assume_init_ref() })
    }

    /// The same, to be changed.
    #[inline]
    pub(in super::super) fn get_mut(&mut self, index: u32, generation: u32) -> Option<&mut A> {
        if !self.lives(index, generation) {
            return None;
        }
        let place = &mut self.rows[index as usize / ROW].0[index as usize % ROW];
        // SAFETY: the slot has a tenant.
        Some(unsafe { place.assume_init_mut() })
    }

    /// Lets an actor live in a slot, as its tenant `generation`, in the place of whoever lived there.
    pub(in super::super) fn insert(&mut self, index: u32, generation: u32, actor: A) {
        debug_assert_ne!(generation, NOBODY, "a generation is below 2²⁴");
        let place = index as usize;
        while self.tenants.len() <= place {
            self.add_vacant();
        }
        self.remove(index);
        self.rows[place / ROW].0[place % ROW].write(actor);
        self.tenants[place] = generation;
        self.changed -= usize::from(generation == 0);
    }

    /// Adds a slot in which nobody lives.
    fn add_vacant(&mut self) {
        if self.tenants.len() == self.rows.len() * ROW {
            memory::push(&mut self.rows, Row([const { MaybeUninit::uninit() }; ROW]));
        }
        memory::push(&mut self.tenants, NOBODY);
        self.changed += 1;
    }

    /// Lets a slot's tenant go.
    pub(in super::super) fn remove(&mut self, index: u32) {
        let place = index as usize;
        let Some(tenant) = self.tenants.get_mut(place) else {
            return;
        };
        let tenant = std::mem::replace(tenant, NOBODY);
        self.changed += usize::from(tenant == 0);
        if tenant != NOBODY {
            // SAFETY: the slot had a tenant, and is marked as empty already, so that its state is never seen again.
            unsafe { self.rows[place / ROW].0[place % ROW].assume_init_drop() };
        }
    }

    /// All slots, each with the generation and the state of its tenant.
    fn all(&self) -> impl ExactSizeIterator<Item = Option<(u32, &A)>> {
        (0..self.tenants.len()).map(|place| {
            let generation = self.tenants[place];
            let state = &self.rows[place / ROW].0[place % ROW];
            // SAFETY: the slot has a tenant.
            (generation != NOBODY).then(|| (generation, unsafe { state.assume_init_ref() }))
        })
    }

    /// All actors, each with its slot and generation, in order of the slots.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (u32, u32, &A)> {
        (0_u32..).zip(self.all()).filter_map(|(index, tenant)| {
            let (generation, actor) = tenant?;
            Some((index, generation, actor))
        })
    }

    /// Where the states lie.
    pub(in super::super) fn lie(&self) -> Lie {
        let marks = (self.changed > 0).then_some(self.tenants.as_slice());
        Lie::of::<A>(self.rows.as_ptr().cast(), marks)
    }
}

impl<A> Drop for Slots<A> {
    fn drop(&mut self) {
        if std::mem::needs_drop::<A>() {
            (0_u32..)
                .take(self.tenants.len())
                .for_each(|index| self.remove(index));
        }
    }
}

/// A slot as it is written.
#[derive(Serialize, Deserialize)]
enum Slot<A> {
    Vacant,
    Living { generation: u32, actor: A },
}

impl<A: Serialize> Serialize for Slots<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.all().map(|tenant| match tenant {
            Some((generation, actor)) => Slot::Living { generation, actor },
            None => Slot::Vacant,
        }))
    }
}

impl<'de, A: Deserialize<'de>> Deserialize<'de> for Slots<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<A>(Slots<A>);

        impl<'de, A: Deserialize<'de>> Visitor<'de> for Reader<A> {
            type Value = Slots<A>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the slots of a slab")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Slots<A>, S::Error> {
                let Self(mut slots) = self;
                let mut index = 0;
                while let Some(slot) = sequence.next_element()? {
                    match slot {
                        Slot::Vacant => slots.add_vacant(),
                        Slot::Living { generation, .. } if generation >> GENERATION_BITS != 0 => {
                            return Err(S::Error::custom("a generation beyond what addresses have"));
                        }
                        Slot::Living { generation, actor } => slots.insert(index, generation, actor),
                    }
                    index += 1;
                }
                Ok(slots)
            }
        }
        deserializer.deserialize_seq(Reader(Self::default()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u32, u32),
        Remove(u32),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..80_u32, 0..3_u32).prop_map(|(index, generation)| Step::Insert(index, generation)),
            (0..80_u32).prop_map(Step::Remove),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

        #[test]
        fn hold_whom_a_map_would_and_drop_each_once(steps in steps()) {
            let counted = Rc::new(());
            let (mut slots, mut map) = (Slots::default(), BTreeMap::new());
            for (number, step) in (0_u64..).zip(steps) {
                match step {
                    Step::Insert(index, generation) => {
                        slots.insert(index, generation, (number, Rc::clone(&counted)));
                        map.insert(index, (generation, number));
                    }
                    Step::Remove(index) => {
                        slots.remove(index);
                        map.remove(&index);
                    }
                }
            }
            prop_assert_eq!(Rc::strong_count(&counted), 1 + map.len());
            for index in 0..90 {
                for generation in 0..3 {
                    let expected = map.get(&index).filter(|tenant| tenant.0 == generation);
                    let found = slots.get(index, generation).map(|state| state.0);
                    prop_assert_eq!(found, expected.map(|tenant| tenant.1));
                }
            }
            let listed: Vec<_> = slots.iter().map(|(index, generation, state)| (index, (generation, state.0))).collect();
            prop_assert_eq!(listed, map.into_iter().collect::<Vec<_>>());
            drop(slots);
            prop_assert_eq!(Rc::strong_count(&counted), 1);
        }

        #[test]
        fn come_back_from_their_bytes(steps in steps()) {
            let mut slots = Slots::default();
            for step in steps {
                match step {
                    Step::Insert(index, generation) => slots.insert(index, generation, index * 7),
                    Step::Remove(index) => slots.remove(index),
                }
            }
            let bytes = postcard::to_stdvec(&slots).expect("numbers are encoded");
            let back: Slots<u32> = postcard::from_bytes(&bytes).expect("just written");
            prop_assert!(slots.all().eq(back.all()));
        }
    }

    #[test]
    fn a_generation_that_no_address_has_is_refused() {
        let bytes = postcard::to_stdvec(&[Slot::Living {
            generation: NOBODY,
            actor: 1_u8,
        }])
        .expect("numbers");
        // Read as a sequence: its length stands before it.
        let bytes = [&[1][..], &bytes].concat();
        assert!(postcard::from_bytes::<Slots<u8>>(&bytes).is_err());
    }

    #[test]
    fn states_as_long_as_two_lines_lie_in_two_lines() {
        assert_eq!(align_of::<Row<[u64; 16]>>(), 128);
        assert_eq!(size_of::<Row<[u64; 16]>>(), ROW * 128);
        assert_eq!(
            size_of::<Row<[u8; 5]>>(),
            2 * 128,
            "and little is left between rows"
        );
    }
}
