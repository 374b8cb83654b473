//! The rehearsal's own clock: microseconds since its start, never moved by anybody. Not the time of day.

use std::time::{Duration, Instant};

/// Tells the time since the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the start.
    pub(crate) fn now_us(&self) -> u64 {
        micros(self.0.elapsed())
    }

    /// The start plus so many microseconds.
    pub(crate) fn at(&self, us: u64) -> tokio::time::Instant {
        (self.0 + Duration::from_micros(us)).into()
    }
}

/// A duration in microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
