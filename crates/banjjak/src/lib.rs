//! The wiring: the only place that knows configuration, environment, signals, telemetry, the machine's clock, concrete back
//! ends and the spawning of tasks. No rule of the queue lives here.

pub mod audit_command;
pub mod cli;
mod client;
mod clock;
pub mod config;
pub mod events;
mod file_limit;
pub mod keys_command;
mod probe;
mod readiness;
pub mod rehearse;
mod replay;
mod serve;
mod telemetry;

use cli::{Cli, Command};
use config::{Config, ConfigError};
use std::process::ExitCode;

/// Wrong usage or configuration, as clap says it too.
const WRONG_USAGE: u8 = 2;

/// Runs the subcommand and turns what came of it into an exit code: 0 done, 1 failed, 2 wrong usage or configuration;
/// `events` documents more.
pub async fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::CheckConfig(settings) => settings_of(&settings).map(|_| ExitCode::SUCCESS),
        Command::Config(args) => print_config(&args),
        Command::Health(args) => probe::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Keys(args) => keys_command::run(args),
        Command::Events(args) => events::run(args).await,
        Command::Rehearse(args) => rehearse::run(args).await,
        Command::Audit(args) => audit_command::run(args).await,
    };
    outcome.unwrap_or_else(|error| {
        complain(&error);
        if error.is::<ConfigError>() {
            ExitCode::from(WRONG_USAGE)
        } else {
            ExitCode::FAILURE
        }
    })
}

fn settings_of(settings: &cli::Settings) -> anyhow::Result<Config> {
    Ok(config::load(
        settings.config.as_deref(),
        environment(),
        &settings.flags(),
    )?)
}

fn print_config(args: &cli::ConfigArgs) -> anyhow::Result<ExitCode> {
    if args.default {
        say(config::DEFAULT.trim_end());
    } else {
        let settings = config::merge(
            args.settings.config.as_deref(),
            environment(),
            &args.settings.flags(),
        )?;
        say(toml::to_string(&settings)?.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// The environment's variables; those that are not text are none of ours.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Prints a line of a command's result.
#[expect(clippy::print_stdout, reason = "what a command was asked for")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(
    clippy::print_stderr,
    reason = "the last word of a command that failed, also when no log was set up"
)]
fn complain(error: &anyhow::Error) {
    eprintln!("banjjak: {error:#}");
}
