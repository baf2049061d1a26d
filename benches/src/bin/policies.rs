//! Scenarios with each policy of dispatch, side by side: runs them, and draws what the summaries say.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use serde_json::Value;
use skyhaul_actors::environment::{DispatchPolicy, Environment};
use skyhaul_benches::chart::{Panel, Row, draw};
use skyhaul_scenarios::bundle::ScenarioBundle;
use skyhaul_scenarios::runner::{RunOptions, run};
use skyhaul_scenarios::scenario::{BuildOptions, Scenario};

/// The policies, as scenario files name them.
const POLICIES: [(&str, DispatchPolicy); 3] = [
    ("nearest", DispatchPolicy::Nearest),
    ("batch", DispatchPolicy::Batch),
    ("adaptive", DispatchPolicy::Adaptive),
];

/// A figure of the summary, and how it is shown.
struct Shown {
    title: &'static str,
    top: Option<f64>,
    places: usize,
    figure: fn(&Value) -> f64,
}

const SHOWN: [Shown; 5] = [
    Shown {
        title: "brought by drone, %",
        top: Some(100.0),
        places: 1,
        figure: |summary| {
            let share = number(&summary["deliveries"]["by_drone"])
                / number(&summary["deliveries"]["completed"]).max(1.0);
            100.0 * share
        },
    },
    Shown {
        title: "on time, %",
        top: Some(100.0),
        places: 1,
        figure: |summary| 100.0 * number(&summary["on_time_share"]),
    },
    Shown {
        title: "mean wait, min",
        top: None,
        places: 1,
        figure: |summary| number(&summary["wait_s"]["mean"]) / 60.0,
    },
    Shown {
        title: "half wait less, min",
        top: None,
        places: 1,
        figure: |summary| number(&summary["wait_s"]["p50"]) / 60.0,
    },
    Shown {
        title: "energy a delivery, Wh",
        top: None,
        places: 0,
        figure: |summary| number(&summary["energy_wh"]["per_delivery"]),
    },
];

/// Scenarios with each policy, drawn from the summaries.
#[derive(Parser)]
struct Arguments {
    /// Scenarios, each with the share of its drones that fly: a fleet large enough for its day has a drone for everybody at once.
    #[arg(
        default_values = ["scenarios/library/seattle.toml=1", "scenarios/library/seattle.toml=0.2", "scenarios/library/rush-hour.toml=1"]
    )]
    scenarios: Vec<String>,
    /// Where the summaries are written.
    #[arg(long, default_value = "out/policies")]
    out: PathBuf,
    /// The picture.
    #[arg(long, default_value = "docs/dispatch-policies.svg")]
    picture: PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let mut rows = Vec::new();
    for (number, asked) in arguments.scenarios.iter().enumerate() {
        let (file, share) = asked.split_once('=').unwrap_or((asked, "1"));
        let folder = arguments.out.join(number.to_string());
        rows.push(row(Path::new(file), share.parse()?, &folder)?);
    }
    for row in &rows {
        println!("{}", row.heading);
        for panel in &row.panels {
            println!("  {:24}{:?}", panel.title, panel.bars);
        }
    }
    draw(&arguments.picture, &rows)
}

/// Runs a scenario with each policy.
fn row(file: &Path, share: f64, out: &Path) -> Result<Row, Box<dyn std::error::Error>> {
    let scenario = Scenario::parse(&ScenarioBundle::read(file)?)?;
    let mut summaries = Vec::new();
    for (name, policy) in POLICIES {
        let mut environment = scenario.environment(BuildOptions::default());
        environment.dispatch.policy = policy;
        thin(&mut environment, share);
        let folder = out.join(name);
        let options = RunOptions {
            duration: scenario.duration(),
            out: Some(folder.clone()),
            events: false,
            threads: 2,
        };
        let began = Instant::now();
        let elapsed_s = || began.elapsed().as_secs_f64();
        run(&Arc::new(environment), &options, &elapsed_s, &mut |_| {
            ControlFlow::Continue(())
        })?;
        let summary: Value = serde_json::from_reader(File::open(folder.join("summary.json"))?)?;
        summaries.push((name, summary));
    }
    let (_, first) = &summaries[0];
    let heading = format!(
        "{} · {} requests, {} drones",
        first["scenario"].as_str().unwrap_or_default(),
        first["deliveries"]["requested"],
        first["drones"]["count"]
    );
    let panels = SHOWN.iter().map(|shown| Panel {
        title: shown.title.to_owned(),
        top: shown.top,
        places: shown.places,
        bars: summaries
            .iter()
            .map(|(name, summary)| ((*name).to_owned(), (shown.figure)(summary)))
            .collect(),
    });
    Ok(Row {
        heading,
        panels: panels.collect(),
    })
}

/// Leaves so large a share of each fleet, and one drone at least.
fn thin(environment: &mut Environment, share: f64) {
    for fleet in &mut environment.fleets {
        let wanted = (f64::from(fleet.count) * share).round().max(1.0);
        fleet.count = (1..=fleet.count)
            .find(|count| f64::from(*count) >= wanted)
            .unwrap_or(fleet.count);
    }
}

/// A figure; nothing where nothing was counted.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}
