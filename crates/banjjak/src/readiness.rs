//! Whether the process is able to do its duty: the log can be written and the fold has caught up once. A degraded store is a metric,
//! not unreadiness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What `/readyz` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Opening stores and folding what is in the log.
    Starting = 0,
    /// Doing its duty.
    Ready = 1,
    /// Told to stop.
    Stopping = 2,
    /// A part stopped by itself: the log line says which and why.
    Broken = 3,
}

/// A shared handle. It only moves on: what is stopping or broken never gets ready again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness(Arc<AtomicU8>);

impl Readiness {
    /// Moves on to `phase`; an earlier one changes nothing.
    pub(crate) fn reach(&self, phase: Phase) {
        self.0.fetch_max(phase as u8, Ordering::SeqCst);
    }

    /// Where it stands.
    pub(crate) fn phase(&self) -> Phase {
        match self.0.load(Ordering::SeqCst) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            2 => Phase::Stopping,
            _ => Phase::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stopping_never_gets_ready_again() {
        let readiness = Readiness::default();
        assert_eq!(readiness.phase(), Phase::Starting);
        readiness.reach(Phase::Ready);
        readiness.reach(Phase::Stopping);
        readiness.reach(Phase::Ready);
        assert_eq!(readiness.phase(), Phase::Stopping);
    }
}
