//! Whole worlds, run from commands to events.

mod batches;
mod branches;
mod carriers;
mod census;
mod city;
mod confirmations;
mod diversions;
mod energy;
mod enquiries;
mod faults;
mod flights;
mod groundings;
mod handing;
mod invariants;
mod links;
mod mishaps;
mod missions;
mod queues;
mod rebalancing;
mod regions;
mod releases;
mod repeats;
mod requests;
mod sagas;
mod weather;
mod zonings;
