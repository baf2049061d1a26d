//! The benchmarks at smoke size: they run, and peers agree on what they computed.

mod city;
mod dispatch;
#[cfg(feature = "service")]
mod durable;
mod matching;
mod phold;
mod planning;
mod queues;
