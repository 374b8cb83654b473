//! A small rehearsal as a test: simulated shoppers, the server killed in the middle, and the checker's word on what was
//! written and what was seen. The great one is in loadtest/; both are the same command with other numbers.

use crate::child;
use crate::place::Place;
use crate::tally::Tally;
use anyhow::{Context, Result};
use std::process::Command;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(300);

/// Rehearses with one kill, then audits. Each counts as one test.
///
/// # Errors
/// When either cannot be started.
pub(crate) fn run(place: &Place, deadline: Instant) -> Result<Tally> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let (data, witness, report) = (
        folder.path().join("data"),
        folder.path().join("witness.jsonl"),
        place.own().join("rehearse"),
    );
    let limit = || {
        deadline
            .saturating_duration_since(Instant::now())
            .min(LIMIT)
    };

    let mut rehearse = Command::new(place.banjjak());
    let spawn = format!(
        "{} serve --any-port --print-json --data {}",
        place.banjjak().display(),
        data.display()
    );
    rehearse.args([
        "rehearse",
        "--spawn",
        &spawn,
        "--event",
        "rehearsal",
        "--make-event",
        "6x20",
    ]);
    rehearse.args([
        "--shoppers",
        "300",
        "--join-over",
        "3s",
        "--time-limit",
        "60s",
    ]);
    rehearse.args([
        "--seed",
        "7",
        "--kills",
        "1",
        "--policy",
        "admit_per_second=50",
    ]);
    rehearse
        .arg("--witness")
        .arg(&witness)
        .arg("--report")
        .arg(&report);
    let mut tally = Tally::of(child::run(&mut rehearse, limit())?.succeeded);

    let mut audit = Command::new(place.banjjak());
    audit
        .arg("audit")
        .arg("--data")
        .arg(&data)
        .arg("--witness")
        .arg(&witness);
    tally += Tally::of(child::run(&mut audit, limit())?.succeeded);
    Ok(tally)
}
