//! Frames: one record each, with its checksum.

use skyhaul_engine::ports::RecordNumber;
use skyhaul_engine::time::SimTime;

use super::PAYLOAD_BYTES_MAX;

/// Bytes of a frame besides its payload.
pub(super) const FRAME_OVERHEAD: usize = 32;

/// A record in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) number: RecordNumber,
    /// The first record of the flush that wrote it.
    pub(super) batch: RecordNumber,
    pub(super) stamp: SimTime,
    pub(super) payload: &'a [u8],
}

/// What stands at a place of a segment.
pub(super) enum Found<'a> {
    /// A good frame.
    Good(Frame<'a>),
    /// Nothing more.
    End,
    /// Something that is no frame.
    Bad(&'static str),
}

impl<'a> Frame<'a> {
    /// Bytes of the frame.
    pub(super) fn bytes(&self) -> usize {
        FRAME_OVERHEAD + self.payload.len()
    }

    /// Appends the frame.
    pub(super) fn encode(&self, to: &mut Vec<u8>) {
        let length = u32::try_from(self.payload.len() + 1).expect("payloads are limited");
        to.extend(length.to_le_bytes());
        let at = to.len();
        to.extend([0; 4]);
        to.extend(self.number.0.to_le_bytes());
        to.extend(self.batch.0.to_le_bytes());
        to.extend(self.stamp.micros().to_le_bytes());
        to.extend(self.payload);
        let checksum = crc32c::crc32c(&to[at + 4..]);
        to[at..at + 4].copy_from_slice(&checksum.to_le_bytes());
    }

    /// What stands at the beginning of `bytes`.
    pub(super) fn decode(bytes: &'a [u8]) -> Found<'a> {
        let Some(head) = bytes.get(..FRAME_OVERHEAD) else {
            return if bytes.iter().all(|byte| *byte == 0) {
                Found::End
            } else {
                Found::Bad("a frame is cut off")
            };
        };
        let length = u32_at(head, 0) as usize;
        if length == 0 {
            return if u32_at(head, 4) == 0 {
                Found::End
            } else {
                Found::Bad("a frame has lost its length")
            };
        }
        let payload_bytes = length - 1;
        let Some(whole) = bytes
            .get(..FRAME_OVERHEAD + payload_bytes)
            .filter(|_| payload_bytes <= PAYLOAD_BYTES_MAX)
        else {
            return Found::Bad("a frame's length reaches past its segment");
        };
        if crc32c::crc32c(&whole[8..]) != u32_at(head, 4) {
            return Found::Bad("a frame does not match its checksum");
        }
        Found::Good(Frame {
            number: RecordNumber(u64_at(head, 8)),
            batch: RecordNumber(u64_at(head, 16)),
            stamp: SimTime::from_micros(u64_at(head, 24)),
            payload: &whole[FRAME_OVERHEAD..],
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
