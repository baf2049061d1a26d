//! The slots of the wheel: unsorted entries in chunks, which all slots share.

use super::super::entry::Entry;

/// One level for each byte of a time.
const LEVELS: usize = 8;

/// Slots of a level: the values of a byte.
const SLOTS: usize = 256;

/// Entries of a chunk: with its head a little less than a page.
const CHUNK: usize = 127;

/// No chunk.
const NONE: u32 = u32::MAX;

/// Entries that lie together, and the chunk that was filled before.
struct Chunk {
    previous: u32,
    len: u32,
    entries: [Entry; CHUNK],
}

/// The chunk being filled, and how many entries its chain holds.
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
    chunks: Vec<Chunk>,
    /// The chunks that no slot uses, chained by `previous`.
    free: u32,
    len: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            slots: vec![EMPTY; LEVELS * SLOTS],
            occupied: [[0; SLOTS / 64]; LEVELS],
            chunks: Vec::new(),
            free: NONE,
            len: 0,
        }
    }
}

impl Slots {
    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes in an entry, which is due at `base` or later, `base` being what all others were counted from.
    pub(super) fn push(&mut self, base: u64, entry: Entry) {
        let level = (((entry.time ^ base) | 1).ilog2() / 8) as usize;
        let byte = usize::from(entry.time_byte(level));
        self.occupied[level][byte / 64] |= 1 << (byte % 64);
        self.len += 1;
        let slot = &mut self.slots[level * SLOTS + byte];
        slot.count += 1;
        if slot.chunk == NONE || self.chunks[slot.chunk as usize].len as usize == CHUNK {
            slot.chunk = fresh_chunk(&mut self.chunks, &mut self.free, slot.chunk);
        }
        let chunk = &mut self.chunks[slot.chunk as usize];
        chunk.entries[chunk.len as usize] = entry;
        chunk.len += 1;
    }

    /// The first occupied slot, where `base` is what all entries were counted from.
    pub(super) fn first(&self, base: u64) -> Option<First> {
        for (level, words) in self.occupied.iter().enumerate() {
            if let Some(word) = words.iter().position(|word| *word != 0) {
                let byte = word * 64 + words[word].trailing_zeros() as usize;
                let slot = level * SLOTS + byte;
                return Some(First {
                    level,
                    start: (base & above(level)) | ((byte as u64) << (8 * level)),
                    count: self.slots[slot].count as usize,
                    slot,
                });
            }
        }
        None
    }

    /// The entries of a slot.
    pub(super) fn entries_of(&self, slot: First) -> impl Iterator<Item = &Entry> {
        self.chain(self.slots[slot.slot].chunk)
    }

    /// All entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().flat_map(|slot| self.chain(slot.chunk))
    }

    fn chain(&self, newest: u32) -> impl Iterator<Item = &Entry> {
        let chunk = |index: u32| self.chunks.get(index as usize);
        std::iter::successors(chunk(newest), move |newer| chunk(newer.previous))
            .flat_map(|chunk| &chunk.entries[..chunk.len as usize])
    }

    /// Empties a slot, chunk by chunk.
    pub(super) fn drain(&mut self, slot: First, mut each: impl FnMut(&[Entry])) {
        let mut newest = self.detach(slot);
        while newest != NONE {
            let chunk = &self.chunks[newest as usize];
            each(&chunk.entries[..chunk.len as usize]);
            newest = self.release(newest);
        }
    }

    /// Spreads a slot over the levels below its own, whose slots are empty. All entries count from its start from now on.
    pub(super) fn spread(&mut self, slot: First) {
        let mut newest = self.detach(slot);
        while newest != NONE {
            for index in 0..self.chunks[newest as usize].len as usize {
                let entry = self.chunks[newest as usize].entries[index];
                self.push(slot.start, entry);
            }
            newest = self.release(newest);
        }
    }

    /// Marks a slot empty; its chunks are the caller's.
    fn detach(&mut self, slot: First) -> u32 {
        let byte = slot.slot % SLOTS;
        self.occupied[slot.level][byte / 64] &= !(1 << (byte % 64));
        self.len -= slot.count;
        std::mem::replace(&mut self.slots[slot.slot], EMPTY).chunk
    }

    /// Gives a chunk back and tells the one before.
    fn release(&mut self, chunk: u32) -> u32 {
        let free = std::mem::replace(&mut self.free, chunk);
        std::mem::replace(&mut self.chunks[chunk as usize].previous, free)
    }
}

/// An empty chunk whose chain goes on with `previous`.
fn fresh_chunk(chunks: &mut Vec<Chunk>, free: &mut u32, previous: u32) -> u32 {
    if *free == NONE {
        chunks.push(Chunk {
            previous,
            len: 0,
            entries: [Entry::default(); CHUNK],
        });
        return u32::try_from(chunks.len() - 1).expect("fewer than 2³² chunks");
    }
    let index = *free;
    let chunk = &mut chunks[index as usize];
    *free = std::mem::replace(&mut chunk.previous, previous);
    chunk.len = 0;
    index
}

/// The bytes of a time above those of `level` and below.
#[expect(clippy::cast_possible_truncation, reason = "a level is below 8")]
fn above(level: usize) -> u64 {
    u64::MAX.checked_shl(8 * (level as u32 + 1)).unwrap_or(0)
}
