//! The binary: reads the command line and hands over. No rule and no wiring lives here.

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    banjjak::run(banjjak::cli::Cli::parse()).await
}
