//! How every database here is opened: write-ahead log, synced at each commit, its schema made at first use; and who reads it.

use crate::folder::DataFolder;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a statement waits for another connection of this process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log at which it is brought into the database. Rows come in random order, so a page is changed by many
/// commits and written once.
const CHECKPOINT_PAGES: u32 = 4_000;

/// The tables' format, kept in the file: a build never writes into one that it does not know.
const FORMAT: i32 = 1;

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// SQLite refuses.
    #[error("{}", explain(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// The names of new files cannot be made durable.
    #[error("the folder cannot be synced: {0}")]
    Folder(std::io::Error),
    /// Durable group commits need one.
    #[error("{0} can have no write-ahead log; the data folder belongs on a local disk")]
    NoWriteAheadLog(String),
    /// Another build's.
    #[error("{name} has format {found}, this build knows {FORMAT}: it was made by a newer one")]
    Newer {
        /// The file.
        name: String,
        /// Its format.
        found: i32,
    },
}

impl OpenError {
    /// Whether trying again cannot help.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Sqlite(error) => is_damage(error),
            Self::Newer { .. } => true,
            Self::Folder(_) | Self::NoWriteAheadLog(_) => false,
        }
    }
}

/// Opens for writing and makes the tables.
pub(crate) fn open(folder: &DataFolder, name: &str, schema: &str) -> Result<Connection, OpenError> {
    let connection = Connection::open(folder.file(name))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let found: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > FORMAT {
        return Err(OpenError::Newer {
            name: name.into(),
            found,
        });
    }
    let mode: String = connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::NoWriteAheadLog(name.into()));
    }
    connection.execute_batch(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON;",
    )?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.execute_batch(schema)?;
    if found < FORMAT {
        connection.pragma_update(None, "user_version", FORMAT)?;
    }
    connection.set_prepared_statement_cache_capacity(32);
    folder.sync().map_err(OpenError::Folder)?;
    Ok(connection)
}

/// Most idle connections that only read.
const MAX_IDLE: usize = 4;

/// Connections that only read, so that a reader never waits for the writer's.
#[derive(Debug)]
pub(crate) struct ReadPool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl ReadPool {
    /// Reads the database at `path`.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
        }
    }

    /// Reads with a connection of its own. Blocks: not for an async thread.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = idle.map_or_else(|| open_read(&self.path), Ok)?;
        // A connection that failed is not used again.
        let answer = read(&connection)?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        Ok(answer)
    }
}

/// Opens for reading only.
fn open_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Whether an error says that the file is not what was written.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
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
