//! Licences, sources and banned crates, by cargo-deny and deny.toml. The tool is built into the target folder on first
//! use; nothing else of the house needs it.

use crate::place::Place;
use crate::tally::Tally;
use crate::{child, setup};
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

/// Runs the checks that need no network beyond the crates themselves, and the advisories on request. Each check counts
/// as one test.
///
/// # Errors
/// When cargo-deny can be neither found nor built.
pub(crate) fn run(place: &Place, advisories: bool, limit: Duration) -> Result<Tally> {
    setup::deny(place)?;
    let mut checks = vec!["licenses", "bans", "sources"];
    if advisories {
        checks.push("advisories");
    }
    let mut tally = Tally::default();
    for check in checks {
        let mut deny = Command::new(place.cargo_deny());
        deny.args(["--color", "never", "check", "--hide-inclusion-graph", check])
            .current_dir(&place.root);
        tally += Tally::of(child::run(&mut deny, limit)?.succeeded);
    }
    Ok(tally)
}
