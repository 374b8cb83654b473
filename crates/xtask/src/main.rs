//! The house: sets a machine up, runs every test, keeps the borders, runs the benchmarks. `cargo xtask help` lists it.
//! No part of the product depends on it.

mod api;
mod bench;
mod child;
mod deny;
mod place;
mod rehearse;
mod server;
mod setup;
mod tally;
mod test;
mod tidy;

use anyhow::Result;
use clap::{Parser, Subcommand};
use place::Place;
use std::process::ExitCode;
use std::time::Duration;

/// Tasks of the house.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need and run all of them
    Test {
        /// Only these steps (repeat, or separate by commas)
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<test::Step>,
        /// End whatever still runs after so many minutes
        #[arg(long, default_value_t = 55)]
        minutes: u64,
    },
    /// Install what the tests need, and stop there
    Setup {
        /// Only for these steps (repeat, or separate by commas)
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<test::Step>,
    },
    /// Check the borders between crates and the rules for files
    Tidy,
    /// Check licences, sources and banned crates with cargo-deny (built on first use)
    Deny {
        /// Ask the advisory database too (needs the network)
        #[arg(long)]
        advisories: bool,
    },
    /// Run the benchmarks in release builds; prints figures, asserts none
    Bench {
        /// Only benchmarks whose name contains this
        filter: Option<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            test::complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether the task did what it should.
fn run(arguments: Arguments) -> Result<bool> {
    child::end_with_us()?;
    let place = Place::find()?;
    std::env::set_current_dir(&place.root)?;
    match arguments.task {
        Task::Test { only, minutes } => test::run(&place, &only, Duration::from_secs(60 * minutes)),
        Task::Setup { only } => test::set_up(&place, &only),
        Task::Tidy => tidy::run(&place.root).map(|tally| tally.failed == 0),
        Task::Deny { advisories } => {
            deny::run(&place, advisories, Duration::from_secs(600)).map(|tally| tally.failed == 0)
        }
        Task::Bench { filter } => bench::run(&place, filter.as_deref()),
    }
}
