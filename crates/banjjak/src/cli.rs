//! The command line: names of subcommands and what they take. What they do is elsewhere.

use clap::{Parser, Subcommand};

/// Banjjak (반짝): a fair line, a booking room and receipts for popup events.
#[derive(Debug, Parser)]
#[command(name = "banjjak", version, about, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Manage events over the operator API.
    Events(crate::events::Args),
    /// Load a running instance with simulated shoppers and report.
    Rehearse(crate::rehearse::Args),
    /// Check the log, the ledger and a rehearsal's record against the invariants.
    Audit(crate::audit_command::Args),
}
