#![doc = include_str!("../README.md")]

pub mod clock;
pub mod geo;
pub mod kernel;
pub mod ports;
pub mod rng;
mod rounding;
pub mod time;
pub mod units;
