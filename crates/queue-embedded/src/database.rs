//! How every database here is opened: write-ahead log, synced at each commit, its schema made at first use.

use crate::folder::DataFolder;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for another connection of this process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens for writing and makes the tables.
pub(crate) fn open(folder: &DataFolder, name: &str, schema: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(folder.file(name))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let mode: String = connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
    debug_assert_eq!(mode, "wal", "a file on a local disk can have a write-ahead log");
    connection.execute_batch("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON;")?;
    connection.execute_batch(schema)?;
    connection.set_prepared_statement_cache_capacity(32);
    folder.sync().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    Ok(connection)
}

/// Opens for reading only.
pub(crate) fn open_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// The error with everything that caused it, in one line.
pub(crate) fn explain(error: &rusqlite::Error) -> String {
    use std::error::Error;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
