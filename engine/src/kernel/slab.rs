//! Slabs: all actors of one type side by side, and which tenant of its slot each is.

use serde::{Deserialize, Serialize};

use self::slots::Slots;
use super::actor::Actor;
use super::address::{Addr, GENERATION_BITS, RegionId};
use super::memory::Lie;
use super::supervision::{Kept, Record};

pub(super) mod slots;

/// All actors of one type in one region.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Actor")]
pub struct Slab<A: Actor> {
    pub(super) slots: Slots<A>,
    region: RegionId,
    /// What it takes to try the present message again.
    #[serde(skip)]
    pub(super) kept: Option<Kept<A>>,
    /// For [`super::Recording::Log`], by slot: made when the first message is handled.
    #[serde(skip)]
    pub(super) records: Vec<Option<Box<Record<A>>>>,
}

impl<A: Actor> Default for Slab<A> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            region: RegionId(0),
            kept: None,
            records: Vec::new(),
        }
    }
}

impl<A: Actor> Slab<A> {
    /// The actor at `addr`, unless it is gone or lives in another region.
    #[must_use]
    pub fn get(&self, addr: Addr<A>) -> Option<&A> {
        self.slots
            .get(addr.index, addr.generation)
            .filter(|_| addr.region == self.region)
    }

    /// All actors with their addresses, in order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Addr<A>, &A)> {
        self.slots
            .iter()
            .map(|(index, generation, actor)| (Addr::new(self.region, index, generation), actor))
    }

    /// How many actors live here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether this tenant of the slot lives; for [`system!`](crate::system).
    #[must_use]
    pub fn lives(&self, index: u32, tenant: u32) -> bool {
        self.slots.get(index, tenant).is_some()
    }

    /// Says where the slab lies; for [`system!`](crate::system).
    pub fn settle_in(&mut self, region: RegionId) {
        self.region = region;
    }

    /// Where the actors lie; for [`system!`](crate::system).
    #[must_use]
    pub fn lie(&self) -> Lie {
        self.slots.lie()
    }

    /// Puts an actor into a slot; for [`system!`](crate::system).
    pub fn insert(&mut self, index: u32, generation: u32, actor: A) {
        self.slots.insert(index, generation, actor);
        self.forget(index);
    }

    /// Empties a slot; for [`system!`](crate::system).
    pub fn remove(&mut self, index: u32) {
        self.slots.remove(index);
        self.forget(index);
    }

    /// Forgets what was recorded of a slot's tenant.
    fn forget(&mut self, index: u32) {
        if let Some(record) = self.records.get_mut(index as usize) {
            *record = None;
        }
    }
}
/// Hands out slots of one slab and takes them back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SlotPool {
    generations: Vec<u32>,
    free: Vec<u32>,
}

impl SlotPool {
    /// A slot and its new generation.
    pub(super) fn take(&mut self) -> (u32, u32) {
        if let Some(index) = self.free.pop() {
            return (index, self.generations[index as usize]);
        }
        let index = u32::try_from(self.generations.len()).expect("fewer than 2³² actors of a type");
        self.generations.push(0);
        (index, 0)
    }

    /// Takes back a slot whose actor never came to be.
    pub(super) fn undo_take(&mut self, index: u32) {
        self.free.push(index);
    }

    /// Takes back the slot of an actor that is gone.
    pub(super) fn give_back(&mut self, index: u32) {
        let generation = &mut self.generations[index as usize];
        *generation = (*generation + 1) & ((1 << GENERATION_BITS) - 1);
        self.free.push(index);
    }
}
