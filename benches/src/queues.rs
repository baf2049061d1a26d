//! Queues side by side: what keeps later messages in order, in the hold model (Jones 1986).
//!
//! So many events are pending; again and again the earliest is taken out and one more put in, some delay after it. An event is
//! 32 bytes, as the kernel's are, and the order is total, by time and then by number: so every queue must give the same events
//! in the same order, which a checksum shows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use dary_heap::QuaternaryHeap;
use radix_heap::RadixHeapMap;
use skyhaul_engine::kernel::bench::Later;
use skyhaul_engine::rng::RandomStream;

use crate::slices::Slices;

/// An event: when it is due, its number among all, and the rest of a queue's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// Microseconds.
    pub time: u64,
    /// Its number: no two are alike.
    pub number: u64,
    /// What a queue carries besides.
    pub load: [u64; 2],
}

/// A queue of events, the earliest first.
pub trait Pending: Default {
    /// What it is called in the table.
    const NAME: &'static str;

    /// Takes in an event, which is due no sooner than the last one taken out.
    fn put(&mut self, event: Event);

    /// Gives the earliest.
    fn take(&mut self) -> Option<Event>;
}

impl Pending for Later {
    const NAME: &'static str = "the kernel's sorting wheel";

    fn put(&mut self, event: Event) {
        self.push(event.time, event.number);
    }

    fn take(&mut self) -> Option<Event> {
        let (time, number) = self.pop()?;
        // An entry is full already: its load is whom it is for and where its message lies.
        Some(Event {
            time,
            number,
            load: [number; 2],
        })
    }
}

impl Pending for BinaryHeap<Reverse<Event>> {
    const NAME: &'static str = "std `BinaryHeap`";

    fn put(&mut self, event: Event) {
        self.push(Reverse(event));
    }

    fn take(&mut self) -> Option<Event> {
        self.pop().map(|Reverse(event)| event)
    }
}

impl Pending for QuaternaryHeap<Reverse<Event>> {
    const NAME: &'static str = "4-ary heap (`dary_heap`)";

    fn put(&mut self, event: Event) {
        self.push(Reverse(event));
    }

    fn take(&mut self) -> Option<Event> {
        self.pop().map(|Reverse(event)| event)
    }
}

impl Pending for RadixHeapMap<Reverse<(u64, u64)>, [u64; 2]> {
    const NAME: &'static str = "radix heap (`radix-heap`)";

    fn put(&mut self, event: Event) {
        self.push(Reverse((event.time, event.number)), event.load);
    }

    fn take(&mut self) -> Option<Event> {
        let (Reverse((time, number)), load) = self.pop()?;
        Some(Event { time, number, load })
    }
}

impl Pending for BTreeMap<(u64, u64), [u64; 2]> {
    const NAME: &'static str = "std `BTreeMap`";

    fn put(&mut self, event: Event) {
        self.insert((event.time, event.number), event.load);
    }

    fn take(&mut self) -> Option<Event> {
        let ((time, number), load) = self.pop_first()?;
        Some(Event { time, number, load })
    }
}

/// How long after the present event the next one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delays {
    /// Exponential, of a mean of one second: PHOLD's.
    Exponential,
    /// Half within a millisecond, nearly half around a minute, a few at two hours: answers, flights and patience in one queue.
    Mixed,
}

impl Delays {
    /// Delays drawn once, so that drawing is not timed; more than a cache's worth would be another thing to time.
    const DRAWN: usize = 1 << 16;

    fn draw(self) -> Vec<u64> {
        let mut random = RandomStream::new(42, 0);
        let mut micros = |mean: f64| random_micros(&mut random, mean);
        (0..Self::DRAWN)
            .map(|number| match (self, number % 32) {
                (Self::Exponential, _) => micros(1e6),
                (Self::Mixed, 31) => 7_200_000_000,
                (Self::Mixed, even) if even % 2 == 0 => micros(500.0),
                (Self::Mixed, _) => micros(6e7),
            })
            .collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "microseconds of some minutes")]
fn random_micros(random: &mut RandomStream, mean: f64) -> u64 {
    1 + random.exponential(mean) as u64
}

/// From one delay to the next among those drawn: coprime to their number, so that each has its turn.
const STRIDE: usize = 7_919;

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Events pending.
    pub pending: u64,
    /// Events taken out and put in, a slice.
    pub operations: u64,
    /// Slices timed, after one as long as it takes until every event has been taken out about once.
    pub slices: usize,
}

/// What a run tells.
#[derive(Clone, Debug)]
pub struct Held {
    /// Nanoseconds for one event taken out and one put in.
    pub slices: Slices,
    /// Of all events taken out, in order.
    pub checksum: u64,
}

/// Runs the hold model on a queue.
///
/// # Panics
/// Where the queue loses an event.
#[must_use]
pub fn hold<Q: Pending>(delays: Delays, size: Size) -> Held {
    let delays = delays.draw();
    let mut queue = Q::default();
    let (mut number, mut drawn) = (0, 0);
    let mut next = |time: u64| {
        drawn = (drawn + STRIDE) % Delays::DRAWN;
        number += 1;
        Event {
            time: time + delays[drawn],
            number,
            load: [number; 2],
        }
    };
    for _ in 0..size.pending {
        queue.put(next(0));
    }
    let mut checksum: u64 = 0;
    let mut turn = |operations: u64| {
        for _ in 0..operations {
            let event = queue.take().expect("as many are put in as are taken out");
            checksum = (checksum ^ event.time ^ event.load[1])
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(29);
            queue.put(next(event.time));
        }
        operations
    };
    turn(size.pending.max(size.operations));
    let mut slices = Slices::default();
    for _ in 0..size.slices {
        slices.time(|| turn(size.operations));
    }
    Held { slices, checksum }
}
