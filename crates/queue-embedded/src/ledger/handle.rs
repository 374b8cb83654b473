//! The ledger's handle: transactions away from the async threads, one at a time.

use super::{book, query, snapshots};
use crate::compare::{Compared, compare};
use crate::database::{self, OpenError, ReadPool, explain, is_damage};
use crate::folder::DataFolder;
use async_trait::async_trait;
use queue_domain::{EventId, LogPosition, ReservationId};
use queue_ports::ledger::{
    Applied, Ledger, LedgerBatch, LedgerQueries, PersonalData, Snapshots, StoreError,
    StoredSnapshot,
};
use queue_protocol::http::OperatorReservation;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::sync::{Arc, Mutex, PoisonError};

const LEDGER_SCHEMA: &str = include_str!("../schema/ledger.sql");
const LEDGER_FILE: &str = "ledger.db";
const SNAPSHOTS_SCHEMA: &str = include_str!("../schema/snapshots.sql");
const SNAPSHOTS_FILE: &str = "snapshots.db";

/// Ledger and snapshots of one data folder. Cheap to clone; all clones are the same ledger.
#[derive(Debug, Clone)]
pub struct SqliteLedger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Database,
    snapshots: Database,
    readers: ReadPool,
}

/// A database with one writer. After an error that may have left the connection in any state it is opened again.
#[derive(Debug)]
struct Database {
    folder: DataFolder,
    name: &'static str,
    schema: &'static str,
    connection: Mutex<Option<Connection>>,
}

impl Database {
    fn open(
        folder: &DataFolder,
        name: &'static str,
        schema: &'static str,
    ) -> Result<Self, StoreError> {
        let connection = database::open(folder, name, schema).map_err(|error| opening(&error))?;
        Ok(Self {
            folder: folder.clone(),
            name,
            schema,
            connection: Mutex::new(Some(connection)),
        })
    }

    /// Runs something with the connection. Blocks.
    fn with<T>(
        &self,
        run: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut guard = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut connection = match guard.take() {
            Some(connection) => connection,
            None => database::open(&self.folder, self.name, self.schema)
                .map_err(|error| opening(&error))?,
        };
        let answer = run(&mut connection);
        if !matches!(answer, Err(StoreError::Unavailable(_))) {
            *guard = Some(connection);
        }
        answer
    }
}

fn opening(error: &OpenError) -> StoreError {
    if error.is_final() {
        StoreError::Corrupt(error.to_string())
    } else {
        StoreError::Unavailable(error.to_string())
    }
}

/// A violated constraint is what the fold should never have decided; a damaged file is what nobody wrote.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Corrupt(explain(error)),
        _ if is_damage(error) => StoreError::Corrupt(explain(error)),
        _ => StoreError::Unavailable(explain(error)),
    }
}

impl SqliteLedger {
    /// Opens the ledger and the snapshots of a data folder.
    pub fn open(folder: &DataFolder) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Inner {
            ledger: Database::open(folder, LEDGER_FILE, LEDGER_SCHEMA)?,
            snapshots: Database::open(folder, SNAPSHOTS_FILE, SNAPSHOTS_SCHEMA)?,
            readers: ReadPool::new(folder.file(LEDGER_FILE)),
        })))
    }

    /// Brings the write-ahead logs into the databases, at a graceful stop.
    pub async fn stop(&self) {
        let checkpoint = |connection: &mut Connection| {
            connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .map_err(|error| store_error(&error))
        };
        let stopped = self
            .blocking(move |inner| {
                inner
                    .ledger
                    .with(checkpoint)
                    .and_then(|()| inner.snapshots.with(checkpoint))
            })
            .await;
        if let Err(error) = stopped {
            tracing::warn!(
                error = error.to_string(),
                "the ledger could not be checkpointed; nothing is lost, the next start reads more"
            );
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.0);
        let answer = tokio::task::spawn_blocking(move || run(&inner)).await;
        answer.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.blocking(move |inner| {
            inner
                .readers
                .read(read)
                .map_err(|error| store_error(&error))
        })
        .await
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn apply(&self, batch: LedgerBatch) -> Result<Applied, StoreError> {
        self.blocking(move |inner| inner.ledger.with(|connection| apply(connection, &batch)))
            .await
    }

    async fn position(&self, partition: u32) -> Result<Option<LogPosition>, StoreError> {
        self.reading(move |connection| book::position(connection, partition))
            .await
    }
}

/// One batch and its position in one transaction.
fn apply(connection: &mut Connection, batch: &LedgerBatch) -> Result<Applied, StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| store_error(&error))?;
    let stored =
        book::position(&transaction, batch.partition).map_err(|error| store_error(&error))?;
    match compare(stored, batch.follows, batch.last)? {
        Compared::Nothing => return Ok(Applied::AlreadyThere),
        Compared::Behind => return Ok(Applied::Behind(stored)),
        Compared::After => {}
    }
    let new = batch
        .effects
        .iter()
        .filter(|effect| stored.is_none_or(|stored| effect.at.record() > stored));
    book::write(&transaction, batch.partition, new, batch.last)?;
    transaction.commit().map_err(|error| store_error(&error))?;
    Ok(Applied::Applied)
}

#[async_trait]
impl Snapshots for SqliteLedger {
    async fn store(
        &self,
        partition: u32,
        snapshot: StoredSnapshot,
        keep: usize,
    ) -> Result<(), StoreError> {
        let store = move |connection: &mut Connection| {
            snapshots::store(connection, partition, &snapshot, keep)
                .map_err(|error| store_error(&error))
        };
        self.blocking(move |inner| inner.snapshots.with(store))
            .await
    }

    async fn newest(
        &self,
        partition: u32,
        at_or_below: Option<LogPosition>,
    ) -> Result<Option<StoredSnapshot>, StoreError> {
        let newest = move |connection: &mut Connection| {
            snapshots::newest(connection, partition, at_or_below)
                .map_err(|error| store_error(&error))
        };
        self.blocking(move |inner| inner.snapshots.with(newest))
            .await
    }
}

#[async_trait]
impl PersonalData for SqliteLedger {
    async fn forget(&self, event: &EventId) -> Result<(), StoreError> {
        let event = event.to_string();
        let forget = move |connection: &mut Connection| {
            connection
                .execute("DELETE FROM contacts WHERE event = ?1", [event])
                .map(|_| ())
                .map_err(|error| store_error(&error))
        };
        self.blocking(move |inner| inner.ledger.with(forget)).await
    }
}

#[async_trait]
impl LedgerQueries for SqliteLedger {
    async fn reservations(
        &self,
        event: &EventId,
        after: Option<ReservationId>,
        limit: usize,
    ) -> Result<Vec<OperatorReservation>, StoreError> {
        let event = event.clone();
        self.reading(move |connection| query::reservations(connection, &event, after, limit))
            .await
    }

    async fn reservation(
        &self,
        event: &EventId,
        id: ReservationId,
    ) -> Result<Option<OperatorReservation>, StoreError> {
        let event = event.clone();
        self.reading(move |connection| query::reservation(connection, &event, id))
            .await
    }
}
