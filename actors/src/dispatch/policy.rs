//! Policies: whether a request gets a drone at once, or with others in a batch.

use serde::{Deserialize, Serialize};
use skyhaul_engine::time::SimDuration;

/// Percent of the fleet that stands ready, below which an adaptive policy begins to batch. At a quarter the nearest ready drone is twice as
/// far as where all are ready, and every detour keeps drones from those who come next.
const PRESSED_BELOW_PERCENT: u64 = 25;

/// Percent of the fleet that stands ready, from which on it gives at once again: well above the other, so that it does not go to and fro.
const RELAXED_FROM_PERCENT: u64 = 35;

/// The longest interval is so many times the shortest.
const INTERVALS_MAX: u64 = 3;

/// At so many percent of the fleet's number waiting, the interval is the longest: what waits so long loses little by waiting longer.
const LONGEST_AT_PERCENT: u64 = 200;

/// Edges of a batch, about: more requests get fewer edges each, so that a batch stays short work.
const EDGES: usize = 8_192;

/// Edges of a request: with fewer than 8 near drones the matching has little to choose from, past 32 it gains nothing.
const NEIGHBOURS_MIN: usize = 8;
const NEIGHBOURS_MAX: usize = 32;

/// Drones that are about to be free are taken into account so early. Two minutes let a request wait for a drone that lands beside it instead
/// of calling one across the city.
const LOOKAHEAD: SimDuration = SimDuration::from_mins(2);

/// How busy a fleet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Drones that may be given a request now.
    pub idle: usize,
    /// All drones that may be, or will again: neither gone nor kept on the ground.
    pub fleet: usize,
    /// Requests that wait for one of them.
    pub waiting: usize,
}

/// How requests are dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Each as it comes.
    AtOnce,
    /// All that wait, together.
    InBatches(Batches),
}

/// How batches are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// From one to the next.
    pub interval: SimDuration,
    /// To how many of the nearest drones a request is compared.
    pub neighbours: usize,
    /// How early a drone is taken into account that is about to be free.
    pub lookahead: SimDuration,
}

/// How requests get drones.
pub trait Policy {
    /// How requests are dealt with while things are so.
    fn pace(&mut self, load: Load) -> Pace;
}

/// The able drone that reaches the pickup first, at once.
#[derive(Clone, Copy, Debug)]
pub struct Nearest;

/// Optimal matching of all that wait, every interval.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// The interval.
    pub interval: SimDuration,
}

/// At once while drones are plenty, in batches under pressure.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive {
    /// The shortest interval.
    pub interval: SimDuration,
    /// How it judged things last.
    pub pressure: Pressure,
}

/// Whether a fleet is under pressure; it has a memory, so that it does not go to and fro.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pressure {
    /// Drones are plenty.
    #[default]
    Relaxed,
    /// They are few.
    Pressed,
}

impl Policy for Nearest {
    fn pace(&mut self, _load: Load) -> Pace {
        Pace::AtOnce
    }
}

impl Policy for Batch {
    fn pace(&mut self, load: Load) -> Pace {
        Pace::InBatches(Batches {
            interval: self.interval,
            neighbours: neighbours(load),
            lookahead: LOOKAHEAD,
        })
    }
}

impl Policy for Adaptive {
    fn pace(&mut self, load: Load) -> Pace {
        self.pressure = self.pressure.then(load);
        match self.pressure {
            Pressure::Relaxed => Pace::AtOnce,
            Pressure::Pressed => Pace::InBatches(Batches {
                interval: stretched(self.interval, load),
                neighbours: neighbours(load),
                lookahead: LOOKAHEAD,
            }),
        }
    }
}

impl Pressure {
    const fn then(self, load: Load) -> Self {
        let (idle, fleet) = (load.idle as u64 * 100, load.fleet as u64);
        match self {
            Self::Relaxed if idle < fleet * PRESSED_BELOW_PERCENT => Self::Pressed,
            Self::Pressed if idle >= fleet * RELAXED_FROM_PERCENT && load.waiting < load.idle => {
                Self::Relaxed
            }
            stays => stays,
        }
    }
}

/// The interval at this load: from the shortest, with nobody waiting, to the longest.
fn stretched(shortest: SimDuration, load: Load) -> SimDuration {
    let waiting = load.waiting as u64 * 100;
    let full = (load.fleet.max(1)) as u64 * LONGEST_AT_PERCENT;
    let more = shortest.micros() * (INTERVALS_MAX - 1) / full.max(1) * waiting.min(full);
    SimDuration::from_micros(shortest.micros() + more)
}

fn neighbours(load: Load) -> usize {
    (EDGES / load.waiting.max(1)).clamp(NEIGHBOURS_MIN, NEIGHBOURS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: SimDuration = SimDuration::from_secs(10);

    fn load(idle: usize, waiting: usize) -> Load {
        Load {
            idle,
            fleet: 100,
            waiting,
        }
    }

    #[test]
    fn an_adaptive_policy_batches_below_a_quarter_and_stops_well_above_it() {
        let mut policy = Adaptive {
            interval: INTERVAL,
            pressure: Pressure::Relaxed,
        };
        let is_at_once = |policy: &mut Adaptive, idle| policy.pace(load(idle, 0)) == Pace::AtOnce;
        assert!(is_at_once(&mut policy, 100));
        assert!(is_at_once(&mut policy, 25));
        assert!(!is_at_once(&mut policy, 24));
        assert!(!is_at_once(&mut policy, 34));
        assert!(is_at_once(&mut policy, 35));
        assert!(is_at_once(&mut policy, 25));
    }

    #[test]
    fn drones_that_stand_ready_beside_more_requests_do_not_end_the_pressure() {
        let mut policy = Adaptive {
            interval: INTERVAL,
            pressure: Pressure::Pressed,
        };
        assert_ne!(policy.pace(load(60, 60)), Pace::AtOnce);
        assert_eq!(policy.pace(load(60, 59)), Pace::AtOnce);
    }

    #[test]
    fn the_interval_grows_to_three_times_and_edges_become_fewer_as_more_wait() {
        let at = |waiting| {
            let mut policy = Adaptive {
                interval: INTERVAL,
                pressure: Pressure::Pressed,
            };
            match policy.pace(load(0, waiting)) {
                Pace::InBatches(batches) => (batches.interval.micros() / 1_000_000, batches.neighbours),
                Pace::AtOnce => panic!("no drone is ready"),
            }
        };
        assert_eq!(at(0), (10, 32));
        assert_eq!(at(100), (20, 32));
        assert_eq!(at(1_000), (30, 8));
        assert_eq!(at(100_000), (30, 8));
    }

    #[test]
    fn nearest_never_batches_and_batch_always_does() {
        for idle in [0, 50, 100] {
            assert_eq!(Nearest.pace(load(idle, 5)), Pace::AtOnce);
            assert_ne!(Batch { interval: INTERVAL }.pace(load(idle, 5)), Pace::AtOnce);
        }
    }
}
