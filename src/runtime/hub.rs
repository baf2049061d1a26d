//! Hub: the telemetry server as a part of its own, on a thread of its own. When it fails its clients reconnect to the next one.

use std::net::TcpListener;
use std::sync::Arc;

use actix::{Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use skyhaul_telemetry::server::TelemetryServer;
use tokio_util::sync::CancellationToken;

use super::supervisor::Pulse;

/// Serves telemetry.
pub struct Hub {
    server: Arc<TelemetryServer>,
    listener: Arc<TcpListener>,
    stop: CancellationToken,
    _pulse: Pulse,
}

impl Hub {
    /// A hub on a listener that does not block, which outlives it.
    pub const fn new(
        server: Arc<TelemetryServer>,
        listener: Arc<TcpListener>,
        stop: CancellationToken,
        pulse: Pulse,
    ) -> Self {
        Self {
            server,
            listener,
            stop,
            _pulse: pulse,
        }
    }
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        let listener = self
            .listener
            .try_clone()
            .and_then(tokio::net::TcpListener::from_std);
        match listener {
            Ok(listener) => {
                let (server, stop) = (Arc::clone(&self.server), self.stop.clone());
                let serving = async move { server.run(listener, stop).await };
                ctx.spawn(serving.into_actor(self).map(|(), _, ctx| ctx.stop()));
            }
            Err(error) => {
                tracing::error!(%error, "telemetry's listener cannot be used");
                ctx.stop();
            }
        }
    }
}
