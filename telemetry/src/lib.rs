//! What is seen of the fleet while it flies: tracks, positions, ETA, and the WebSocket server that streams them.

pub mod clock;
pub mod door;
pub mod frame;
pub mod server;
mod tiles;
pub mod tracks;
pub mod view;
