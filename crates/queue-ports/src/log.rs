//! The command log: one ordered, durable sequence of records a partition.

use async_trait::async_trait;
use queue_domain::{Position, Stamp};
use queue_protocol::record::EncodedEntry;

/// The command log.
///
/// - **Durability.** `append` answers only after the record is on stable storage: it survives a crash of process and machine.
/// - **Order.** Records of a partition have offsets 0, 1, 2, … without a gap. An entry appended after another's answer came back
///   has a higher position.
/// - **Genesis.** Offset 0 of every partition is a `Genesis`; a log that is opened empty writes it itself.
/// - **Gathering.** Entries appended at the same time may share a record; `alone` entries never do.
/// - **Idempotence.** None: an entry appended twice is in the log twice. The fold makes repeats harmless.
/// - **Stamps** are the log's clock at the append. They may stand still or go back; nothing is ordered by them.
#[async_trait]
pub trait CommandLog: Send + Sync {
    /// Appends one entry and waits until it is durable.
    async fn append(
        &self,
        partition: u32,
        entry: EncodedEntry,
        gather: Gather,
    ) -> Result<Appended, AppendError>;

    /// Records from offset `from` on, in order: at least one if there is one, at most `max_records`. Never waits for new ones.
    async fn read(
        &self,
        partition: u32,
        from: u64,
        max_records: usize,
    ) -> Result<Vec<StoredRecord>, LogError>;

    /// The offset that the next record will have.
    async fn end(&self, partition: u32) -> Result<u64, LogError>;

    /// Waits until there is a record at `offset`.
    async fn reached(&self, partition: u32, offset: u64) -> Result<(), LogError>;

    /// How many partitions there are, from 1.
    fn partitions(&self) -> u32;
}

/// Whether an entry may share its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gather {
    /// With whatever is appended at the same time.
    Shared,
    /// With nothing: what is hashed before it must be known for sure.
    Alone,
}

/// An entry is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Where.
    pub position: Position,
    /// The log's stamp of its record.
    pub stamp: Stamp,
}

/// A record as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its offset in the partition.
    pub offset: u64,
    /// The log's stamp.
    pub stamp: Stamp,
    /// Header, checksum and entries; possibly not ours.
    pub bytes: Vec<u8>,
}

/// Why an append was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Definitely not accepted; trying again later helps.
    #[error("the log takes no more at the moment: {0}")]
    Unavailable(String),
    /// May or may not be in the log.
    #[error("whether it is in the log is unknown: {0}")]
    OutcomeUnknown(String),
    /// The entry is larger than the log takes, or the partition does not exist.
    #[error("the log cannot take this: {0}")]
    Invalid(String),
}

/// Why reading failed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Trying again later helps.
    #[error("the log cannot be read at the moment: {0}")]
    Unavailable(String),
    /// A record is missing or the log is not the one it was: stop.
    #[error("the log is damaged: {0}")]
    Corrupt(String),
}
