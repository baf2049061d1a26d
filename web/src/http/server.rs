//! The HTTP server on a listener that is bound already.
//!
//! It is put together from the parts of `actix-web`'s own server, which times the first head of a connection alone: here [`Timed`] connections lie in
//! between, and time each.

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::http::KeepAlive;
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error};
use rustls::ServerConfig;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use self::timed::{Limits, Timed};
use crate::services::Services;
use crate::thread::name_thread;

pub(crate) mod timed;

/// How long an idle connection is kept: longer than the minute for which load balancers keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long securing a connection may take: some round trips on a bad line.
const SECURED_WITHIN: Duration = Duration::from_secs(10);

/// Connections that are being secured at a time: each takes a processor for a millisecond or two, so that all of them are done in time. Further ones wait,
/// and are let go where they wait too long.
const SECURED_AT_ONCE_MAX: usize = 256;

/// How long a connection may take to close.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// What is spoken on secured connections.
const SPOKEN: &[u8] = b"http/1.1";

/// How the server runs.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Threads that answer.
    pub workers: usize,
    /// Most connections a worker holds; further ones wait to be accepted.
    pub connections_per_worker_max: usize,
    /// How long a head may take to arrive, from its first byte on. Slower senders are let go; those of a first head are told 408.
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
    let address = listener.local_addr()?;
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.connections_per_worker_max)
        .shutdown_timeout(options.shutdown_within.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let limits = Limits {
        head: options.head_within,
        idle: KEEP_ALIVE + options.head_within,
    };
    let tls = options.tls.map(|mut tls| {
        tls.alpn_protocols = vec![SPOKEN.to_vec()];
        TlsAcceptor::from(Arc::new(tls))
    });
    let secured_at_once = Arc::new(Semaphore::new(SECURED_AT_ONCE_MAX));
    let connections = move || {
        // Each worker makes its own, on its thread.
        name_thread("http");
        let (services, stopping) = (services.clone(), stopping.clone());
        let (tls, turns) = (tls.clone(), Arc::clone(&secured_at_once));
        let app = App::new().configure(|config| services.configure(config));
        let app = app.into_factory().map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
            .client_request_timeout(options.head_within)
            .client_disconnect_timeout(CLOSED_WITHIN)
            .local_addr(address)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|connection: &Timed, data| {
                data.insert(Rc::clone(connection.line()));
            })
            .finish(map_config(app, |()| AppConfig::default()));
        let accept = fn_service(move |socket: TcpStream| {
            let tls = tls.clone().map(|tls| (tls, Arc::clone(&turns)));
            accept(socket, tls, limits)
        });
        accept
            .map_err(actix_http::error::DispatchError::Io)
            .and_then(http)
    };
    Ok(builder.listen("http", listener, connections)?.run())
}

/// Takes a connection, and secures it where that is asked for, when it is its turn.
async fn accept(
    socket: TcpStream,
    tls: Option<(TlsAcceptor, Arc<Semaphore>)>,
    limits: Limits,
) -> io::Result<(Timed, Protocol, Option<std::net::SocketAddr>)> {
    let peer = socket.peer_addr().ok();
    let is_secured = tls.is_some();
    let connection: Box<dyn timed::Socket> = match tls {
        None => Box::new(socket),
        Some((tls, turns)) => {
            let secured = async {
                let _turn = turns.acquire().await.map_err(io::Error::other)?;
                tls.accept(socket).await
            };
            Box::new(timeout(SECURED_WITHIN, secured).await??)
        }
    };
    Ok((Timed::new(connection, is_secured, limits), Protocol::Http1, peer))
}
