//! The skyhaul program's parts: journal, stores, the supervised runtime, the command line.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "`terminal` says what is to be said: the macros panic where nobody reads on"
)]

pub mod build;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod data_dir;
pub mod decisions;
pub mod exit;
pub mod export;
pub mod fuzz;
pub mod journal;
pub mod keys;
pub mod load;
mod logging;
pub mod notify;
pub mod observe;
mod outbound;
pub mod pacing;
pub mod parting;
pub mod quarantine;
pub mod record;
pub mod replay;
pub mod run;
pub mod runtime;
pub mod serve;
pub mod simulation;
pub mod snapshot;
pub mod step;
pub mod store;
pub mod terminal;
pub mod tls;
