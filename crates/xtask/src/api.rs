//! The contract against the running server: schemathesis reads each served OpenAPI document and sends what it allows
//! and what it forbids. What the document should say is tested where the document is made.

use crate::child;
use crate::place::Place;
use crate::server::Server;
use crate::tally::{self, Tally};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Cases an operation and phase; the whole takes about a minute.
const EXAMPLES: &str = "25";

/// A stream never ends: its first event is enough.
const STREAMS: &str = "max-stream-events = 1\n";

/// What a schema cannot say. A socket is not asked by HTTP; where fields must agree with each other (times in their
/// order, consent with an address, a header's own syntax) `422` is a right answer to what the schema allows.
const RULES: &str = r#"
[[operations]]
include-path-regex = "/socket$"
enabled = false

[[operations]]
include-operation-id = ["createEvent", "reschedule", "addSlot", "policy", "texts", "reserve", "leave", "enter", "extend", "cancel", "move"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]

[[operations]]
include-tag = "forms"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]
"#;

/// Fuzzes both listeners. Every operation counts as one test.
///
/// # Errors
/// When the server does not start or the fuzzer cannot.
pub(crate) fn run(place: &Place, deadline: Instant) -> Result<Tally> {
    let server = Server::start(place)?;
    let folder = place.own().join("api");
    std::fs::create_dir_all(&folder).context("cannot make a folder for the reports")?;
    let mut tally = Tally::default();
    let shopper = server.cookie()?;
    let (_, shopper) = shopper
        .split_once('=')
        .context("a cookie without a value")?;
    let key = format!("[auth.openapi.shopper]\napi_key = \"{shopper}\"\n");
    tally += fuzz(place, &folder, "shopper", &server.public, &key, deadline)?;
    let key = format!("[auth.openapi.operator]\nbearer = \"{}\"\n", server.token);
    tally += fuzz(place, &folder, "operator", &server.operator, &key, deadline)?;
    Ok(tally)
}

fn fuzz(
    place: &Place,
    folder: &Path,
    name: &str,
    address: &str,
    auth: &str,
    deadline: Instant,
) -> Result<Tally> {
    let settings = folder.join(format!("{name}.toml"));
    std::fs::write(&settings, format!("{STREAMS}{auth}{RULES}"))
        .with_context(|| format!("cannot write {}", settings.display()))?;
    let report: PathBuf = folder.join(format!("{name}.xml"));
    let _ = std::fs::remove_file(&report); // an old one must not speak for this run
    let mut fuzzer = Command::new(place.venv().join("bin/st"));
    fuzzer
        .arg("--config-file")
        .arg(&settings)
        .arg("run")
        .arg(format!("{address}/openapi.json"));
    fuzzer.args([
        "--max-examples",
        EXAMPLES,
        "--seed",
        "1",
        "--phases",
        "examples,coverage,fuzzing",
    ]);
    fuzzer
        .args([
            "--request-timeout",
            "10",
            "--no-color",
            "--report",
            "junit",
            "--report-junit-path",
        ])
        .arg(&report);
    let limit = deadline
        .saturating_duration_since(Instant::now())
        .min(Duration::from_secs(600));
    let outcome = child::run(fuzzer.current_dir(folder), limit)?;
    let xml = std::fs::read_to_string(&report).unwrap_or_default();
    Ok(tally::of_junit(&xml).with_exit(outcome.succeeded))
}
