//! Scenarios: a city as a file, checked line by line ([`scenario`]), with what it needs to be built anywhere ([`bundle`]).

pub mod bundle;
pub mod error;
mod file;
pub mod gazetteer;
pub mod scenario;
