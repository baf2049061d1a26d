//! Scenarios: a city as a file, checked line by line ([`scenario`]), with what it needs to be built anywhere ([`bundle`]); and its run
//! ([`runner`]): the event log, the summary, and the checkers that read the log as anyone could.

pub mod bundle;
mod catalogue;
pub mod check;
pub mod duration;
pub mod error;
mod file;
pub mod garble;
pub mod gazetteer;
pub mod log;
mod places;
pub mod recorder;
pub mod runner;
pub mod scenario;
mod stats;
pub mod summary;
pub mod swarm;
mod table;
mod weather;
pub mod zones;
