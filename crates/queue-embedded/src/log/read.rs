//! Reading what is no longer in the tail: on connections of their own, away from the async threads.

use crate::database::{ReadPool, explain, is_damage};
use queue_domain::Stamp;
use queue_ports::log::{LogError, StoredRecord};
use rusqlite::Connection;

/// Most bytes of one answer, beyond its first record.
const MAX_BYTES: usize = 16 << 20;

/// Records from `from` on, without a gap. Blocks.
pub(crate) fn records(
    pool: &ReadPool,
    partition: u32,
    from: u64,
    max_records: usize,
) -> Result<Vec<StoredRecord>, LogError> {
    let records = pool
        .read(|connection| select(connection, partition, from, max_records))
        .map_err(|error| {
            if is_damage(&error) {
                LogError::Corrupt(explain(&error))
            } else {
                LogError::Unavailable(explain(&error))
            }
        })?;
    for (record, expected) in records.iter().zip(from..) {
        if record.offset != expected {
            return Err(LogError::Corrupt(format!(
                "partition {partition} has no record {expected}"
            )));
        }
    }
    Ok(records)
}

fn select(
    connection: &Connection,
    partition: u32,
    from: u64,
    max_records: usize,
) -> rusqlite::Result<Vec<StoredRecord>> {
    let mut statement = connection
        .prepare_cached(r#"SELECT "offset", stamp_ms, bytes FROM records WHERE "partition" = ?1 AND "offset" >= ?2 ORDER BY "offset" LIMIT ?3"#)?;
    let mut rows = statement.query((
        partition,
        from as i64,
        i64::try_from(max_records).unwrap_or(i64::MAX),
    ))?;
    let mut records = Vec::new();
    let mut bytes = 0;
    while bytes < MAX_BYTES
        && let Some(row) = rows.next()?
    {
        let record = StoredRecord {
            offset: row.get::<_, i64>(0)? as u64,
            stamp: Stamp(row.get::<_, i64>(1)? as u64),
            bytes: row.get(2)?,
        };
        bytes += record.bytes.len();
        records.push(record);
    }
    Ok(records)
}
