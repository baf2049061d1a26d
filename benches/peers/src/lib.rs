//! PHOLD on other engines, as each means it to be written, on the states and delays of [`skyhaul_benches::phold`].

pub mod on_krabmaga;
pub mod on_nexosim;
pub mod table;
