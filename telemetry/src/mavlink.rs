//! MAVLink: the fleet as MAVLink 2 over UDP, so that ground stations such as QGroundControl show it beside real aircraft; and, on another socket, real
//! aircraft that are shown beside the fleet. What ground stations answer is not read.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use skyhaul_actors::environment::Epoch;
use tokio::net::UdpSocket;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock::VirtualClock;
use crate::tracks::Tracks;

mod listening;
mod message;

pub use self::listening::Listener;

use self::message::{Moment, Voice};

/// How often each drone is told of: as often as ground stations expect of a heartbeat.
const EVERY: Duration = Duration::from_secs(1);

/// Drones that are told of, those with the lowest numbers: a system id is one byte, and those above are left to ground stations.
pub const SYSTEMS_MAX: u32 = 250;

/// The fleet, told by MAVLink.
pub struct Broadcast {
    targets: Vec<SocketAddr>,
    tracks: Arc<RwLock<Tracks>>,
    clock: Arc<dyn VirtualClock>,
    epoch: Epoch,
    /// By drone: what its next message is numbered.
    voices: Vec<Voice>,
}

impl Broadcast {
    /// To these addresses; IPv4, where ground stations listen.
    #[must_use]
    pub fn new(
        targets: Vec<SocketAddr>,
        tracks: Arc<RwLock<Tracks>>,
        clock: Arc<dyn VirtualClock>,
        epoch: Epoch,
    ) -> Self {
        Self {
            targets,
            tracks,
            clock,
            epoch,
            voices: (0..SYSTEMS_MAX).map(Voice::of).collect(),
        }
    }

    /// Sends until it is dropped. A ground station that is not there misses what it is sent, and nothing else happens.
    ///
    /// # Errors
    /// Where there is no socket to send from.
    pub async fn run(mut self) -> io::Result<()> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for datagram in self.datagrams() {
                for target in &self.targets {
                    // What the network does not take now is out of date in a second.
                    drop(socket.send_to(&datagram, target).await);
                }
            }
        }
    }

    /// What is to be sent now, a datagram for each drone but those whose link is lost.
    #[must_use]
    pub fn datagrams(&mut self) -> Vec<Vec<u8>> {
        let now = self.clock.now();
        let moment = Moment {
            boot_ms: now.micros() / 1_000,
            unix_micros: self.epoch.unix_micros_at(now),
        };
        let tracks = self.tracks.read();
        let drones = tracks.drones(now).take_while(|view| view.drone.0 < SYSTEMS_MAX);
        let heard_of = drones.filter(|view| !view.is_stale);
        let voices = &mut self.voices;
        heard_of
            .filter_map(|view| {
                let voice = voices.get_mut(usize::try_from(view.drone.0).ok()?)?;
                Some(voice.tell(&view, moment))
            })
            .collect()
    }
}
