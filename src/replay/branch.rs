//! Branch: what would have come of the recorded run by another plan, beside what came of it.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use skyhaul_actors::environment::Environment;
use skyhaul_actors::event::Event;
use skyhaul_actors::world::World;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::{SimDuration, SimTime};
use skyhaul_engine::units::MetresPerSecond;
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::check::Violation;
use skyhaul_scenarios::recorder::Recorder;
use skyhaul_scenarios::runner::{open_log, write_summary};
use skyhaul_scenarios::scenario::Scenario;
use skyhaul_scenarios::summary::{Comparison, Summary, SummaryFold};

use super::recorded::{Recorded, options};
use super::rerun::{Rerun, Watcher};
use crate::exit::Failure;

/// What is asked of a branch.
pub(super) struct Ask<'a> {
    /// The other plan.
    pub(super) file: &'a Path,
    /// How long it goes on.
    pub(super) span: SimDuration,
    /// Where its event log and its summary go.
    pub(super) out: &'a Path,
}

/// A stretch of time in two ways.
#[derive(Debug, Serialize)]
pub(super) struct BranchReport {
    /// Seconds of virtual time at which the ways part.
    from_t: f64,
    /// And at which both end.
    to_t: f64,
    /// As recorded; past the record's end, as it would have gone on.
    recorded: Summary,
    /// By the other plan.
    branch: Summary,
    /// How often a checker of the branch's event log objected; null where no log could be written.
    invariant_violations: Option<u64>,
    #[serde(skip)]
    pub(super) violations: Vec<Violation>,
}

impl std::fmt::Display for BranchReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "From {:.6} s to {:.6} s, deliveries open at the beginning included:",
            self.from_t, self.to_t
        )?;
        let comparison = Comparison {
            headings: ["as recorded", "branch"],
            summaries: [&self.recorded, &self.branch],
        };
        comparison.fmt(f)
    }
}

/// Takes the world of `rerun` on by the other plan, and beside it as it was. `rerun` has come to where the ways part.
pub(super) fn run(
    recorded: &Recorded,
    rerun: &mut Rerun<'_>,
    ask: &Ask<'_>,
    watcher: Watcher<'_>,
) -> Result<BranchReport, Failure> {
    let wanted = read_plan(recorded, ask.file)?;
    let fork_at = rerun.world.now();
    let until = fork_at + ask.span;
    let bytes = rerun.world.save().map_err(Failure::broken)?;
    let world = World::branch(&recorded.environment, &bytes, &wanted)
        .map_err(|error| Failure::usage(format!("{}: {error}", ask.file.display())))?;
    let environment = Arc::clone(world.environment());
    let mut past = Past::new(&environment, &recorded.environment);
    if recorded.is_whole() {
        let log = open_log(Some(ask.out), true).map_err(Failure::try_again)?;
        past.recorder = Some(Recorder::new(Arc::clone(&environment), log));
        Rerun::new(recorded, recorded.founding()?).run_until(fork_at, &mut past, watcher)?;
    } else {
        open_log(Some(ask.out), false).map_err(Failure::try_again)?;
    }
    let (mut as_recorded, mut otherwise) = past.part(fork_at, &recorded.environment);
    let mut branch = rerun.fork(world);
    rerun.run_until(until, &mut as_recorded, watcher)?;
    branch.run_until(until, &mut otherwise, watcher)?;
    let recorded_summary = as_recorded.fold.summarise(rerun.world.digest(), until);
    let branch_summary = otherwise.fold.summarise(branch.world.digest(), until);
    let mut report = BranchReport {
        from_t: fork_at.as_seconds_f64(),
        to_t: until.as_seconds_f64(),
        recorded: recorded_summary,
        branch: branch_summary,
        invariant_violations: None,
        violations: Vec::new(),
    };
    let summary = match otherwise.recorder {
        Some(recorder) => {
            let done = recorder
                .finish(branch.world.digest(), until)
                .map_err(|error| Failure::try_again(format!("{}: {error}", ask.out.display())))?;
            report.invariant_violations = Some(done.summary.invariant_violations);
            report.violations = done.violations;
            done.summary
        }
        None => report.branch.clone(),
    };
    write_summary(ask.out, &summary).map_err(Failure::try_again)?;
    Ok(report)
}

fn read_plan(recorded: &Recorded, file: &Path) -> Result<Environment, Failure> {
    let bundle = ScenarioBundle::read(file).map_err(Failure::usage)?;
    let scenario = Scenario::parse(&bundle).map_err(Failure::usage)?;
    Ok(scenario.environment(options(&recorded.identity)))
}

/// What both ways have in common: the events from the founding to where they part.
struct Past {
    fold: SummaryFold,
    recorder: Option<Recorder<Box<dyn Write>>>,
    environment: Arc<Environment>,
}

impl Past {
    fn new(environment: &Arc<Environment>, as_recorded: &Arc<Environment>) -> Self {
        Self {
            fold: SummaryFold::new(as_recorded),
            recorder: None,
            environment: Arc::clone(environment),
        }
    }

    /// Two sinks for the two ways, whose figures begin at `fork_at`.
    fn part(self, fork_at: SimTime, recorded: &Arc<Environment>) -> (Way, Way) {
        let from_here = |environment| {
            let mut fold = self.fold.clone();
            fold.begin_at(fork_at, environment);
            fold
        };
        let as_recorded = Way {
            fold: from_here(recorded),
            recorder: None,
        };
        let otherwise = Way {
            fold: from_here(&self.environment),
            recorder: self.recorder,
        };
        (as_recorded, otherwise)
    }
}

impl EventSink<Event> for Past {
    fn accept(&mut self, mut event: Numbered<Event>) {
        self.fold.apply(&event);
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        // The log says of a drone how fast it may ever be, and the branch's wind may be stronger.
        if let Event::DroneCommissioned {
            aircraft, speed_max, ..
        } = &mut event.event
        {
            *speed_max = faster(*speed_max, self.environment.speed_max(*aircraft));
        }
        recorder.accept(event);
    }
}

fn faster(one: MetresPerSecond, other: MetresPerSecond) -> MetresPerSecond {
    if other.get() > one.get() { other } else { one }
}

/// What becomes of one of the two.
struct Way {
    fold: SummaryFold,
    recorder: Option<Recorder<Box<dyn Write>>>,
}

impl EventSink<Event> for Way {
    fn accept(&mut self, event: Numbered<Event>) {
        self.fold.apply(&event);
        if let Some(recorder) = &mut self.recorder {
            recorder.accept(event);
        }
    }
}
