//! `skyhaul fuzz`: seed after seed, on all cores, until one breaks an invariant, the time is over, or somebody stops it.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use skyhaul_scenarios::swarm::{Breach, Case, Tally, shrink};

use crate::cli::FuzzArgs;
use crate::exit::Failure;
use crate::terminal;

/// How long it runs where nothing else is said.
const SECONDS_DEFAULT: u64 = 60;

/// How long a case that failed may be made smaller: a minute is a few thousand tries of a small case, and nobody waits longer for a result.
const SHRINK_MAX: Duration = Duration::from_secs(60);

/// How often the time and the bar are looked at while no run ends.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The files in the folder of `--write`: the scenario, what clients ask, and the event log.
const SCENARIO_FILE: &str = "scenario.toml";
const COMMANDS_FILE: &str = "commands.txt";
const EVENTS_FILE: &str = "events.ndjson";

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    seed: u64,
    runs: u64,
    wall_s: f64,
    stopped: Stopped,
    #[serde(flatten)]
    tally: Tally,
    failure: Option<Failed>,
}

/// Why it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Stopped {
    Runs,
    Seconds,
    Interrupted,
    Failure,
}

/// A case that broke an invariant, and the smallest one that breaks the same.
#[derive(Debug, Serialize)]
struct Failed {
    #[serde(flatten)]
    drawn: Broken,
    smallest: Broken,
}

#[derive(Debug, Serialize)]
struct Broken {
    invariant: &'static str,
    text: String,
    command: String,
}

impl Broken {
    fn new(case: &Case, breach: &Breach) -> Self {
        Self {
            invariant: breach.invariant,
            text: breach.text.clone(),
            command: case.command(),
        }
    }
}

/// `skyhaul fuzz`.
///
/// # Errors
/// [`Failure`]: an invariant broke, or a folder cannot be written.
pub fn main(args: &FuzzArgs) -> Result<(), Failure> {
    let interrupted = watch_interrupts()?;
    let seed = args.seed.unwrap_or_else(seed_of_now);
    let first = case(args, seed);
    if let Some(folder) = &args.write {
        write(&first, folder)?;
    }
    let begun = Instant::now();
    let (mut report, failure) = swarm(args, seed, begun, &interrupted);
    if let Some((case, breach)) = &failure {
        terminal::complain(format_args!("{breach}\n  {}", case.command()));
        let goes_on = {
            let since = Instant::now();
            move || since.elapsed() < SHRINK_MAX && !interrupted.load(Ordering::Relaxed)
        };
        let (smallest, again) = shrink(case, breach, &goes_on);
        terminal::complain(format_args!("Made smaller: {again}\n  {}", smallest.command()));
        if let Some(folder) = &args.write {
            write(&smallest, folder)?;
        }
        report.failure = Some(Failed {
            drawn: Broken::new(case, breach),
            smallest: Broken::new(&smallest, &again),
        });
    }
    report.wall_s = begun.elapsed().as_secs_f64();
    let said = say(args, &report);
    failure.map_or(said, |(_, breach)| {
        let invariant = breach.invariant;
        Err(Failure::broken(format_args!(
            "{invariant} broke: this is a fault of the program, please report the command above"
        )))
    })
}

fn say(args: &FuzzArgs, report: &Report) -> Result<(), Failure> {
    if args.json {
        return terminal::say(serde_json::to_string_pretty(report).map_err(Failure::broken)?);
    }
    let Tally {
        deliveries,
        events,
        commands,
        reloads,
        restarts,
        drones_failed,
        virtual_s,
    } = report.tally;
    terminal::say(format_args!(
        "{} runs from seed {} in {:.1} s: {deliveries} deliveries, {events} events and {commands} commands in {:.0} h of virtual time; \
         {restarts} actors restarted, {drones_failed} drones failed, worlds loaded {reloads} times; {}",
        report.runs,
        report.seed,
        report.wall_s,
        virtual_s / 3_600.0,
        if report.failure.is_some() {
            "an invariant broke"
        } else {
            "no invariant broke"
        },
    ))
}

/// Runs cases side by side until one fails or it is over.
fn swarm(
    args: &FuzzArgs,
    seed: u64,
    begun: Instant,
    interrupted: &AtomicBool,
) -> (Report, Option<(Case, Breach)>) {
    let runs_max = args.runs.unwrap_or(u64::MAX);
    let seconds = args.seconds.or(args.runs.is_none().then_some(SECONDS_DEFAULT));
    let (next, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut report = Report {
        seed,
        runs: 0,
        wall_s: 0.0,
        stopped: Stopped::Runs,
        tally: Tally::default(),
        failure: None,
    };
    let mut failure = None;
    let bar = progress_bar(args);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..jobs(args) {
            let sender = sender.clone();
            let (next, is_over) = (&next, &is_over);
            scope.spawn(move || work(args, seed, runs_max, next, is_over, &sender));
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(LOOK_EVERY) {
                Ok((_, Ok(tally))) => {
                    report.runs += 1;
                    report.tally += tally;
                }
                Ok((case, Err(breach))) => {
                    report.runs += 1;
                    report.stopped = Stopped::Failure;
                    failure.get_or_insert((case, breach));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            let is_late = seconds.is_some_and(|seconds| begun.elapsed() >= Duration::from_secs(seconds));
            if report.stopped == Stopped::Runs && interrupted.load(Ordering::Relaxed) {
                report.stopped = Stopped::Interrupted;
            } else if report.stopped == Stopped::Runs && is_late {
                report.stopped = Stopped::Seconds;
            }
            if report.stopped != Stopped::Runs {
                is_over.store(true, Ordering::Relaxed);
            }
            draw(&bar, &report, next.load(Ordering::Relaxed));
        }
    });
    bar.finish_and_clear();
    (report, failure)
}

/// One worker: takes the next seed as long as it is not over.
fn work(
    args: &FuzzArgs,
    seed: u64,
    runs_max: u64,
    next: &AtomicU64,
    is_over: &AtomicBool,
    sender: &mpsc::Sender<(Case, Result<Tally, Breach>)>,
) {
    while !is_over.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= runs_max {
            return;
        }
        let case = case(args, seed.wrapping_add(number));
        if args.verbose {
            terminal::complain(format_args!("{}", case.command()));
        }
        let outcome = case.run();
        if sender.send((case, outcome)).is_err() {
            return;
        }
    }
}

fn case(args: &FuzzArgs, seed: u64) -> Case {
    Case {
        reduction: args.reduce.clone().unwrap_or_default(),
        sabotage: args.sabotage,
        ..Case::of_seed(seed)
    }
}

fn jobs(args: &FuzzArgs) -> usize {
    args.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    )
}

/// A seed that nobody has had before.
fn seed_of_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Microseconds leave neighbours room for millions of runs a second.
    u64::try_from(since.as_micros()).unwrap_or_default()
}

/// Says from now on whether somebody pressed Ctrl-C.
fn watch_interrupts() -> Result<Arc<AtomicBool>, Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::try_again)?;
    let flag = Arc::clone(&interrupted);
    thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    Ok(interrupted)
}

/// Writes the scenario of a case and the files it names, what clients ask in it, and its event log, as far as that comes.
fn write(case: &Case, folder: &Path) -> Result<(), Failure> {
    let commands = case.script().map_err(Failure::broken)?.join("\n");
    let bundle = case.bundle();
    let written = fs::create_dir_all(folder).and_then(|()| {
        for (name, text) in &bundle.files {
            fs::write(folder.join(name), text)?;
        }
        fs::write(folder.join(COMMANDS_FILE), commands + "\n")?;
        let text = format!("# {}\n{}", case.command(), bundle.text);
        fs::write(folder.join(SCENARIO_FILE), text)?;
        // Whether the case holds is said when it is run in its turn.
        let _ = case.run_logged(&mut BufWriter::new(File::create(folder.join(EVENTS_FILE))?));
        Ok(())
    });
    written.map_err(|error: io::Error| {
        Failure::usage(format_args!("cannot write {}: {error}", folder.display()))
    })
}

fn progress_bar(args: &FuzzArgs) -> ProgressBar {
    if args.json || args.verbose {
        return ProgressBar::hidden();
    }
    let bar = args.runs.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let style = ProgressStyle::with_template("{spinner} {pos} runs  {msg}  {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}

fn draw(bar: &ProgressBar, report: &Report, begun: u64) {
    bar.set_position(report.runs);
    bar.set_message(format!(
        "{} deliveries; at seed {}",
        report.tally.deliveries,
        report.seed.wrapping_add(begun)
    ));
}

#[cfg(test)]
mod tests {
    use skyhaul_actors::environment::Sabotage;

    use super::*;
    use crate::exit::Exit;

    fn args() -> FuzzArgs {
        FuzzArgs {
            seed: Some(1),
            seconds: None,
            runs: Some(100),
            jobs: Some(2),
            reduce: None,
            write: None,
            verbose: false,
            json: true,
            sabotage: None,
        }
    }

    #[test]
    fn a_mistake_ends_the_swarm_with_70_and_is_written_down_small() {
        let folder = tempfile::tempdir().expect("a folder");
        let args = FuzzArgs {
            sabotage: Some(Sabotage::ForgetsWaiting),
            write: Some(folder.path().join("case")),
            ..args()
        };
        let failure = main(&args).expect_err("it is found");
        assert_eq!(failure.exit, Exit::Broken);
        assert!(failure.reason.starts_with("SG-2"), "{failure}");
        let text = fs::read_to_string(folder.path().join("case").join(SCENARIO_FILE)).expect("written");
        assert!(
            text.starts_with("# skyhaul fuzz --seed") && text.contains("--reduce"),
            "{text}"
        );
    }

    #[test]
    fn an_interrupt_and_the_end_of_its_time_stop_a_swarm_that_would_go_on() {
        let endless = FuzzArgs { runs: None, ..args() };
        let (report, failure) = swarm(&endless, 1, Instant::now(), &AtomicBool::new(true));
        assert_eq!((report.stopped, failure), (Stopped::Interrupted, None));
        let hasty = FuzzArgs {
            seconds: Some(0),
            ..endless
        };
        let (report, _) = swarm(&hasty, 1, Instant::now(), &AtomicBool::new(false));
        assert_eq!(report.stopped, Stopped::Seconds);
    }
}
