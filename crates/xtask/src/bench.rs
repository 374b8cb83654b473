//! Benchmarks: every example of the workspace whose name begins with `bench_`, built for release and run one after the
//! other on an otherwise quiet machine. Figures are for people and files; nothing here asserts one.

use crate::child;
use crate::place::Place;
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

/// Building the release profile, and running one benchmark.
const BUILD_LIMIT: Duration = Duration::from_secs(1800);
const RUN_LIMIT: Duration = Duration::from_secs(600);

/// A benchmark and the crate it belongs to.
#[derive(Debug, PartialEq, Eq)]
struct Bench {
    package: String,
    example: String,
}

/// Runs the benchmarks whose name contains `filter`; `false` when one could not be built or ended badly.
///
/// # Errors
/// When cargo cannot be asked, or there is no such benchmark.
pub(crate) fn run(place: &Place, filter: Option<&str>) -> Result<bool> {
    let mut cargo = Command::new("cargo");
    let output = cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cannot run cargo")?;
    let metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")?;
    let benches = benches(&metadata, filter.unwrap_or_default());
    anyhow::ensure!(!benches.is_empty(), "no such benchmark");
    let mut all = true;
    for bench in &benches {
        all &= run_one(place, bench)?;
    }
    Ok(all)
}

#[expect(clippy::print_stdout, reason = "a tool that reports to a person")]
fn run_one(place: &Place, bench: &Bench) -> Result<bool> {
    println!("== {} ({}, release) ==", bench.example, bench.package);
    let mut build = Command::new("cargo");
    build.args([
        "build",
        "--quiet",
        "--release",
        "--package",
        &bench.package,
        "--example",
        &bench.example,
    ]);
    if !child::run(&mut build, BUILD_LIMIT)?.succeeded {
        return Ok(false);
    }
    let mut program = Command::new(place.target.join("release/examples").join(&bench.example));
    Ok(child::run(program.current_dir(&place.root), RUN_LIMIT)?.succeeded)
}

fn benches(metadata: &Value, filter: &str) -> Vec<Bench> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut benches = Vec::new();
    for package in array(&metadata["packages"]) {
        for target in array(&package["targets"]) {
            let example = target["name"].as_str().unwrap_or_default();
            let is_example = array(&target["kind"]).iter().any(|kind| kind == "example");
            if is_example && example.starts_with("bench_") && example.contains(filter) {
                let package = package["name"].as_str().unwrap_or_default().to_owned();
                benches.push(Bench {
                    package,
                    example: example.to_owned(),
                });
            }
        }
    }
    benches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn benchmarks_are_found_by_name() {
        let metadata = serde_json::json!({"packages": [{"name": "consumer", "targets": [
            {"name": "bench_fold", "kind": ["example"]}, {"name": "bench_not", "kind": ["bin"]},
            {"name": "show", "kind": ["example"]}]}]});
        let fold = Bench {
            package: "consumer".into(),
            example: "bench_fold".into(),
        };
        assert_eq!(benches(&metadata, ""), [fold]);
        assert!(benches(&metadata, "join").is_empty());
    }
}
