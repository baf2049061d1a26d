//! `skyhaul load`: a scenario's requests for a running service, sent when they are due, whatever the answers take (an open loop), and every delivery
//! that was accepted looked up at the end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use skyhaul_actors::environment::{Demand, Environment};
use skyhaul_engine::time::SimDuration;
use skyhaul_scenarios::duration::parse_duration;
use skyhaul_scenarios::scenario::BuildOptions;

use self::client::Target;
use self::orders::{Orders, VirtualClock};
use self::report::Report;
use crate::cli::LoadArgs;
use crate::exit::Failure;
use crate::run;
use crate::terminal;

mod client;
mod orders;
mod reckoning;
mod report;
mod sending;

/// Requests a second that may be asked for: more than one process sends.
const RATE_MAX: f64 = 1e6;

/// Longest spans that may be asked for: a week.
const SPAN_MAX: Duration = Duration::from_secs(7 * 86_400);

/// Letters of an owner's name besides letters and digits: those that a query string takes as they are.
const OWNER_LETTERS: &str = "-._~";

/// What is to be done.
struct Plan {
    environment: Arc<Environment>,
    target: Target,
    owner: String,
    /// Requests a second.
    rate: f64,
    lasting: Duration,
    connections: usize,
    /// How long the service may take to show what it accepted.
    settle: Duration,
    /// How long at most is waited for all deliveries to end.
    wait: Option<Duration>,
}

impl Plan {
    fn new(args: &LoadArgs) -> Result<Self, Failure> {
        let scenario = run::read(&args.file)?;
        let environment = Arc::new(scenario.environment(BuildOptions {
            seed: args.seed,
            ..BuildOptions::default()
        }));
        let rate = match args.rate {
            Some(rate) => rate,
            None => mean_rate(&environment, scenario.duration().as_seconds_f64()).ok_or_else(|| {
                Failure::usage(format!(
                    "{}: the scenario asks for nothing; say how much with --rate",
                    args.file.display()
                ))
            })?,
        };
        if !(rate > 0.0 && rate <= RATE_MAX) {
            return Err(Failure::usage(format!(
                "--rate {rate} must be above 0 and at most {RATE_MAX} requests a second"
            )));
        }
        let owner = args.owner.clone().map_or_else(new_owner, Ok)?;
        if owner.is_empty()
            || !owner
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || OWNER_LETTERS.contains(letter))
        {
            return Err(Failure::usage(format!(
                "--owner {owner:?} must be letters, digits and {OWNER_LETTERS}"
            )));
        }
        Ok(Self {
            environment,
            target: Target::new(&args.target, args.key.as_deref(), args.ca.as_deref())?,
            owner,
            rate,
            lasting: span("--duration", &args.duration)?,
            connections: usize::from(args.connections),
            settle: span("--settle", &args.settle)?,
            wait: args
                .wait
                .as_deref()
                .map(|wait| span("--wait", wait))
                .transpose()?,
        })
    }
}

/// `skyhaul load FILE`.
///
/// # Errors
/// [`Failure`]: a bad file or flag, no service, or a delivery that was accepted and is not known.
pub fn main(args: &LoadArgs) -> Result<(), Failure> {
    let plan = Plan::new(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::try_again)?;
    let bar = progress_bar(args.quiet || args.json);
    let tasks = tokio::task::LocalSet::new();
    let report = tasks.block_on(&runtime, drive(&plan, &args.file, &bar));
    bar.finish_and_clear();
    let report = report?;
    let said = if args.json {
        terminal::say(serde_json::to_string_pretty(&report).map_err(Failure::broken)?)
    } else if args.quiet {
        Ok(())
    } else {
        terminal::say(&report)
    };
    report.judge().and(said)
}

async fn drive(plan: &Plan, file: &Path, bar: &ProgressBar) -> Result<Report, Failure> {
    let clock = VirtualClock::ask(&plan.target).await?;
    let orders = Orders::new(Arc::clone(&plan.environment), plan.owner.clone(), clock);
    let sent = sending::send(plan, orders, bar).await;
    bar.set_message("looking up what was accepted");
    let reckoning = reckoning::reckon(plan, &sent.accepted, bar).await;
    Ok(Report::new(plan, file, &sent, reckoning))
}

/// Requests a second that a scenario asks for on average.
fn mean_rate(environment: &Environment, duration_s: f64) -> Option<f64> {
    let rate = match environment.demand.as_ref()? {
        Demand::Stream(stream) => stream.requests_per_day / 86_400.0,
        Demand::Trace(trace) => trace.len() as f64 / duration_s,
    };
    (rate > 0.0).then_some(rate)
}

/// Reads a span: seconds, or a number with a unit.
fn span(flag: &str, text: &str) -> Result<Duration, Failure> {
    let wrong = || {
        Failure::usage(format!(
            "{flag} {text:?} must be seconds or a span such as 90s or 3m, above 0 and at most a week"
        ))
    };
    let seconds = text
        .parse::<f64>()
        .ok()
        .or_else(|| parse_duration(text).map(SimDuration::as_seconds_f64))
        .ok_or_else(wrong)?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|span| !span.is_zero() && *span <= SPAN_MAX)
        .ok_or_else(wrong)
}

/// A name that nobody else has.
fn new_owner() -> Result<String, Failure> {
    let bits = getrandom::u32().map_err(Failure::try_again)?;
    Ok(format!("load-{bits:08x}"))
}

fn progress_bar(is_hidden: bool) -> ProgressBar {
    if is_hidden {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("[{bar:30}] {pos} of {len}  {msg}  {elapsed}");
    bar.set_style(
        style
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> "),
    );
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_seconds_or_numbers_with_a_unit() {
        assert_eq!(span("--duration", "1.5"), Ok(Duration::from_millis(1_500)));
        assert_eq!(span("--duration", "3m"), Ok(Duration::from_secs(180)));
        for wrong in ["", "0", "-1", "3 m", "8d", "inf", "NaN"] {
            let refused = span("--duration", wrong).expect_err(wrong);
            assert!(refused.reason.contains("--duration"), "{wrong}: {refused}");
        }
    }
}
