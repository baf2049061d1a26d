//! Tracks folded from real worlds.

mod city;
mod tracks;
