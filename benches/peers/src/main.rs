//! PHOLD on the kernel, by hand, and on the field's engines, in one run: each engine in a process of its own, one after the
//! other, so that none inherits another's memory.

use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use skyhaul_bench_peers::table::{Row, table};
use skyhaul_bench_peers::{on_krabmaga, on_nexosim};
use skyhaul_benches::phold::{Size, by_hand, floor, kernel, on_actix, three_types};

/// PHOLD on the kernel and its peers: nanoseconds an event, bytes an actor, and whether all end in the same states.
#[derive(Parser)]
struct Arguments {
    /// Numbers of actors to try.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    actors: Vec<u32>,
    /// Events in a slice; peers, which take ten times as long and more, get a quarter.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Slices timed.
    #[arg(long, default_value_t = 9)]
    slices: usize,
    /// One engine alone, in this process: prints its rows.
    #[arg(long)]
    only: Option<Subject>,
}

/// What is measured, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Subject {
    Kernel,
    ThreeTypes,
    Floor,
    ByHand,
    Actix,
    Krabmaga,
    Nexosim,
}

impl Subject {
    /// Whether it gets smaller slices.
    fn is_slow(self) -> bool {
        matches!(self, Self::Actix | Self::Krabmaga | Self::Nexosim)
    }

    /// Runs it here.
    fn rows(self, size: Size) -> Vec<Row> {
        let row = |name, run| vec![Row::of(name, &run, size.actors, Some(by_hand::run(size).states))];
        match self {
            Self::Kernel => row("kernel, one type of actor", kernel::run(size).0),
            Self::ThreeTypes => row("kernel, three types", three_types::run(size)),
            Self::Floor => vec![Row::of(
                "floor: nothing put in order",
                &floor::run(size),
                size.actors,
                None,
            )],
            Self::ByHand => row("by hand: vector and std `BinaryHeap`", by_hand::run(size)),
            Self::Actix => {
                let (phold, messages) = on_actix::run(size);
                let mut rows = row("actix 0.13, PHOLD with a heap", phold);
                rows.push(Row::of_slices("actix 0.13, `send().await` alone", &messages));
                rows
            }
            Self::Krabmaga => row("krABMaga 0.6", on_krabmaga::run(size)),
            Self::Nexosim => row("NeXosim 1.0", on_nexosim::run(size)),
        }
    }

    /// Runs it in a process of its own.
    fn measure(self, size: Size) -> Result<Vec<Row>, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let value = self.to_possible_value().ok_or("every subject has a name")?;
        let output = Command::new(program)
            .args(["--only", value.get_name()])
            .args(["--actors", &size.actors.to_string()])
            .args(["--events", &size.events.to_string()])
            .args(["--slices", &size.slices.to_string()])
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("{self:?} ended with {}", output.status));
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::parse)
            .collect()
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    if arguments.only.is_none() {
        println!(
            "PHOLD, 128-byte states, one thread, processor time, {} slices\n",
            arguments.slices
        );
    }
    for &actors in &arguments.actors {
        let size = |slow| Size {
            actors,
            events: arguments.events / if slow { 4 } else { 1 },
            slices: arguments.slices,
        };
        if let Some(subject) = arguments.only {
            for row in subject.rows(size(false)) {
                println!("{}", row.to_line());
            }
            continue;
        }
        let mut rows = Vec::new();
        for subject in Subject::value_variants() {
            eprintln!("{actors} actors: {subject:?}");
            rows.extend(subject.measure(size(subject.is_slow()))?);
        }
        println!("{}", table(actors, &rows));
        if let Some(row) = rows.iter().find(|row| row.agrees == Some(false)) {
            return Err(format!(
                "{} did not end in the states that PHOLD ends in",
                row.name
            ));
        }
    }
    Ok(())
}
