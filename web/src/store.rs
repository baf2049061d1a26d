//! How the services keep rows: keys, encoding, and projections that commit rows and their progress together.

pub(crate) mod endings;
mod gathered;
mod key;
mod projection;
mod rows;
mod table;

pub(crate) use self::key::{Key, last_number};
pub(crate) use self::projection::{Fold, Progress, StoredProjection};
pub(crate) use self::rows::Rows;
pub(crate) use self::table::Table;
