//! A later message's place in the total order, and where it lies: 32 bytes.

use super::address::RawAddr;
use crate::time::SimTime;

/// Bits of a sender's number: its type and its slot.
const SOURCE_BITS: u32 = 40;

/// Bits of a sender's sequence: ten million messages a second for a year fill 48.
const SEQUENCE_BITS: u32 = 48;

/// Sequences are below this.
pub(super) const SEQUENCE_END: u64 = 1 << SEQUENCE_BITS;

/// The source of messages from outside: ordered after all actors'.
pub(super) const OUTSIDE: u64 = (1 << SOURCE_BITS) - 1;

/// Bits of the sequence that share a word with the source.
const SEQUENCE_HIGH_BITS: u32 = 64 - SOURCE_BITS;

/// Bits of the sequence that share a word with the receiver.
const SEQUENCE_LOW_BITS: u32 = SEQUENCE_BITS - SEQUENCE_HIGH_BITS;

/// Ordered by time, source, sequence: its fields in this order, the sequence across two words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Microseconds.
    pub(super) time: u64,
    source_and_sequence: u64,
    sequence_and_receiver: u64,
    generation: u32,
    /// Where its message lies.
    pub(super) message: u32,
}

impl Entry {
    pub(super) fn new(time: SimTime, source: u64, sequence: u64, to: RawAddr, message: u32) -> Self {
        debug_assert!(source <= OUTSIDE && sequence < SEQUENCE_END);
        let receiver = (u64::from(to.kind) << 32) | u64::from(to.index);
        Self {
            time: time.micros(),
            source_and_sequence: (source << SEQUENCE_HIGH_BITS) | (sequence >> SEQUENCE_LOW_BITS),
            sequence_and_receiver: (sequence << (64 - SEQUENCE_LOW_BITS)) | receiver,
            generation: to.generation,
            message,
        }
    }

    pub(super) fn source(self) -> u64 {
        self.source_and_sequence >> SEQUENCE_HIGH_BITS
    }

    pub(super) fn sequence(self) -> u64 {
        let high = self.source_and_sequence & ((1 << SEQUENCE_HIGH_BITS) - 1);
        (high << SEQUENCE_LOW_BITS) | (self.sequence_and_receiver >> (64 - SEQUENCE_LOW_BITS))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts of a packed word")]
    pub(super) fn to(self) -> RawAddr {
        RawAddr {
            kind: (self.sequence_and_receiver >> 32) as u8,
            index: self.sequence_and_receiver as u32,
            generation: self.generation,
        }
    }

    /// A number that stands for time, source, sequence and receiver.
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

    /// Byte `level` of the time, the lowest being 0.
    pub(super) fn time_byte(&self, level: usize) -> u8 {
        self.time.to_le_bytes()[level]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> impl Strategy<Value = (u64, u64, u64, RawAddr)> {
        let to = (any::<u8>(), any::<u32>(), any::<u32>());
        (any::<u64>(), 0..=OUTSIDE, 0..SEQUENCE_END, to).prop_map(|(time, source, sequence, to)| {
            let (kind, index, generation) = to;
            (
                time,
                source,
                sequence,
                RawAddr {
                    kind,
                    index,
                    generation,
                },
            )
        })
    }

    fn entry((time, source, sequence, to): (u64, u64, u64, RawAddr)) -> Entry {
        Entry::new(SimTime::from_micros(time), source, sequence, to, 7)
    }

    proptest! {
        #[test]
        fn gives_back_what_was_packed(parts in parts()) {
            let packed = entry(parts);
            prop_assert_eq!((packed.time, packed.source(), packed.sequence(), packed.to()), parts);
            prop_assert_eq!(packed.message, 7);
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
