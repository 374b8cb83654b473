//! One suite a port, which every back end runs in its own tests: not only the happy path, also what networks, disks and crashes do.
//!
//! Stories come from the real fold over random commands, made from a seed that a failure names. A back end gives a fixture.

mod ledger;
mod log;
mod random;
mod snapshots;
mod story;
mod view;

pub use ledger::{LedgerFixture, ledger_contract};
pub use log::{LogFixture, log_contract};
pub use random::Random;
pub use snapshots::snapshots_contract;
pub use story::{Moment, Story};
pub use view::{ViewFixture, view_contract};

use std::time::Duration;

/// No check takes as long as this, on any machine: what does, hangs.
const DEADLINE: Duration = Duration::from_secs(120);

/// Runs one check, and names it when it hangs.
async fn check<T>(name: &str, run: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, run).await {
        Ok(value) => value,
        Err(_) => panic!("the check `{name}` hangs"),
    }
}
