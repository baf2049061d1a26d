//! `skyhaul replay`: rebuilds what a data folder recorded, says whether it comes to the same, and what another plan would have made of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use skyhaul_actors::event::Event;
use skyhaul_engine::ports::{EventSink, Numbered};
use skyhaul_engine::time::SimTime;
use skyhaul_scenarios::recorder::Recorder;
use skyhaul_scenarios::runner::{open_log, write_summary};

use self::branch::{Ask, BranchReport};
use self::instant::{parse_instant, parse_span};
use self::recorded::{Recorded, Start};
use self::report::Report;
use self::rerun::{Disagreement, Rerun};
use crate::build;
use crate::cli::ReplayArgs;
use crate::exit::Failure;
use crate::parting::Parting;
use crate::terminal;

mod branch;
mod instant;
mod recorded;
mod report;
mod rerun;

/// How often the progress bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Everything that `--json` prints.
#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    report: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<BranchReport>,
}

/// Takes events and keeps none.
struct Nowhere;

impl EventSink<Event> for Nowhere {
    fn accept(&mut self, _: Numbered<Event>) {}
}

/// `skyhaul replay DIR`.
///
/// # Errors
/// [`Failure`]: a folder that cannot be read or is in use, a plan that cannot be taken up, or a replay that parts from the record.
pub fn main(args: &ReplayArgs) -> Result<(), Failure> {
    let span = span_of(args)?;
    let recorded = Recorded::open(&args.dir)?;
    let end = recorded.summary.reached();
    let until = match &args.until {
        Some(text) => parse_instant(text, &recorded.environment.epoch).map_err(Failure::usage)?,
        None => end,
    };
    if until > end {
        return Err(Failure::usage(format!(
            "--until: the record ends at {end} s; a branch may go on from there"
        )));
    }
    let bar = progress_bar(args.quiet || args.json, &recorded.environment.name);
    let mut drawn = Instant::now();
    let mut watcher = |now: SimTime| {
        if drawn.elapsed() >= DRAW_EVERY {
            drawn = Instant::now();
            draw(&bar, now, until);
        }
    };
    let (mut rerun, mut report) = replay(&recorded, args, until, &mut watcher)?;
    let branch = match (&args.branch, span) {
        (Some(file), Some(span)) if report.agrees() => {
            let out = args.out.clone().unwrap_or_else(|| default_out(file));
            let ask = Ask {
                file,
                span,
                out: &out,
            };
            report.add_notes(recorded_demand(&recorded));
            report.add_notes([format!("the branch is written to {}", out.display())]);
            Some(branch::run(&recorded, &mut rerun, &ask, &mut watcher)?)
        }
        _ => None,
    };
    bar.finish_and_clear();
    let output = Output { report, branch };
    let said = say(&output, args);
    judge(&output).and(said)
}

/// How long a branch goes on.
fn span_of(args: &ReplayArgs) -> Result<Option<skyhaul_engine::time::SimDuration>, Failure> {
    let Some(text) = &args.span else { return Ok(None) };
    let span = parse_span(text).filter(|span| span.micros() > 0);
    span.map(Some)
        .ok_or_else(|| Failure::usage(format!("--for: `{text}` is no span such as 90s, 1h30m or 5400")))
}

/// Replays up to `until`, and where that parts from the record, looks for the reason.
fn replay<'a>(
    recorded: &'a Recorded,
    args: &ReplayArgs,
    until: SimTime,
    watcher: &mut dyn FnMut(SimTime),
) -> Result<(Rerun<'a>, Report), Failure> {
    // An event log begins with the founding, and only a run from there can be held against snapshots.
    let from_start = args.from_start || (args.out.is_some() && args.branch.is_none());
    let start = if from_start {
        recorded.founding()?
    } else {
        recorded.newest(until)?
    };
    let (snapshot, unusable) = (start.snapshot, start.unusable.clone());
    let mut rerun = Rerun::new(recorded, start);
    if from_start {
        rerun.hold_against(recorded.marks(until)?);
    }
    match &args.out {
        Some(out) if args.branch.is_none() => run_into(recorded, &mut rerun, until, out, watcher)?,
        _ => rerun.run_until(until, &mut Nowhere, watcher)?,
    }
    let mut report = Report::new(recorded, &rerun, snapshot.map(|mark| mark.at.as_seconds_f64()));
    report.add_notes(
        unusable
            .into_iter()
            .map(|said| format!("{said}; an older one is used")),
    );
    if let Some(disagreement) = rerun.disagreement.clone() {
        let why = reasons(recorded, &disagreement, snapshot.is_some(), watcher)?;
        report.part(disagreement, why);
    }
    Ok((rerun, report))
}

/// Replays into an event log and a summary, as `skyhaul run` writes them.
fn run_into(
    recorded: &Recorded,
    rerun: &mut Rerun<'_>,
    until: SimTime,
    out: &Path,
    watcher: &mut dyn FnMut(SimTime),
) -> Result<(), Failure> {
    let begun = Instant::now();
    let log = open_log(Some(out), true).map_err(Failure::try_again)?;
    let mut recorder = Recorder::new(Arc::clone(&recorded.environment), log);
    rerun.run_until(until, &mut recorder, watcher)?;
    let done = recorder
        .finish(rerun.world.digest(), rerun.world.now())
        .map_err(|error| Failure::try_again(format!("{}: {error}", out.display())))?;
    let mut summary = done.summary;
    summary.wall_s = begun.elapsed().as_secs_f64();
    write_summary(out, &summary).map_err(Failure::try_again)?;
    Ok(())
}

/// Why a replay parts from the record, as far as it can be told.
fn reasons(
    recorded: &Recorded,
    disagreement: &Disagreement,
    is_from_snapshot: bool,
    watcher: &mut dyn FnMut(SimTime),
) -> Result<Vec<String>, Failure> {
    let parting = match disagreement {
        Disagreement::Journal { parting, .. } => parting,
        Disagreement::Snapshot { .. } => {
            return Ok(vec![
                "the journal repeats what it recorded up to there: the snapshot is to blame, and is to be moved away".to_owned(),
            ]);
        }
    };
    let mut why = vec![by_build(parting)];
    if is_from_snapshot && recorded.is_whole() {
        why.push(by_snapshot(recorded, recorded.founding()?, parting, watcher)?);
    } else if is_from_snapshot {
        why.push(
            "whether the snapshot is to blame cannot be told: the journal no longer reaches back to the founding".to_owned(),
        );
    }
    Ok(why)
}

fn by_build(parting: &Parting) -> String {
    let this = build::name();
    match &parting.bad.build {
        Some(wrote) if wrote == this => {
            "this very build wrote it: a fault of the program, or of the machine or its disk".to_owned()
        }
        Some(wrote) => format!(
            "build {wrote} wrote it, this is {this}: where that build repeats it, this one computes otherwise; where it does not either, the record is damaged"
        ),
        None => "it was written by a version that did not give its name".to_owned(),
    }
}

/// Replays the same stretch without the snapshot.
fn by_snapshot(
    recorded: &Recorded,
    founding: Start,
    parting: &Parting,
    watcher: &mut dyn FnMut(SimTime),
) -> Result<String, Failure> {
    let mut whole = Rerun::new(recorded, founding);
    whole.run_until(parting.bad.reached.at, &mut Nowhere, watcher)?;
    Ok(match whole.disagreement {
        None => "from the founding, without the snapshot, the same stretch agrees: the snapshot is to blame, and is to be moved away".to_owned(),
        Some(Disagreement::Journal { parting: first, .. }) => format!(
            "it is not the snapshot: from the founding the journal alone parts as well, first between {} s and {} s",
            first.good.reached.at, first.bad.reached.at
        ),
        Some(Disagreement::Snapshot { .. }) => "it is not the snapshot alone".to_owned(),
    })
}

/// What a reader of a branch should know of its demand.
fn recorded_demand(recorded: &Recorded) -> Option<String> {
    (!recorded.identity.demand).then(|| {
        "the run was recorded without the scenario's own demand, and so is the branch: what comes in is what clients asked".to_owned()
    })
}

/// `out/branch-NAME`, where `NAME` is the plan's name without its ending.
fn default_out(file: &Path) -> PathBuf {
    let name = file
        .file_stem()
        .map_or_else(|| "plan".into(), |name| name.to_string_lossy());
    PathBuf::from("out").join(format!("branch-{name}"))
}

fn say(output: &Output, args: &ReplayArgs) -> Result<(), Failure> {
    if args.json {
        return terminal::say(serde_json::to_string_pretty(output).map_err(Failure::broken)?);
    }
    if args.quiet {
        return Ok(());
    }
    terminal::say(&output.report)?;
    output.branch.iter().try_for_each(terminal::say)
}

fn judge(output: &Output) -> Result<(), Failure> {
    if !output.report.agrees() {
        return Err(Failure::broken("the replay does not come to what was recorded"));
    }
    let violations = output.branch.iter().flat_map(|branch| &branch.violations);
    let mut is_broken = false;
    for violation in violations {
        is_broken = true;
        terminal::complain(format_args!(
            "{} at event {}: {}",
            violation.invariant, violation.seq, violation.text
        ));
    }
    if is_broken {
        return Err(Failure::broken(
            "the branch's event log breaks the invariants above",
        ));
    }
    Ok(())
}

fn progress_bar(is_hidden: bool, name: &str) -> ProgressBar {
    if is_hidden {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{prefix}  {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar
}

fn draw(bar: &ProgressBar, now: SimTime, until: SimTime) {
    bar.set_message(format!(
        "at {:.0} s, {:.0} s recorded",
        now.as_seconds_f64(),
        until.as_seconds_f64()
    ));
    bar.tick();
}
