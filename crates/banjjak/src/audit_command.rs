//! `banjjak audit`: the checker on a data folder and a rehearsal's record, and what a receipt is worth. Reads only, also beside a running
//! instance; it judges nothing itself.

use anyhow::Context as _;
use queue_audit::source::{SqliteFolder, Witness};
use queue_audit::{Audit, Receipt, Sources};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What it takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the log and the ledger.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// What a rehearsal's shoppers saw (`banjjak rehearse --witness FILE`).
    #[arg(long, value_name = "FILE")]
    pub witness: Option<PathBuf>,
    /// Explain this receipt instead: is it ours, and what does the log say?
    #[arg(long, value_name = "TEXT", conflicts_with = "witness")]
    pub receipt: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Audits and prints the report. Exit code 0: no rule is violated (the receipt is borne out); 1: one is (it is not).
///
/// # Errors
/// When a source cannot be read.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // A rehearsal's record takes seconds to read: not on a thread that others share.
    tokio::task::spawn_blocking(move || match &args.receipt {
        Some(receipt) => explain(&args.data, receipt, args.json),
        None => audit(&args),
    })
    .await?
}

fn audit(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = SqliteFolder::open(&args.data)?;
    // First the ledger: the log is then at or beyond it, also when the instance is running.
    let ledger = folder.ledger()?;
    let witness = args.witness.as_deref().map(read_witness).transpose()?;
    let report = Audit::run(&Sources {
        log: &folder,
        ledger: Some(&ledger),
        witness: witness.as_ref(),
    })?;
    print(&report, args.json)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read_witness(path: &Path) -> anyhow::Result<Witness> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Witness::read(BufReader::with_capacity(1 << 20, file))
        .with_context(|| path.display().to_string())
}

fn explain(data: &Path, text: &str, json: bool) -> anyhow::Result<ExitCode> {
    let receipt = Receipt::parse(text).context("this is not the text of a receipt")?;
    let signed = signature(&data.join("keys"), text.trim())?;
    let explanation = receipt.explain(&SqliteFolder::open(data)?)?;
    if json {
        let told = serde_json::json!({ "signature": signed, "explanation": explanation });
        crate::say(&told.to_string());
    } else {
        let verdict = if signed { "right" } else { "WRONG" };
        crate::say(&format!("signature  {verdict}\n{explanation}"));
    }
    Ok(if signed && explanation.contradiction.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether one of the folder's keys signed it.
fn signature(keys: &Path, text: &str) -> anyhow::Result<bool> {
    // Opening keys makes those that are missing, and there is nothing to make here.
    anyhow::ensure!(keys.is_dir(), "{} is not there", keys.display());
    Ok(queue_edge::Keys::open(keys)?.receipt.verify(text).is_some())
}

fn print(report: &queue_audit::Report, json: bool) -> anyhow::Result<()> {
    if json {
        crate::say(&serde_json::to_string_pretty(report)?);
    } else {
        crate::say(report.to_string().trim_end());
    }
    Ok(())
}
