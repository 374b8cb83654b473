//! Places where back ends can be opened, crash and be faulty.

use queue_domain::{Command, CommandId, Entry, EventId, Stamp, TextChange};
use queue_embedded::{
    DataFolder, Faults, LogMetrics, LogSettings, MemoryView, SqliteLedger, SqliteLog, ViewLimits,
};
use queue_ports::clock::ManualClock;
use queue_ports::contract::{LedgerFixture, LogFixture, ViewFixture};
use queue_protocol::record::{self, EncodedEntry};
use std::sync::Arc;
use tempfile::TempDir;

/// A data folder that goes when the test ends.
pub(crate) struct Place {
    folder: TempDir,
    faults: Faults,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            faults: Faults::none(),
        }
    }

    /// Opens the folder once its last owner is gone: a crashed one's writer thread may still be ending.
    pub(crate) fn folder(&self) -> DataFolder {
        loop {
            if let Ok(folder) = DataFolder::open(self.folder.path()) {
                return folder;
            }
            std::thread::yield_now();
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn settings() -> LogSettings {
        LogSettings {
            partitions: 2,
            queue_entries: 64,
            entry_bytes: 4_096,
            ..LogSettings::default()
        }
    }

    pub(crate) fn log(&self) -> SqliteLog {
        let clock = Arc::new(ManualClock::new(Stamp(1_000)));
        SqliteLog::open(
            &self.folder(),
            Self::settings(),
            clock,
            self.faults.clone(),
            LogMetrics::unread(),
        )
        .expect("the log opens")
    }
}

impl LogFixture for Place {
    type Log = SqliteLog;

    async fn open(&self) -> SqliteLog {
        self.log()
    }

    /// Dropped without a stop. That a killed process loses nothing is tested on real processes.
    async fn crash(&self, log: SqliteLog) {
        drop(log);
    }

    fn queue_entries(&self) -> usize {
        Self::settings().queue_entries
    }

    fn oversized(&self) -> EncodedEntry {
        let text = TextChange {
            key: "notice.en".into(),
            text: Some("x".repeat(Self::settings().entry_bytes).into()),
        };
        let event = EventId::parse("contract").expect("an event id");
        let action = queue_domain::OperatorAction::Texts(vec![text]);
        let command = Command::Operator {
            id: CommandId([1; 16]),
            event,
            actor: "test".into(),
            action,
        };
        record::Entry::new([0; 16], &Entry::Command(command)).encode()
    }

    fn cut_answers(&self, entries: usize) {
        self.faults.cut_answers(entries);
    }

    fn lose_commits(&self, groups: usize) {
        self.faults.lose_commits(groups);
    }

    fn refuse(&self, entries: usize) {
        self.faults.refuse(entries);
    }

    fn disk_full(&self, full: bool) {
        self.faults.disk_full(full);
    }

    fn hold(&self) {
        self.faults.hold();
    }

    fn release(&self) {
        self.faults.release();
    }
}

impl LedgerFixture for Place {
    type Ledger = SqliteLedger;

    async fn open(&self) -> SqliteLedger {
        SqliteLedger::open(&self.folder()).expect("the ledger opens")
    }

    async fn crash(&self, ledger: SqliteLedger) {
        drop(ledger);
    }
}

/// Views in memory.
pub(crate) struct Memory;

impl ViewFixture for Memory {
    type View = MemoryView;

    async fn empty(&self, waiters: usize) -> MemoryView {
        MemoryView::new(ViewLimits {
            waiters,
            ..ViewLimits::default()
        })
    }

    async fn wipe(&self, view: &MemoryView) {
        view.forget();
    }
}
