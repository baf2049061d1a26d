//! Listening: aircraft that tell by MAVLink where they are, over UDP, are shown beside the fleet.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mavlink::dialects::common::{MavMessage, MavModeFlag};
use mavlink::error::MessageReadError;
use mavlink::{MavHeader, MavlinkReader};
use prometheus::{IntCounterVec, Opts, Registry};
use skyhaul_engine::geo::Position;
use tokio::net::UdpSocket;
use tokio::time::{Duration, Instant};

use crate::external::{Externals, Movement, Report, Source};

/// The largest datagram that is read whole: a message has 280 bytes at most, and no more are put together than a packet of the network holds.
const DATAGRAM_BYTES_MAX: usize = 1_500;

/// Datagrams that are read in a second: four times what as many aircraft as may be shown send at ten a second. Further ones are dropped unread.
const DATAGRAMS_PER_SECOND_MAX: u32 = 2_560;

/// In place of a heading: it is not known.
const NO_HEADING: u16 = u16::MAX;

/// Listens to aircraft.
pub struct Listener {
    externals: Arc<Externals>,
    takes: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    datagrams: IntCounterVec,
}

/// What became of a datagram, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    /// It has no message that can be read.
    Malformed,
    /// Its sender is not listened to.
    Stranger,
    /// There are as many aircraft as may be.
    TooMany,
    /// There are more datagrams than are read.
    Flood,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Malformed => "malformed",
            Self::Stranger => "stranger",
            Self::TooMany => "too_many",
            Self::Flood => "flood",
        }
    }
}

/// How many datagrams came in this second.
struct Second {
    begun: Instant,
    count: u32,
}

impl Listener {
    /// Shows in `externals` what aircraft say whose address it `takes`.
    ///
    /// # Errors
    /// Where the registry refuses the metric.
    pub fn new(
        externals: Arc<Externals>,
        takes: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
        registry: &Registry,
    ) -> prometheus::Result<Self> {
        let help = "Datagrams that came for MAVLink, by what became of them";
        let datagrams = IntCounterVec::new(Opts::new("skyhaul_mavlink_datagrams_total", help), &["outcome"])?;
        registry.register(Box::new(datagrams.clone()))?;
        Ok(Self {
            externals,
            takes: Box::new(takes),
            datagrams,
        })
    }

    /// Listens until it is dropped.
    ///
    /// # Errors
    /// Where the socket fails.
    pub async fn run(self, socket: UdpSocket) -> io::Result<()> {
        // One byte more than is taken, so that what was cut off is seen.
        let mut datagram = [0; DATAGRAM_BYTES_MAX + 1];
        let mut second = Second {
            begun: Instant::now(),
            count: 0,
        };
        loop {
            let (length, sender) = match socket.recv_from(&mut datagram).await {
                Ok(received) => received,
                // An answer to something that was never sent from here; the next datagram may be a good one.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => continue,
                Err(error) => return Err(error),
            };
            let outcome = if second.has_room(Instant::now()) {
                self.take(&datagram[..length], sender, Instant::now())
            } else {
                Outcome::Flood
            };
            self.datagrams.with_label_values(&[outcome.name()]).inc();
        }
    }

    fn take(&self, datagram: &[u8], sender: SocketAddr, now: Instant) -> Outcome {
        let address = sender.ip().to_canonical();
        if !(self.takes)(address) {
            return Outcome::Stranger;
        }
        if datagram.len() > DATAGRAM_BYTES_MAX {
            return Outcome::Malformed;
        }
        let mut outcome = Outcome::Malformed;
        for (header, message) in messages(datagram) {
            if outcome == Outcome::Malformed {
                outcome = Outcome::Taken;
            }
            let system = u8::try_from(header.system_id).unwrap_or_default();
            if let Some(report) = report(&message).filter(|_| system > 0)
                && self
                    .externals
                    .hear(Source { address, system }, report, now)
                    .is_err()
            {
                outcome = Outcome::TooMany;
            }
        }
        outcome
    }
}

impl Second {
    fn has_room(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.begun) >= Duration::from_secs(1) {
            (self.begun, self.count) = (now, 0);
        }
        self.count += 1;
        self.count <= DATAGRAMS_PER_SECOND_MAX
    }
}

/// The messages of a datagram that can be read; those of other dialects are passed over.
fn messages(datagram: &[u8]) -> impl Iterator<Item = (MavHeader, MavMessage)> {
    let mut reader = MavlinkReader::new(datagram);
    std::iter::from_fn(move || {
        loop {
            match reader.read_any_message() {
                Ok(message) => return Some(message),
                Err(MessageReadError::Parse(_)) => {}
                Err(MessageReadError::Io(_)) => return None,
            }
        }
    })
}

/// What a message says of its aircraft; `None`: nothing that is shown.
fn report(message: &MavMessage) -> Option<Report> {
    match message {
        MavMessage::HEARTBEAT(heartbeat) => {
            let is_armed = heartbeat
                .base_mode
                .contains(MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED);
            Some(Report::Armed(is_armed))
        }
        MavMessage::BATTERY_STATUS(battery) => {
            let percent = u8::try_from(battery.battery_remaining)
                .ok()
                .filter(|percent| *percent <= 100)?;
            Some(Report::Battery(f64::from(percent) / 100.0))
        }
        MavMessage::GLOBAL_POSITION_INT(position) => {
            // What has no fix says that it is where the equator meets the prime meridian.
            let has_fix = position.lat != 0 || position.lon != 0;
            let (north, east) = (f64::from(position.vx) / 100.0, f64::from(position.vy) / 100.0);
            let course = east.atan2(north).to_degrees().rem_euclid(360.0);
            let heading_deg = match position.hdg {
                NO_HEADING => course,
                hundredths => (f64::from(hundredths) / 100.0).rem_euclid(360.0),
            };
            let at = Position::new(f64::from(position.lat) / 1e7, f64::from(position.lon) / 1e7);
            Some(Report::Moving(Movement {
                at: at.filter(|_| has_fix)?,
                altitude_m: (f64::from(position.relative_alt) / 1_000.0).max(0.0),
                heading_deg,
                speed_mps: north.hypot(east),
            }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_datagrams_are_read_in_a_second_and_no_more() {
        let begun = Instant::now();
        let mut second = Second { begun, count: 0 };
        let read = (0..2 * DATAGRAMS_PER_SECOND_MAX).filter(|_| second.has_room(begun));
        assert_eq!(read.count(), 2_560);
        assert!(second.has_room(begun + Duration::from_secs(1)), "and then again");
    }
}
