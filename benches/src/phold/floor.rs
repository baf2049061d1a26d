//! The floor: what PHOLD costs on a host before anything is put in order.
//!
//! The same handler on the same states, the next event read from one end of a ring of 32-byte entries and written back at
//! the same place: sequential traffic where a queue would sort, two cache lines at random for the state, fetched ahead. No
//! simulator can be faster, so a figure beside it tells the host's speed from the program's.

use skyhaul_engine::time::SimDuration;

use super::{Measure, Run, Size, State};

/// How many events ahead a state is asked for.
const AHEAD: usize = 8;

/// An event as wide as the kernel's.
#[derive(Clone, Copy)]
struct Entry {
    delay: SimDuration,
    actor: u32,
    /// As wide as what orders events and says where a message lies.
    order: [u32; 5],
}

/// Handles events in the order of the ring, round after round. Its states differ from PHOLD's, since nothing waits for its time.
#[must_use]
pub fn run(size: Size) -> Run {
    let measure = Measure::begin();
    let mut states: Vec<State> = (0..size.actors).map(State::new).collect();
    let mut ring: Vec<Entry> = (0..size.actors)
        .map(|actor| Entry {
            delay: SimDuration::ZERO,
            actor,
            order: [0; 5],
        })
        .collect();
    let mut at = 0;
    let slices = size.time(|_| {
        for _ in 0..size.events {
            let soon = ring[(at + AHEAD) % ring.len()].actor;
            fetch(&states[soon as usize]);
            let entry = &mut ring[at];
            (entry.actor, entry.delay) = states[entry.actor as usize].next(size.actors);
            entry.order[0] = entry.order[0].wrapping_add(1);
            at = if at + 1 == ring.len() { 0 } else { at + 1 };
        }
        size.events
    });
    let traffic = ring.iter().fold(0, |sum: u64, entry| {
        sum.wrapping_add(entry.delay.micros() ^ u64::from(entry.order[0]))
    });
    let sum = states
        .iter()
        .fold(traffic, |sum: u64, state| sum.wrapping_add(state.digest()));
    measure.end(slices, sum)
}

/// Asks for the cache lines of a state.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the hint has no safe form in stable Rust")]
fn fetch(state: &State) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let start = std::ptr::from_ref(state).cast::<i8>();
    for line in (0..size_of::<State>()).step_by(64) {
        // SAFETY: a prefetch reads nothing and cannot fault, whatever the address; SSE belongs to every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line)) };
    }
}

/// Asks for nothing: this processor's hint has no form in stable Rust.
#[cfg(not(target_arch = "x86_64"))]
fn fetch(_state: &State) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_as_wide_as_the_kernels_and_a_state_fills_two_cache_lines() {
        assert_eq!((size_of::<Entry>(), size_of::<State>()), (32, 128));
    }
}
