//! What all services share at the edge: problems, bodies, fields, queries, endpoints, the server.

pub(crate) mod body;
pub(crate) mod endpoint;
pub(crate) mod etag;
pub(crate) mod fields;
pub(crate) mod observe;
pub mod problem;
pub(crate) mod query;
pub(crate) mod schema;
pub mod server;
