//! The ledger: completed reservations, and how far it has got, in one transaction. Snapshots are kept beside it.

use async_trait::async_trait;
use queue_domain::{Effect, EventId, LogPosition, ReservationId};
use queue_protocol::http::OperatorReservation;

/// What the effects of a stretch of one partition's log did to reservations and slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerBatch {
    /// Which partition.
    pub partition: u32,
    /// The record that the batch follows; `None`: from the beginning.
    pub follows: Option<LogPosition>,
    /// The last record it covers, whether or not that had effects.
    pub last: LogPosition,
    /// In log order. Kinds that concern no ledger table are ignored.
    pub effects: Vec<Effect>,
}

/// What came of a batch. The same words for view and ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Effects after the stored position were applied, and the position is now the batch's last.
    Applied,
    /// Stored at or beyond its last: nothing to do.
    AlreadyThere,
    /// The batch follows something that is not stored (missing, behind, or an older generation): fold again from what is.
    Behind(Option<LogPosition>),
}

/// Why a projection could not take something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Trying again later helps. Whether it was applied is told by the stored position.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// A newer generation is stored: this owner is the old one and stops.
    #[error("a newer generation owns the store: {0}")]
    Superseded(String),
    /// The store refuses what the fold decided, or holds what it cannot have written: stop and alert.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

/// The ledger of one or more partitions.
///
/// - **Atomicity.** A batch and its position are stored in one transaction, durably, before `apply` answers.
/// - **Compare and set.** Stored at or beyond `last`: nothing. At or beyond `follows`: what comes after the stored position is applied
///   (a batch may be cut at any record). Before that or missing: `Behind`. A newer generation: `Superseded`.
/// - **Guarded.** An oversold slot, a second row for a reservation or a door code used twice is refused by constraints (`Corrupt`).
/// - Refused reservations are not rows; confirmed, moved and cancelled ones are.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Applies a batch.
    async fn apply(&self, batch: LedgerBatch) -> Result<Applied, StoreError>;

    /// The last record reflected.
    async fn position(&self, partition: u32) -> Result<Option<LogPosition>, StoreError>;
}

/// A snapshot of one partition's fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The last record folded.
    pub position: LogPosition,
    /// As encoded by `queue_protocol::snapshot`, with a checksum of its own.
    pub bytes: Vec<u8>,
}

/// Snapshots, newest first. A store keeps the newest `keep` and the caller asks for the next older when one is unreadable.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// Stores a snapshot durably and drops all but the newest `keep` (at least 2).
    async fn store(
        &self,
        partition: u32,
        snapshot: StoredSnapshot,
        keep: usize,
    ) -> Result<(), StoreError>;

    /// The newest snapshot at or below `at_or_below`; `None` for that means any.
    async fn newest(
        &self,
        partition: u32,
        at_or_below: Option<LogPosition>,
    ) -> Result<Option<StoredSnapshot>, StoreError>;
}

/// What operators ask of the ledger.
#[async_trait]
pub trait LedgerQueries: Send + Sync {
    /// Confirmed and cancelled reservations of an event in the order of their ids, after the one named; at most `limit`.
    async fn reservations(
        &self,
        event: &EventId,
        after: Option<ReservationId>,
        limit: usize,
    ) -> Result<Vec<OperatorReservation>, StoreError>;

    /// One reservation.
    async fn reservation(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<OperatorReservation>, StoreError>;
}

/// Personal data that the ledger keeps, sealed, beside its rows.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// Destroys every sealed address of an event. Reservations stay; nothing to destroy is no error.
    async fn forget(&self, event: &EventId) -> Result<(), StoreError>;
}
