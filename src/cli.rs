//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use skyhaul_actors::environment::Sabotage;
use skyhaul_scenarios::swarm::Reduction;

use crate::config::Flag;

/// Drone delivery: an actor-based simulation and dispatch engine with live telemetry.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Examples:\n  skyhaul serve                                   the service on Florence: http://127.0.0.1:8080/\n  skyhaul serve --speed 60 --data /tmp/fast       the same, an hour a minute\n  skyhaul run scenarios/library/seattle.toml      a whole city from a file\n  skyhaul fuzz --seconds 60                       a minute of random worlds, every invariant checked\n  skyhaul load scenarios/library/florence.toml    a minute of Florence's requests for a running service\n  skyhaul scenario check my-city.toml             what is wrong with a file, or what it will run"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The service: REST, dashboard, telemetry, the living fleet.
    Serve(ServeArgs),
    /// Runs a scenario as fast as the machine can.
    Run(RunArgs),
    /// Drives a running service with a scenario's requests at a fixed rate, whatever the answers take.
    Load(LoadArgs),
    /// Draws whole scenarios with everything that may go wrong, and checks every invariant.
    Fuzz(FuzzArgs),
    /// Rebuilds what a data folder recorded, says whether it comes to the same, and branches off with another plan.
    Replay(ReplayArgs),
    /// Works on scenario files.
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Shows the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What a process does in a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Everything.
    All,
}

/// `skyhaul serve`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Settings come from defaults, then --config FILE, then the environment (SKYHAUL__SERVER__BIND=…), then these flags; `skyhaul config show` lists them.\n\nExamples:\n  skyhaul serve --speed 10 --no-demand\n  skyhaul serve --scenario scenarios/library/seattle.toml --data data/seattle"
)]
pub struct ServeArgs {
    /// Scenario file [default: Florence, built in]
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Virtual seconds a wall second, 0.1 to 1000, or `max` [default: 1]
    #[arg(long, value_name = "X|max")]
    pub speed: Option<String>,
    /// Address of the REST interface and the dashboard [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<String>,
    /// Address of the telemetry WebSocket [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS")]
    pub telemetry_bind: Option<String>,
    /// `dev`: https and wss with a certificate that the service makes itself; `off`: neither, whatever the configuration says
    #[arg(long, value_name = "MODE")]
    pub tls: Option<String>,
    /// Certificate for https and wss, PEM; it is looked at again every few seconds
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Folder of the journal, the snapshots and the stores [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Street map of the dashboard: an archive of tiles (FILE.pmtiles), or the address of a style
    #[arg(long, value_name = "FILE|URL")]
    pub basemap: Option<String>,
    /// Only what comes in by REST is delivered
    #[arg(long)]
    pub no_demand: bool,
    /// What this process does; may be given more than once
    #[arg(long, value_name = "ROLE", value_enum, default_value = "all")]
    pub role: Vec<Role>,
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Allow a public address though nothing asks who calls
    #[arg(long)]
    pub insecure: bool,
}

impl ServeArgs {
    /// The settings that were given as flags.
    #[must_use]
    pub fn flags(&self) -> Vec<Flag> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let given = [
            ("world.scenario", path(&self.scenario), "--scenario"),
            ("world.speed", self.speed.clone(), "--speed"),
            ("server.bind", self.bind.clone(), "--bind"),
            (
                "server.telemetry_bind",
                self.telemetry_bind.clone(),
                "--telemetry-bind",
            ),
            ("tls.mode", self.tls.clone(), "--tls"),
            ("tls.cert", path(&self.tls_cert), "--tls-cert"),
            ("tls.key", path(&self.tls_key), "--tls-key"),
            ("server.basemap", self.basemap.clone(), "--basemap"),
            ("world.data", path(&self.data), "--data"),
            (
                "world.demand",
                self.no_demand.then(|| "false".to_owned()),
                "--no-demand",
            ),
            (
                "server.insecure",
                self.insecure.then(|| "true".to_owned()),
                "--insecure",
            ),
        ];
        given
            .into_iter()
            .filter_map(|(name, value, flag)| Some((name, value?, flag)))
            .collect()
    }
}

/// In what form the event log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// One JSON object a line, in `events.ndjson`.
    Ndjson,
    /// Not at all.
    None,
}

/// `skyhaul run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  skyhaul run scenarios/library/florence.toml --out out/florence\n  skyhaul run scenarios/library/seattle.toml --seed 7 --format none --json > summary.json"
)]
pub struct RunArgs {
    /// The scenario file
    pub file: PathBuf,
    /// The seed of all random streams [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads for the scenario's regions, at most one a processor; never changes a result
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: u16,
    /// Where the event log and the summary go [default: out/NAME-SEED]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// In what form the event log is written
    #[arg(long, value_enum, default_value = "ndjson")]
    pub format: LogForm,
    /// Print the summary as JSON on standard output, and nothing else
    #[arg(long)]
    pub json: bool,
    /// No progress bar, no summary
    #[arg(long)]
    pub quiet: bool,
}

/// `skyhaul load`.
#[derive(Debug, Args)]
#[command(
    after_help = "Requests go out when they are due, not when the one before was answered, and an answer's time counts from then. At the end every delivery that was accepted is looked up. Exit code 0: all of them are known; 70: one is lost or was told twice; 75: no service answers.\n\nExamples:\n  skyhaul load scenarios/library/florence.toml --target http://127.0.0.1:8080\n  skyhaul load scenarios/library/load-test.toml --rate 10000 --duration 3m --connections 256\n  SKYHAUL_API_KEY=… skyhaul load my-city.toml --target https://dispatch.example --ca ca.pem --owner acme --json"
)]
pub struct LoadArgs {
    /// The scenario whose requests are sent
    pub file: PathBuf,
    /// The service
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub target: String,
    /// Requests a second [default: as many as the scenario has on average]
    #[arg(long, value_name = "R")]
    pub rate: Option<f64>,
    /// For how long requests are sent: seconds, or a span (3m)
    #[arg(long, value_name = "S", default_value = "60s")]
    pub duration: String,
    /// Connections, each with one request in flight
    #[arg(long, value_name = "C", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=20_000))]
    pub connections: u16,
    /// The seed by which requests are drawn [default: the scenario's]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Who asks for the deliveries; with a customer's key, its own name [default: a new name each time]
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// The key or token that is sent as `Authorization: Bearer`
    #[arg(long, value_name = "KEY", env = "SKYHAUL_API_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// Trust these certificates (PEM) instead of the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// How long the service may take to show all deliveries it accepted, after the last request
    #[arg(long, value_name = "S", default_value = "60s")]
    pub settle: String,
    /// Wait so long at most until all of them have ended
    #[arg(long, value_name = "S")]
    pub wait: Option<String>,
    /// Print the report as JSON on standard output, and nothing else
    #[arg(long)]
    pub json: bool,
    /// No progress, no report: the exit code says it
    #[arg(long)]
    pub quiet: bool,
}

/// `skyhaul fuzz`.
#[derive(Debug, Args)]
#[command(
    after_help = "Each seed is a scenario with faults and clients who change their minds. It is run twice, straight on and cut, saved and loaded on the way; then nothing fails any more, and all must come to rest. A case that breaks an invariant is made as small as it can be; the command that repeats it is printed. Exit code 70 says that one broke.\n\nExamples:\n  skyhaul fuzz                                     a minute of new seeds\n  skyhaul fuzz --seed 1 --runs 10000 --seconds 3600\n  skyhaul fuzz --seed 1234 --runs 1 --write case   one seed, its scenario as files"
)]
pub struct FuzzArgs {
    /// The first seed; the next runs take the next ones [default: drawn from the clock]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Stop after so many seconds [default: 60, or never where --runs is given]
    #[arg(long, value_name = "S")]
    pub seconds: Option<u64>,
    /// Stop after so many runs
    #[arg(long, value_name = "N")]
    pub runs: Option<u64>,
    /// Runs side by side [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Make each case less than drawn, as a failure's command says
    #[arg(long, value_name = "DIMENSION:STEPS,…")]
    pub reduce: Option<Reduction>,
    /// Write the scenario of the first seed, or the smallest one that failed, and its event log into this folder
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
    /// Print the command of each run before it begins
    #[arg(long)]
    pub verbose: bool,
    /// Print the tally as JSON on standard output, and nothing else
    #[arg(long)]
    pub json: bool,
    /// A mistake for tests to find; no flag sets it.
    #[arg(skip)]
    pub sabotage: Option<Sabotage>,
}

/// `skyhaul replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is written into DIR. Exit code 0: it agrees; 70: it parts, and where; 75: a service uses DIR.\n\nExamples:\n  skyhaul replay data                              does the journal repeat what was shown?\n  skyhaul replay data --from-start                 and do all snapshots hold what it comes to?\n  skyhaul replay data --until 1h30m --out out/incident\n  skyhaul replay data --until 2026-03-01T12:00:00Z --branch more-drones.toml --for 4h"
)]
pub struct ReplayArgs {
    /// The data folder of a service (`--data`), or a copy of one
    pub dir: PathBuf,
    /// Stop at this instant: seconds or a span since the start (1h30m), or a time of the calendar (RFC 3339) [default: the record's end]
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Replay from the founding, without snapshots, and hold every snapshot against what the journal comes to
    #[arg(long)]
    pub from_start: bool,
    /// Write the event log and the summary there: of the replay from the founding, or of the branch [default for a branch: out/branch-NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on from there by this scenario instead, and compare: more drones, another demand, weather, zones, carriers or dispatch
    #[arg(long, value_name = "FILE", requires = "span")]
    pub branch: Option<PathBuf>,
    /// How long the branch goes on (1h30m)
    #[arg(long = "for", value_name = "SPAN", requires = "branch")]
    pub span: Option<String>,
    /// Print everything as JSON on standard output, and nothing else
    #[arg(long)]
    pub json: bool,
    /// No progress, no report: the exit code says it
    #[arg(long)]
    pub quiet: bool,
}

/// `skyhaul scenario`.
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// Says what is wrong with a file, by line, or prints what it will run.
    Check {
        /// The scenario file
        file: PathBuf,
    },
}

/// `skyhaul config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every setting, its value, and where the value came from.
    Show(ServeArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_that_were_not_given_say_nothing() {
        let Command::Serve(args) =
            Cli::parse_from(["skyhaul", "serve", "--no-demand", "--speed", "60"]).command
        else {
            panic!("it is `serve`");
        };
        let names: Vec<_> = args
            .flags()
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect();
        assert_eq!(
            names,
            [
                ("world.speed", "60".to_owned()),
                ("world.demand", "false".to_owned())
            ]
        );
    }
}
