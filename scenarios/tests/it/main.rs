//! The scenarios crate from outside.

mod broken_files;
mod chaos;
mod dallas;
mod doctored;
mod files;
mod garbled;
mod gazetteer;
mod golden;
mod library;
mod logs;
mod mistakes;
mod published;
mod rebalancing;
mod runs;
mod swarm;
mod town;
mod unharmed;
mod weather_days;
