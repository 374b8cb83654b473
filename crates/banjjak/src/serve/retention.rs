//! Personal data ends: so many days after an event closed, the key under which its shoppers' addresses were sealed is destroyed, and
//! with it what they say, wherever the sealed bytes were copied. Places, reservations and proofs stay.

use queue_domain::{EventId, Phase, Stamp};
use queue_edge::Keys;
use queue_ports::clock::Clock;
use queue_ports::ledger::PersonalData;
use queue_ports::view::{EventView, ViewReader};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const DAY_MS: u64 = 24 * 3600 * 1000;
/// Of definitions that name none.
const DEFAULT_DAYS: u64 = 30;

/// What it needs.
pub(super) struct Retention {
    pub(super) view: Arc<dyn ViewReader>,
    pub(super) keys: Arc<Keys>,
    pub(super) ledger: Arc<dyn PersonalData>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Retention {
    /// Looks every `interval` until `shutdown`. A look that fails is made again at the next.
    pub(super) async fn run(self, interval: Duration, shutdown: CancellationToken) {
        let mut look = tokio::time::interval(interval);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = look.tick() => self.step().await,
            }
        }
    }

    async fn step(&self) {
        let events = match self.view.events().await {
            Ok(events) => events,
            Err(error) => {
                return tracing::warn!(%error, "whose personal data has to go cannot be read at the moment");
            }
        };
        let now = self.clock.now();
        for event in events.iter().filter(|event| is_over(event, now)) {
            self.destroy(&event.definition.id).await;
        }
    }

    /// The key first: without it the rest says nothing.
    async fn destroy(&self, event: &EventId) {
        if let Err(error) = self.keys.sealing.destroy(event) {
            tracing::error!(event.id = %event, %error, "the key of personal data whose time is over cannot be destroyed");
        }
        match self.ledger.forget(event).await {
            Ok(()) => tracing::debug!(event.id = %event, "the event's personal data is gone"),
            Err(error) => {
                tracing::warn!(event.id = %event, %error, "the ledger's sealed addresses cannot be destroyed at the moment")
            }
        }
    }
}

/// Closed, and the promised days have passed since its closing time.
fn is_over(event: &EventView, now: Stamp) -> bool {
    let days = event
        .definition
        .texts
        .get("retention_days")
        .and_then(|days| days.parse().ok())
        .unwrap_or(DEFAULT_DAYS);
    event.guise.phase == Phase::Closed
        && now.0
            >= event
                .definition
                .schedule
                .closes_at
                .0
                .saturating_add(days.saturating_mul(DAY_MS))
}
