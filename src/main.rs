//! The skyhaul program.

use std::process::ExitCode;

use clap::Parser as _;
use skyhaul::cli::{Cli, Command, ConfigCommand, ScenarioCommand};
use skyhaul::exit::Exit;
use skyhaul::{config, fuzz, load, replay, run, serve, terminal};

/// Events, rows and requests are made on one thread and let go of on another, which glibc's allocator answers with locked arenas.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // The message could not be printed: there is nowhere to say so.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let done = match cli.command {
        Command::Serve(args) => serve::main(&args),
        Command::Run(args) => run::main(&args),
        Command::Load(args) => load::main(&args),
        Command::Fuzz(args) => fuzz::main(&args),
        Command::Replay(args) => replay::main(&args),
        Command::Scenario(ScenarioCommand::Check { file }) => run::check(&file),
        Command::Config(ConfigCommand::Show(args)) => config::show(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::complain(format_args!("skyhaul: {failure}"));
            failure.exit.into()
        }
    }
}
