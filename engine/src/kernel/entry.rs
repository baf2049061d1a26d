//! A message's place in the total order, whom it is for, and its parcel: 32 bytes.

use std::cmp::Ordering;
use std::fmt;

use super::address::{GENERATION_BITS, KIND_BITS, REGION_BITS, RawAddr, RegionId};
use super::parcel::Parcel;
use crate::time::SimTime;

/// Bits of a sender's number: its type, its region, its slot.
const SOURCE_BITS: u32 = KIND_BITS + REGION_BITS + 32;

/// Bits of a sequence: ten million messages a second for a year fill 48.
const SEQUENCE_BITS: u32 = 48;

/// Sequences are below this.
pub(super) const SEQUENCE_END: u64 = 1 << SEQUENCE_BITS;

/// The source of messages from outside: ordered after all actors'.
pub(super) const OUTSIDE: u64 = (1 << SOURCE_BITS) - 1;

/// The receiver's type of what the kernel has to say to an actor; its slot is then the place of the notice.
pub(super) const NOTICE: u8 = (1 << KIND_BITS) - 1;

/// Bits of the sequence that share a word with the source.
const SEQUENCE_HIGH_BITS: u32 = 64 - SOURCE_BITS;

/// Bits of the sequence that share a word with the receiver.
const SEQUENCE_LOW_BITS: u32 = SEQUENCE_BITS - SEQUENCE_HIGH_BITS;

/// Ordered by time, source, sequence.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    /// Microseconds.
    pub(super) time: u64,
    source_and_sequence: u64,
    sequence_and_receiver: u64,
    generation_and_kind: u32,
    pub(super) parcel: Parcel,
}

impl Entry {
    #[inline]
    pub(super) fn new(time: SimTime, source: u64, sequence: u64, to: RawAddr, parcel: Parcel) -> Self {
        debug_assert!(source <= OUTSIDE && sequence < SEQUENCE_END);
        Self {
            time: time.micros(),
            source_and_sequence: (source << SEQUENCE_HIGH_BITS) | (sequence >> SEQUENCE_LOW_BITS),
            sequence_and_receiver: (sequence << (64 - SEQUENCE_LOW_BITS)) | u64::from(to.index()),
            generation_and_kind: (to.generation() << (32 - GENERATION_BITS)) | u32::from(to.kind()),
            parcel,
        }
    }

    pub(super) fn source(self) -> u64 {
        self.source_and_sequence >> SEQUENCE_HIGH_BITS
    }

    pub(super) fn sequence(self) -> u64 {
        let high = self.source_and_sequence & ((1 << SEQUENCE_HIGH_BITS) - 1);
        (high << SEQUENCE_LOW_BITS) | (self.sequence_and_receiver >> (64 - SEQUENCE_LOW_BITS))
    }

    /// The receiver, who lives in `region`: an entry is never queued elsewhere.
    #[inline]
    pub(super) fn to(&self, region: RegionId) -> RawAddr {
        let generation = self.generation_and_kind >> (32 - GENERATION_BITS);
        RawAddr::new(self.kind(), region, self.index(), generation)
    }

    /// The receiver's slot.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    pub(super) fn index(&self) -> u32 {
        self.sequence_and_receiver as u32
    }

    /// The receiver's type.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lowest byte is wanted")]
    pub(super) fn kind(&self) -> u8 {
        self.generation_and_kind as u8
    }

    /// Time, source and sequence, receiver.
    #[inline]
    pub(super) fn words(&self) -> [u64; 3] {
        [self.time, self.source_and_sequence, self.sequence_and_receiver]
    }

    /// The same with its message packed.
    pub(super) fn with(self, parcel: Parcel) -> Self {
        Self { parcel, ..self }
    }

    /// A number that stands for time, source, sequence and receiver.
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        self.time.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ self
                .source_and_sequence
                .wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
                .rotate_left(31)
            ^ self
                .sequence_and_receiver
                .wrapping_mul(0x1656_67B1_9E37_79F9)
                .rotate_left(17)
    }
}

impl Ord for Entry {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        // The receiver's bits stand below the sequence's, which no two entries of a source share.
        self.words().cmp(&other.words())
    }
}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl Eq for Entry {}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {:x}.{}", self.time, self.source(), self.sequence())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = (u64, u64, u64, RawAddr)> {
        let to = (0..=NOTICE, any::<u32>(), 0..1_u32 << GENERATION_BITS);
        (any::<u64>(), 0..=OUTSIDE, 0..SEQUENCE_END, to).prop_map(|(time, source, sequence, to)| {
            let (kind, index, generation) = to;
            let to = RawAddr::new(kind, RegionId(3), index, generation);
            (time, source, sequence, to)
        })
    }

    fn entry((time, source, sequence, to): (u64, u64, u64, RawAddr)) -> Entry {
        Entry::new(
            SimTime::from_micros(time),
            source,
            sequence,
            to,
            Parcel::default(),
        )
    }

    proptest! {
        #[test]
        fn gives_back_what_was_packed(parts in parts()) {
            let packed = entry(parts);
            let to = packed.to(RegionId(3));
            prop_assert_eq!((packed.time, packed.source(), packed.sequence(), to), parts);
        }

        #[test]
        fn is_ordered_by_time_source_and_sequence(a in parts(), b in parts(), shared in 0..3_u8) {
            let mut b = b;
            if shared > 0 { b.0 = a.0; }
            if shared > 1 { b.1 = a.1; }
            let expected = (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2));
            prop_assume!(expected.is_ne());
            prop_assert_eq!(entry(a).cmp(&entry(b)), expected);
        }
    }

    #[test]
    fn is_half_a_cache_line() {
        assert_eq!(size_of::<Entry>(), 32);
    }
}
