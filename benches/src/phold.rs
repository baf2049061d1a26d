//! PHOLD (Fujimoto 1990): every event schedules one more, at an exponential delay, for an actor drawn at random.

use serde::{Deserialize, Serialize};
use skyhaul_engine::rng::RandomStream;
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::memory::resident_bytes;
use crate::slices::Slices;

pub mod by_hand;
pub mod floor;
pub mod in_regions;
pub mod kernel;
pub mod on_actix;
pub mod snapshot;
pub mod three_types;

/// The mean delay between an event and the one it schedules, virtual seconds.
const DELAY_MEAN_S: f64 = 1.0;

/// The seed of every run.
const SEED: u64 = 42;

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Actors, and events on their way.
    pub actors: u32,
    /// Events in a slice, about.
    pub events: u64,
    /// Slices timed, after one that is not.
    pub slices: usize,
}

impl Size {
    /// The virtual time in which about `events` events are due: each actor's event takes the mean delay.
    #[must_use]
    pub fn slice(self) -> SimDuration {
        SimDuration::from_seconds_f64(self.events as f64 / f64::from(self.actors) * DELAY_MEAN_S)
    }

    /// Where each slice ends, the untimed first one included.
    pub fn horizons(self) -> impl Iterator<Item = SimTime> {
        (0..=self.slices).scan(SimTime::ZERO, move |horizon, _| {
            *horizon = *horizon + self.slice();
            Some(*horizon)
        })
    }

    /// Runs all slices: `advance` handles what is due until a horizon and answers how many events that were. The first slice is not
    /// timed.
    pub fn time(self, mut advance: impl FnMut(SimTime) -> u64) -> Slices {
        let mut slices = Slices::default();
        for (number, horizon) in self.horizons().enumerate() {
            if number == 0 {
                advance(horizon);
            } else {
                slices.time(|| advance(horizon));
            }
        }
        slices
    }
}

/// What a run tells, on the kernel or on a peer.
#[derive(Clone, Debug)]
pub struct Run {
    /// Nanoseconds an event.
    pub slices: Slices,
    /// The sum of the states' digests.
    pub states: u64,
    /// Bytes by which the process grew, states and events included.
    pub grown_bytes: u64,
}

/// Measures a run from before anything was built for it.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    resident_before: u64,
}

impl Measure {
    /// To be called before anything is built.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            resident_before: resident_bytes(),
        }
    }

    /// To be called when all slices have run and all that was built still lives.
    #[must_use]
    pub fn end(self, slices: Slices, states: u64) -> Run {
        Run {
            slices,
            states,
            grown_bytes: resident_bytes().saturating_sub(self.resident_before),
        }
    }
}

/// When the first event of actor `index` is due, after the start.
#[must_use]
pub fn first_delay(index: u32) -> SimDuration {
    delay(&mut RandomStream::new(SEED, u64::MAX - u64::from(index)), 0.0)
}

/// Of mean [`DELAY_MEAN_S`], and no shorter than `least_s`, nor than an instant.
fn delay(random: &mut RandomStream, least_s: f64) -> SimDuration {
    let seconds = least_s + random.exponential(DELAY_MEAN_S - least_s);
    SimDuration::from_seconds_f64(seconds).max(SimDuration::from_micros(1))
}

/// Words of a state that are only there to be as large as a drone's.
const BALLAST: usize = 13;

/// One actor's state: 128 bytes, the same for every peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    random: RandomStream,
    handled: u64,
    ballast: [u64; BALLAST],
}

impl State {
    /// The state of actor `index`.
    #[must_use]
    pub fn new(index: u32) -> Self {
        Self {
            random: RandomStream::new(SEED, u64::from(index)),
            handled: 0,
            ballast: [u64::from(index); BALLAST],
        }
    }

    /// Handles an event: whom the next one is for, of `actors`, and how much later it is due.
    #[inline]
    pub fn next(&mut self, actors: u32) -> (u32, SimDuration) {
        self.next_after(actors, 0.0)
    }

    /// As [`State::next`], for a world in which no event is due sooner than `least_s` after the one that schedules it.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "indices below a small count")]
    pub fn next_after(&mut self, actors: u32, least_s: f64) -> (u32, SimDuration) {
        self.handled += 1;
        self.ballast[self.handled as usize % BALLAST] ^= self.handled;
        let delay = delay(&mut self.random, least_s);
        (self.random.index(actors as usize) as u32, delay)
    }

    /// What the state says of its history. The sum over all actors does not depend on the order of events at one instant,
    /// so that peers that break ties otherwise must agree.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let ballast = self
            .ballast
            .iter()
            .fold(0, |sum: u64, word| sum.rotate_left(7) ^ word);
        (ballast ^ self.handled).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.random.clone().bits()
    }
}
