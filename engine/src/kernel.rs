//! The virtual-time actor kernel: typed slabs, one total order, contained failures, exact snapshots.
//!
//! A simulation names its actors once, with [`system!`](crate::system); the macro makes the closed enum of messages and
//! the slabs, and the kernel dispatches statically.
//!
//! # Order
//! Messages are handled in the order of (time, causal depth at that time, source, source's sequence). A message sent
//! without delay is one deeper than the one whose handling sent it; a message that was due later, or came from outside,
//! has depth 0. The order does not depend on how a run is cut into windows.
//!
//! # Failure
//! A handler that panics or answers `Err` leaves no trace: what it sent, emitted or spawned is dropped, the actor goes
//! back to its last recorded state and gets the message again, as often as its [`RestartPolicy`] allows; then the message
//! is parked and the actor stopped, or, where its policy says so, only the message skipped, after [`Actor::on_given_up`] told
//! those who depend on it.

mod actor;
mod address;
#[doc(hidden)]
pub mod bench;
mod context;
mod core;
mod diagnosis;
mod engine;
mod entry;
mod letters;
mod limits;
mod memory;
mod parcel;
mod queue;
mod region;
mod slab;
mod snapshot;
mod supervision;
mod sync;
mod system;
mod watch;
mod wheel;
mod windows;

pub use actor::{Actor, ActorError, AtLimit, Member, Recording, RestartPolicy, System, SystemEvent};
pub use address::{Addr, REGIONS_MAX, RawAddr, RegionId};
pub use context::Ctx;
pub use core::{Core, Parked};
pub use diagnosis::{Counters, DeadLetter, Halt, HandlerTime, Recorded, Stopwatch};
pub use engine::{Engine, Regions};
pub use memory::Lie;
pub use slab::Slab;
pub use snapshot::SnapshotError;
pub use supervision::{Failed, Failure, FaultPlan, SupervisionNotice, Work, contain, deliver, tell};
pub use watch::{EndReason, Ended};
