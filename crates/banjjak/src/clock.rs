//! The machine's clock, and the same clock moved by a test. The only place that asks the machine for the time of day.

use queue_domain::Stamp;
use queue_ports::clock::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's time of day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine; everything else takes a clock"
    )]
    fn now(&self) -> Stamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Stamp(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The machine's time of day plus an offset that a test moves. Only made when `testing.allow` is set.
#[derive(Debug, Default)]
pub(crate) struct OffsetClock(AtomicI64);

impl OffsetClock {
    /// A clock `offset_ms` ahead of the machine's.
    pub(crate) fn new(offset_ms: i64) -> Self {
        Self(AtomicI64::new(offset_ms))
    }

    /// Moves the clock by `ms`, back when negative, and says how far it is ahead now.
    pub(crate) fn advance_ms(&self, ms: i64) -> i64 {
        self.0.fetch_add(ms, Ordering::SeqCst).saturating_add(ms)
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Stamp {
        Stamp(
            SystemClock
                .now()
                .0
                .saturating_add_signed(self.0.load(Ordering::SeqCst)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_is_ahead_by_what_it_was_moved() {
        let clock = OffsetClock::new(3_600_000);
        let machine = SystemClock.now();
        assert!(clock.now() >= Stamp(machine.0 + 3_600_000));
        assert_eq!(clock.advance_ms(-3_600_000), 0);
        assert!(clock.now() < Stamp(machine.0 + 3_600_000));
    }
}
