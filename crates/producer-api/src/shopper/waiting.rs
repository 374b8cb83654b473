//! Waiting for an outcome: a subscription to the record's position, never a poll. Bounded in number by the view and in time here.

use crate::app::App;
use prometheus::IntGauge;
use queue_domain::{EventId, LogPosition};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A wait that has been asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    until: Instant,
}

impl Patience {
    pub(crate) fn new(wait: Duration) -> Self {
        Self {
            until: Instant::now() + wait,
        }
    }

    /// Waits until the fold of the record is in the view. False when it is not in time, or too many wait already.
    pub(crate) async fn folded(self, app: &App, event: &EventId, at: LogPosition) -> bool {
        let _counted = Counted::new(&app.metrics.waits);
        let reached = matches!(
            timeout_at(self.until, app.deps.changes.reached(event, at)).await,
            Ok(Ok(()))
        );
        app.metrics
            .waited
            .with_label_values(&[if reached { "folded" } else { "gave_up" }])
            .inc();
        reached
    }

    /// Waits until the ledger holds the record too.
    pub(crate) async fn settled(self, app: &App, event: &EventId, at: LogPosition) -> bool {
        let _counted = Counted::new(&app.metrics.waits);
        let marked = matches!(
            timeout_at(self.until, app.deps.changes.marked(event, at)).await,
            Ok(Ok(()))
        );
        app.metrics
            .waited
            .with_label_values(&[if marked { "settled" } else { "gave_up" }])
            .inc();
        marked
    }
}

/// Counts down also when the client goes.
struct Counted(IntGauge);

impl Counted {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
