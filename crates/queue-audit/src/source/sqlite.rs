//! The embedded log and ledger, opened read-only: the files that `queue-embedded` writes, by the schemas that it documents. The
//! process that owns the folder may be running.

use super::{LedgerPosition, LedgerRow, LedgerRows, LedgerSlot, LogSource, RawRecord, SourceError};
use rusqlite::{Connection, OpenFlags, Row, params};
use std::path::Path;

/// A data folder.
#[derive(Debug)]
pub struct SqliteFolder {
    log: Connection,
    ledger: Connection,
}

fn unavailable(what: &str) -> impl Fn(rusqlite::Error) -> SourceError + '_ {
    move |error| SourceError::Unavailable {
        what: what.to_owned(),
        why: error.to_string(),
    }
}

fn open(folder: &Path, name: &str) -> Result<Connection, SourceError> {
    let path = folder.join(name);
    Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(unavailable(&path.display().to_string()))
}

impl SqliteFolder {
    /// Opens `log.db` and `ledger.db` of a data folder.
    pub fn open(folder: &Path) -> Result<Self, SourceError> {
        Ok(Self {
            log: open(folder, "log.db")?,
            ledger: open(folder, "ledger.db")?,
        })
    }

    /// The whole ledger, as of one moment.
    pub fn ledger(&self) -> Result<LedgerRows, SourceError> {
        let moment = self
            .ledger
            .unchecked_transaction()
            .map_err(unavailable("ledger.db"))?;
        Ok(LedgerRows {
            positions: rows(&moment, r#"SELECT "partition", generation, "offset" FROM positions"#, position)?,
            slots: rows(&moment, "SELECT event, slot_no, slot_id, capacity, confirmed, status FROM slots ORDER BY event, slot_no", slot)?,
            reservations: rows(
                &moment,
                "SELECT event, id, shopper, place_no, slot_no, seats, state, cancelled_by_slot, code, moved, decided_ms, changed_ms, checked_in_ms,
                        changed_generation, changed_offset, changed_index FROM reservations ORDER BY event, id",
                reservation,
            )?,
        })
    }
}

fn rows<T>(
    connection: &Connection,
    query: &str,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, SourceError> {
    let mut statement = connection
        .prepare(query)
        .map_err(unavailable("ledger.db"))?;
    let rows = statement
        .query_map([], read)
        .map_err(unavailable("ledger.db"))?;
    rows.collect::<rusqlite::Result<_>>()
        .map_err(unavailable("ledger.db"))
}

/// A column that is never negative.
fn whole(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn position(row: &Row<'_>) -> rusqlite::Result<LedgerPosition> {
    Ok(LedgerPosition {
        partition: row.get(0)?,
        generation: row.get(1)?,
        offset: whole(row, 2)?,
    })
}

fn slot(row: &Row<'_>) -> rusqlite::Result<LedgerSlot> {
    Ok(LedgerSlot {
        event: row.get(0)?,
        slot_no: row.get(1)?,
        slot_id: row.get(2)?,
        capacity: row.get(3)?,
        confirmed: row.get(4)?,
        status: row.get(5)?,
    })
}

fn reservation(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    Ok(LedgerRow {
        event: row.get(0)?,
        id: row.get(1)?,
        shopper: row.get(2)?,
        place_no: row.get(3)?,
        slot_no: row.get(4)?,
        seats: row.get(5)?,
        confirmed: row.get::<_, String>(6)? == "confirmed",
        cancelled_by_slot: row.get(7)?,
        code: row.get(8)?,
        moved: row.get(9)?,
        decided_ms: whole(row, 10)?,
        changed_ms: whole(row, 11)?,
        checked_in_ms: row.get::<_, Option<i64>>(12)?.map(|ms| ms.cast_unsigned()),
        changed_at: (row.get(13)?, whole(row, 14)?, row.get(15)?),
    })
}

impl LogSource for SqliteFolder {
    fn partitions(&self) -> Result<u32, SourceError> {
        self.log
            .query_row(
                r#"SELECT COALESCE(MAX("partition") + 1, 0) FROM records"#,
                [],
                |row| row.get(0),
            )
            .map_err(unavailable("log.db"))
    }

    fn read(&self, partition: u32, from: u64, most: usize) -> Result<Vec<RawRecord>, SourceError> {
        let query = r#"SELECT "offset", stamp_ms, bytes FROM records WHERE "partition" = ?1 AND "offset" >= ?2 ORDER BY "offset" LIMIT ?3"#;
        let mut statement = self
            .log
            .prepare_cached(query)
            .map_err(unavailable("log.db"))?;
        let records = statement
            .query_map(
                params![
                    partition,
                    from.cast_signed(),
                    i64::try_from(most).unwrap_or(i64::MAX)
                ],
                |row| {
                    Ok(RawRecord {
                        offset: whole(row, 0)?,
                        stamp: whole(row, 1)?,
                        bytes: row.get(2)?,
                    })
                },
            )
            .map_err(unavailable("log.db"))?;
        records
            .collect::<rusqlite::Result<_>>()
            .map_err(unavailable("log.db"))
    }
}
