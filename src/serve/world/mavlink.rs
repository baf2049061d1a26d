//! MAVLink: ground stations that are told of the fleet, and aircraft that fly elsewhere and are shown beside it.

use std::net::UdpSocket;
use std::sync::Arc;

use skyhaul_telemetry::clock::VirtualClock;
use skyhaul_telemetry::mavlink::{Broadcast, Listener};

use super::Prepared;
use crate::config::Settings;
use crate::exit::Failure;

impl Prepared {
    /// What tells ground stations of the fleet, for as long as it is polled.
    pub(in crate::serve) fn broadcast(&self, settings: &Settings) -> impl Future<Output = ()> + use<> {
        let targets = settings.mavlink_targets.clone();
        let is_wanted = !targets.is_empty();
        let clock = Arc::clone(&self.shared.clock) as Arc<dyn VirtualClock>;
        let broadcast = Broadcast::new(targets, Arc::clone(&self.tracks), clock, self.environment.epoch);
        async move {
            if is_wanted && let Err(error) = broadcast.run().await {
                tracing::error!(%error, "ground stations are not told of the fleet");
            }
        }
    }

    /// What hears aircraft that fly elsewhere, for as long as it is polled. Its socket is bound already.
    ///
    /// # Errors
    /// Where the socket cannot be used.
    pub(in crate::serve) fn listen(
        &self,
        settings: &Settings,
        socket: Option<UdpSocket>,
    ) -> Result<impl Future<Output = ()> + use<>, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::try_again(format!("mavlink.listen: {error}"));
        let sources = settings.mavlink_sources.clone();
        let takes = move |address| sources.iter().any(|range| range.contains(address));
        let listening = match socket {
            Some(socket) => {
                socket.set_nonblocking(true).map_err(|error| failed(&error))?;
                let socket = tokio::net::UdpSocket::from_std(socket).map_err(|error| failed(&error))?;
                let listener = Listener::new(Arc::clone(&self.externals), takes, &self.registry);
                Some((listener.map_err(|error| failed(&error))?, socket))
            }
            None => None,
        };
        Ok(async move {
            if let Some((listener, socket)) = listening
                && let Err(error) = listener.run(socket).await
            {
                tracing::error!(%error, "aircraft that fly elsewhere are heard no more");
            }
        })
    }
}
