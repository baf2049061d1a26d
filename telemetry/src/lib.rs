//! What is seen of the fleet while it flies: tracks, positions, ETA, and the WebSocket server that streams them.

pub mod clock;
pub mod tracks;
pub mod view;
