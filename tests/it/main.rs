//! The program from outside: what a person, a client and an operator do with it, and what may happen to it.

mod browser;
mod calls;
mod contract;
mod crash;
mod faults;
mod full;
mod fuzz;
mod gateway;
mod load;
mod misuse;
mod notifications;
#[cfg(feature = "otlp")]
mod otlp;
mod pacing;
mod parked;
mod people;
mod replay;
mod restart;
mod run;
mod service;
mod streams;
mod terminal;
mod tidy;
mod tls;
mod traces;
