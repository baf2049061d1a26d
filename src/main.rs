//! The skyhaul program.
fn main() {}
