//! The services' REST interfaces, one module a service, and the dashboard's files.

mod account;
mod address;
mod calendar;
mod carrier;
mod change;
mod context;
mod dashboard;
mod delivery;
mod drone;
mod gateway;
mod geojson;
mod health;
pub mod http;
mod inbox;
mod ingestion;
mod location;
mod names;
pub mod notification;
mod openapi;
mod operations;
mod package;
mod people;
pub mod ports;
mod quote;
mod reasons;
pub mod services;
mod sky;
mod store;
mod thread;
pub mod trace;

pub use crate::http::server::{HttpOptions, serve};
pub use crate::services::{
    AddressRange, AdminKey, Basemap, GatewaySettings, LinkKey, Parts, Readiness, Services, Settings, Stores,
    TokenSettings, Tokens,
};
pub use crate::thread::name_thread;
