//! The borders between the rules and the world: command log, view and ledger.
//!
//! A trait's doc comment is its contract; `contract` holds one suite a port that every back end runs. No back end lives here.

pub mod clock;
#[cfg(feature = "contract")]
pub mod contract;
pub mod directory;
pub mod ledger;
pub mod log;
pub mod shown;
pub mod view;
