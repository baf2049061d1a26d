//! The services over a real world: commands take effect, events are projected, answers are read over HTTP.

mod accounts;
mod changes;
mod city;
mod client;
mod compatibility;
mod confirmations;
mod contract;
mod dashboard;
mod deliveries;
mod etags;
mod events;
mod failures;
mod fleet;
mod gateway;
mod hand;
mod history;
mod hostile;
mod once;
mod operations;
mod packages;
mod projections;
mod quotes;
mod requests;
mod server;
mod simulation;
mod tokens;
