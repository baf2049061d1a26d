//! What is seen of the fleet while it flies: tracks, positions, ETA, and the WebSocket server that streams them.

mod binary;
mod cell;
pub mod clock;
pub mod door;
pub mod external;
pub mod following;
pub mod frame;
pub mod mavlink;
#[cfg(test)]
mod sample;
pub mod server;
mod tiles;
pub mod tracks;
pub mod view;

/// The socket described by AsyncAPI 3: what clients say, and what they are told in JSON. A test holds it against the golden frames.
pub const ASYNCAPI: &str = include_str!("../asyncapi.json");
