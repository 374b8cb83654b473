//! Snapshots of the fold, newest first.

use queue_domain::LogPosition;
use queue_ports::ledger::StoredSnapshot;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

/// Fewest that are kept: one may turn out to be unreadable.
const MIN_KEEP: usize = 2;

pub(super) fn store(
    connection: &mut Connection,
    partition: u32,
    snapshot: &StoredSnapshot,
    keep: usize,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let StoredSnapshot { position, bytes } = snapshot;
    transaction.execute(
        r#"INSERT OR REPLACE INTO snapshots ("partition", generation, "offset", bytes) VALUES (?1, ?2, ?3, ?4)"#,
        (partition, position.generation, position.offset as i64, bytes),
    )?;
    transaction.execute(
        r#"DELETE FROM snapshots WHERE "partition" = ?1 AND (generation, "offset") NOT IN
            (SELECT generation, "offset" FROM snapshots WHERE "partition" = ?1 ORDER BY generation DESC, "offset" DESC LIMIT ?2)"#,
        (partition, keep.max(MIN_KEEP) as i64),
    )?;
    transaction.commit()?;
    // A snapshot is large: it is not kept twice.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

pub(super) fn newest(
    connection: &Connection,
    partition: u32,
    at_or_below: Option<LogPosition>,
) -> rusqlite::Result<Option<StoredSnapshot>> {
    let bound = at_or_below.unwrap_or(LogPosition {
        generation: u32::MAX,
        offset: i64::MAX as u64,
    });
    let mut statement = connection.prepare_cached(
        r#"SELECT generation, "offset", bytes FROM snapshots
            WHERE "partition" = ?1 AND (generation, "offset") <= (?2, ?3) ORDER BY generation DESC, "offset" DESC LIMIT 1"#,
    )?;
    statement
        .query_row((partition, bound.generation, bound.offset as i64), |row| {
            let position = LogPosition {
                generation: row.get(0)?,
                offset: row.get::<_, i64>(1)? as u64,
            };
            Ok(StoredSnapshot {
                position,
                bytes: row.get(2)?,
            })
        })
        .optional()
}
