//! PHOLD by hand: a vector of states, the standard library's binary heap, and a loop. What a program of fifty lines does that
//! needs no addresses, no order of ties, no supervision, no snapshot and no digest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use skyhaul_engine::time::SimTime;

use super::{Measure, Run, Size, State, first_delay};

/// Runs PHOLD.
#[must_use]
pub fn run(size: Size) -> Run {
    let measure = Measure::begin();
    let mut states: Vec<State> = (0..size.actors).map(State::new).collect();
    let mut queue: BinaryHeap<Reverse<(SimTime, u32)>> = (0..size.actors)
        .map(|index| Reverse((SimTime::ZERO + first_delay(index), index)))
        .collect();
    let slices = size.time(|horizon| {
        let mut events = 0;
        while let Some(Reverse((time, index))) = queue.pop() {
            if time > horizon {
                queue.push(Reverse((time, index)));
                break;
            }
            let (next, delay) = states[index as usize].next(size.actors);
            queue.push(Reverse((time + delay, next)));
            events += 1;
        }
        events
    });
    let sum = states
        .iter()
        .fold(0, |sum: u64, state| sum.wrapping_add(state.digest()));
    measure.end(slices, sum)
}
