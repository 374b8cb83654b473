//! `banjjak rehearse`: an open-loop load of simulated shoppers in a process of its own, against a running instance or one that
//! it starts, and kills, itself. It speaks the public contract only, records everything that its shoppers saw, and judges
//! nothing but times and failures: `banjjak audit` judges the rest.
//!
//! Open loop: every click has its moment, drawn before the start, and is sent then whether or not earlier ones were answered;
//! times are counted from that moment, so a server that stalls is not spared.

mod acts;
mod agenda;
mod args;
mod ask;
mod bookings;
mod choice;
mod clock;
mod kills;
mod kinds;
mod known;
mod plan;
mod pool;
mod progress;
mod record;
mod report;
mod server;
mod setting;
mod shopper;
mod socket;
mod stage;
mod tally;
mod world;

pub use args::Args;

use anyhow::Context;
use record::Recorder;
use report::Report;
use std::io::Write;
use std::process::ExitCode;
use tokio_util::task::TaskTracker;

/// Files that are not sockets or connections: the witness, the server's pipe, the runtime's own.
const FILES_RESERVED: u64 = 128;

/// Runs it. Exit codes: 0 ended by itself, at rest and within its budget; 1 not so, or it could not be done.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    args.check()?;
    let sockets = sockets(&args);
    if let Some(folder) = &args.report {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let (recorder, writer) = match &args.witness {
        None => (Recorder::none(), None),
        Some(path) => {
            let (recorder, writer) = Recorder::create(path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            (recorder, Some(writer))
        }
    };
    let tasks = TaskTracker::new();
    let outcome = stage::run(&args, &tasks, recorder, sockets).await?;
    tasks.close();
    tasks.wait().await;
    let lines = match writer {
        None => 0,
        Some(writer) => writer.finish().context("the witness is incomplete")?,
    };
    let report = Report::new(&args, &outcome, sockets, lines);
    if let Some(folder) = &args.report {
        report.save(folder)?;
    }
    write!(std::io::stdout().lock(), "{}", report.text()).context("cannot print the report")?;
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How many sockets there may be at once: what was asked for, and what the file limit leaves.
fn sockets(args: &Args) -> u32 {
    let wanted = args.sockets.unwrap_or(args.shoppers).min(args.shoppers);
    let others = u64::from(args.connections) + FILES_RESERVED;
    let limit = crate::file_limit::raise(u64::from(wanted) + others);
    let allowed = u32::try_from(limit.saturating_sub(others))
        .unwrap_or(u32::MAX)
        .min(wanted);
    if allowed < args.shoppers {
        // Said before the load, so that nobody takes the peak for more than it is.
        let _ = writeln!(
            std::io::stderr().lock(),
            "file limit {limit}: at most {allowed} sockets at once; {} shoppers go without and look every {} s",
            args.shoppers - allowed,
            args.poll_every.as_secs()
        );
    }
    allowed
}
