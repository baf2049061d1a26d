//! The skyhaul program's parts: journal, stores, the supervised runtime, the command line.

pub mod journal;
