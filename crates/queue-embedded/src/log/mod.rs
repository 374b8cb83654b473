//! The command log on SQLite: one writer thread gathers what is appended at the same time into one record and one sync.
//!
//! It never looks inside an entry, and acknowledges nothing that is not on stable storage.

mod faults;
mod handle;
mod metrics;
mod plan;
mod read;
mod store;
mod tail;
mod writer;

pub use faults::Faults;
pub use handle::{LogOpenError, LogSettings, SqliteLog};
pub use metrics::LogMetrics;
