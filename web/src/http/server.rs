//! The HTTP server on a listener that is bound already.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer};

use crate::services::Services;

/// How long an idle connection is kept: longer than the minute for which load balancers keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a request's head may take to arrive. Slower senders are told 408 and let go.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long a connection may take to close.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// How the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// Threads that answer.
    pub workers: usize,
    /// Most connections a worker holds; further ones wait to be accepted.
    pub connections_per_worker_max: usize,
    /// How long requests may go on once the server is told to stop.
    pub shutdown_within: Duration,
}

impl Default for HttpOptions {
    /// Two workers, since the machines this is measured on have two cores, and as many connections as such a machine may hold sockets.
    fn default() -> Self {
        Self {
            workers: 2,
            connections_per_worker_max: 8_192,
            shutdown_within: Duration::from_secs(10),
        }
    }
}

/// Serves until it is told to stop; signals are the caller's business.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve(services: Services, listener: TcpListener, options: HttpOptions) -> io::Result<Server> {
    let server = HttpServer::new(move || App::new().configure(|config| services.configure(config)))
        .workers(options.workers)
        .max_connections(options.connections_per_worker_max)
        .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
        .client_request_timeout(HEAD_WITHIN)
        .client_disconnect_timeout(CLOSED_WITHIN)
        .shutdown_timeout(options.shutdown_within.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
    Ok(server)
}
