//! Hints to processor and system about memory: they change nothing but time.

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

/// Cache lines of one value that are asked for at most: more would push out what is needed now.
const LINES_MAX: usize = 4;

/// Where values of one type lie side by side, and beside them a mark of each: by it they are asked for without a look at their type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lie {
    start: usize,
    /// Bytes from one to the next.
    stride: usize,
    /// Where its cache lines are, from the start of a value. Those it does not have are its last once more.
    lines: [usize; LINES_MAX],
    /// Where one lies after another what is looked at first, and bytes from one to the next.
    marks: usize,
    marks_stride: usize,
}

impl Lie {
    /// Of values from `start` on, and of their marks, where those are looked at.
    pub(super) fn of<T>(start: *const T, marks: Option<&[u32]>) -> Self {
        let last = size_of::<T>().saturating_sub(1);
        let line = |number: usize| (number * LINE_BYTES).min(last);
        Self {
            start: start.addr(),
            stride: size_of::<T>(),
            lines: [line(0), line(1), line(2), line(3)],
            marks: marks.map_or_else(|| start.addr(), |marks| marks.as_ptr().addr()),
            marks_stride: marks.map_or(0, |_| size_of::<u32>()),
        }
    }

    /// Has the value number `index` fetched, wherever that is, and its mark.
    #[inline]
    pub(super) fn prefetch(&self, index: u32) {
        let index = index as usize;
        ask_for_line(self.marks.wrapping_add(index.wrapping_mul(self.marks_stride)));
        let start = self.start.wrapping_add(index.wrapping_mul(self.stride));
        for line in self.lines {
            ask_for_line(start.wrapping_add(line));
        }
    }
}

/// Asks for the first cache lines of `value`.
#[inline]
pub(super) fn prefetch<T>(value: &T) {
    let start = std::ptr::from_ref(value).addr();
    for offset in (0..size_of::<T>().min(LINES_MAX * LINE_BYTES)).step_by(LINE_BYTES) {
        ask_for_line(start.wrapping_add(offset));
    }
}

/// Asks for the cache line so many values after `value`, which will be written to.
#[inline]
pub(super) fn prefetch_to_write<T>(value: &T, after: usize) {
    ask_for_line(
        std::ptr::from_ref(value)
            .addr()
            .wrapping_add(after * size_of::<T>()),
    );
}

/// Asks for the cache line at an address.
#[inline]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the hint has no safe form in stable Rust")]
fn ask_for_line(address: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a prefetch reads nothing and cannot fault, whatever the address; SSE belongs to every x86-64 processor.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(address)) };
}

/// Asks for nothing: this processor's hint has no form in stable Rust.
#[inline]
#[cfg(not(target_arch = "x86_64"))]
fn ask_for_line(_address: usize) {}

/// Bytes of a huge page.
const HUGE_PAGE_BYTES: usize = 2 << 20;

/// Adds an element as [`Vec::push`] does, to a vector that asks for huge pages once it is longer than one: a million actors then need hundreds of
/// page table entries, not tens of thousands.
#[inline]
pub(super) fn push<T>(vec: &mut Vec<T>, value: T) {
    if vec.len() == vec.capacity() {
        make_room(vec, 1);
    }
    vec.push(value);
}

/// Makes room for so many more elements at least, twice what there was. A vector longer than a huge page moves to new memory, which asks for huge
/// pages before it is written to: pages that the system moves along with a growing vector stay small.
#[cold]
pub(super) fn make_room<T>(vec: &mut Vec<T>, more: usize) {
    let room = (vec.len() + more).max(2 * vec.capacity());
    if room * size_of::<T>() < HUGE_PAGE_BYTES {
        vec.reserve(room - vec.len());
        return;
    }
    let mut grown = Vec::with_capacity(room);
    ask_for_huge_pages(&mut grown);
    grown.append(vec);
    *vec = grown;
}

/// Asks for huge pages under a vector's memory. What the system answers does not matter.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a system call on a range of addresses")]
fn ask_for_huge_pages<T>(vec: &mut Vec<T>) {
    let spare = vec.spare_capacity_mut();
    let (start, bytes) = (spare.as_mut_ptr().cast::<u8>(), size_of_val(spare));
    // Whole huge pages only: no other allocation's memory is spoken of.
    let skipped = start.align_offset(HUGE_PAGE_BYTES);
    let Some(whole) = bytes
        .checked_sub(skipped)
        .map(|bytes| bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES)
    else {
        return;
    };
    if whole > 0 {
        // SAFETY: the range lies within the vector's own allocation, and the advice changes no content: it says how large the pages may be.
        unsafe { libc::madvise(start.wrapping_add(skipped).cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

/// Asks for nothing: there is no such advice here.
#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages<T>(_vec: &mut Vec<T>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_that_grows_past_huge_pages_keeps_what_it_holds() {
        let mut vec = Vec::new();
        let count = 3 * HUGE_PAGE_BYTES / size_of::<u64>() as usize + 5;
        for number in 0..count {
            push(&mut vec, number as u64);
        }
        assert_eq!(vec.len(), count);
        assert!((0..).zip(&vec).all(|(number, kept): (u64, _)| number == *kept));
    }
}
