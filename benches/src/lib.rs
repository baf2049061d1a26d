//! What the benchmarks share: how a run is cut into slices, and how its figures are told.

pub mod chart;
pub mod city;
pub mod dispatch;
#[cfg(feature = "service")]
pub mod durable;
pub mod fanout;
pub mod matching;
pub mod memory;
pub mod phold;
pub mod planning;
pub mod queues;
pub mod slices;
