//! The running world's clock: virtual time from a monotonic clock, which no jump of the wall clock moves, and which operators hold, step and
//! set to another speed.
//!
//! ```text
//!            hold                        confirm(Pause)
//! Running ─────────► held for a moment ────────────────► paused ── step ──► paused, further on
//!    ▲                      │ let_go, confirm(SetSpeed)     │
//!    └──────────────────────┴───────────────────────────────┘ confirm(Resume)
//! ```
//!
//! What is shown ([`VirtualClock::now`]) never goes back, whatever is done to the clock. Where the engine cannot follow, the clock goes on for
//! [`BEHIND_MAX`] and then waits for it: virtual time is late then, but none of it is skipped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use skyhaul_engine::clock::{Clock as _, Paced};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_telemetry::clock::VirtualClock;

pub use skyhaul_telemetry::clock::Speed;

use crate::pacing::PacingAction;

/// How far a world that runs as fast as it can is let run at once.
const UNPACED_STEP: SimDuration = SimDuration::from_mins(5);

/// At the wall clock's own speed, the engine may be this far behind before the clock waits for it: what was missed, such as while a disk was
/// full or the service was away, is made up for.
pub const CATCH_UP_MAX: SimDuration = SimDuration::from_mins(24 * 60);

/// At other speeds the clock waits for an engine that is this many wall seconds behind: such a world goes as fast as the machine can, instead
/// of promising a time that it never reaches.
const BEHIND_MAX_S: f64 = 5.0;

/// A clock that only ever goes on, in microseconds since whenever.
pub trait MonotonicSource: Send + Sync {
    /// The reading now.
    fn micros(&self) -> u64;
}

/// The machine's own.
#[derive(Debug)]
struct MachineClock(Instant);

impl MonotonicSource for MachineClock {
    fn micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Virtual time while the service runs.
pub struct LiveClock {
    source: Box<dyn MonotonicSource>,
    pace: Mutex<Pace>,
    /// How far the engine has run, in virtual microseconds.
    engine: AtomicU64,
}

/// How virtual time goes on.
#[derive(Clone, Copy, Debug)]
struct Pace {
    speed: Speed,
    is_paused: bool,
    motion: Motion,
}

#[derive(Clone, Copy, Debug)]
enum Motion {
    /// On from `from`, which it showed at the source's reading `since`.
    Running { from: SimTime, since: u64 },
    /// Shows `floor`, and what the engine reaches up to `until`.
    Held { floor: SimTime, until: SimTime },
}

impl Pace {
    /// What the clock shows.
    fn now(&self, reading: u64, engine: SimTime) -> SimTime {
        match (self.motion, self.speed) {
            (Motion::Held { floor, until }, _) => engine.clamp(floor, until.max(floor)),
            (Motion::Running { from, .. }, Speed::Max) => from.max(engine),
            (Motion::Running { from, since }, Speed::Times(factor)) => {
                let paced = Paced {
                    wall_origin_micros: since,
                    virtual_origin: from,
                    factor,
                };
                let farthest = engine + behind_max(self.speed);
                paced.virtual_time(reading).min(farthest).max(from)
            }
        }
    }

    /// Up to where the engine is to run.
    fn target(&self, reading: u64, engine: SimTime) -> SimTime {
        match (self.motion, self.speed) {
            (Motion::Held { floor, until }, _) => until.max(floor),
            (Motion::Running { .. }, Speed::Max) => self.now(reading, engine) + UNPACED_STEP,
            (Motion::Running { .. }, Speed::Times(_)) => self.now(reading, engine),
        }
    }

    /// Goes on from where it is held.
    fn run(&mut self, reading: u64, engine: SimTime) {
        if let Motion::Held { floor, until } = self.motion {
            let from = match self.speed {
                Speed::Times(_) => until.max(floor),
                Speed::Max => self.now(reading, engine),
            };
            self.motion = Motion::Running { from, since: reading };
        }
    }
}

/// How far the engine may be behind before a clock of this speed waits for it.
fn behind_max(speed: Speed) -> SimDuration {
    if speed == Speed::REAL {
        CATCH_UP_MAX
    } else {
        SimDuration::from_seconds_f64(BEHIND_MAX_S * speed.factor().max(1.0))
    }
}

impl LiveClock {
    /// A clock that shows `origin` now. The engine stands at `engine`.
    #[must_use]
    pub fn new(origin: SimTime, engine: SimTime, speed: Speed) -> Self {
        Self::on(Box::new(MachineClock(Instant::now())), origin, engine, speed)
    }

    /// The same on another source of time.
    #[must_use]
    pub fn on(source: Box<dyn MonotonicSource>, origin: SimTime, engine: SimTime, speed: Speed) -> Self {
        let motion = Motion::Running {
            from: origin,
            since: source.micros(),
        };
        Self {
            source,
            pace: Mutex::new(Pace {
                speed,
                is_paused: false,
                motion,
            }),
            engine: AtomicU64::new(engine.micros()),
        }
    }

    /// The clock of a world that was paused where the engine is to stand.
    #[must_use]
    pub fn paused(self, at: SimTime) -> Self {
        {
            let mut pace = self.pace.lock();
            pace.is_paused = true;
            pace.motion = Motion::Held { floor: at, until: at };
        }
        self
    }

    fn read<T>(&self, read: impl FnOnce(&Pace, u64, SimTime) -> T) -> T {
        let pace = self.pace.lock();
        read(&pace, self.source.micros(), self.engine())
    }

    /// Where virtual time should be: up to here the engine is to run.
    #[must_use]
    pub fn target(&self) -> SimTime {
        self.read(Pace::target)
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

    /// Whether the world runs as fast as it can, now.
    #[must_use]
    pub fn is_unpaced(&self) -> bool {
        self.read(|pace, _, _| pace.speed == Speed::Max && matches!(pace.motion, Motion::Running { .. }))
    }

    /// Whether an operator paused it.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.pace.lock().is_paused
    }

    /// The speed at which it runs, or will when it is resumed.
    #[must_use]
    pub fn speed_set(&self) -> Speed {
        self.pace.lock().speed
    }

    /// How much virtual time passes in a second of wall time, for how far to seal ahead; nothing while it is held.
    #[must_use]
    pub fn per_second(&self) -> SimDuration {
        self.read(|pace, _, _| match (pace.motion, pace.speed) {
            (Motion::Held { .. }, _) => SimDuration::ZERO,
            (Motion::Running { .. }, Speed::Times(factor)) => SimDuration::from_seconds_f64(factor),
            (Motion::Running { .. }, Speed::Max) => UNPACED_STEP + UNPACED_STEP,
        })
    }

    /// Stands still until [`Self::confirm`] or [`Self::let_go`], while what an operator does is made durable; up to where the engine is to run
    /// meanwhile, which is `horizon` or later.
    pub fn hold(&self, horizon: SimTime) -> SimTime {
        let mut pace = self.pace.lock();
        let now = pace.now(self.source.micros(), self.engine());
        let until = match pace.motion {
            Motion::Running { .. } => now.max(horizon),
            Motion::Held { until, .. } => until.max(horizon),
        };
        pace.motion = Motion::Held { floor: now, until };
        until
    }

    /// Does what an operator did, at the moment at which the clock is held.
    pub fn confirm(&self, action: PacingAction) {
        let mut pace = self.pace.lock();
        match action {
            PacingAction::Pause => pace.is_paused = true,
            PacingAction::Resume => pace.is_paused = false,
            PacingAction::SetSpeed(speed) => pace.speed = speed,
            PacingAction::Step { until: farther } => {
                if let Motion::Held { until, .. } = &mut pace.motion {
                    *until = farther.max(*until);
                }
            }
        }
        if !pace.is_paused {
            pace.run(self.source.micros(), self.engine());
        }
    }

    /// Goes on as before [`Self::hold`].
    pub fn let_go(&self) {
        let mut pace = self.pace.lock();
        if !pace.is_paused {
            pace.run(self.source.micros(), self.engine());
        }
    }

    /// A command takes effect at `stamp`; a clock that is held goes on to there.
    pub fn reach(&self, stamp: SimTime) {
        if let Motion::Held { until, .. } = &mut self.pace.lock().motion {
            *until = stamp.max(*until);
        }
    }

    /// Whether the clock waits for an engine that is too far behind. Time that passed meanwhile is given up, so that the clock goes on from where
    /// it waited.
    pub fn waits_for_engine(&self) -> bool {
        let mut pace = self.pace.lock();
        let (reading, engine) = (self.source.micros(), self.engine());
        let now = pace.now(reading, engine);
        let waits = matches!(pace.motion, Motion::Running { .. })
            && pace.speed != Speed::Max
            && now.since(engine) >= behind_max(pace.speed);
        if waits {
            pace.motion = Motion::Running {
                from: now,
                since: reading,
            };
        }
        waits
    }
}

impl VirtualClock for LiveClock {
    /// What is shown is never ahead of what has happened by more than the engine's usual step, unless the engine is behind.
    fn now(&self) -> SimTime {
        self.read(Pace::now)
    }

    fn speed(&self) -> f64 {
        let pace = self.pace.lock();
        if pace.is_paused { 0.0 } else { pace.speed.factor() }
    }

    fn behind_s(&self) -> f64 {
        self.read(|pace, reading, engine| pace.now(reading, engine).since(engine))
            .as_seconds_f64()
    }
}

#[cfg(test)]
mod tests;
