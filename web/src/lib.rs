//! The services' REST interfaces.

#![allow(
    dead_code,
    unused_imports,
    reason = "the delivery, package, drone and carrier services come next"
)]

mod calendar;
mod change;
mod context;
mod health;
pub mod http;
mod inbox;
mod ingestion;
mod location;
mod names;
pub mod ports;
pub mod services;
mod store;

pub use crate::http::server::{HttpOptions, serve};
pub use crate::services::{Parts, Readiness, Services, Settings, Stores};
