//! An owner over the real embedded log, view and ledger. The log's clock is moved by hand; nothing sleeps, every test waits for a
//! state that it names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod directory;
mod faults;
mod rig;
mod starts;
mod time;
