//! The scenarios crate from outside.

mod logs;
mod town;
