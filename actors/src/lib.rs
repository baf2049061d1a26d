//! Skyhaul's domain as actors: what is asked ([`command`]), what happens ([`event`]), and who does it ([`tree`]).

pub mod air;
pub mod airspace;
pub mod atlas;
pub mod carrier;
pub mod census;
pub mod command;
pub mod delivery;
pub mod demand;
pub mod depot;
pub mod dispatch;
pub mod drone;
pub mod energy;
pub mod environment;
pub mod event;
pub mod flight;
pub mod ids;
pub mod ingestion;
pub mod matching;
pub mod mission;
pub mod package;
pub mod scheduler;
pub mod stage;
pub mod tree;
pub mod wind;
pub mod workflow;
pub mod world;
