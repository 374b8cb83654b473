//! The log's handle: what everybody but the writer thread holds.

use super::faults::Faults;
use super::metrics::LogMetrics;
use super::plan::Request;
use super::read;
use super::store::{FILE, Placed, Store};
use super::tail::Tail;
use super::writer::{Message, Writer};
use crate::database::{OpenError, ReadPool};
use crate::folder::DataFolder;
use async_trait::async_trait;
use queue_ports::clock::Clock;
use queue_ports::log::{AppendError, Appended, CommandLog, Gather, LogError, StoredRecord};
use queue_protocol::record::EncodedEntry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// Bounds and sizes of the log.
#[derive(Debug, Clone, Copy)]
pub struct LogSettings {
    /// How many partitions; fixed when the log is first opened.
    pub partitions: u32,
    /// Most entries that wait to be written; beyond, an append is `Unavailable` at once.
    pub queue_entries: usize,
    /// Largest entry, in bytes.
    pub entry_bytes: usize,
    /// Most entries of one record.
    pub record_entries: usize,
    /// Largest record, in bytes of its entries.
    pub record_bytes: usize,
    /// Most records of one sync.
    pub group_records: usize,
    /// Most entries of one sync.
    pub group_entries: usize,
    /// How long a group waits for more when many are appending; a lone append never waits.
    pub gather: Duration,
    /// Newest records of each partition kept in memory for those who follow the log, in bytes.
    pub tail_bytes: usize,
    /// Size of the write-ahead log, in pages of 4 KiB, at which it is brought into the database. The writer does it between two
    /// groups: often and little keeps the slowest append fast.
    pub checkpoint_pages: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            partitions: 1,
            queue_entries: 8_192,
            entry_bytes: 512 << 10,
            record_entries: 4_096,
            record_bytes: 1 << 20,
            group_records: 64,
            group_entries: 8_192,
            gather: Duration::from_millis(1),
            tail_bytes: 16 << 20,
            checkpoint_pages: 512,
        }
    }
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LogOpenError {
    /// The file system or SQLite refuses.
    #[error("the log cannot be opened: {0}")]
    Unavailable(String),
    /// It was made with another number of partitions.
    #[error(
        "the log has {stored} partitions, and {configured} are configured; the number cannot change"
    )]
    Partitions {
        /// As its Genesis says.
        stored: u32,
        /// As asked for.
        configured: u32,
    },
    /// It is not a log of ours, or no longer.
    #[error("the log is damaged: {0}")]
    Corrupt(String),
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "both are mapped over errors that nobody needs any more"
)]
impl LogOpenError {
    pub(crate) fn database(error: rusqlite::Error) -> Self {
        Self::opening(OpenError::Sqlite(error))
    }

    pub(crate) fn opening(error: OpenError) -> Self {
        if error.is_final() {
            Self::Corrupt(error.to_string())
        } else {
            Self::Unavailable(error.to_string())
        }
    }
}

/// The command log in one SQLite database. Cheap to clone; all clones are the same log.
#[derive(Debug, Clone)]
pub struct SqliteLog {
    shared: Arc<Shared>,
    messages: mpsc::Sender<Message>,
    settings: LogSettings,
    metrics: LogMetrics,
}

/// What the writer tells and readers see.
#[derive(Debug)]
pub(crate) struct Shared {
    partitions: Vec<PartitionEnd>,
    readers: ReadPool,
    limited: AtomicBool,
}

#[derive(Debug)]
struct PartitionEnd {
    tail: Mutex<Tail>,
    end: watch::Sender<u64>,
}

impl Shared {
    /// These records are durable: they can be read, and who waits for them is woken.
    pub(crate) fn durable(&self, placed: Vec<Placed>) {
        for Placed { partition, record } in placed {
            let (partition, end) = (&self.partitions[partition as usize], record.offset + 1);
            partition
                .tail
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(record);
            partition.end.send_replace(end);
        }
    }

    /// What is durable was found by opening the log.
    pub(crate) fn start_from(&self, ends: &[u64]) {
        for (partition, end) in self.partitions.iter().zip(ends) {
            partition
                .tail
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
            partition.end.send_replace(*end);
        }
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    pub(crate) fn set_limited(&self, limited: bool) {
        self.limited.store(limited, Ordering::Relaxed);
    }
}

impl SqliteLog {
    /// Opens the log of a data folder and starts its writer thread.
    pub fn open(
        folder: &DataFolder,
        settings: LogSettings,
        clock: Arc<dyn Clock>,
        faults: Faults,
        metrics: LogMetrics,
    ) -> Result<Self, LogOpenError> {
        let store = Store::open(folder, &settings, clock.now())?;
        let end = |end: &u64| PartitionEnd {
            tail: Mutex::new(Tail::new(settings.tail_bytes)),
            end: watch::Sender::new(*end),
        };
        let shared = Arc::new(Shared {
            partitions: store.ends.iter().map(end).collect(),
            readers: ReadPool::new(folder.file(FILE)),
            limited: AtomicBool::new(false),
        });
        let (sender, messages) = mpsc::channel(settings.queue_entries);
        let writer = Writer {
            folder: folder.clone(),
            settings,
            clock,
            faults,
            metrics: metrics.clone(),
            shared: Arc::clone(&shared),
            messages,
            store: Some(store),
            last_group: 0,
        };
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer.run());
        thread.map_err(|error| LogOpenError::Unavailable(error.to_string()))?;
        Ok(Self {
            shared,
            messages: sender,
            settings,
            metrics,
        })
    }

    /// Finishes what was appended before, brings the write-ahead log into the database and ends the writer. Later appends are `Unavailable`.
    pub async fn stop(&self) {
        let (sender, stopped) = oneshot::channel();
        if self.messages.send(Message::Stop(sender)).await.is_ok() {
            // The writer answers, or has ended already.
            _ = stopped.await;
        }
    }

    fn partition(&self, partition: u32) -> Result<&PartitionEnd, LogError> {
        self.shared
            .partitions
            .get(partition as usize)
            .ok_or_else(|| LogError::Corrupt(format!("there is no partition {partition}")))
    }

    fn refuse(&self, why: &str) -> AppendError {
        self.metrics.refused.inc();
        AppendError::Unavailable(why.into())
    }
}

#[async_trait]
impl CommandLog for SqliteLog {
    async fn append(
        &self,
        partition: u32,
        entry: EncodedEntry,
        gather: Gather,
    ) -> Result<Appended, AppendError> {
        if partition >= self.partitions() {
            return Err(AppendError::Invalid(format!(
                "there is no partition {partition}"
            )));
        }
        if entry.len() > self.settings.entry_bytes {
            return Err(AppendError::Invalid(format!(
                "{} bytes, {} are allowed",
                entry.len(),
                self.settings.entry_bytes
            )));
        }
        let (answer, answered) = oneshot::channel();
        let request = Request {
            partition,
            entry,
            gather,
            arrived: Instant::now(),
            answer,
        };
        self.messages
            .try_send(Message::Append(request))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => self.refuse("its queue is full"),
                mpsc::error::TrySendError::Closed(_) => self.refuse("it has stopped"),
            })?;
        answered
            .await
            .unwrap_or_else(|_| Err(AppendError::OutcomeUnknown("the writer ended".into())))
    }

    async fn read(
        &self,
        partition: u32,
        from: u64,
        max_records: usize,
    ) -> Result<Vec<StoredRecord>, LogError> {
        let state = self.partition(partition)?;
        if from >= *state.end.borrow() || max_records == 0 {
            return Ok(Vec::new());
        }
        if let Some(records) = state
            .tail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .read(from, max_records)
        {
            return Ok(records);
        }
        let shared = Arc::clone(&self.shared);
        let read = tokio::task::spawn_blocking(move || {
            read::records(&shared.readers, partition, from, max_records)
        })
        .await;
        let records = read.map_err(|error| LogError::Unavailable(error.to_string()))??;
        if records.is_empty() {
            return Err(LogError::Corrupt(format!(
                "partition {partition} has no record {from}"
            )));
        }
        Ok(records)
    }

    async fn end(&self, partition: u32) -> Result<u64, LogError> {
        Ok(*self.partition(partition)?.end.borrow())
    }

    async fn reached(&self, partition: u32, offset: u64) -> Result<(), LogError> {
        let waited = self
            .partition(partition)?
            .end
            .subscribe()
            .wait_for(|end| *end > offset)
            .await
            .map(|_| ());
        waited.map_err(|_| LogError::Unavailable("the log was closed".into()))
    }

    fn partitions(&self) -> u32 {
        self.shared.partitions.len() as u32
    }
}
