//! Slabs: all actors of one type side by side, each slot with its generation.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::address::{Addr, GENERATION_BITS, RegionId};
use super::memory::{self, prefetch};
use super::supervision::{Kept, Record};

/// All actors of one type in one region.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Actor")]
pub struct Slab<A: Actor> {
    pub(super) slots: Vec<Slot<A>>,
    region: RegionId,
    /// What it takes to try the present message again.
    #[serde(skip)]
    pub(super) kept: Option<Kept<A>>,
    /// For [`super::Recording::Log`], by slot: made when the first message is handled.
    #[serde(skip)]
    pub(super) records: Vec<Option<Box<Record<A>>>>,
}

/// One place in a slab.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Actor")]
pub(super) enum Slot<A> {
    /// Nobody lives here.
    Vacant,
    /// The tenant.
    Living {
        /// Which tenant of the slot.
        generation: u32,
        /// The actor.
        actor: A,
    },
}

impl<A: Actor> Default for Slab<A> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
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
        match self.slots.get(addr.index as usize)? {
            Slot::Living { generation, actor }
                if *generation == addr.generation && addr.region == self.region =>
            {
                Some(actor)
            }
            _ => None,
        }
    }

    /// All actors with their addresses, in order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Addr<A>, &A)> {
        (0_u32..).zip(&self.slots).filter_map(|(index, slot)| match slot {
            Slot::Living { generation, actor } => Some((Addr::new(self.region, index, *generation), actor)),
            Slot::Vacant => None,
        })
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
        matches!(self.slots.get(index as usize), Some(Slot::Living { generation, .. }) if *generation == tenant)
    }

    /// Says where the slab lies; for [`system!`](crate::system).
    pub fn settle_in(&mut self, region: RegionId) {
        self.region = region;
    }

    /// Has a slot fetched; for [`system!`](crate::system).
    #[inline]
    pub fn prefetch(&self, index: u32) {
        if let Some(slot) = self.slots.get(index as usize) {
            prefetch(slot);
        }
    }

    /// Puts an actor into a slot; for [`system!`](crate::system).
    pub fn insert(&mut self, index: u32, generation: u32, actor: A) {
        let place = index as usize;
        while self.slots.len() <= place {
            memory::push(&mut self.slots, Slot::Vacant);
        }
        self.slots[place] = Slot::Living { generation, actor };
        if let Some(record) = self.records.get_mut(place) {
            *record = None;
        }
    }

    /// Empties a slot; for [`system!`](crate::system).
    pub fn remove(&mut self, index: u32) {
        let place = index as usize;
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Slot::Vacant;
        }
        if let Some(record) = self.records.get_mut(place) {
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
