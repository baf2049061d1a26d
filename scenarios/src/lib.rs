//! Scenarios: a city as a file, checked line by line ([`scenario`]), with what it needs to be built anywhere ([`bundle`]).

pub mod bundle;
mod catalogue;
pub mod error;
mod file;
pub mod gazetteer;
mod places;
pub mod scenario;
mod table;
mod zones;
