//! Every test of the repository, step by step, and one line at the end that adds them up. The steps know which runner
//! to call; reading its totals is `tally`'s, setting up is `setup`'s.

use crate::child::{self, Outcome};
use crate::place::Place;
use crate::tally::{self, Tally};
use crate::{api, deny, rehearse, setup, tidy};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::process::Command;
use std::time::{Duration, Instant};

/// A part of the tests that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Borders between crates and rules for files
    Tidy,
    /// cargo fmt
    Format,
    /// clippy, warnings refused
    Lint,
    /// cargo test, whole workspace
    Rust,
    /// Checks of the pages, and the browser tests
    Web,
    /// The served OpenAPI documents, by a fuzzer
    Api,
    /// Simulated shoppers, a kill, the checker
    Rehearse,
    /// Licences, sources, banned crates
    Deny,
}

/// Cheap first: a fault that costs seconds to find is not waited for.
const ORDER: [Step; 8] = [
    Step::Tidy,
    Step::Format,
    Step::Lint,
    Step::Rust,
    Step::Api,
    Step::Rehearse,
    Step::Web,
    Step::Deny,
];

/// A step's result.
struct Report {
    step: Step,
    tally: Tally,
    took: Duration,
}

/// Runs `only` (or everything), prints the totals, and says whether everything passed. A step that cannot be set up has
/// failed; the others run all the same.
///
/// # Errors
/// When the totals cannot be written.
pub(crate) fn run(place: &Place, only: &[Step], limit: Duration) -> Result<bool> {
    let deadline = Instant::now() + limit;
    let mut reports = Vec::new();
    for step in chosen(only) {
        say(&format!("\n== {} ==", name(step)));
        let started = Instant::now();
        let tally = run_step(place, step, deadline).unwrap_or_else(|error| {
            complain(&error);
            Tally::of(false)
        });
        reports.push(Report {
            step,
            tally,
            took: started.elapsed(),
        });
    }
    Ok(sum_up(&reports))
}

/// Installs what `only` (or everything) needs.
///
/// # Errors
/// The first thing that is missing and cannot be installed.
pub(crate) fn set_up(place: &Place, only: &[Step]) -> Result<bool> {
    for step in chosen(only) {
        set_up_step(place, step)?;
    }
    say("everything the tests need is installed");
    Ok(true)
}

fn chosen(only: &[Step]) -> impl Iterator<Item = Step> {
    ORDER
        .into_iter()
        .filter(move |step| only.is_empty() || only.contains(step))
}

fn set_up_step(place: &Place, step: Step) -> Result<()> {
    match step {
        Step::Tidy => Ok(()),
        Step::Format | Step::Lint | Step::Rust => setup::rust(),
        Step::Api => setup::api(place),
        Step::Rehearse => setup::rust(),
        Step::Web => setup::web(place).and_then(|()| setup::api(place)),
        Step::Deny => setup::deny(place),
    }
}

fn run_step(place: &Place, step: Step, deadline: Instant) -> Result<Tally> {
    set_up_step(place, step)?;
    let run = |command: &mut Command| run_until(command, deadline);
    match step {
        Step::Tidy => tidy::run(&place.root),
        Step::Format => Ok(Tally::of(
            run(&mut cargo(&[
                "fmt", "--all", "--check", "--", "--color", "never",
            ]))?
            .succeeded,
        )),
        Step::Lint => {
            let arguments = [
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ];
            Ok(Tally::of(
                run(cargo(&arguments).env("CARGO_TERM_COLOR", "never"))?.succeeded,
            ))
        }
        Step::Rust => {
            let outcome = run(&mut cargo(&["test", "--workspace", "--no-fail-fast"]))?;
            Ok(tally::of_cargo_test(&outcome.output).with_exit(outcome.succeeded))
        }
        Step::Api => build_binary(deadline).and_then(|()| api::run(place, deadline)),
        Step::Rehearse => build_binary(deadline).and_then(|()| rehearse::run(place, deadline)),
        Step::Web => web(place, deadline),
        Step::Deny => deny::run(place, false, left(deadline)),
    }
}

fn web(place: &Place, deadline: Instant) -> Result<Tally> {
    build_binary(deadline)?;
    let npm = |script: &str| {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script])
            .current_dir(place.root.join("web"));
        npm.env("BANJJAK_BIN", place.banjjak())
            .env("BANJJAK_PYTHON", place.venv().join("bin/python"))
            .env("NO_COLOR", "1");
        run_until(&mut npm, deadline)
    };
    let mut tally = Tally::of(npm("check")?.succeeded);
    let outcome = npm("test")?;
    tally += tally::of_node_test(&outcome.output).with_exit(outcome.succeeded);
    Ok(tally)
}

/// The binary that the tests from outside start, in the development profile.
fn build_binary(deadline: Instant) -> Result<()> {
    let outcome = run_until(
        &mut cargo(&["build", "--quiet", "--package", "banjjak"]),
        deadline,
    )?;
    anyhow::ensure!(outcome.succeeded, "the binary does not build");
    Ok(())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments);
    cargo
}

fn run_until(command: &mut Command, deadline: Instant) -> Result<Outcome> {
    let limit = left(deadline);
    anyhow::ensure!(!limit.is_zero(), "no time is left (--minutes)");
    let outcome = child::run(command, limit).with_context(|| format!("{command:?}"))?;
    if outcome.timed_out {
        say(&format!("ended, its time was over: {command:?}"));
    }
    Ok(outcome)
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn name(step: Step) -> String {
    step.to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The table, then the totals alone on the last line.
fn sum_up(reports: &[Report]) -> bool {
    let mut total = Tally::default();
    say("\nstep       passed  failed  seconds");
    for Report { step, tally, took } in reports {
        say(&format!(
            "{:<9} {:>7} {:>7} {:>8}",
            name(*step),
            tally.passed,
            tally.failed,
            took.as_secs()
        ));
        total += *tally;
    }
    say(&format!(
        "\n{} passed, {} failed",
        total.passed, total.failed
    ));
    total.failed == 0 && total.passed > 0
}

/// Says what went wrong, with its causes, in one line.
#[expect(clippy::print_stderr, reason = "a tool that reports to a person")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

#[expect(clippy::print_stdout, reason = "a tool that reports to a person")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_its_turn() {
        assert_eq!(chosen(&[]).count(), Step::value_variants().len());
        assert_eq!(
            chosen(&[Step::Web, Step::Tidy]).collect::<Vec<_>>(),
            [Step::Tidy, Step::Web]
        );
    }

    #[test]
    fn one_failure_fails_the_whole() {
        let report = |passed, failed| Report {
            step: Step::Tidy,
            tally: Tally { passed, failed },
            took: Duration::ZERO,
        };
        assert!(sum_up(&[report(3, 0), report(1, 0)]));
        assert!(!sum_up(&[report(3, 0), report(9, 1)]));
        assert!(!sum_up(&[]));
    }
}
