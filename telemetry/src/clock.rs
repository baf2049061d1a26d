//! The running world's clock, as those outside the engine may read it.

use skyhaul_engine::time::SimTime;

mod speed;

pub use self::speed::{FACTORS, Speed};

/// Reads virtual time while the world runs.
pub trait VirtualClock: Send + Sync {
    /// Virtual time now; never goes back.
    fn now(&self) -> SimTime;

    /// Virtual seconds a wall second: 0 while it is paused, infinite where the world runs as fast as it can.
    fn speed(&self) -> f64;

    /// How far the engine lags behind the clock, in virtual seconds.
    fn behind_s(&self) -> f64;
}
