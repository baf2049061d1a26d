//! The services' REST interfaces.

pub mod ports;
