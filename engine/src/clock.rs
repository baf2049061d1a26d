//! Pacing: how far virtual time may run, given a reading of the wall clock.

use crate::time::{SimDuration, SimTime};

/// Says how far virtual time may run. Readings of the wall clock are passed in: microseconds of a monotonic clock.
pub trait Clock: Send {
    /// The virtual time that belongs to a reading; never falls while readings do not.
    fn virtual_time(&self, wall_micros: u64) -> SimTime;
}

/// As fast as the machine can.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unpaced;

impl Clock for Unpaced {
    fn virtual_time(&self, _wall_micros: u64) -> SimTime {
        SimTime::MAX
    }
}

/// The wall clock times a factor, from an origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paced {
    /// The reading at the origin.
    pub wall_origin_micros: u64,
    /// Virtual time at the origin.
    pub virtual_origin: SimTime,
    /// Virtual seconds a wall second; positive.
    pub factor: f64,
}

impl Clock for Paced {
    fn virtual_time(&self, wall_micros: u64) -> SimTime {
        let elapsed = wall_micros.saturating_sub(self.wall_origin_micros) as f64;
        self.virtual_origin + SimDuration::from_seconds_f64(elapsed * self.factor / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces_by_its_factor_from_its_origin() {
        let clock = Paced {
            wall_origin_micros: 1_000_000,
            virtual_origin: SimTime::from_micros(5_000_000),
            factor: 60.0,
        };
        assert_eq!(clock.virtual_time(1_500_000), SimTime::from_micros(35_000_000));
        assert_eq!(
            clock.virtual_time(0),
            SimTime::from_micros(5_000_000),
            "never before its origin"
        );
    }
}
