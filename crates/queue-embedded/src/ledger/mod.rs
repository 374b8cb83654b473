//! The ledger on SQLite: confirmed reservations and how far they have got, in one transaction. Snapshots have a file of their own.

mod book;
mod handle;
mod query;
mod snapshots;

pub use handle::SqliteLedger;
