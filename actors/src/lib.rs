//! Skyhaul's domain as actors: what is asked ([`command`]), what happens ([`event`]), and who does it.

pub mod command;
pub mod environment;
pub mod event;
pub mod ids;
pub mod stage;
