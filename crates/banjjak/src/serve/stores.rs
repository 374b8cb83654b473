//! The concrete back ends, opened as the configuration says. The only place that names them.

use super::watched_log::WatchedLog;
use crate::config::{Config, Ledger, Log, View};
use anyhow::Context as _;
use prometheus::Registry;
use queue_embedded::{
    DataFolder, Faults, LogMetrics, LogSettings, MemoryView, SqliteLedger, SqliteLog, ViewLimits,
};
use queue_ports::clock::Clock;
use queue_ports::directory::Directory;
use std::sync::Arc;

/// The open stores of this process. Clones are the same stores.
#[derive(Clone)]
pub(super) struct Stores {
    /// To stop it; everything else goes through `watched`.
    pub(super) log: SqliteLog,
    pub(super) watched: Arc<WatchedLog>,
    pub(super) view: MemoryView,
    /// Snapshots too.
    pub(super) ledger: SqliteLedger,
    pub(super) directory: Directory,
    /// What tests make the log do; nothing unless somebody asks.
    pub(super) faults: Faults,
}

impl Stores {
    /// Opens all of them in the data folder, which no other process may have open.
    ///
    /// # Errors
    /// Says which one cannot be opened and why.
    pub(super) fn open(
        config: &Config,
        folder: &DataFolder,
        clock: &Arc<dyn Clock>,
        registry: &Registry,
    ) -> anyhow::Result<Self> {
        let faults = Faults::none();
        let metrics = LogMetrics::new(registry)?;
        let log = SqliteLog::open(
            folder,
            log_settings(&config.log),
            Arc::clone(clock),
            faults.clone(),
            metrics,
        )?;
        let Ledger::Embedded {} = config.ledger;
        Ok(Self {
            watched: Arc::new(WatchedLog::new(Arc::new(log.clone()))),
            log,
            view: MemoryView::new(view_limits(&config.view)),
            ledger: SqliteLedger::open(folder).context("the ledger cannot be opened")?,
            directory: Directory::default(),
            faults,
        })
    }
}

fn log_settings(log: &Log) -> LogSettings {
    let Log::Embedded {
        partitions,
        queue_entries_max,
        entry_bytes_max,
        record_entries_max,
        record_bytes_max,
        group_records_max,
        group_entries_max,
        gather_us,
        tail_bytes,
        checkpoint_pages,
    } = *log;
    LogSettings {
        partitions,
        queue_entries: queue_entries_max as usize,
        entry_bytes: entry_bytes_max as usize,
        record_entries: record_entries_max as usize,
        record_bytes: record_bytes_max as usize,
        group_records: group_records_max as usize,
        group_entries: group_entries_max as usize,
        gather: std::time::Duration::from_micros(gather_us.into()),
        tail_bytes: tail_bytes as usize,
        checkpoint_pages,
    }
}

fn view_limits(view: &View) -> ViewLimits {
    let View::Embedded {
        waiters_max,
        followers_max,
        recent_changes,
        recent_items,
        operator_results,
    } = *view;
    ViewLimits {
        waiters: waiters_max as usize,
        followers: followers_max as usize,
        recent_changes: recent_changes as usize,
        recent_items: recent_items as usize,
        operator_results: operator_results as usize,
    }
}
