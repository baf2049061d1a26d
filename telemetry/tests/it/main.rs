//! Tracks folded from real worlds, and a real server with real sockets.

mod asyncapi;
mod binary;
mod city;
mod conversation;
mod crowd;
mod delivery;
mod door;
mod external;
mod fleet;
mod following;
mod limits;
mod links;
mod live;
mod mavlink;
mod slow;
mod steady;
mod tracks;
