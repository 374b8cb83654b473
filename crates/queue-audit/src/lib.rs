//! The checker: reads the log and the ledger of an instance, and a rehearsal's record of what its shoppers saw, and checks every rule
//! of `docs/invariants.md`.
//!
//! It has rules of its own ([`naive`]), made for clarity from the record format alone: it never names the crate that decides, so a
//! mistake there cannot hide here. It changes nothing and asks no running process.

mod audit;
mod check;
pub mod naive;
mod receipt;
mod report;
mod rule;
pub mod source;

pub use audit::{Audit, Sources};
pub use receipt::{Explanation, PlaceThen, Receipt};
pub use report::{Findings, Report, Violation};
pub use rule::Rule;
