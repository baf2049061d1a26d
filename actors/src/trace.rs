//! Traces: by what callers find again, in records of their own, what they asked for. Carried along, and never looked at.

use serde::{Deserialize, Serialize};

use crate::ids::DeliveryId;

/// A place in a trace, as W3C Trace Context has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// The trace; never 0.
    pub trace: u128,
    /// The span on which hangs what follows; never 0.
    pub span: u64,
    /// Its flags; the lowest says that it is recorded.
    pub flags: u8,
}

/// To which trace a command belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandTrace {
    /// The trace.
    pub context: TraceContext,
    /// The delivery that the command begins, which belongs to it as well.
    pub delivery: Option<DeliveryId>,
}
