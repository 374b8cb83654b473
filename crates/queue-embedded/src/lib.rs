//! The embedded back ends: command log and ledger on SQLite in one data folder, the view in memory.
//!
//! One process on one machine, and nothing acknowledged is lost. No rule is decided here: the log stores what it is given, view
//! and ledger store the fold's effects.

mod compare;
mod database;
mod folder;
mod ledger;
mod log;
mod memory;

pub use folder::{DataFolder, FolderError};
pub use ledger::SqliteLedger;
pub use log::{Faults, LogMetrics, LogOpenError, LogSettings, SqliteLog};
pub use memory::{MemoryView, ViewLimits};
