//! The scenarios crate from outside.

mod broken_files;
mod files;
mod gazetteer;
mod library;
mod logs;
mod mistakes;
mod town;
mod unharmed;
