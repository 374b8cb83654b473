//! `banjjak keys`: operators and key rotation, on the files of a data folder. A running instance takes them in at its next start.

use crate::cli::Settings;
use clap::{Args, Subcommand, ValueEnum};
use queue_edge::keys::{self, OPERATORS, Role, operators};
use std::process::ExitCode;

/// What `keys` takes.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// What to do.
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Add an operator with a token of their own and print the token.
    AddOperator {
        /// Who: stands in the log as the actor of what they do.
        name: String,
        /// What they may do.
        #[arg(long, value_enum)]
        role: RoleName,
        /// The settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// Print an operator's token.
    Token {
        /// Who.
        #[arg(default_value = "owner")]
        name: String,
        /// The settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// Add a key that signs from the next start on; the older ones still verify.
    Rotate {
        /// Which: cookie, position, receipt, ticket or lobby.
        purpose: String,
        /// The settings.
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    /// Look.
    Viewer,
    /// Look, and check visitors in.
    Door,
    /// Everything.
    Operator,
}

/// Does it and prints what came of it.
///
/// # Errors
/// When there are no keys yet, a name is taken, or a file cannot be written.
pub(crate) fn run(args: KeysArgs) -> anyhow::Result<ExitCode> {
    let said = match args.command {
        KeysCommand::AddOperator {
            name,
            role,
            settings,
        } => {
            let role = match role {
                RoleName::Viewer => Role::Viewer,
                RoleName::Door => Role::Door,
                RoleName::Operator => Role::Operator,
            };
            operators::add(&folder(&settings)?.join(OPERATORS), &name, role)?
        }
        KeysCommand::Token { name, settings } => {
            operators::token(&folder(&settings)?.join(OPERATORS), &name)?
        }
        KeysCommand::Rotate { purpose, settings } => keys::rotate(&folder(&settings)?, &purpose)?,
    };
    crate::say(&said);
    Ok(ExitCode::SUCCESS)
}

fn folder(settings: &Settings) -> anyhow::Result<std::path::PathBuf> {
    let folder = crate::settings_of(settings)?.data.folder.join("keys");
    anyhow::ensure!(
        folder.is_dir(),
        "{} is not there yet: start `banjjak serve` once, or name the data folder with --data",
        folder.display()
    );
    Ok(folder)
}
