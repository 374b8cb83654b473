//! What an owner is given.

use crate::metrics::Metrics;
use queue_domain::{CommandId, EventId};
use queue_ports::clock::Clock;
use queue_ports::directory::Directory;
use queue_ports::ledger::{Ledger, Snapshots};
use queue_ports::log::CommandLog;
use queue_ports::view::ViewWriter;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Makes the secret of a shuffled lobby, from a key that only owners and operators' APIs hold.
pub trait LobbySecrets: Send + Sync + Debug {
    /// HMAC-SHA256(lobby key, event id, creation command id); `None` when the key of that id is not at hand.
    fn secret(&self, key_id: &str, event: &EventId, creation: CommandId) -> Option<[u8; 32]>;
}

/// Everything an owner needs.
#[derive(Clone)]
pub struct Deps {
    /// The log.
    pub log: Arc<dyn CommandLog>,
    /// The view's writing side.
    pub view: Arc<dyn ViewWriter>,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// Snapshots.
    pub snapshots: Arc<dyn Snapshots>,
    /// Fed by the owner of partition 0.
    pub directory: Directory,
    /// For set times only.
    pub clock: Arc<dyn Clock>,
    /// For opening shuffled lobbies.
    pub secrets: Arc<dyn LobbySecrets>,
    /// Where it tells how it is.
    pub metrics: Metrics,
    /// Where its tasks live.
    pub tasks: TaskTracker,
    /// Becomes true when the fold has caught up with the log and the view has everything.
    pub ready: Arc<AtomicBool>,
    /// Limits.
    pub settings: Settings,
}

/// An owner's limits.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which partition.
    pub partition: u32,
    /// Most records folded before projections get what came of them.
    pub batch_records: usize,
    /// Time between ticks.
    pub tick_interval: Duration,
    /// Own clock and last tick must agree this well before a set time is carried out, in milliseconds.
    pub clock_agreement_ms: u64,
    /// A snapshot is taken after so many records, at most one every `snapshot_interval`.
    pub snapshot_records: u64,
    /// Least time between snapshots.
    pub snapshot_interval: Duration,
    /// How many snapshots are kept.
    pub snapshots_kept: usize,
    /// Batches that may wait for a projection; beyond that they are dropped and built again.
    pub lane_batches: usize,
    /// How long a batch that says nothing to the ledger may wait for one that does.
    pub ledger_idle: Duration,
    /// Wait before a store that failed is tried again.
    pub retry_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            partition: 0,
            batch_records: 256,
            tick_interval: Duration::from_millis(250),
            clock_agreement_ms: 5000,
            snapshot_records: 2000,
            snapshot_interval: Duration::from_secs(20),
            snapshots_kept: 3,
            lane_batches: 1024,
            ledger_idle: Duration::from_millis(100),
            retry_delay: Duration::from_millis(200),
        }
    }
}
