//! In-memory forms of the ports.
