//! The clock as a parameter. The rules never see it: only the log's stamps, the owner's set times and what people are shown do.

use queue_domain::Stamp;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells the time of day.
pub trait Clock: Send + Sync + Debug {
    /// Now.
    fn now(&self) -> Stamp;
}

/// A clock that a test moves.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock standing at `at`.
    pub fn new(at: Stamp) -> Self {
        Self(AtomicU64::new(at.0))
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, at: Stamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Stamp {
        Stamp(self.0.load(Ordering::SeqCst))
    }
}
