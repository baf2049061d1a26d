//! The slots of the wheel: unsorted entries in chunks, which all slots share.

use super::super::entry::Entry;
use super::super::memory::{make_room, prefetch, prefetch_to_write};

/// Slots of a level: the values of so many bits of a time.
const SLOTS: usize = 1 << SLOT_BITS;

/// Bits of a time by which a level is told apart.
const SLOT_BITS: usize = 8;

/// Bits that the first level has less than the others. So a slot of the third covers 8 ms: what comes within two seconds goes straight to where it is
/// sorted, a million a second in runs of 8,000, and what comes within minutes is moved once more.
const FEWER_BITS: usize = 3;

/// Levels that hold all 64 bits of a time.
const LEVELS: usize = (64 + FEWER_BITS).div_ceil(SLOT_BITS);

/// Entries of a chunk: a page's worth.
const CHUNK: usize = 128;

/// No chunk.
const NONE: u32 = u32::MAX;

/// The chunk being filled, and how many entries its chain holds: all chunks before it are full.
#[derive(Clone, Copy)]
struct Slot {
    chunk: u32,
    count: u32,
}

const EMPTY: Slot = Slot {
    chunk: NONE,
    count: 0,
};

/// Names the first occupied slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) level: usize,
    /// The earliest time that belongs to it.
    pub(super) start: u64,
    pub(super) count: usize,
    slot: usize,
}

/// All slots of all levels.
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// One bit a slot.
    occupied: [[u64; SLOTS / 64]; LEVELS],
    /// Chunk after chunk.
    entries: Vec<Entry>,
    /// For each chunk, the one filled before it; for a chunk that no slot uses, the next such chunk.
    previous: Vec<u32>,
    /// The first chunk that no slot uses.
    free: u32,
    /// How many chunks are in use.
    used: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            slots: vec![EMPTY; LEVELS * SLOTS],
            occupied: [[0; SLOTS / 64]; LEVELS],
            entries: Vec::new(),
            previous: Vec::new(),
            free: NONE,
            used: 0,
        }
    }
}

impl Slots {
    /// Where an entry goes that is due at `time`, which is `base` or later, `base` being what all others were counted from.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a few bits of the time are wanted"
    )]
    pub(super) fn place(&mut self, base: u64, time: u64) -> &mut Entry {
        let level = (((time ^ base) | 1).ilog2() as usize + FEWER_BITS) / SLOT_BITS;
        let number = level * SLOTS + (time >> span_bits(level)) as usize % SLOTS;
        let slot = &mut self.slots[number];
        let within = slot.count as usize % CHUNK;
        if within == 0 {
            return self.place_in_new_chunk(number);
        }
        slot.count += 1;
        let entry = &mut self.entries[slot.chunk as usize * CHUNK + within];
        // Who writes waits for a line that is far away, and all later writes with it: the next one's is asked for well before it is written.
        prefetch_to_write(entry, 2);
        entry
    }

    /// Gives a slot, whose chunks are full, one more, and says where its first entry goes.
    #[inline(never)]
    fn place_in_new_chunk(&mut self, number: usize) -> &mut Entry {
        let (level, byte) = (number / SLOTS, number % SLOTS);
        self.occupied[level][byte / 64] |= 1 << (byte % 64);
        let Slot { chunk: before, count } = self.slots[number];
        let chunk = if self.free == NONE {
            self.previous.push(before);
            let len = self.previous.len() * CHUNK;
            if len > self.entries.capacity() {
                make_room(&mut self.entries, CHUNK);
            }
            self.entries.resize(len, Entry::default());
            u32::try_from(self.previous.len() - 1).expect("fewer than 2³² chunks")
        } else {
            let chunk = self.free;
            self.free = std::mem::replace(&mut self.previous[chunk as usize], before);
            chunk
        };
        self.slots[number] = Slot {
            chunk,
            count: count + 1,
        };
        self.used += 1;
        &mut self.entries[chunk as usize * CHUNK]
    }

    /// The first occupied slot, where `base` is what all entries were counted from.
    pub(super) fn first(&self, base: u64) -> Option<First> {
        for (level, words) in self.occupied.iter().enumerate() {
            if let Some(word) = words.iter().position(|word| *word != 0) {
                let byte = word * 64 + words[word].trailing_zeros() as usize;
                let slot = level * SLOTS + byte;
                return Some(First {
                    level,
                    start: (base & above(level)) | ((byte as u64) << span_bits(level)),
                    count: self.slots[slot].count as usize,
                    slot,
                });
            }
        }
        None
    }

    /// The entries of a slot, piece by piece.
    pub(super) fn pieces_of(&self, slot: First) -> impl Iterator<Item = &[Entry]> + Clone {
        self.chain(self.slots[slot.slot])
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.slots.iter().map(|slot| slot.count as usize).sum()
    }

    /// No less than there are entries, and cheap to know.
    pub(super) fn len_bound(&self) -> usize {
        self.used * CHUNK
    }

    /// All entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flat_map(|slot| self.chain(*slot)).flatten()
    }

    fn chain(&self, slot: Slot) -> impl Iterator<Item = &[Entry]> + Clone {
        let chunks = std::iter::successors(Some(slot.chunk), |chunk| Some(self.previous[*chunk as usize]));
        chunk_lengths(slot.count).zip(chunks).map(|(len, chunk)| {
            let start = chunk as usize * CHUNK;
            self.prefetch_chunk(self.previous[chunk as usize]);
            &self.entries[start..start + len]
        })
    }

    /// Empties a slot, chunk by chunk.
    pub(super) fn drain(&mut self, slot: First, mut each: impl FnMut(&[Entry])) {
        let Slot { mut chunk, count } = self.detach(slot);
        for len in chunk_lengths(count) {
            let start = chunk as usize * CHUNK;
            each(&self.entries[start..start + len]);
            chunk = self.release(chunk);
        }
    }

    /// Spreads a slot over the levels below its own, whose slots are empty. All entries count from its start from now on.
    pub(super) fn spread(&mut self, slot: First) {
        let Slot { mut chunk, count } = self.detach(slot);
        for len in chunk_lengths(count) {
            let start = chunk as usize * CHUNK;
            self.prefetch_chunk(self.previous[chunk as usize]);
            for index in start..start + len {
                let entry = self.entries[index];
                *self.place(slot.start, entry.time) = entry;
            }
            chunk = self.release(chunk);
        }
    }

    /// Asks for the beginning of a chunk, where there is one: the processor asks for what follows by itself, once it sees that it is read.
    fn prefetch_chunk(&self, chunk: u32) {
        if let Some(entries) = self
            .entries
            .get(chunk as usize * CHUNK..)
            .and_then(<[_]>::first_chunk::<8>)
        {
            prefetch(entries);
        }
    }

    /// Marks a slot empty; its chunks are the caller's.
    fn detach(&mut self, slot: First) -> Slot {
        let byte = slot.slot % SLOTS;
        self.occupied[slot.level][byte / 64] &= !(1 << (byte % 64));
        std::mem::replace(&mut self.slots[slot.slot], EMPTY)
    }

    /// Gives a chunk back and tells the one before.
    fn release(&mut self, chunk: u32) -> u32 {
        self.used -= 1;
        let free = std::mem::replace(&mut self.free, chunk);
        std::mem::replace(&mut self.previous[chunk as usize], free)
    }
}

/// How full the chunks of a chain of `count` entries are, the newest first.
fn chunk_lengths(count: u32) -> impl Iterator<Item = usize> + Clone {
    let newest = count.checked_sub(1).map(|last| last as usize % CHUNK + 1);
    let full = count.saturating_sub(1) as usize / CHUNK;
    newest.into_iter().chain(std::iter::repeat_n(CHUNK, full))
}

/// The bits of a time above those of `level`.
#[expect(clippy::cast_possible_truncation, reason = "a time has 64 bits")]
fn above(level: usize) -> u64 {
    u64::MAX.checked_shl(span_bits(level + 1) as u32).unwrap_or(0)
}

/// Bits of a time that differ within one slot of a level.
#[inline]
pub(super) const fn span_bits(level: usize) -> usize {
    (SLOT_BITS * level).saturating_sub(FEWER_BITS)
}
