//! The log, with an eye on whether it takes what it is given: what `/readyz` needs to know, learnt from ordinary appends.

use async_trait::async_trait;
use queue_ports::log::{AppendError, Appended, CommandLog, Gather, LogError, StoredRecord};
use queue_protocol::record::EncodedEntry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A log that has taken something so lately can write; a refusal beside that is a full queue, not a broken log.
const TAKES: Duration = Duration::from_secs(2);
/// A failure older than this proves nothing any more: somebody has to try again, and nobody would if the process stayed unready.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// Passes everything on to the log, and remembers when it last took and last failed.
pub(super) struct WatchedLog {
    log: Arc<dyn CommandLog>,
    watch: LogWatch,
}

/// What was seen. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct LogWatch(Arc<Seen>);

#[derive(Debug)]
struct Seen {
    began: Instant,
    /// Milliseconds since the beginning, plus one; 0 is never.
    taken: AtomicU64,
    failed: AtomicU64,
}

impl WatchedLog {
    /// Watches `log`.
    pub(super) fn new(log: Arc<dyn CommandLog>) -> Self {
        Self {
            log,
            watch: LogWatch::new(),
        }
    }

    /// What is seen.
    pub(super) fn watch(&self) -> LogWatch {
        self.watch.clone()
    }
}

impl LogWatch {
    /// Nothing seen yet.
    pub(super) fn new() -> Self {
        Self(Arc::new(Seen {
            began: Instant::now(),
            taken: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }))
    }

    /// Whether the log takes what it is given, as far as anybody knows.
    pub(super) fn takes(&self) -> bool {
        self.takes_at(self.now())
    }

    fn takes_at(&self, now: u64) -> bool {
        let ago = |at: &AtomicU64| match at.load(Ordering::Relaxed) {
            0 => Duration::MAX,
            at => Duration::from_millis(now.saturating_sub(at)),
        };
        ago(&self.0.failed) > FORGOTTEN || ago(&self.0.taken) < TAKES
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_add(1)
    }
}

#[async_trait]
impl CommandLog for WatchedLog {
    async fn append(
        &self,
        partition: u32,
        entry: EncodedEntry,
        gather: Gather,
    ) -> Result<Appended, AppendError> {
        let appended = self.log.append(partition, entry, gather).await;
        let seen = &self.watch.0;
        match &appended {
            Ok(_) => seen.taken.store(self.watch.now(), Ordering::Relaxed),
            Err(AppendError::Unavailable(_) | AppendError::OutcomeUnknown(_)) => {
                seen.failed.store(self.watch.now(), Ordering::Relaxed)
            }
            Err(AppendError::Invalid(_)) => {}
        }
        appended
    }

    async fn read(
        &self,
        partition: u32,
        from: u64,
        max_records: usize,
    ) -> Result<Vec<StoredRecord>, LogError> {
        self.log.read(partition, from, max_records).await
    }

    async fn end(&self, partition: u32) -> Result<u64, LogError> {
        self.log.end(partition).await
    }

    async fn reached(&self, partition: u32, offset: u64) -> Result<(), LogError> {
        self.log.reached(partition, offset).await
    }

    fn partitions(&self) -> u32 {
        self.log.partitions()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_domain::{Entry, Stamp};
    use queue_embedded::{DataFolder, Faults, LogMetrics, LogSettings, SqliteLog};
    use queue_ports::clock::ManualClock;

    #[tokio::test]
    async fn a_log_that_refuses_is_noticed_until_it_takes_again_or_nobody_has_tried_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::none();
        let clock = Arc::new(ManualClock::new(Stamp(1)));
        let log = SqliteLog::open(
            &DataFolder::open(folder.path()).unwrap(),
            LogSettings::default(),
            clock,
            faults.clone(),
            LogMetrics::unread(),
        )
        .unwrap();
        let watched = WatchedLog::new(Arc::new(log));
        let entry = || {
            queue_protocol::record::Entry::new(
                [0; 16],
                &Entry::Genesis {
                    generation: 1,
                    partitions: 1,
                },
            )
            .encode()
        };
        let watch = watched.watch();
        let later = |after: Duration| watch.now() + u64::try_from(after.as_millis()).unwrap();
        assert!(watch.takes(), "nothing is known against it");
        faults.refuse(1);
        watched
            .append(0, entry(), Gather::Shared)
            .await
            .unwrap_err();
        assert!(!watch.takes());
        watched.append(0, entry(), Gather::Shared).await.unwrap();
        faults.refuse(1);
        watched
            .append(0, entry(), Gather::Shared)
            .await
            .unwrap_err();
        assert!(
            !watch.takes_at(later(TAKES)),
            "it failed last, and took nothing lately"
        );
        assert!(
            watch.takes_at(later(FORGOTTEN * 2)),
            "nobody has tried since"
        );
    }
}
