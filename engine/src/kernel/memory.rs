//! Hints to processor and system about memory: they change nothing but time.

/// Bytes of one value that are asked for at most: more would push out what is needed now.
#[cfg(target_arch = "x86_64")]
const BYTES_MAX: usize = 256;

/// Asks for the cache lines of `value`. Does nothing where the processor has no such hint in stable Rust.
#[inline]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the hint has no safe form in stable Rust")]
pub(super) fn prefetch<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    const LINE_BYTES: usize = 64;
    let start = std::ptr::from_ref(value).cast::<i8>();
    for offset in (0..size_of::<T>().min(BYTES_MAX)).step_by(LINE_BYTES) {
        // SAFETY: a prefetch reads nothing and cannot fault, whatever the address; SSE belongs to every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(offset)) };
    }
}

/// Asks for nothing: this processor's hint has no form in stable Rust.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn prefetch<T>(_value: &T) {}

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

/// Makes room for so many more elements at least, twice what there was. A long vector's memory is moved by the system, page by page: a copy would
/// leave behind what allocators keep.
#[cold]
pub(super) fn make_room<T>(vec: &mut Vec<T>, more: usize) {
    vec.reserve(more.max(2 * vec.capacity() - vec.len()));
    if vec.capacity() * size_of::<T>() >= HUGE_PAGE_BYTES {
        ask_for_huge_pages(vec);
    }
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
