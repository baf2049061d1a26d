//! What a replay found, for people and for scripts.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::instant::calendar;
use super::recorded::Recorded;
use super::rerun::{Disagreement, Rerun, Tally};
use crate::build;

/// What a replay found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    scenario: String,
    /// The build that wrote the end of the journal; null where it does not say.
    build_recorded: Option<String>,
    build: &'static str,
    founded_at: String,
    /// Seconds of virtual time of the snapshot it began with; null: the founding.
    snapshot_t: Option<f64>,
    replayed: Tally,
    /// Seconds of virtual time.
    now_t: f64,
    now: String,
    events: u64,
    digest: String,
    agrees: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    parting: Option<PartingReport>,
    /// What a reader should know besides.
    notes: Vec<String>,
}

/// Where, and as far as can be told why, a replay parts from the record.
#[derive(Debug, Serialize)]
pub(super) struct PartingReport {
    /// The last instant at which all was well.
    from_t: f64,
    from_record: u64,
    /// The first at which it was not.
    to_t: f64,
    to_record: Option<u64>,
    recorded: String,
    replayed: String,
    /// Commands that took effect in between.
    commands_count: u64,
    commands: Vec<String>,
    why: Vec<String>,
    #[serde(skip)]
    text: String,
}

impl Report {
    pub(super) fn new(recorded: &Recorded, rerun: &Rerun<'_>, snapshot_t: Option<f64>) -> Self {
        let world = &rerun.world;
        let epoch = &recorded.environment.epoch;
        Self {
            scenario: recorded.environment.name.clone(),
            build_recorded: recorded.summary.builds.last().map(|(_, build)| build.clone()),
            build: build::name(),
            founded_at: calendar(epoch, skyhaul_engine::time::SimTime::ZERO),
            snapshot_t,
            replayed: rerun.tally,
            now_t: world.now().as_seconds_f64(),
            now: calendar(epoch, world.now()),
            events: world.next_event(),
            digest: format!("{:016x}", world.digest()),
            agrees: rerun.disagreement.is_none(),
            parting: None,
            notes: notes(recorded, rerun),
        }
    }

    pub(super) fn add_notes(&mut self, notes: impl IntoIterator<Item = String>) {
        self.notes.extend(notes);
    }

    pub(super) fn part(&mut self, disagreement: Disagreement, why: Vec<String>) {
        self.parting = Some(PartingReport::new(disagreement, why));
    }

    /// Whether the replay came to what was recorded.
    pub(super) fn agrees(&self) -> bool {
        self.agrees
    }
}

fn notes(recorded: &Recorded, rerun: &Rerun<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(cut) = &recorded.cut {
        notes.push(format!(
            "the journal's tail from record {} on was torn by a crash and is left out; nothing that was answered is lost",
            cut.record.0
        ));
    }
    if rerun.tally.agreed == 0 && rerun.disagreement.is_none() {
        notes.push(
            "the journal says nowhere in this stretch what the engine had come to: nothing could be compared"
                .to_owned(),
        );
    }
    notes.extend(
        rerun
            .unreadable_snapshots
            .iter()
            .map(|said| format!("{said}; a service passes it over")),
    );
    notes
}

impl PartingReport {
    fn new(disagreement: Disagreement, why: Vec<String>) -> Self {
        match disagreement {
            Disagreement::Journal {
                parting,
                commands,
                count,
            } => Self {
                from_t: parting.good.reached.at.as_seconds_f64(),
                from_record: parting.good.record.0,
                to_t: parting.bad.reached.at.as_seconds_f64(),
                to_record: Some(parting.bad.record.0),
                recorded: format!("{:016x}", parting.bad.reached.digest),
                replayed: format!("{:016x}", parting.replayed.digest),
                commands_count: count,
                commands,
                why,
                text: parting.to_string(),
            },
            Disagreement::Snapshot { mark, why: what } => Self {
                from_t: mark.at.as_seconds_f64(),
                from_record: mark.next_record.0,
                to_t: mark.at.as_seconds_f64(),
                to_record: None,
                recorded: String::new(),
                replayed: String::new(),
                commands_count: 0,
                commands: Vec::new(),
                why,
                text: format!(
                    "the snapshot at {} s is not what the journal comes to: {what}",
                    mark.at
                ),
            },
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tally = &self.replayed;
        let wrote = self.build_recorded.as_deref().unwrap_or("an earlier version");
        let begins = match self.snapshot_t {
            Some(t) => format!("the snapshot at {t:.6} s"),
            None => "the founding".to_owned(),
        };
        writeln!(f, "{}", self.scenario)?;
        row(
            f,
            "recorded",
            format!("since {}, by build {wrote}", self.founded_at),
        )?;
        row(f, "replayed by", self.build)?;
        row(f, "began with", begins)?;
        row(
            f,
            "replayed",
            format!(
                "{} records: {} commands, {} seals",
                tally.records, tally.commands, tally.seals
            ),
        )?;
        if tally.quarantined > 0 {
            row(f, "quarantined", format!("{} commands", tally.quarantined))?;
        }
        row(f, "virtual time", format!("{:.6} s, {}", self.now_t, self.now))?;
        row(f, "events", self.events)?;
        row(f, "digest", &self.digest)?;
        let against = match tally.snapshots {
            0 => format!("{} recorded digests", tally.agreed),
            snapshots => format!("{} recorded digests and {snapshots} snapshots", tally.agreed),
        };
        match &self.parting {
            None => row(f, "agrees", format!("yes, with {against}"))?,
            Some(parting) => {
                row(f, "agrees", format!("NO; up to there with {against}"))?;
                row(f, "where", &parting.text)?;
                for command in &parting.commands {
                    row(f, "", command)?;
                }
                let more = parting.commands_count - parting.commands.len() as u64;
                if more > 0 {
                    row(f, "", format!("and {more} commands more"))?;
                }
                for why in &parting.why {
                    row(f, "why", why)?;
                }
            }
        }
        self.notes.iter().try_for_each(|note| row(f, "note", note))
    }
}

fn row(f: &mut Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "  {name:<14}{value}")
}
