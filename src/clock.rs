//! The running world's clock: virtual time from a monotonic clock, which no jump of the wall clock moves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use skyhaul_engine::clock::{Clock as _, Paced};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::clock::VirtualClock;

/// How far a world that runs as fast as it can is let run at once.
const UNPACED_STEP: SimDuration = SimDuration::from_mins(5);

/// How fast virtual time runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many virtual seconds a wall second.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::Max);
        }
        match text.parse::<f64>() {
            Ok(factor) if (0.1..=1_000.0).contains(&factor) => Ok(Self::Times(factor)),
            _ => Err(format!(
                "`{text}` is no speed: a number from 0.1 to 1000, or `max`"
            )),
        }
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Times(factor) => write!(f, "{factor}"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// Virtual time while the service runs.
#[derive(Debug)]
pub struct LiveClock {
    started: Instant,
    paced: Option<Paced>,
    /// How far the engine has run, in virtual microseconds.
    engine: AtomicU64,
}

impl LiveClock {
    /// A clock that shows `origin` now. The engine stands at `engine`.
    #[must_use]
    pub fn new(origin: SimTime, engine: SimTime, speed: Speed) -> Self {
        let paced = match speed {
            Speed::Times(factor) => Some(Paced {
                wall_origin_micros: 0,
                virtual_origin: origin,
                factor,
            }),
            Speed::Max => None,
        };
        Self {
            started: Instant::now(),
            paced,
            engine: AtomicU64::new(engine.micros()),
        }
    }

    /// Where virtual time should be.
    #[must_use]
    pub fn target(&self) -> SimTime {
        match self.paced {
            Some(paced) => {
                let elapsed = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
                paced.virtual_time(elapsed)
            }
            None => self.engine() + UNPACED_STEP,
        }
    }

    /// How far the engine has run.
    #[must_use]
    pub fn engine(&self) -> SimTime {
        SimTime::from_micros(self.engine.load(Ordering::Acquire))
    }

    /// The engine has run up to `horizon`.
    pub fn engine_reached(&self, horizon: SimTime) {
        self.engine.fetch_max(horizon.micros(), Ordering::AcqRel);
    }

    /// Whether the world runs as fast as it can.
    #[must_use]
    pub const fn is_unpaced(&self) -> bool {
        self.paced.is_none()
    }

    /// How much virtual time passes in a second of wall time, for how far to seal ahead.
    #[must_use]
    pub fn per_second(&self) -> SimDuration {
        match self.paced {
            Some(paced) => SimDuration::from_seconds_f64(paced.factor),
            None => UNPACED_STEP + UNPACED_STEP,
        }
    }
}

impl VirtualClock for LiveClock {
    /// What is shown is never ahead of what has happened by more than the engine's usual step.
    fn now(&self) -> SimTime {
        match self.paced {
            Some(_) => self.target(),
            None => self.engine(),
        }
    }

    fn speed(&self) -> f64 {
        self.paced.map_or(f64::INFINITY, |paced| paced.factor)
    }

    fn behind_s(&self) -> f64 {
        match self.paced {
            Some(_) => self.target().since(self.engine()).as_seconds_f64(),
            None => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_speeds_and_says_what_is_wrong_with_others() {
        assert_eq!("60".parse(), Ok(Speed::Times(60.0)));
        assert_eq!("MAX".parse(), Ok(Speed::Max));
        for wrong in ["0", "-1", "1001", "fast", "NaN"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unpaced_clock_shows_what_has_happened_and_aims_a_step_further() {
        let at = SimTime::from_micros(5_000_000);
        let clock = LiveClock::new(at, at, Speed::Max);
        assert_eq!((clock.now(), clock.target()), (at, at + UNPACED_STEP));
        clock.engine_reached(at + UNPACED_STEP);
        assert_eq!(clock.now(), at + UNPACED_STEP);
        assert!(clock.behind_s() == 0.0);
    }

    #[test]
    fn a_paced_clock_never_goes_back_and_says_how_far_the_engine_is_behind() {
        let origin = SimTime::from_micros(3_600_000_000);
        let clock = LiveClock::new(origin, SimTime::ZERO, Speed::Times(1_000.0));
        let first = clock.now();
        assert!(first >= origin && clock.now() >= first);
        assert!(clock.behind_s() >= 3_600.0);
    }
}
