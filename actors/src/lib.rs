//! Skyhaul's domain as actors: what is asked ([`command`]), what happens ([`event`]), and who does it.

pub mod airspace;
pub mod command;
pub mod energy;
pub mod environment;
pub mod event;
pub mod flight;
pub mod ids;
pub mod mission;
pub mod stage;
pub mod wind;
