//! The owner of one partition: reads the log, folds it, feeds view and ledger, appends ticks and what happens at set times, and
//! keeps snapshots. It decides nothing from outside the log and skips no record.
//!
//! Three tasks: the [`owner`] folds; the view lane and the ledger lane project. Each lane takes batches through a bounded queue,
//! so a slow or dead store never holds up the line: what it missed is built again from an image or folded again from the log.

mod batches;
mod deps;
mod ledger_lane;
mod metrics;
mod owner;
mod start;
mod ticker;
mod view_lane;

pub use deps::{Deps, LobbySecrets, Settings};
pub use metrics::Metrics;
pub use owner::Owner;

use queue_domain::Stop;
use queue_ports::log::LogError;
use queue_protocol::record::RecordError;
use tokio_util::sync::CancellationToken;

/// Why an owner stopped by itself. None of these passes by waiting.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The fold refuses to go on: a gap, unknown rules, or another process that folded to something else.
    #[error("partition {partition} stops after {after}: {source}")]
    Stopped {
        /// Which partition.
        partition: u32,
        /// The last record folded.
        after: String,
        /// Why.
        source: Stop,
    },
    /// A record with our header and a right checksum that this build cannot read.
    #[error("partition {partition} stops at offset {offset}: {source}")]
    Unreadable {
        /// Which partition.
        partition: u32,
        /// The record.
        offset: u64,
        /// Why.
        source: RecordError,
    },
    /// The log is not the one it was.
    #[error("partition {partition} stops: {source}")]
    Log {
        /// Which partition.
        partition: u32,
        /// Why.
        source: LogError,
    },
    /// The ledger reflects records that the log does not have: one of them is from another time, such as a backup.
    #[error(
        "partition {partition} stops: the ledger stands at {ledger}, but the log ends before {end}"
    )]
    LedgerAhead {
        /// Which partition.
        partition: u32,
        /// The last record that the ledger reflects.
        ledger: String,
        /// The offset that the log's next record will have.
        end: u64,
    },
    /// The view takes no more from this owner: a newer generation owns it, or its lane broke; the log says which.
    #[error("partition {partition} stops: the view takes no more from it")]
    ViewEnded {
        /// Which partition.
        partition: u32,
    },
}

/// Owns the partition until `shutdown`, then stores a snapshot and returns.
pub async fn run(deps: Deps, shutdown: CancellationToken) -> Result<(), ConsumerError> {
    let mut owner = Owner::start(deps).await?;
    owner.run(shutdown).await
}
