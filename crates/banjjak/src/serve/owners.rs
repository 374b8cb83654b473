//! The owners of all partitions, as tracked tasks. One that stops by itself is loud: the process is broken, says why, and goes on
//! serving what it can until somebody looks.

use super::listeners::milliseconds;
use super::stores::Stores;
use super::watched_log::WatchedLog;
use crate::config::Config;
use crate::readiness::{Phase, Readiness};
use consumer::{ConsumerError, Deps, LobbySecrets, Metrics, Settings};
use queue_domain::{CommandId, EventId};
use queue_edge::Keys;
use queue_ports::clock::Clock;
use queue_ports::log::CommandLog as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What owners need beyond the stores.
#[derive(Debug, Clone)]
pub(super) struct OwnersDeps {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: Arc<Keys>,
    pub(super) metrics: Metrics,
    pub(super) readiness: Readiness,
}

/// Starts one owner a partition on `tasks`. Returns a flag for each that becomes true when it has caught up.
pub(super) fn start(
    config: &Config,
    stores: &Stores,
    deps: &OwnersDeps,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> Vec<Arc<AtomicBool>> {
    let start_one = |partition| {
        let ready = Arc::new(AtomicBool::new(false));
        let owner = Deps {
            log: Arc::<WatchedLog>::clone(&stores.watched),
            view: Arc::new(stores.view.clone()),
            ledger: Arc::new(stores.ledger.clone()),
            snapshots: Arc::new(stores.ledger.clone()),
            directory: stores.directory.clone(),
            clock: Arc::clone(&deps.clock),
            secrets: Arc::new(Secrets(Arc::clone(&deps.keys))),
            metrics: deps.metrics.clone(),
            tasks: tasks.clone(),
            ready: Arc::clone(&ready),
            settings: settings(config, partition),
        };
        let owning = tasks.spawn(consumer::run(owner, shutdown.clone()));
        tasks.spawn(watch(owning, deps.readiness.clone()));
        ready
    };
    (0..stores.log.partitions()).map(start_one).collect()
}

/// Says why an owner ended other than by the shutdown, also by a panic.
async fn watch(owning: JoinHandle<Result<(), ConsumerError>>, readiness: Readiness) {
    let why = match owning.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(
        error = why,
        "an owner stopped by itself: nothing is decided any more until this is repaired"
    );
    readiness.reach(Phase::Broken);
}

fn settings(config: &Config, partition: u32) -> Settings {
    let from = &config.consumer;
    Settings {
        partition,
        batch_records: from.batch_records_max as usize,
        tick_interval: milliseconds(from.tick_interval_ms),
        clock_agreement_ms: u64::from(from.clock_agreement_ms),
        snapshot_records: u64::from(from.snapshot_every_records),
        snapshot_interval: milliseconds(from.snapshot_interval_ms),
        snapshots_kept: from.snapshots_kept as usize,
        lane_batches: from.waiting_batches_max as usize,
        ledger_idle: milliseconds(from.ledger_idle_ms),
        retry_delay: milliseconds(from.retry_delay_ms),
    }
}

/// Secrets of shuffled lobbies, from the keys at rest.
#[derive(Debug)]
struct Secrets(Arc<Keys>);

impl LobbySecrets for Secrets {
    fn secret(&self, key_id: &str, event: &EventId, creation: CommandId) -> Option<[u8; 32]> {
        self.0
            .lobby
            .by_id(key_id)
            .map(|key| queue_domain::lobby_secret(key, event.as_str(), &creation.0))
    }
}
