//! A deterministic, supervised actor kernel in virtual time, and the small things a simulation stands on.

pub mod clock;
pub mod geo;
pub mod kernel;
pub mod ports;
pub mod rng;
pub mod time;
pub mod units;
