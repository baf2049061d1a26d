//! Dispatch: how requests get drones, as decisions without an actor, so that the scheduler and an experiment decide by the same code.
//!
//! ```text
//! Load ──Policy──► Pace: at once, or in batches
//! batch: Asks and Seats ──cost──► matching ──► Verdict: a drone now, one that is about to be free, waiting, or a carrier
//! ```

pub use self::pacing::Pacing;
pub use self::policy::{Adaptive, Batch, Batches, Load, Nearest, Pace, Policy, Pressure};
pub use self::round::{Ask, PriceBook, Seat, Verdict, decide};

pub mod cost;
mod pacing;
mod policy;
mod round;
