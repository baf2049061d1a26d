//! A hint to the processor: what the next messages need is fetched while the present one is handled.

/// Bytes of one value that are asked for at most: more would push out what is needed now.
#[cfg(target_arch = "x86_64")]
const BYTES_MAX: usize = 256;

/// Asks for the cache lines of `value`. Changes nothing but time; does nothing where the processor has no such hint.
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
