//! Where the audit reads: the log, the ledger, the witness. Reading only; what is read is judged elsewhere.

pub mod ledger;
pub mod log;
mod sqlite;
pub mod witness;

pub use ledger::{LedgerPosition, LedgerRow, LedgerRows, LedgerSlot};
pub use log::{LogSource, RawRecord, VecLog};
pub use sqlite::SqliteFolder;
pub use witness::Witness;

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file or the store is not there or cannot be read.
    #[error("{what} cannot be read: {why}")]
    Unavailable {
        /// Which source.
        what: String,
        /// Why.
        why: String,
    },
    /// It is there, and is not what it should be.
    #[error("{what} is damaged: {why}")]
    Corrupt {
        /// Which source.
        what: String,
        /// Why.
        why: String,
    },
}
