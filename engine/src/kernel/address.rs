//! Addresses: which actor, of which type, in which region, in which generation of its slot.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::actor::Member;

/// Bits of a region's number.
pub(super) const REGION_BITS: u32 = 10;

/// Bits of an actor type's number.
pub(super) const KIND_BITS: u32 = 6;

/// Bits of a generation: a slot has sixteen million tenants before a number comes again.
pub(super) const GENERATION_BITS: u32 = 24;

/// The most regions a world may have.
pub const REGIONS_MAX: u16 = 1 << REGION_BITS;

/// A part of the world that runs on its own, and hears from the others only after a delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RegionId(pub u16);

/// The address of an actor of type `A`. A message to an actor that is gone is counted and dropped.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Addr<A> {
    pub(super) index: u32,
    pub(super) generation: u32,
    pub(super) region: RegionId,
    #[serde(skip)]
    kind: PhantomData<fn() -> A>,
}

impl<A> Addr<A> {
    pub(super) const fn new(region: RegionId, index: u32, generation: u32) -> Self {
        Self {
            index,
            generation,
            region,
            kind: PhantomData,
        }
    }

    /// The address of the first tenant of slot `index` in the first region: the actor of this type that was spawned there `index`-th at the
    /// founding.
    #[must_use]
    pub const fn first_tenant(index: u32) -> Self {
        Self::first_tenant_in(RegionId(0), index)
    }

    /// The address of the first tenant of slot `index` in `region`.
    #[must_use]
    pub const fn first_tenant_in(region: RegionId, index: u32) -> Self {
        Self::new(region, index, 0)
    }

    /// The slot, unique among the living actors of this type in its region.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Where the actor lives.
    #[must_use]
    pub const fn region(self) -> RegionId {
        self.region
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
        (self.region, self.index, self.generation) == (other.region, other.index, other.generation)
    }
}

impl<A> Eq for Addr<A> {}

impl<A> Hash for Addr<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.region, self.index, self.generation).hash(state);
    }
}

impl<A> fmt::Debug for Addr<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region {
            RegionId(0) => write!(f, "{}#{}", self.index, self.generation),
            RegionId(region) => write!(f, "{region}/{}#{}", self.index, self.generation),
        }
    }
}

/// An address whose type is a number: the actor's place in [`super::System::KINDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RawAddr {
    /// Which type of actor.
    pub kind: u8,
    /// Where it lives.
    pub region: RegionId,
    /// Which slot of its slab.
    pub index: u32,
    /// Which tenant of the slot.
    pub generation: u32,
}

impl RawAddr {
    /// The number by which messages of this sender are ordered.
    #[inline]
    pub(super) fn source(self) -> u64 {
        (u64::from(self.kind) << (32 + REGION_BITS))
            | (u64::from(self.region.0) << 32)
            | u64::from(self.index)
    }

    /// The actor as a person reads it.
    pub(super) fn shown(self, kinds: &[&str]) -> String {
        let kind = kinds.get(usize::from(self.kind)).copied().unwrap_or("outside");
        match self.region {
            RegionId(0) => format!("{kind}-{}", self.index),
            RegionId(region) => format!("{kind}-{region}/{}", self.index),
        }
    }
}

impl<A: Member> From<Addr<A>> for RawAddr {
    #[inline]
    fn from(addr: Addr<A>) -> Self {
        Self {
            kind: A::KIND,
            region: addr.region,
            index: addr.index,
            generation: addr.generation,
        }
    }
}
