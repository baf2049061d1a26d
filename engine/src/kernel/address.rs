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
///
/// Two words, so that it travels in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RawAddr {
    /// Type, region and slot.
    place: u64,
    generation: u32,
}

#[expect(clippy::cast_possible_truncation, reason = "the parts of a packed word")]
impl RawAddr {
    #[inline]
    pub(super) const fn new(kind: u8, region: RegionId, index: u32, generation: u32) -> Self {
        let place = ((kind as u64) << (32 + REGION_BITS)) | ((region.0 as u64) << 32) | index as u64;
        Self { place, generation }
    }

    /// The sender of which this is the number; as whose tenant is not known.
    pub(super) const fn of_source(source: u64) -> Self {
        Self {
            place: source,
            generation: 0,
        }
    }

    /// The number by which messages of this sender are ordered.
    #[inline]
    pub(super) const fn source(self) -> u64 {
        self.place
    }

    /// Which type of actor.
    #[must_use]
    #[inline]
    pub const fn kind(self) -> u8 {
        (self.place >> (32 + REGION_BITS)) as u8
    }

    /// Where it lives.
    #[must_use]
    #[inline]
    pub const fn region(self) -> RegionId {
        RegionId((self.place >> 32) as u16 & (REGIONS_MAX - 1))
    }

    /// Which slot of its slab.
    #[must_use]
    #[inline]
    pub const fn index(self) -> u32 {
        self.place as u32
    }

    /// Which tenant of the slot.
    #[must_use]
    #[inline]
    pub const fn generation(self) -> u32 {
        self.generation
    }

    /// The actor as a person reads it.
    pub(super) fn shown(self, kinds: &[&str]) -> String {
        let kind = kinds.get(usize::from(self.kind())).copied().unwrap_or("outside");
        match self.region() {
            RegionId(0) => format!("{kind}-{}", self.index()),
            RegionId(region) => format!("{kind}-{region}/{}", self.index()),
        }
    }
}

impl<A: Member> From<Addr<A>> for RawAddr {
    #[inline]
    fn from(addr: Addr<A>) -> Self {
        Self::new(A::KIND, addr.region, addr.index, addr.generation)
    }
}
