//! The clock of a world that starts: what its journal says of its pace, what the settings say, and the wall clock.

use skyhaul_engine::ports::{Journal, JournalError};
use skyhaul_engine::time::{SimDuration, SimTime};

use crate::clock::{CATCH_UP_MAX, LiveClock, Speed};
use crate::config::Settings;
use crate::pacing::{PacingAction, PacingRecord, PacingState};
use crate::record::Record;
use crate::runtime::pacer::unix_micros;
use crate::runtime::recovery::JournalSummary;

/// Who set the speed that was said when the service was started.
const BY_FLAG: &str = "--speed";

/// The speed at which a world starts: a flag's, else what an operator set last, else what the settings say. Writes down what the journal does not
/// say yet.
///
/// # Errors
/// Where the journal cannot be written.
pub(super) fn settle(
    journal: &mut dyn Journal,
    summary: &mut JournalSummary,
    settings: &Settings,
) -> Result<Speed, JournalError> {
    let reached = summary.reached();
    let kept = summary.pacing.state.speed;
    // A crash may have kept a command or a step and lost the seal behind it.
    if reached > summary.sealed {
        journal.append(reached, &Record::Seal { until: reached }.encode())?;
        summary.sealed = reached;
    }
    if settings.is_speed_by_flag && kept.is_some_and(|kept| kept != settings.speed) {
        let record = Record::Pacing(PacingRecord {
            action: PacingAction::SetSpeed(settings.speed),
            by: BY_FLAG.to_owned(),
            unix_micros: unix_micros(),
        });
        let number = journal.append(reached, &record.encode())?;
        summary.pacing.note(number, reached, &record);
    }
    journal.flush()?;
    Ok(if settings.is_speed_by_flag {
        settings.speed
    } else {
        kept.unwrap_or(settings.speed)
    })
}

/// The clock of a world that was run up to `reached`: where it was paused it stands there; at speed 1 it shows what the wall clock would have
/// brought it to, unless the world is ahead of that; at other speeds it goes on from where it was.
pub(super) fn start_clock(
    pacing: &PacingState,
    epoch_unix_micros: i64,
    reached: SimTime,
    speed: Speed,
) -> LiveClock {
    if pacing.paused_at.is_some() {
        return LiveClock::new(reached, reached, speed).paused(reached);
    }
    let origin = if speed == Speed::REAL {
        by_the_wall(pacing, epoch_unix_micros).clamp(reached, reached + CATCH_UP_MAX)
    } else {
        reached
    };
    LiveClock::new(origin, reached, speed)
}

/// Virtual time now, had it run at speed 1 since both clocks last met.
fn by_the_wall(pacing: &PacingState, epoch_unix_micros: i64) -> SimTime {
    let (at, met_unix_micros) = match pacing.met {
        Some(met) => (met.at, met.unix_micros),
        None => (SimTime::ZERO, epoch_unix_micros),
    };
    let passed = unix_micros().saturating_sub(met_unix_micros);
    at + SimDuration::from_micros(u64::try_from(passed).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use skyhaul_engine::ports::memory::MemoryJournal;
    use skyhaul_telemetry::clock::VirtualClock as _;

    use super::*;
    use crate::config::Said;
    use crate::pacing::Meeting;

    const HOUR: SimDuration = SimDuration::from_mins(60);

    fn at(hours: u64) -> SimTime {
        SimTime::from_micros(hours * HOUR.micros())
    }

    fn hours_ago(hours: i64) -> i64 {
        unix_micros() - hours * 3_600_000_000
    }

    #[test]
    fn a_world_at_speed_1_makes_up_for_the_time_since_both_clocks_met() {
        let mut pacing = PacingState::default();
        let clock = start_clock(&pacing, hours_ago(3), at(1), Speed::REAL);
        assert!(clock.now() >= at(3) && clock.now() < at(3) + SimDuration::from_mins(1));
        pacing.met = Some(Meeting {
            at: at(1),
            unix_micros: hours_ago(1),
        });
        let clock = start_clock(&pacing, hours_ago(30), at(1), Speed::REAL);
        assert!(
            clock.now() >= at(2) && clock.now() < at(2) + SimDuration::from_mins(1),
            "the time for which it was paused is not missed"
        );
    }

    #[test]
    fn a_world_that_was_paused_starts_paused_where_it_was() {
        let pacing = PacingState {
            paused_at: Some(at(1)),
            ..PacingState::default()
        };
        let clock = start_clock(&pacing, hours_ago(3), at(1), Speed::REAL);
        assert_eq!(
            (clock.now(), clock.target(), clock.is_paused()),
            (at(1), at(1), true)
        );
    }

    fn settings(by_flag: bool) -> Settings {
        let said = if by_flag {
            Said::gather(None, [], [("world.speed", "60".to_owned(), "--speed")])
        } else {
            let variable = ("SKYHAUL__WORLD__SPEED".to_owned(), "60".to_owned());
            Said::gather(None, [variable], [])
        };
        Settings::try_from(&said.expect("it is a setting")).expect("it is right")
    }

    #[test]
    fn a_flag_wins_over_what_an_operator_set_and_is_written_down() {
        for (by_flag, kept, speed, records) in [
            (false, None, Speed::Times(60.0), 0),
            (false, Some(Speed::Max), Speed::Max, 0),
            (true, None, Speed::Times(60.0), 0),
            (true, Some(Speed::Max), Speed::Times(60.0), 1),
        ] {
            let mut journal = MemoryJournal::default();
            let mut summary = JournalSummary::default();
            summary.pacing.state.speed = kept;
            let settled = settle(&mut journal, &mut summary, &settings(by_flag));
            assert_eq!(settled.expect("memory works"), speed, "{by_flag} {kept:?}");
            assert_eq!(journal.next_number().0, records, "{by_flag} {kept:?}");
        }
    }

    #[test]
    fn a_seal_that_a_crash_lost_is_written_again() {
        let mut journal = MemoryJournal::default();
        let mut summary = JournalSummary::default();
        summary.pacing.state.paused_at = Some(at(2));
        settle(&mut journal, &mut summary, &settings(false)).expect("memory works");
        assert_eq!((summary.sealed, summary.reached()), (at(2), at(2)));
    }
}
