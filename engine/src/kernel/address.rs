//! Addresses: which actor, of which type, in which generation of its slot.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::actor::Member;

/// The address of an actor of type `A`. A message to an actor that is gone is counted and dropped.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Addr<A> {
    pub(super) index: u32,
    pub(super) generation: u32,
    #[serde(skip)]
    kind: PhantomData<fn() -> A>,
}

impl<A> Addr<A> {
    pub(super) const fn new(index: u32, generation: u32) -> Self {
        Self {
            index,
            generation,
            kind: PhantomData,
        }
    }

    /// The address of the first tenant of slot `index`: the actor of this type that was spawned `index`-th at the founding.
    #[must_use]
    pub const fn first_tenant(index: u32) -> Self {
        Self::new(index, 0)
    }

    /// The slot, unique among the living actors of this type.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }
}

impl<A> Clone for Addr<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Addr<A> {}

impl<A> PartialEq for Addr<A> {
    fn eq(&self, other: &Self) -> bool {
        (self.index, self.generation) == (other.index, other.generation)
    }
}

impl<A> Eq for Addr<A> {}

impl<A> Hash for Addr<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.index, self.generation).hash(state);
    }
}

impl<A> fmt::Debug for Addr<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.index, self.generation)
    }
}

/// An address whose type is a number: the actor's place in [`super::System::KINDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RawAddr {
    /// Which type of actor.
    pub kind: u8,
    /// Which slot of its slab.
    pub index: u32,
    /// Which tenant of the slot.
    pub generation: u32,
}

impl RawAddr {
    /// The number by which messages of this sender are ordered.
    pub(super) fn source(self) -> u64 {
        (u64::from(self.kind) << 32) | u64::from(self.index)
    }
}

impl<A: Member> From<Addr<A>> for RawAddr {
    fn from(addr: Addr<A>) -> Self {
        Self {
            kind: A::KIND,
            index: addr.index,
            generation: addr.generation,
        }
    }
}
