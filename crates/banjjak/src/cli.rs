//! The command line: names of subcommands and what they take. What they do is elsewhere.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// Run the whole system in this process.
    Serve(ServeArgs),
    /// Check the configuration and say what is wrong; exit code 2 when something is.
    CheckConfig(Settings),
    /// Print the configuration that all layers come to, or the built-in file that explains every key.
    Config(ConfigArgs),
    /// Ask a running instance whether it is alive (or ready); exit code 0 when it is.
    Health(HealthArgs),
    /// Fold the log of a data folder up to a position and print what it comes to.
    Replay(ReplayArgs),
    /// Add operators and rotate keys in a data folder.
    Keys(crate::keys_command::KeysArgs),
    /// Manage events over the operator API.
    Events(crate::events::Args),
    /// Load a running instance with simulated shoppers and report.
    Rehearse(crate::rehearse::Args),
    /// Check the log, the ledger and a rehearsal's record against the invariants.
    Audit(crate::audit_command::Args),
}

/// Where settings come from, above the built-in defaults and the environment (`BANJJAK__SECTION__KEY`).
#[derive(Debug, Args)]
pub struct Settings {
    /// Settings that differ from the defaults (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the log, the ledger and the keys (`data.folder`).
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// One setting; may be given several times.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = key_and_value)]
    pub set: Vec<(String, String)>,
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
    /// Create the demo event "glow-seongsu" if it is not there.
    #[arg(long)]
    pub demo: bool,
    /// Print one line of JSON with the addresses and the operator token once ready, for scripts.
    #[arg(long)]
    pub print_json: bool,
    /// Listen on ports that the machine picks, on loopback.
    #[arg(long)]
    pub any_port: bool,
}

/// What `config` takes.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
    /// Print the built-in file instead.
    #[arg(long)]
    pub default: bool,
}

/// What `health` takes.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// The health listener's address.
    #[arg(long, default_value = "127.0.0.1:9091")]
    pub address: SocketAddr,
    /// Ask whether it is ready, not only alive.
    #[arg(long)]
    pub ready: bool,
    /// How long to wait for the answer, in milliseconds.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub timeout_ms: u64,
}

/// What `replay` takes.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
    /// The partition.
    #[arg(long, default_value_t = 0)]
    pub partition: u32,
    /// The last record to fold; all when absent.
    #[arg(long)]
    pub offset: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("takes SECTION.KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl Settings {
    /// The flags as settings.
    pub fn flags(&self) -> Vec<(String, String)> {
        let mut flags = self.set.clone();
        if let Some(data) = &self.data {
            flags.push(("data.folder".to_owned(), data.display().to_string()));
        }
        flags
    }
}

impl ServeArgs {
    /// The flags as settings.
    pub fn flags(&self) -> Vec<(String, String)> {
        let mut flags = Vec::new();
        if self.any_port {
            flags.extend(
                ["public", "operator", "health"]
                    .map(|section| (format!("{section}.listen"), "127.0.0.1:0".to_owned())),
            );
        }
        flags.extend(self.settings.flags());
        flags
    }
}
