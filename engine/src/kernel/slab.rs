//! Slabs: all actors of one type side by side, each slot with its generation.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::address::Addr;
use super::prefetch::prefetch;
use crate::time::SimTime;

/// All actors of one type.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Actor")]
pub struct Slab<A: Actor> {
    slots: Vec<Slot<A>>,
}

/// One place in a slab.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Actor")]
pub(super) struct Slot<A: Actor> {
    pub(super) generation: u32,
    /// Restarts since `restarts_since`.
    pub(super) restarts: u32,
    pub(super) restarts_since: SimTime,
    /// Messages sent from this slot so far, by all its tenants.
    pub(super) sequence: u64,
    pub(super) actor: Option<A>,
    /// For [`super::Recording::Log`]: made when the first message is handled.
    #[serde(skip)]
    pub(super) record: Option<Box<Record<A>>>,
}

/// A recorded state and what was handled since.
pub(super) struct Record<A: Actor> {
    pub(super) state: A,
    pub(super) since: Vec<Handled<A>>,
}

/// A message that was handled, with what its handler was told besides.
pub(super) struct Handled<A: Actor> {
    pub(super) at: SimTime,
    pub(super) message: A::Message,
    /// The slots given to the actors it spawned, in order.
    pub(super) spawned: Vec<(u32, u32)>,
}

impl<A: Actor> Default for Slab<A> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<A: Actor> Slab<A> {
    /// The actor at `addr`, unless it is gone.
    #[must_use]
    pub fn get(&self, addr: Addr<A>) -> Option<&A> {
        let slot = self.slots.get(addr.index as usize)?;
        (slot.generation == addr.generation)
            .then_some(slot.actor.as_ref())
            .flatten()
    }

    /// All actors with their addresses, in order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Addr<A>, &A)> {
        (0_u32..).zip(&self.slots).filter_map(|(index, slot)| {
            slot.actor
                .as_ref()
                .map(|actor| (Addr::new(index, slot.generation), actor))
        })
    }

    /// How many actors live here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.iter().filter(|slot| slot.actor.is_some()).count()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn slot_mut(&mut self, index: u32, generation: u32) -> Option<&mut Slot<A>> {
        self.slots
            .get_mut(index as usize)
            .filter(|slot| slot.generation == generation && slot.actor.is_some())
    }

    /// Has a slot fetched; for [`system!`](crate::system).
    pub fn prefetch(&self, index: u32) {
        if let Some(slot) = self.slots.get(index as usize) {
            prefetch(slot);
        }
    }

    /// Puts an actor into a slot; for [`system!`](crate::system).
    pub fn insert(&mut self, index: u32, generation: u32, actor: A) {
        while self.slots.len() <= index as usize {
            self.slots.push(Slot {
                generation: 0,
                restarts: 0,
                restarts_since: SimTime::ZERO,
                sequence: 0,
                actor: None,
                record: None,
            });
        }
        let slot = &mut self.slots[index as usize];
        slot.generation = generation;
        slot.restarts = 0;
        slot.actor = Some(actor);
        slot.record = None;
    }

    /// Empties a slot; for [`system!`](crate::system).
    pub fn remove(&mut self, index: u32) {
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.actor = None;
            slot.record = None;
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
        *generation = generation.wrapping_add(1);
        self.free.push(index);
    }
}
