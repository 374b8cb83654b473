//! The API over the real embedded log, view and ledger, with the real owner folding. No test sleeps: each waits for an answer or a
//! version. The log's clock stands still unless a test moves it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codes;
mod documents;
mod forms;
mod lost;
mod operators;
mod refusals;
mod shop;
mod way;
