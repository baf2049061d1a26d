//! The HTTP server on a listener that is bound already.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer};
use rustls::ServerConfig;

use crate::services::Services;
use crate::thread::name_thread;

/// How long an idle connection is kept: longer than the minute for which load balancers keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long securing a connection may take: some round trips on a bad line.
const SECURED_WITHIN: Duration = Duration::from_secs(10);

/// How long a connection may take to close.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// How the server runs.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Threads that answer.
    pub workers: usize,
    /// Most connections a worker holds; further ones wait to be accepted.
    pub connections_per_worker_max: usize,
    /// How long a connection's first head may take to arrive. Slower senders are told 408 and let go.
    pub head_within: Duration,
    /// How long requests may go on once the server is told to stop.
    pub shutdown_within: Duration,
    /// How TLS is spoken; `None`: it is not.
    pub tls: Option<ServerConfig>,
}

impl Default for HttpOptions {
    /// Two workers, since the machines this is measured on have two cores, and as many connections as such a machine may hold sockets.
    fn default() -> Self {
        Self {
            workers: 2,
            connections_per_worker_max: 8_192,
            head_within: Duration::from_secs(10),
            shutdown_within: Duration::from_secs(10),
            tls: None,
        }
    }
}

/// Serves until it is told to stop; signals are the caller's business.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve(services: Services, listener: TcpListener, options: HttpOptions) -> io::Result<Server> {
    let app = move || {
        // Each worker makes its own, on its thread.
        name_thread("http");
        App::new().configure(|config| services.configure(config))
    };
    let server = HttpServer::new(app)
        .workers(options.workers)
        .max_connections(options.connections_per_worker_max)
        .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
        .client_request_timeout(options.head_within)
        .client_disconnect_timeout(CLOSED_WITHIN)
        .shutdown_timeout(options.shutdown_within.as_secs())
        .tls_handshake_timeout(SECURED_WITHIN)
        .disable_signals();
    let server = match options.tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
