//! The wiring: the only place that knows configuration, environment, signals, telemetry, the machine's clock, concrete back
//! ends and the spawning of tasks. No rule of the queue lives here.

pub mod audit_command;
pub mod cli;
pub mod config;
pub mod events;
pub mod rehearse;

use cli::{Cli, Command};
use std::process::ExitCode;

/// Runs the subcommand and turns what came of it into an exit code: 0 done, 1 failed, 2 wrong usage or configuration;
/// `events` documents more.
pub async fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Events(args) => events::run(args).await,
        Command::Rehearse(args) => rehearse::run(args).await,
        Command::Audit(args) => audit_command::run(args).await,
    };
    outcome.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

#[expect(
    clippy::print_stderr,
    reason = "the last word of a command that failed, also when no log was set up"
)]
fn complain(error: &anyhow::Error) {
    eprintln!("banjjak: {error:#}");
}
