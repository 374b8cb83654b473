//! `banjjak events`: an operator's commands over the operator API, as tables for people or JSON for programs.
//! Holds no rule: what is allowed is the server's to say.
//!
//! Exit codes: 0 done · 1 refused, with the reason (also a visitor who may not come in) · 2 wrong usage, definition or address · 3 unreachable or unwell ·
//! 4 unauthorized or forbidden · 5 accepted, or maybe accepted, and not yet decided (repeat it with the printed `--key`).

mod action;
mod send;
mod show;

use crate::client::{Base, Client, token_in};
pub(crate) use action::policy;

use action::Action;
use clap::Args as ClapArgs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What it takes.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 done, 1 refused, 2 wrong usage or definition, 3 unreachable, 4 not allowed, 5 not yet decided (repeat with the printed --key)"
)]
pub struct Args {
    /// The operator listener.
    #[arg(
        long,
        env = "BANJJAK_OPERATOR_URL",
        default_value = "http://127.0.0.1:9090",
        global = true
    )]
    url: String,
    /// The operator's own token.
    #[arg(long, env = "BANJJAK_TOKEN", hide_env_values = true, global = true)]
    token: Option<String>,
    /// The operator's file, such as DIR/keys/operators/owner.toml, or one whose first line is the token.
    #[arg(long, global = true, conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// Print the server's JSON instead of tables.
    #[arg(long, global = true)]
    json: bool,
    /// The change's Idempotency-Key: give the printed one again to learn what became of a change (made when absent).
    #[arg(long, global = true)]
    key: Option<String>,
    /// Longest wait for one answer, in seconds.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300), global = true)]
    timeout_s: u64,
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

/// How a command ended; the exit code says the same to programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    Refused,
    Usage,
    Unreachable,
    NotAllowed,
    Undecided,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::Refused => 1,
            Ending::Usage => 2,
            Ending::Unreachable => 3,
            Ending::NotAllowed => 4,
            Ending::Undecided => 5,
        })
    }
}

/// Runs it.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let token = match &args.token_file {
        None => args.token.clone(),
        Some(path) => match token_in(path) {
            Ok(token) => Some(token),
            Err(error) => return Ok(complain(Ending::Usage, &error.to_string())),
        },
    };
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(complain(
            Ending::Usage,
            "an operator's token is needed: --token-file FILE, --token TOKEN or BANJJAK_TOKEN",
        ));
    };
    let base = match Base::parse(&args.url) {
        Ok(base) => base,
        Err(error) => return Ok(complain(Ending::Usage, &error.to_string())),
    };
    let client = Client::new(base, Some(token), Duration::from_secs(args.timeout_s));
    let call = match args.action.call() {
        Ok(call) => call,
        Err(error) => return Ok(complain(Ending::Usage, &format!("{error:#}"))),
    };
    if args.action.watches() {
        return Ok(send::watch(&client, &call, args.json).await.into());
    }
    Ok(send::once(&client, &call, args.key.as_deref(), args.json)
        .await
        .into())
}

/// Says on standard error what went wrong.
fn complain(ending: Ending, text: &str) -> ExitCode {
    note(text);
    ending.into()
}

/// A line for the person, beside the data: on standard error, so that the output can be piped.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A line of the result. False when nobody reads any more.
fn say(text: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{text}").is_ok()
}
