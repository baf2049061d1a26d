//! Lag: says that the engine is behind its clock, since when, why, and what is done about it.

use std::time::Instant;

use skyhaul_telemetry::clock::VirtualClock as _;
use skyhaul_web::ports::simulation::{Lag, LagCause};

use super::Shared;
use super::backlog::EVENTS_MAX;
use super::complaint::Complaint;
use super::pacer::unix_micros;

/// How far behind, in wall seconds at the clock's speed, a person notices.
pub const NOTICED_S: f64 = 2.0;

/// What was last seen of the engine's lag.
#[derive(Debug, Default)]
pub struct LagWatch {
    lag: Option<Lag>,
    worst_s: f64,
    complaint: Complaint,
}

impl LagWatch {
    /// The lag as it was last seen.
    #[must_use]
    pub const fn lag(&self) -> Option<Lag> {
        self.lag
    }

    /// Looks again, and logs what has to be said.
    fn look(&mut self, shared: &Shared) {
        let behind_s = shared.clock.behind_s();
        let clock_waits = shared.clock.waits_for_engine();
        let is_noticed = behind_s > NOTICED_S * pace(shared);
        match (self.lag, is_noticed) {
            (None, false) => {}
            (Some(lag), false) => {
                let lasted_s = (unix_micros() - lag.since_unix_micros) / 1_000_000;
                let worst_s = self.worst_s;
                tracing::info!(lasted_s, worst_s, "the engine is level with its clock again");
                *self = Self::default();
            }
            (before, true) => {
                let cause = cause(shared);
                self.lag = Some(Lag {
                    since_unix_micros: before.map_or_else(unix_micros, |lag| lag.since_unix_micros),
                    cause,
                    clock_waits,
                });
                self.worst_s = self.worst_s.max(behind_s);
                if self.complaint.note(Instant::now()).is_some() {
                    let cause = cause.name();
                    tracing::warn!(
                        behind_s,
                        cause,
                        clock_waits,
                        "the engine is behind its clock; it runs as fast as it can until it is level, events show late, no time is skipped"
                    );
                }
            }
        }
    }
}

/// Virtual seconds that pass in a wall second, at least one.
fn pace(shared: &Shared) -> f64 {
    let speed = shared.clock.speed();
    if speed.is_finite() { speed.max(1.0) } else { 1.0 }
}

/// Looks how far the engine is behind its clock.
pub fn look(shared: &Shared) {
    shared.lag.lock().look(shared);
}

/// What keeps the engine, from the outside in.
fn cause(shared: &Shared) -> LagCause {
    let is_stuck = shared
        .clock
        .target()
        .since(shared.handover.horizon())
        .as_seconds_f64()
        > NOTICED_S * pace(shared);
    let waiting = shared.backlogs().iter().map(|backlog| backlog.events()).max();
    if !shared.host_is_up() {
        LagCause::HostDown
    } else if is_stuck {
        LagCause::JournalStuck
    } else if waiting.is_some_and(|events| events >= EVENTS_MAX / 2) {
        LagCause::StoreSlow
    } else {
        LagCause::EngineBusy
    }
}
