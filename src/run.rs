//! `skyhaul run`: a whole scenario as fast as the machine can; `skyhaul scenario check`.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::check::Violation;
use skyhaul_scenarios::runner::{Progress, RunError, RunOptions, run};
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

use crate::cli::{LogForm, RunArgs};
use crate::exit::Failure;
use crate::terminal::{complain, say};

/// How often the progress bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Steps of the progress bar.
const BAR_STEPS: u64 = 1_000;

/// `skyhaul scenario check FILE`.
///
/// # Errors
/// [`Failure`] that names the line, the key and what is wrong.
pub fn check(file: &Path) -> Result<(), Failure> {
    let scenario = read(file)?;
    say(scenario.describe())
}

/// A scenario from its file.
pub(crate) fn read(file: &Path) -> Result<Scenario, Failure> {
    let bundle = ScenarioBundle::read(file).map_err(Failure::usage)?;
    Scenario::parse(&bundle).map_err(Failure::usage)
}

/// `skyhaul run FILE`.
///
/// # Errors
/// [`Failure`]: a bad file, a folder that cannot be written, or an invariant that broke.
pub fn main(args: &RunArgs) -> Result<(), Failure> {
    let scenario = read(&args.file)?;
    let seed = args.seed.unwrap_or(scenario.seed());
    let environment = Arc::new(scenario.environment(BuildOptions {
        seed: Some(seed),
        epoch_unix_micros: None,
        demand: true,
    }));
    let out = args.out.clone().unwrap_or_else(|| default_out(&args.file, seed));
    let options = RunOptions {
        duration: scenario.duration(),
        out: Some(out.clone()),
        events: args.format == LogForm::Ndjson,
        threads: useful(args.threads),
    };
    let begun = Instant::now();
    let elapsed_s = || begun.elapsed().as_secs_f64();
    let bar = progress_bar(args.quiet || args.json, scenario.name());
    let mut drawn = begun;
    let outcome = run(&environment, &options, &elapsed_s, &mut |progress| {
        if drawn.elapsed() >= DRAW_EVERY {
            drawn = Instant::now();
            draw(&bar, progress);
        }
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let outcome = outcome.map_err(|error| failure(&error))?;
    let said = if args.json {
        say(serde_json::to_string_pretty(&outcome.summary).map_err(Failure::broken)?)
    } else if args.quiet {
        Ok(())
    } else {
        say(format_args!("{}\nWritten to {}", outcome.summary, out.display()))
    };
    judge(&outcome.violations).and(said)
}

/// As many threads as there are processors for: they meet after every second of virtual time, and whoever has no processor is waited for.
fn useful(threads: u16) -> usize {
    let processors = available_parallelism().map_or(1, NonZero::get);
    usize::from(threads).min(processors)
}

/// `out/NAME-SEED`, where `NAME` is the file's name without its ending.
fn default_out(file: &Path, seed: u64) -> PathBuf {
    let name = file
        .file_stem()
        .map_or_else(|| "run".into(), |name| name.to_string_lossy());
    PathBuf::from("out").join(format!("{name}-{seed}"))
}

fn failure(error: &RunError) -> Failure {
    match error {
        RunError::Write { .. } => Failure::try_again(error),
        RunError::Halt(_) | RunError::Stopped { .. } => Failure::broken(error),
    }
}

fn progress_bar(is_hidden: bool, name: &str) -> ProgressBar {
    if is_hidden {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(BAR_STEPS);
    let style =
        ProgressStyle::with_template("{prefix}  [{bar:40}] {percent:>3} %  {msg}  {elapsed}, {eta} left");
    bar.set_style(
        style
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> "),
    );
    bar.set_prefix(name.to_owned());
    bar
}

#[expect(clippy::cast_possible_truncation, reason = "a share of a thousand")]
fn draw(bar: &ProgressBar, progress: &Progress) {
    let share = progress.now.as_seconds_f64() / progress.until.as_seconds_f64().max(1e-6);
    bar.set_position((share * BAR_STEPS as f64) as u64);
    let deliveries = progress.deliveries;
    bar.set_message(format!(
        "{} completed of {} requested",
        deliveries.completed, deliveries.requested
    ));
}

/// Says which invariants broke.
fn judge(violations: &[Violation]) -> Result<(), Failure> {
    if violations.is_empty() {
        return Ok(());
    }
    for violation in violations {
        complain(format_args!(
            "{} at event {}: {}",
            violation.invariant, violation.seq, violation.text
        ));
    }
    Err(Failure::broken(
        "the event log breaks the invariants above: this is a fault of the program, please report it with the scenario",
    ))
}
