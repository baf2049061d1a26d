//! The kernel, tried with small systems of actors.

mod diagnosis;
mod order;
mod parlour;
mod regions;
mod repeats;
mod supervision;
mod village;
mod watch;
