//! The kernel, tried with small systems of actors.

mod order;
mod parlour;
mod repeats;
mod supervision;
