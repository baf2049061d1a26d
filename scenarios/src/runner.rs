//! The runner: a world from its founding to its end, as fast as the machine can, with its log, its summary and its checkers.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skyhaul_actors::environment::Environment;
use skyhaul_actors::world::World;
use skyhaul_engine::kernel::Halt;
use skyhaul_engine::time::{SimDuration, SimTime};
use thiserror::Error;

use crate::check::Violation;
use crate::recorder::Recorder;
use crate::summary::{DeliveryCounts, Summary};

/// The event log's name in the folder of a run.
pub const EVENTS_FILE: &str = "events.ndjson";

/// The summary's name in the folder of a run.
pub const SUMMARY_FILE: &str = "summary.json";

/// How often a run says how far it is and may be stopped: often enough for a smooth bar, seldom enough to cost nothing. No result depends on it.
const REPORTS: u64 = 500;

/// Bytes of log gathered before they are written: a metro day makes some hundred megabytes.
const BUFFER_BYTES: usize = 1 << 20;

/// How a world is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// How long, from time zero.
    pub duration: SimDuration,
    /// The folder for the files of the run, made where it is missing; `None`: no files.
    pub out: Option<PathBuf>,
    /// Whether the event log is one of them.
    pub events: bool,
    /// How many threads run its regions. No result depends on it.
    pub threads: usize,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Virtual time.
    pub now: SimTime,
    /// Where it ends.
    pub until: SimTime,
    /// Lines of the event log so far.
    pub events: u64,
    /// Deliveries so far.
    pub deliveries: DeliveryCounts,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcome {
    /// In figures.
    pub summary: Summary,
    /// The first objections of the checkers; the summary has their number.
    pub violations: Vec<Violation>,
}

/// Why a run did not come to its end.
#[derive(Debug, Error)]
pub enum RunError {
    /// A file of the run could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The world could not go on.
    #[error(transparent)]
    Halt(#[from] Halt),
    /// The caller stopped it; its log ends without `RunEnded`.
    #[error("stopped at {at} s of virtual time")]
    Stopped {
        /// When.
        at: SimTime,
    },
}

/// Runs the world of an environment to its end.
///
/// `elapsed_s` says how many seconds of wall clock have passed since the run began. `progress` is told now and then how far it is, and may
/// stop it. Equal environments and durations give equal bytes of log.
///
/// # Errors
/// [`RunError`].
pub fn run(
    environment: &Arc<Environment>,
    options: &RunOptions,
    elapsed_s: &dyn Fn() -> f64,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<RunOutcome, RunError> {
    let folder = options.out.as_deref();
    let events_path = folder
        .filter(|_| options.events)
        .map(|folder| folder.join(EVENTS_FILE));
    let mut recorder = Recorder::new(Arc::clone(environment), open_log(folder, options.events)?);
    let failed = |source| RunError::Write {
        path: events_path.clone().unwrap_or_default(),
        source,
    };
    let mut world = World::found(environment);
    world.set_threads(options.threads);
    let until = SimTime::ZERO + options.duration;
    for report in 1..=REPORTS {
        world.run_until(share_of(options.duration, report), &mut recorder)?;
        if recorder.has_failed() {
            break;
        }
        let reached = Progress {
            now: world.now(),
            until,
            events: recorder.events(),
            deliveries: recorder.deliveries(),
        };
        if progress(&reached).is_break() {
            return Err(RunError::Stopped { at: world.now() });
        }
    }
    let recorded = recorder.finish(world.digest(), until).map_err(failed)?;
    let mut summary = recorded.summary;
    summary.digest = summary.digest.filter(|_| events_path.is_some());
    summary.wall_s = elapsed_s();
    if let Some(folder) = folder {
        write_summary(folder, &summary)?;
    }
    Ok(RunOutcome {
        summary,
        violations: recorded.violations,
    })
}

/// The instant at which the run has come so many reports far.
fn share_of(duration: SimDuration, report: u64) -> SimTime {
    let micros = u128::from(duration.micros()) * u128::from(report) / u128::from(REPORTS);
    SimTime::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// Where a run into `folder` writes its event log: the folder is made and cleared of an earlier run; without a folder, or without events, nowhere.
///
/// # Errors
/// [`RunError::Write`].
pub fn open_log(folder: Option<&Path>, events: bool) -> Result<Box<dyn Write>, RunError> {
    let Some(folder) = folder else {
        return Ok(Box::new(io::sink()));
    };
    clear(folder)?;
    if events {
        open(&folder.join(EVENTS_FILE))
    } else {
        Ok(Box::new(io::sink()))
    }
}

/// Makes the folder, and removes from it what an earlier run left: a log and a summary that do not belong together would mislead.
fn clear(folder: &Path) -> Result<(), RunError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RunError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for name in [EVENTS_FILE, SUMMARY_FILE] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Write>, RunError> {
    let file = File::create(path).map_err(|source| RunError::Write {
        path: path.to_owned(),
        source,
    })?;
    Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, file)))
}

/// Writes a run's summary into its folder.
///
/// # Errors
/// [`RunError::Write`].
pub fn write_summary(folder: &Path, summary: &Summary) -> Result<(), RunError> {
    let path = folder.join(SUMMARY_FILE);
    let written = serde_json::to_string_pretty(summary)
        .map_err(io::Error::from)
        .and_then(|text| fs::write(&path, text + "\n"));
    written.map_err(|source| RunError::Write { path, source })
}
