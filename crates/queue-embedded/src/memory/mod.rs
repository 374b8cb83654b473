//! The view in memory. It is fed with batches like any other view and may be forgotten at any moment; it never decides.
//!
//! One lock an event, held for a batch or for one read. Who waits is woken by what changed, never polls, and is bounded in number.

mod admissions;
mod apply;
mod changes;
mod places;
mod readers;
mod reservations;
mod rows;
mod view;
mod waits;

pub use view::{MemoryView, ViewLimits};

/// An effect that does not fit what it is applied to: the batch is not one that the fold made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misfit(String);

impl Misfit {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
