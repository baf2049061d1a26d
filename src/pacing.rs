//! Pacing: what operators did to the pace of virtual time, as the journal keeps it, and what follows from all of it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use skyhaul_engine::ports::RecordNumber;
use skyhaul_engine::time::SimTime;

use crate::clock::Speed;
use crate::record::Record;

/// Actions kept to be shown: more than operators take in a month. Older ones stay in the journal as long as it reaches back.
const ACTIONS_MAX: usize = 1_000;

/// Something that was done to the pace.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PacingAction {
    /// Time stands still.
    Pause,
    /// It goes on.
    Resume,
    /// A world that is paused goes on to `until`.
    Step {
        /// Up to and including.
        until: SimTime,
    },
    /// Time goes faster or slower; where it is paused, once it goes on.
    SetSpeed(Speed),
}

/// What was done, by whom and when. The record's stamp says when in virtual time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PacingRecord {
    /// What.
    pub action: PacingAction,
    /// Who, as far as it is known.
    pub by: String,
    /// The wall clock, microseconds since 1970.
    pub unix_micros: i64,
}

impl PacingRecord {
    /// Up to where the engine was to run once it was done at `stamp`. Seals that reach beyond are taken back: nothing later had left the engine,
    /// and time may take long to get there.
    #[must_use]
    pub fn reach(&self, stamp: SimTime) -> SimTime {
        match self.action {
            PacingAction::Step { until } => until.max(stamp),
            PacingAction::Pause | PacingAction::Resume | PacingAction::SetSpeed(_) => stamp,
        }
    }
}

/// What follows from all that was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PacingState {
    /// The speed that was set last; `None`: as the settings say.
    pub speed: Option<Speed>,
    /// Up to where a world that is paused has been let run. Nothing later has left the engine.
    pub paused_at: Option<SimTime>,
    /// When time last began to run as it does.
    pub met: Option<Meeting>,
}

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Virtual time.
    pub at: SimTime,
    /// The wall clock, microseconds since 1970.
    pub unix_micros: i64,
}

/// An action with its place in the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct PacingEntry {
    /// The record's number.
    pub number: RecordNumber,
    /// Its stamp.
    pub at: SimTime,
    /// What was done.
    pub record: PacingRecord,
}

/// All that was done, as far as it is kept, and what follows from it.
#[derive(Clone, Debug, Default)]
pub struct PacingHistory {
    /// What follows.
    pub state: PacingState,
    actions: VecDeque<PacingEntry>,
}

impl PacingHistory {
    /// Takes in a record of the journal.
    pub fn note(&mut self, number: RecordNumber, stamp: SimTime, record: &Record) {
        match record {
            Record::Pacing(record) => {
                self.state.take(stamp, record);
                if self.actions.len() == ACTIONS_MAX {
                    self.actions.pop_front();
                }
                self.actions.push_back(PacingEntry {
                    number,
                    at: stamp,
                    record: record.clone(),
                });
            }
            Record::PacingKept(state) => self.state = *state,
            Record::Command(_) => self.note_command(stamp),
            Record::Identity(_)
            | Record::Seal { .. }
            | Record::Reached(_)
            | Record::Started { .. }
            | Record::Quarantined { .. } => {}
        }
    }

    /// Takes in that a command was given, to take effect at `stamp`.
    pub fn note_command(&mut self, stamp: SimTime) {
        self.state.reach(stamp);
    }

    /// What was done, newest first.
    pub fn actions(&self) -> impl Iterator<Item = &PacingEntry> {
        self.actions.iter().rev()
    }
}

impl PacingState {
    fn take(&mut self, stamp: SimTime, record: &PacingRecord) {
        let met = Some(Meeting {
            at: stamp,
            unix_micros: record.unix_micros,
        });
        match record.action {
            PacingAction::Pause => self.paused_at = Some(stamp),
            PacingAction::Step { until } => self.reach(until),
            PacingAction::Resume => (self.paused_at, self.met) = (None, met),
            PacingAction::SetSpeed(speed) => (self.speed, self.met) = (Some(speed), met),
        }
    }

    /// A world that is paused was let run up to `stamp`.
    fn reach(&mut self, stamp: SimTime) {
        self.paused_at = self.paused_at.map(|at| at.max(stamp));
    }
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::command::Command;
    use skyhaul_actors::ids::DeliveryId;

    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    fn history(records: &[(u64, PacingAction)]) -> PacingHistory {
        let mut history = PacingHistory::default();
        for (number, (seconds, action)) in (1..).zip(records) {
            let record = Record::Pacing(PacingRecord {
                action: *action,
                by: "operator".to_owned(),
                unix_micros: 7,
            });
            history.note(RecordNumber(number), at(*seconds), &record);
        }
        history
    }

    #[test]
    fn a_paused_world_stands_where_it_was_last_let_run_to() {
        let mut history = history(&[
            (5, PacingAction::Pause),
            (5, PacingAction::Step { until: at(65) }),
        ]);
        assert_eq!(history.state.paused_at, Some(at(65)));
        let cancel = Command::CancelDelivery {
            delivery: DeliveryId(1),
        };
        history.note(RecordNumber(3), at(66), &Record::Command(cancel));
        assert_eq!(history.state.paused_at, Some(at(66)));
        assert_eq!(history.state.speed, None);
    }

    #[test]
    fn a_resumed_world_knows_when_both_clocks_met() {
        let history = history(&[
            (5, PacingAction::Pause),
            (5, PacingAction::SetSpeed(Speed::Max)),
            (9, PacingAction::Resume),
        ]);
        let met = Some(Meeting {
            at: at(9),
            unix_micros: 7,
        });
        let state = history.state;
        assert_eq!(
            (state.speed, state.paused_at, state.met),
            (Some(Speed::Max), None, met)
        );
        let numbers: Vec<_> = history.actions().map(|entry| entry.number.0).collect();
        assert_eq!(numbers, [3, 2, 1], "newest first");
    }

    #[test]
    fn what_was_kept_stands_for_what_the_journal_no_longer_holds() {
        let kept = history(&[(5, PacingAction::Pause)]).state;
        let mut history = PacingHistory::default();
        history.note(RecordNumber(90), at(5), &Record::PacingKept(kept));
        assert_eq!(history.state.paused_at, Some(at(5)));
    }
}
