//! The event log: what happened, one JSON object a line, for readers who know nothing of this program.
//!
//! Every number is printed exactly, as whole steps of a small unit, so that equal runs write equal bytes on every host. What the log's
//! readers do not need (a place in the queue, a refused change, a remark about a package) is left out; `seq` counts the lines.

use std::io::{self, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::SimTime;

use self::lines::Lines;

pub(crate) use self::words::{grounding as grounding_word, refusal as refusal_word};

mod line;
mod lines;
mod words;

/// Writes the event log. A failing device does not stop it; the first failure is kept.
pub struct EventLog<W: Write> {
    lines: Lines,
    out: W,
    hash: Sha256,
    failure: Option<io::Error>,
}

/// What a log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// Its lines, the last one included.
    pub events: u64,
    /// Hex SHA-256 of all bytes before the last line.
    pub digest: String,
}

impl<W: Write> EventLog<W> {
    /// A log of what happens in this world, written to `out`.
    #[must_use]
    pub fn new(environment: Arc<Environment>, out: W) -> Self {
        Self {
            lines: Lines::new(environment),
            out,
            hash: Sha256::new(),
            failure: None,
        }
    }

    /// Writes the event's line and gives it, newline included; `None` where the event has none.
    pub fn write(&mut self, event: &Numbered<Event>) -> Option<&[u8]> {
        if !self.lines.set(event) {
            return None;
        }
        let line = self.lines.text();
        self.hash.update(line);
        put(&mut self.out, &mut self.failure, line);
        Some(line)
    }

    /// Lines written so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.lines.count()
    }

    /// The device's first failure, if it failed.
    #[must_use]
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// Writes the last line, `RunEnded`, shows it to `reader`, and gives the device back.
    ///
    /// # Errors
    /// The device's first failure.
    pub fn finish(
        mut self,
        state_digest: u64,
        at: SimTime,
        reader: impl FnOnce(&[u8]),
    ) -> io::Result<(W, LogEnd)> {
        let digest = hex(&self.hash.finalize());
        self.lines
            .set_run_ended(at, &digest, &hex(&state_digest.to_be_bytes()));
        reader(self.lines.text());
        put(&mut self.out, &mut self.failure, self.lines.text());
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.out.flush()?;
        let events = self.lines.count();
        Ok((self.out, LogEnd { events, digest }))
    }
}

impl<W: Write> EventSink<Event> for EventLog<W> {
    fn accept(&mut self, event: Numbered<Event>) {
        self.write(&event);
    }
}

/// Writes unless the device has failed before.
fn put(out: &mut impl Write, failure: &mut Option<io::Error>, bytes: &[u8]) {
    if failure.is_none() {
        *failure = out.write_all(bytes).err();
    }
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::ids::DeliveryId;

    use super::*;
    use crate::bundle::ScenarioBundle;
    use crate::scenario::{BuildOptions, Scenario};
    use skyhaul_actors::environment::{Zone, ZoneShape};

    /// Takes so many writes, then is full.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log(disk: usize) -> EventLog<Disk> {
        let scenario = Scenario::parse(&ScenarioBundle::florence()).expect("Florence is well-formed");
        EventLog::new(
            Arc::new(scenario.environment(BuildOptions::default())),
            Disk(disk),
        )
    }

    fn event(event: Event) -> Numbered<Event> {
        Numbered {
            number: 0,
            at: SimTime::ZERO,
            event,
        }
    }

    fn zone_declared() -> Event {
        let shape = ZoneShape::Polygon(Vec::new());
        Event::ZoneDeclared {
            command: None,
            zone: Arc::new(Zone::permanent("field".to_owned(), shape)),
        }
    }

    #[test]
    fn goes_on_over_a_full_disk_and_says_so_at_the_end() {
        let mut log = log(1);
        for _ in 0..3 {
            log.accept(event(zone_declared()));
        }
        assert_eq!(log.events(), 3);
        assert!(log.failure().is_some());
        let error = log
            .finish(0, SimTime::ZERO, |_| {})
            .map(|_| ())
            .expect_err("the disk is full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn leaves_out_what_readers_do_not_need_without_a_gap_in_its_numbers() {
        let mut log = log(9);
        let queued = Event::DeliveryQueued {
            delivery: DeliveryId(1),
            eta_pickup: SimTime::ZERO,
            eta_dropoff: SimTime::ZERO,
        };
        assert!(log.write(&event(queued)).is_none());
        let line = log.write(&event(zone_declared())).expect("a line");
        assert!(line.starts_with(b"{\"seq\":0,"));
    }
}
