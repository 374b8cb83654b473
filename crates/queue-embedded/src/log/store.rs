//! The writer's own connection: what is in the log, and how a group gets into it.

use super::handle::{LogOpenError, LogSettings};
use crate::database::{self, explain};
use crate::folder::DataFolder;
use queue_domain::{Entry, Stamp};
use queue_ports::log::StoredRecord;
use queue_protocol::record::{self, assemble};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

const SCHEMA: &str = include_str!("../schema/log.sql");
/// The database's name in the data folder.
pub(crate) const FILE: &str = "log.db";
/// The generation that a log opened empty begins with.
const FIRST_GENERATION: u32 = 1;

/// Why a group is not in the log.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// Rolled back: it is not.
    RolledBack(String),
    /// Nobody can say.
    Unknown(String),
}

/// A record of one partition.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) partition: u32,
    pub(crate) record: StoredRecord,
}

/// The open log.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    pub(crate) generation: u32,
    /// The offset that each partition's next record will have.
    pub(crate) ends: Vec<u64>,
}

impl Store {
    /// Opens the log; writes every partition's `Genesis` into an empty one.
    pub(crate) fn open(
        folder: &DataFolder,
        settings: &LogSettings,
        now: Stamp,
    ) -> Result<Self, LogOpenError> {
        let mut connection = database::open(folder, FILE, SCHEMA).map_err(LogOpenError::opening)?;
        connection
            .pragma_update(None, "wal_autocheckpoint", settings.checkpoint_pages)
            .map_err(LogOpenError::database)?;
        if connection
            .query_row("SELECT NOT EXISTS (SELECT 1 FROM records)", [], |row| {
                row.get(0)
            })
            .map_err(LogOpenError::database)?
        {
            write_genesis(&mut connection, settings.partitions, now)
                .map_err(LogOpenError::database)?;
        }
        let (generation, partitions) = read_genesis(&connection)?;
        if partitions != settings.partitions {
            return Err(LogOpenError::Partitions {
                stored: partitions,
                configured: settings.partitions,
            });
        }
        let ends = (0..partitions)
            .map(|partition| end(&connection, partition))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            connection,
            generation,
            ends,
        })
    }

    /// Writes records in one transaction and one sync.
    pub(crate) fn write(&mut self, records: &[Placed]) -> Result<(), WriteError> {
        match self.insert(records) {
            Ok(()) => {}
            Err(error) => return Err(self.roll_back(&error)),
        }
        self.connection.execute_batch("COMMIT").map_err(|error| {
            match error.sqlite_error_code() {
                // Neither leaves a whole commit frame behind.
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => self.roll_back(&error),
                _ => WriteError::Unknown(explain(&error)),
            }
        })?;
        for placed in records {
            self.ends[placed.partition as usize] = placed.record.offset + 1;
        }
        Ok(())
    }

    fn insert(&self, records: &[Placed]) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        records
            .iter()
            .try_for_each(|placed| insert(&self.connection, placed.partition, &placed.record))
    }

    /// Undoes what was begun. Only a rollback that worked makes it certain.
    fn roll_back(&self, error: &rusqlite::Error) -> WriteError {
        if self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok() {
            WriteError::RolledBack(explain(error))
        } else {
            WriteError::Unknown(explain(error))
        }
    }

    /// Lets the database grow no further, or as far as it likes.
    pub(crate) fn limit_growth(&self, full: bool) -> rusqlite::Result<()> {
        let pages: i64 = if full {
            self.connection
                .query_row("PRAGMA page_count", [], |row| row.get(0))?
        } else {
            i64::from(u32::MAX - 1)
        };
        self.connection
            .query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(()))
    }

    /// Brings the write-ahead log into the database and empties it.
    pub(crate) fn checkpoint(&self) -> rusqlite::Result<()> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }
}

fn insert(connection: &Connection, partition: u32, record: &StoredRecord) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        r#"INSERT INTO records ("partition", "offset", stamp_ms, bytes) VALUES (?1, ?2, ?3, ?4)"#,
    )?;
    statement
        .execute((
            partition,
            record.offset as i64,
            record.stamp.0 as i64,
            &record.bytes,
        ))
        .map(|_| ())
}

fn write_genesis(
    connection: &mut Connection,
    partitions: u32,
    stamp: Stamp,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let genesis = record::Entry::new(
        [0; 16],
        &Entry::Genesis {
            generation: FIRST_GENERATION,
            partitions,
        },
    )
    .encode();
    let bytes = assemble(&[genesis]);
    for partition in 0..partitions {
        insert(
            &transaction,
            partition,
            &StoredRecord {
                offset: 0,
                stamp,
                bytes: bytes.clone(),
            },
        )?;
    }
    transaction.commit()
}

fn read_genesis(connection: &Connection) -> Result<(u32, u32), LogOpenError> {
    let corrupt =
        |what: &str| LogOpenError::Corrupt(format!("the first record of partition 0 {what}"));
    let bytes: Vec<u8> = connection
        .query_row(
            r#"SELECT bytes FROM records WHERE "partition" = 0 AND "offset" = 0"#,
            [],
            |row| row.get(0),
        )
        .map_err(|error| {
            if error == rusqlite::Error::QueryReturnedNoRows {
                corrupt("is missing")
            } else {
                LogOpenError::database(error)
            }
        })?;
    match record::entries(&bytes)
        .map_err(|error| corrupt(&error.to_string()))?
        .as_slice()
    {
        [
            Entry::Genesis {
                generation,
                partitions,
            },
        ] => Ok((*generation, *partitions)),
        _ => Err(corrupt("is not a Genesis")),
    }
}

fn end(connection: &Connection, partition: u32) -> Result<u64, LogOpenError> {
    let last: Option<i64> = connection
        .query_row(
            r#"SELECT max("offset") FROM records WHERE "partition" = ?1"#,
            [partition],
            |row| row.get(0),
        )
        .map_err(LogOpenError::database)?;
    let last =
        last.ok_or_else(|| LogOpenError::Corrupt(format!("partition {partition} has no Genesis")))?;
    Ok(last as u64 + 1)
}
